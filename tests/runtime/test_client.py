"""`Client` and `AsyncClient` against a real Gradio server; see also tests/behaviours."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hubsmith_runtime import (
    AppError,
    ArgumentError,
    AsyncClient,
    Client,
    EndpointNotFoundError,
    File,
    HubsmithError,
    InferenceTimeoutError,
    ValidationError,
    handle_file,
)
from hubsmith_runtime.files import answered_file
from hubsmith_runtime.saving import FileOrigin
from hubsmith_runtime.spaces.filedata import convert_files
from hubsmith_runtime.spaces.live import LiveSpace
from hubsmith_runtime.spaces.signature import bind, info_of_config, read_info, view
from hubsmith_runtime.spaces.untyped import adopted

FILE_DATA = {"_type": "gradio.FileData"}
ONLY = Path(__file__).parents[1] / "behaviours" / "apps" / "only.py"
ANY = {"parameter_has_default": False}


@pytest.fixture
def client(url: str, tmp_path: Path) -> Iterator[Client]:
    with Client(url, download_dir=tmp_path / "downloads") as client:
        yield client


def test_making_a_client_sends_nothing() -> None:
    Client("http://127.0.0.1:9", auth=("user", "secret"), token="hf_secret").close()


def test_one_output_is_a_value_several_a_tuple_and_none_an_empty_one(client: Client) -> None:
    assert client.predict("hi", api_name="/echo") == "hihi"
    assert client.predict("a", "b", api_name="/two") == ("ab", "a-b")
    assert client.predict("a", api_name="/nothing") == ()


def test_an_endpoint_is_found_by_name_with_or_without_slash_and_by_number(client: Client) -> None:
    assert client.predict("hi", api_name="/echo") == "hihi"
    assert client.predict("hi", api_name="echo") == "hihi"
    assert client.predict("hi", fn_index=0) == "hihi"


def test_an_endpoint_that_is_not_there_is_named_with_those_that_are(client: Client) -> None:
    for wrong in ({"api_name": "/nope"}, {"fn_index": 99}, {}):
        with pytest.raises(EndpointNotFoundError, match="It has: /echo, /steps"):
            client.predict("hi", **wrong)


def test_the_only_endpoint_needs_no_name(start_gradio: Callable[..., str]) -> None:
    with Client(start_gradio(ONLY)) as client:
        assert client.predict("a", times=3) == "AAA"
        assert client.predict("a") == "AA"


def test_without_info_the_labels_of_the_components_are_the_names(
    start_gradio: Callable[..., str],
) -> None:
    with Client(start_gradio(ONLY, APP_BROKEN_INFO="1")) as client:
        assert client.predict("a", api_name="/shout") == "AA"
        assert client.predict(text="a", times=3, api_name="/shout") == "AAA"
        with pytest.raises(ArgumentError, match="required argument: text"):
            client.predict(times=3, api_name="/shout")
        assert client.predict(text="A", api_name="/whisper") == "a"
        info = client.view_api(print_info=False, return_format="dict")
        assert list(info["named_endpoints"]) == ["/shout", "/broken"]


def test_an_argument_without_end_is_refused(client: Client) -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ValidationError, match="/echo"):
        client.predict(endless, 2, api_name="/echo")


def test_headers_of_a_call_win_over_those_of_the_client(url: str) -> None:
    with Client(url, headers={"X-Colour": "red", "X-Size": "1"}) as client:
        headers = {"x-colour": "blue"}
        seen = client.predict(api_name="/headers", headers=headers)
        assert (seen["x-colour"], seen["x-size"]) == ("blue", "1")
        assert headers == {"x-colour": "blue"}
        assert client.predict(api_name="/headers")["x-colour"] == "red"


def test_headers_that_are_no_mapping_are_refused(client: Client, url: str) -> None:
    wrong: Any = "X-Colour: red"
    with pytest.raises(ArgumentError, match=r"headers: it must be a mapping .* not a str"):
        client.predict(api_name="/headers", headers=wrong)
    with pytest.raises(ArgumentError, match=r"headers: it must be a mapping .* not a str"):
        Client(url, headers=wrong)


def test_a_component_update_is_as_it_came(client: Client) -> None:
    update = {"__type__": "update", "value": "new x", "visible": True}
    assert client.predict("x", api_name="/update") == update
    assert client.predict("x", api_name="/skip") == {"__type__": "update"}


def test_files_go_and_come(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello")
    result = client.predict(handle_file(path), api_name="/upper_file")
    assert isinstance(result, File)
    with open(result) as file:  # noqa: PTH123  # as users of paths do
        assert file.read() == "HELLO"
    assert client.predict([handle_file(path), File(b"more")], api_name="/many_files") == [
        "hello",
        "more",
    ]


def test_a_result_file_is_sent_on_without_a_download(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello")
    result = client.predict(handle_file(path), api_name="/upper_file")
    assert client.predict(result, api_name="/upper_file").read() == b"HELLO"
    assert not result.is_local


def test_callbacks_get_the_result(client: Client) -> None:
    got: list[Any] = []
    client.submit("hi", api_name="/echo", result_callbacks=got.append).result()
    client.submit("a", "b", api_name="/two", result_callbacks=[lambda a, b: got.append((b, a))])
    client.predict("", api_name="/echo")
    job = client.submit(api_name="/refuse", text="x", result_callbacks=got.append)
    with pytest.raises(AppError):
        job.result()
    client.close()  # Every callback has run when the client is closed.
    assert sorted(got, key=str) == [("a-b", "ab"), "hihi"]


def test_a_call_may_not_take_longer_than_the_timeout(url: str) -> None:
    with Client(url, timeout=1.5) as client, pytest.raises(InferenceTimeoutError, match=r"1\.5 s"):
        client.predict(5, api_name="/slow")


def test_view_api_prints_how_to_call_each_endpoint(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    assert client.view_api() is None
    printed = capsys.readouterr().out
    assert "predict(text, times=2, api_name='/echo')" in printed
    assert client.view_api(print_info=False, return_format="str") + "\n" == printed
    assert capsys.readouterr().out == ""


def test_the_async_client_does_the_same(url: str) -> None:
    async def call() -> None:
        got: list[Any] = []
        async with AsyncClient(url) as client:
            assert await client.predict("hi", times=3, api_name="/echo") == "hihihi"
            job = await client.submit(3, api_name="/tokens", result_callbacks=got.append)
            assert [value async for value in job] == ["t0 ", "t0 t1 ", "t0 t1 t2 "]
            assert await job.result() == "t0 t1 t2 "
            assert await client.predict(5, api_name="/count") == 5
            assert await client.predict(5, api_name="/count") == 10
            client.reset_session()
            assert await client.predict(5, api_name="/count") == 5
            info = await client.view_api(print_info=False, return_format="dict")
            assert "/echo" in info["named_endpoints"]
            with pytest.raises(ArgumentError):
                await client.submit(api_name="/echo")
        assert got == ["t0 t1 t2 "]
        with pytest.raises(HubsmithError, match="closed"):
            await client.predict("hi", api_name="/echo")

    asyncio.run(call())


def test_options_of_httpx_that_mean_nothing_are_refused() -> None:
    with pytest.raises(ValidationError, match="'proxy' is not supported: only"):
        Client("owner/name", httpx_kwargs={"proxy": "http://127.0.0.1:9"})


def test_a_certificate_is_checked_with_the_context_given(url: str) -> None:
    for verify in (False, ssl.create_default_context()):
        with Client(url, ssl_verify=verify) as client:
            assert client.predict("hi", api_name="/echo") == "hihi"


def test_cookies_are_not_shown() -> None:
    with Client("http://127.0.0.1:9", cookies={"key": "secret"}) as client:
        assert "secret" not in repr(client)


class TestBind:
    """Arguments laid out in the order of the parameters."""

    def test_without_parameters(self) -> None:
        assert bind([], [], {}, "x") == []
        with pytest.raises(ArgumentError, match=r"takes 0 arguments, got 1.*are: none"):
            bind([], [1], {}, "x")

    def test_none_is_a_value(self) -> None:
        assert bind([{"parameter_name": "a", **ANY}], [None], {}, "x") == [None]

    def test_a_default_may_be_none(self) -> None:
        parameter = {
            "parameter_name": "a",
            "parameter_has_default": True,
            "parameter_default": None,
        }
        assert bind([parameter], [], {}, "x") == [None]

    def test_a_parameter_without_a_name_goes_by_its_label_or_place(self) -> None:
        parameters = [{"label": "First one", **ANY}, ANY]
        assert bind(parameters, [], {"param_1": 2, "First one": 1}, "x") == [1, 2]


def adopt(value: Any, base: str) -> Any:
    return convert_files(value, partial(adopted, base=base))


class TestAdopt:
    """FileData objects among the arguments."""

    def test_a_local_path_and_a_url_become_files(self, tmp_path: Path) -> None:
        path = tmp_path / "a.txt"
        path.write_text("x")
        value = [{"deep": {"path": str(path), "orig_name": "b.txt", "meta": FILE_DATA}}]
        file = adopt(value, "http://space")[0]["deep"]
        assert (file.name, file.read()) == ("b.txt", b"x")
        remote = {"path": "https://h/c.txt", "url": "https://h/c.txt", "meta": FILE_DATA}
        assert adopt(remote, "http://space").url == "https://h/c.txt"

    def test_the_spaces_own_files_stay(self) -> None:
        own = {"path": "/srv/a", "url": "http://space/file=/srv/a", "meta": FILE_DATA}
        assert adopt(own, "http://space") == own

    def test_a_dict_without_the_mark_is_no_file(self, tmp_path: Path) -> None:
        assert adopt({"path": str(tmp_path / "a.txt")}, "http://space") == {
            "path": str(tmp_path / "a.txt")
        }


def answered(value: Any) -> Any:
    return convert_files(value, partial(answered_file, origin=FileOrigin("http://space")))


class TestAnswered:
    """Files in answers, at any depth."""

    def test_files_are_found(self) -> None:
        value = {"a": [{"path": "/srv/a.png", "meta": FILE_DATA}], "b": {"path": "not a file"}}
        found = answered(value)
        assert isinstance(found["a"][0], File)
        assert found["b"] == {"path": "not a file"}

    def test_files_of_old_versions_bear_no_mark(self) -> None:
        old = {"path": "/srv/a", "url": None, "orig_name": "a", "size": None, "mime_type": None}
        assert isinstance(answered(old), File)

    def test_an_empty_file_stays_what_it_is(self) -> None:
        empty = {"path": None, "url": None, "meta": FILE_DATA}
        assert answered(empty) == empty


class TestInfo:
    """What untrusted documents may hold."""

    def test_hidden_parts_are_left_out(self) -> None:
        shown = {"parameters": [], "returns": []}
        document = {
            "named_endpoints": {
                "/a": {**shown, "show_api": True, "code_snippets": {}, "api_visibility": "public"},
                "/b": {**shown, "show_api": False},
                "/c": {**shown, "api_visibility": "private"},
            }
        }
        expected = {"named_endpoints": {"/a": shown}, "unnamed_endpoints": {}}
        assert read_info(document) == expected

    @pytest.mark.parametrize("document", [None, [], {}, {"named_endpoints": []}, "x"])
    def test_another_document_is_none(self, document: Any) -> None:
        assert read_info(document) is None

    def test_a_broken_config_gives_what_can_be_known(self) -> None:
        config = {
            "version": "6.0.0",
            "protocol": "sse_v3",
            "components": [{"id": 1}, "x", {"id": 2, "props": {"label": "L", "value": 5}}],
            "dependencies": [{"id": 0, "api_name": "f", "inputs": [1, 2, 3], "outputs": None}],
        }
        endpoints = list(LiveSpace.parse(config, "x").by_index.values())
        found = info_of_config(config, endpoints)["named_endpoints"]["/f"]
        names = [parameter["parameter_name"] for parameter in found["parameters"]]
        assert names == ["param_0", "L", "param_2"]
        assert found["returns"] == []


class TestRender:
    """The table of endpoints."""

    def test_nothing_of_a_document_controls_the_terminal(self) -> None:
        evil = "a\x1b[2J\nb"
        described = {"label": evil, "component": evil, "python_type": {"type": evil}, **ANY}
        endpoint = {"parameters": [described], "returns": [described]}
        shown = view({"named_endpoints": {evil: endpoint}, "unnamed_endpoints": {}}, "x")
        assert "\x1b" not in shown
        assert len(shown.splitlines()) == 5

    def test_unnamed_endpoints_are_shown_when_asked_for_or_alone(self) -> None:
        endpoint = {"parameters": [], "returns": []}
        both = {"named_endpoints": {"/a": endpoint}, "unnamed_endpoints": {"3": endpoint}}
        alone = {"named_endpoints": {}, "unnamed_endpoints": {"3": endpoint}}
        assert "fn_index=3" not in view(both, "x")
        assert "all_endpoints=True" in view(both, "x")
        assert "fn_index=3" in view(both, "x", all_endpoints=True)
        assert "fn_index=3" in view(alone, "x")
        assert "fn_index=3" not in view(alone, "x", all_endpoints=False)
