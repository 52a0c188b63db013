"""What a client of Gradio must do, one test per numbered behaviour.

Numbers 4, 6 and the routes of 42 are in `test_hub_behaviours`, 38 and a part of 43 in
`test_pure_behaviours`.
Where hubsmith differs by design the test states its form: a file is a `File` instead of a path,
and what goes wrong when a job is sent is raised by `submit` itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import gradio_client
import httpx
import pytest
from hubsmith import (
    AppError,
    ArgumentError,
    AsyncClient,
    AuthenticationError,
    Client,
    DownloadError,
    EndpointNotFoundError,
    FileTooLargeError,
    InferenceTimeoutError,
    JobCancelledError,
    ProgressUnit,
    QueueFullError,
    handle_file,
)
from hubsmith_runtime.driver import Driver
from hubsmith_runtime.http import HttpRequest

pytestmark = pytest.mark.slow

StartApp = Callable[..., str]
PATIENCE = 30.0


def wait_until(is_met: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_met():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The method and path of every request of a blocking client."""
    requests: list[tuple[str, str]] = []
    original = Driver._open

    def counted(self: Driver, request: HttpRequest, deadline: Any) -> Any:
        path = "/" + request.url.partition("://")[2].partition("/")[2]
        requests.append((request.method, path))
        return original(self, request, deadline)

    monkeypatch.setattr(Driver, "_open", counted)
    return requests


def test_01_the_token_is_sent_and_explicit_headers_win(url: str) -> None:
    with Client(url, token="hf_secret", headers={"additional": "value"}) as client:
        seen = client.predict(api_name="/headers")
        assert seen["x-hf-authorization"] == "Bearer hf_secret"
        assert seen["additional"] == "value"
    with Client(url, token="hf_secret", headers={"X-HF-Authorization": "Bearer abcde"}) as client:
        seen = client.predict(api_name="/headers")
        assert seen["x-hf-authorization"] == "Bearer abcde"


def test_02_connecting_does_not_depend_on_how_many_endpoints_there_are(
    url: str, sent: list[tuple[str, str]]
) -> None:
    with Client(url) as client:
        assert sent == []
        client.predict("hi", api_name="/echo")
        assert [path for _, path in sent] == [
            "/config",
            "/gradio_api/queue/join",
            f"/gradio_api/queue/data?session_hash={client.session_hash}",
        ]


def test_03_cookies_are_used_on_every_request_and_login_adds_its_own(
    url: str, start_app: StartApp
) -> None:
    with Client(url, cookies={"flavour": "oat", "size": "small"}) as client:
        for _ in range(2):
            assert client.predict(api_name="/headers")["cookie"] == "flavour=oat; size=small"
    with Client(url, httpx_kwargs={"cookies": {"flavour": "oat"}}) as client:
        assert client.predict(api_name="/headers")["cookie"] == "flavour=oat"
    with Client(
        start_app(APP_AUTH="1"), auth=("user", "pass"), cookies={"flavour": "oat"}
    ) as client:
        cookie = client.predict(api_name="/headers")["cookie"]
        assert "flavour=oat" in cookie
        assert "access-token-unsecure-" in cookie


def test_05_a_file_that_is_too_large_is_refused_before_the_upload(
    start_app: StartApp, tmp_path: Path, sent: list[tuple[str, str]]
) -> None:
    small, large = tmp_path / "small.txt", tmp_path / "large.txt"
    small.write_bytes(b"x" * 1000)
    large.write_bytes(b"x" * 20_000)
    with Client(start_app(APP_MAX_FILE_SIZE="15000"), download_dir=tmp_path) as client:
        with pytest.raises(FileTooLargeError, match="at most 15000 bytes"):
            client.predict(handle_file(large), api_name="/name_of")
        assert ("POST", "/gradio_api/upload") not in sent
        assert client.predict(handle_file(small), api_name="/name_of") == "small.txt"


def test_07_files_nested_in_dicts_and_lists_are_uploaded(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello")
    for file in (
        handle_file(path),
        gradio_client.handle_file(path),
        {"path": str(path), "meta": {"_type": "gradio.FileData"}},
    ):
        message = {"text": "see", "files": [file]}
        assert client.predict(message, api_name="/describe") == "see: notes.txt"


def test_08_state_grows_per_session_whether_queued_or_not(client: Client) -> None:
    assert client.predict(api_name="/increment_without_queue") == 1
    assert client.predict(api_name="/increment_without_queue") == 2
    client.reset_session()
    assert client.predict(api_name="/increment_without_queue") == 1
    assert client.predict(api_name="/increment_with_queue") == 2
    client.reset_session()
    assert client.predict(api_name="/increment_with_queue") == 1


def test_09_the_stages_of_a_job_only_go_forward(client: Client) -> None:
    order = ["joining", "queued", "running", "iterating", "finished"]
    job = client.submit(10, api_name="/count_up")
    stages = [job.status().stage]
    for _ in job.events():
        stages.append(job.status().stage)
    assert sorted(stages, key=order.index) == stages
    assert stages[-1] == "finished"


def test_10_every_output_of_a_generator_is_collected_and_iterated(client: Client) -> None:
    job = client.submit(3, api_name="/count_up")
    assert list(job) == ["0", "1", "2"]
    assert job.outputs() == ["0", "1", "2"]
    assert job.result() == "2"


def test_11_iterating_a_failed_job_yields_nothing_and_raises(client: Client) -> None:
    # gradio_client ends as if all was well: a result that is silently short.
    with pytest.raises(AppError, match="Cannot divide by zero!"):
        list(client.submit(1, "divide", 0, api_name="/predict"))


def test_12_a_result_that_is_waited_for_too_briefly_is_a_timeout(client: Client) -> None:
    job = client.submit(0.5, api_name="/sleep")
    with pytest.raises(TimeoutError):
        job.result(timeout=0.01)
    assert job.result() == "slept"


def test_13_an_error_of_the_app_is_raised_with_its_words(client: Client) -> None:
    with pytest.raises(AppError, match="Cannot divide by zero!"):
        client.submit(1, "divide", 0, api_name="/predict").result()


def test_14_files_land_in_the_folder_of_the_users_choice(url: str, tmp_path: Path) -> None:
    source = tmp_path / "notes.txt"
    source.write_text("hello")
    for name in ("download_dir", "download_files"):
        folder = tmp_path / name
        with Client(url, **{name: folder}) as client:
            result = client.predict(handle_file(source), api_name="/file")
            with open(result) as file:  # noqa: PTH123  # as users of paths do
                assert file.read() == "hello"
            assert folder in Path(result).parents


def test_15_progress_shows_its_units(client: Client) -> None:
    job = client.submit("hello", api_name="/report")
    seen: list[ProgressUnit] = []
    for _ in job.events():
        seen += job.status().progress
    known = {ProgressUnit(index=n, length=20, unit="steps") for n in range(21)}
    assert known & set(seen)


def test_16_a_login_is_needed_and_works_for_calls_and_files(
    start_app: StartApp, tmp_path: Path
) -> None:
    url = start_app(APP_AUTH="1")
    path = tmp_path / "notes.txt"
    path.write_text("hello")
    with Client(url) as client, pytest.raises(AuthenticationError):
        client.predict("hi", api_name="/echo")
    with Client(url, auth=("user", "wrong")) as client, pytest.raises(AuthenticationError):
        client.predict("hi", api_name="/echo")
    with Client(url, auth=("user", "pass"), download_dir=tmp_path) as client:
        assert client.predict(handle_file(path), api_name="/file").read() == b"hello"


def test_17_an_upload_keeps_the_original_name(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "cheetah one.jpg"
    path.write_bytes(b"x")
    assert client.predict(handle_file(path), api_name="/name_of") == "cheetah one.jpg"
    remote = handle_file("https://example.org/pictures/bus.png").reference("")
    assert remote is not None
    assert remote["orig_name"] == "bus.png"


def test_18_a_cancelled_job_says_so_at_once(client: Client) -> None:
    started = time.monotonic()
    job = client.submit(10, api_name="/sleep")
    assert job.cancel()
    with pytest.raises(JobCancelledError):
        job.result()
    assert job.status().stage == "cancelled"
    assert time.monotonic() - started < 10, "the job was waited for"


def test_19_cancelling_stops_a_generator_on_the_server(client: Client) -> None:
    job = client.submit(api_name="/iterate")
    wait_until(lambda: len(job.outputs()) >= 5)
    assert job.cancel()
    counts = [client.predict(api_name="/steps_done")]

    def stands_still() -> bool:
        time.sleep(0.3)
        counts.append(client.predict(api_name="/steps_done"))
        return counts[-1] == counts[-2]

    wait_until(stands_still)
    assert counts[-1] < 400


def test_20_a_job_after_a_cancelled_one_starts_from_scratch(client: Client) -> None:
    first = client.submit("abcdefghijklmnopqrstuvwxyz", api_name="/spell")
    wait_until(first.outputs)
    first.cancel()
    assert 0 < len(first.outputs()) < 26
    second = client.submit("abcd", api_name="/spell")
    assert list(second) == ["a", "ab", "abc", "abcd"]
    assert second.status().stage == "finished"


def test_21_strings_that_look_like_paths_are_not_uploaded(
    client: Client, tmp_path: Path, sent: list[tuple[str, str]]
) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    for value in ("", "/", str(tmp_path), str(tmp_path / "notes.txt")):
        assert client.predict(value, api_name="/echo") == value
    assert ("POST", "/gradio_api/upload") not in sent


def test_22_only_layout_as_output_is_an_empty_tuple(client: Client) -> None:
    assert client.predict(api_name="/show_group") == ()


def test_23_state_and_layout_are_no_part_of_a_result(client: Client) -> None:
    assert client.predict("Freddy", api_name="/greet") == ("Hello Freddy", 1)
    assert client.predict("Ali", api_name="/greet") == ("Hello Ali", 2)


def test_24_a_long_answer_with_messages_arrives_whole(client: Client) -> None:
    assert client.predict(api_name="/long_answer") == "\ta\nb" * 90000


def test_25_a_full_queue_is_an_error_of_its_own(start_app: StartApp) -> None:
    with Client(start_app(APP_QUEUE_SIZE="1", APP_SLEEPERS="1")) as client:
        jobs = [client.submit(3, api_name="/sleep")]
        with pytest.raises(QueueFullError):
            jobs += [client.submit(3, api_name="/sleep") for _ in range(5)]
        for job in jobs:
            job.cancel()


def test_26_text_beyond_ascii_survives(client: Client) -> None:
    text = "tu as l'air bien réveillé.\nprépare tes petits-déj \U0001f431 漢字\r\n\n"
    assert client.predict(text, api_name="/echo") == text


def test_27_unicode_line_breaks_survive(client: Client) -> None:
    assert client.predict(api_name="/line_breaks") == "a\x85b\u2028c"


def test_28_the_end_of_a_session_deletes_its_state(client: Client, url: str) -> None:
    with Client(url) as other:
        for _ in range(77):
            other.predict(api_name="/increment_with_queue")
        other.reset_session()
        other.predict("hi", api_name="/echo")
    wait_until(lambda: "77" in client.predict(api_name="/deleted"))
    with Client(url) as other:
        for _ in range(78):
            other.predict(api_name="/increment_with_queue")
    wait_until(lambda: "78" in client.predict(api_name="/deleted"))


def test_29_x_ip_token_is_forwarded_where_it_is_given(client: Client) -> None:
    assert "x-ip-token" not in client.predict(api_name="/headers")
    seen = client.predict(api_name="/headers", headers={"X-IP-Token": "visitor"})
    assert seen["x-ip-token"] == "visitor"


def test_30_more_jobs_than_workers_all_finish(url: str) -> None:
    with Client(url, max_workers=1) as client:
        threads = threading.active_count()
        jobs = [client.submit(str(number), api_name="/echo") for number in range(200)]
        assert threading.active_count() <= threads + 1
        assert [job.result() for job in jobs] == [str(number) for number in range(200)]


def test_30_more_jobs_than_workers_all_finish_without_threads(url: str) -> None:
    async def call() -> None:
        async with AsyncClient(url, max_workers=1) as client:
            threads = threading.active_count()
            jobs = [await client.submit(str(number), api_name="/echo") for number in range(200)]
            assert threading.active_count() == threads
            assert [await job.result() for job in jobs] == [str(number) for number in range(200)]

    asyncio.run(call())


def test_31_arguments_by_place_and_name_with_defaults(client: Client) -> None:
    assert client.predict(3, "add", 3, api_name="/predict") == 6
    assert client.predict(num1=3, operation="add", num2=3, api_name="/predict") == 6
    assert client.predict(33, operation="add", num2=3, api_name="/predict") == 36
    assert client.predict(num2=10, api_name="/with_defaults") == 20
    assert client.predict(num2=33, operation="multiply", api_name="/with_defaults") == 330
    assert client.predict("Bob", api_name="/hello") == ["Bob", "Bob"]


def test_31_arguments_that_do_not_fit_are_refused(client: Client) -> None:
    for refusal in (TypeError, ValueError, ArgumentError):
        with pytest.raises(refusal, match="No value provided for required argument: num2"):
            client.predict(num1=3, operation="add", api_name="/predict")
    with pytest.raises(TypeError, match="'num1' is given twice"):
        client.predict(3, "add", num1=3, num2=3, api_name="/predict")
    with pytest.raises(TypeError, match=r"no parameter 'num3'.*num1, operation, num2"):
        client.predict(3, "add", num3=3, api_name="/predict")
    with pytest.raises(TypeError, match="takes 3 arguments, got 4"):
        client.predict(3, "add", 3, 4, api_name="/predict")


def test_32_a_chat_history_goes_round(client: Client) -> None:
    _, history = client.predict("hello", [], api_name="/chat")
    _, history = client.predict("hi", history, api_name="/chat")
    said = [(message["role"], message["content"][0]["text"]) for message in history]
    assert said == [
        ("user", "hello"),
        ("assistant", "You said hello"),
        ("user", "hi"),
        ("assistant", "You said hi"),
    ]


def test_33_event_data_is_forwarded(client: Client) -> None:
    event = {"index": 3, "value": "third", "selected": True}
    chosen = client.predict(api_name="/selected", event_data=event)
    assert chosen == {"index": 3, "value": "third"}


def test_34_a_trailing_slash_makes_no_difference(url: str) -> None:
    with Client(f"{url}/") as client:
        assert client.predict("hi", api_name="/echo") == "hi"


def test_35_state_is_not_in_view_api(client: Client) -> None:
    info = client.view_api(print_info=False, return_format="dict")
    assert info["named_endpoints"]["/increment_with_queue"]["parameters"] == []
    assert [value["label"] for value in info["named_endpoints"]["/greet"]["returns"]] == [
        "text",
        "number",
    ]


def test_36_view_api_returns_the_info_of_the_calculator(client: Client, url: str) -> None:
    info = client.view_api(print_info=False, return_format="dict")
    choices = ["add", "subtract", "multiply", "divide"]
    literal = "Literal['add', 'subtract', 'multiply', 'divide']"

    def parameter(label: str, schema: Any, python_type: str, kind: str, example: Any) -> Any:
        return {
            "label": label,
            "parameter_name": label,
            "parameter_has_default": False,
            "parameter_default": None,
            "type": schema,
            "python_type": {"type": python_type, "description": ""},
            "component": kind,
            "example_input": example,
        }

    described = info["named_endpoints"]["/predict"]
    assert described["parameters"] == [
        parameter("num1", {"type": "number"}, "float", "Number", 3),
        parameter(
            "operation",
            {"enum": choices, "title": "Radio", "type": "string"},
            literal,
            "Radio",
            "add",
        ),
        parameter("num2", {"type": "number"}, "float", "Number", 3),
    ]
    assert described["returns"] == [
        {
            "label": "output",
            "type": {"type": "number"},
            "python_type": {"type": "float", "description": ""},
            "component": "Number",
        }
    ]
    # The whole is what gradio_client returns, which asks the same question.
    raw = httpx.get(f"{url}/gradio_api/info").json()["named_endpoints"]
    assert info["named_endpoints"].keys() == raw.keys()
    assert info["unnamed_endpoints"] == {}


def test_37_private_endpoints_are_not_shown_and_cannot_be_called(client: Client, url: str) -> None:
    info = client.view_api(print_info=False, return_format="dict")
    assert "/private" not in info["named_endpoints"]
    functions = httpx.get(f"{url}/config").json()["dependencies"]
    private = next(one["id"] for one in functions if one["api_visibility"] == "private")
    with pytest.raises(EndpointNotFoundError):
        client.submit(fn_index=private)
    with pytest.raises(EndpointNotFoundError):
        client.submit(api_name="/private")


def test_37_undocumented_endpoints_are_not_shown_but_can_be_called(client: Client) -> None:
    info = client.view_api(print_info=False, return_format="dict")
    assert "/undocumented" not in info["named_endpoints"]
    assert client.predict(value="hi", api_name="/undocumented") == "hi"


def test_39_a_download_of_a_missing_file_raises(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello")
    result = client.predict(handle_file(path), api_name="/file")
    Path(unquote(result.url.partition("/file=")[2])).unlink()
    with pytest.raises(DownloadError, match=r"answered with status 40\d"):
        result.read()


@pytest.mark.parametrize("options", [{"timeout": 0.2}, {"httpx_kwargs": {"timeout": 0.2}}])
def test_40_a_timeout_holds_for_every_request(options: Any) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as silent:
        port = silent.getsockname()[1]
        client = Client(f"http://127.0.0.1:{port}", **options)
        with client, pytest.raises(InferenceTimeoutError, match="no answer"):
            client.predict("hi", api_name="/echo")


def test_41_the_space_is_told_that_an_api_client_calls(url: str) -> None:
    with Client(url, headers={"x-gradio-user": "app"}) as client:
        seen = client.predict(api_name="/headers", headers={"x-gradio-user": "app"})
        assert seen["x-gradio-user"] == "api"


def test_42_an_oauth_token_reaches_only_endpoints_that_declare_it(url: str) -> None:
    with Client(url) as client:
        assert client.predict(api_name="/acts_for") == "nobody"
    with Client(url, oauth_token="hf_mine") as client:
        assert client.predict(api_name="/acts_for") == "hf_mine"
        assert "hf_mine" not in str(client.predict(api_name="/headers"))


def test_43_several_states_are_padded_and_kept(client: Client) -> None:
    assert client.predict("a", api_name="/two_states") == ("a", "1 10")
    assert client.predict("b", api_name="/two_states") == ("b", "2 11")


def test_43_an_unknown_endpoint_is_refused_by_name(client: Client) -> None:
    with pytest.raises(EndpointNotFoundError, match=r"'/nope'.*It has: /predict"):
        client.predict("a", api_name="/nope")
