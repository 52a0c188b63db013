"""Calls without generated code, by the conventions of gradio_client, on every Gradio version."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hubsmith_runtime import (
    AppError,
    AsyncClient,
    Client,
    EndpointNotFoundError,
    JobCancelledError,
    SpaceValidationError,
    handle_file,
)
from PIL import Image

from tests.versions.features import Features

pytestmark = pytest.mark.slow


@pytest.fixture
def client(url: str, tmp_path: Path) -> Iterator[Client]:
    with Client(url, download_dir=tmp_path / "downloads", verbose=False) as client:
        yield client


def test_arguments_by_position_by_name_and_by_default(client: Client) -> None:
    assert client.predict("ab", 3, api_name="/echo") == "ababab"
    assert client.predict("ab", times=1, api_name="/echo") == "ab"
    assert client.predict(text="ab", api_name="/echo") == "abab"
    assert client.predict(api_name="/choose") == "green  3 True"
    assert client.predict("blue", ["a"], api_name="/choose") == "blue a 3 True"


def test_the_api_is_listed(client: Client, features: Features) -> None:
    api = client.view_api(print_info=False, return_format="dict")
    assert {name.removeprefix("/") for name in api["named_endpoints"]} == features.endpoints


def test_several_results_none_and_names_with_signs(client: Client) -> None:
    assert client.predict("x", 1, api_name="/two") == ("X", 2)
    assert client.predict("x", api_name="/nothing") == ()
    assert client.predict(4, api_name="/with-dash") == 2
    assert client.predict(6, api_name="/with/slash") == 3
    assert client.predict("x", api_name="/unqueued") == "xx"


def test_files(client: Client, picture: Path, tmp_path: Path) -> None:
    mirrored = client.predict(handle_file(picture), api_name="/mirror")
    with Image.open(io.BytesIO(Path(mirrored).read_bytes())) as image:
        assert image.size == (4, 2)
    for name in ("one.txt", "two.txt"):
        (tmp_path / name).write_text(name[:3])
    files = [handle_file(tmp_path / name) for name in ("one.txt", "two.txt")]
    assert client.predict(files, api_name="/join_files") == "one.txt:one|two.txt:two"
    words = client.predict("x yy", api_name="/split")
    assert [Path(word).read_bytes() for word in words] == [b"x", b"yy"]
    assert Path(client.predict(files[0], api_name="/shout")).read_bytes() == b"ONE"


def test_text_that_only_looks_like_a_path_is_not_sent_as_a_file(
    client: Client, picture: Path
) -> None:
    assert client.predict(str(picture), 1, api_name="/echo") == str(picture)


def test_a_job_gives_partial_results(client: Client) -> None:
    job = client.submit(3, api_name="/tokens")
    assert list(job) == ["t0 ", "t0 t1 ", "t0 t1 t2 "]
    assert job.result() == "t0 t1 t2 "
    assert [number for number, _ in client.submit(3, api_name="/atokens")] == [0, 1, 2]


def test_a_job_is_cancelled(client: Client) -> None:
    job = client.submit(api_name="/endless")
    assert next(iter(job)) == 0
    assert job.cancel()
    with pytest.raises(JobCancelledError, match="/endless"):
        job.result()


def test_progress_and_log_lines_are_in_the_status(client: Client) -> None:
    reporting, logging = client.submit(3, api_name="/report"), client.submit("x", api_name="/log")
    assert (reporting.result(), logging.result()) == ("reported", "x")
    assert [unit.length for unit in reporting.status().progress] == [3]
    assert [line.message for line in logging.status().log] == ["info x", "warning x"]


def test_a_session_keeps_state(client: Client) -> None:
    assert [client.predict(2, api_name="/count") for _ in range(2)] == [2, 4]
    client.reset_session()
    assert client.predict(2, api_name="/count") == 2


def test_values_of_every_kind_arrive(client: Client, features: Features) -> None:
    assert client.predict(api_name="/line_breaks") == "a\x85b\u2028c\u2029d\n\ne\r\nf é 漢 🎈"
    answer = client.predict(1.5, api_name="/not_a_number")
    assert answer == {"value": None, "list": [1.5, None, None], "text": "é\u2028\x85"}
    history: Any = client.predict("one", api_name="/chat")
    assert [turn["role"] for turn in history] == ["user", "assistant"]
    assert len(client.predict("two", history, api_name="/chat")) == 4
    if features.functions:
        typed = client.predict("ab", tags=["x"], api_name="/typed")
        assert typed == {"text": "abab", "tags": "x"}


def test_errors_say_what_was_called(client: Client, features: Features) -> None:
    with pytest.raises(AppError, match="no tea") as caught:
        client.predict("tea", api_name="/refuse")
    assert caught.value.title == ("Refused" if features.titles else caught.value.title)
    with pytest.raises(AppError, match="/crash"):
        client.predict("x", api_name="/crash")
    with pytest.raises(EndpointNotFoundError, match="/gone"):
        client.predict("x", api_name="/gone")
    with pytest.raises(TypeError):
        client.predict("x", unknown=1, api_name="/echo")
    if features.validators:
        with pytest.raises(SpaceValidationError, match="Age must be at least 3"):
            client.predict(2, api_name="/validated")


def test_asynchronous_calls(url: str, picture: Path, tmp_path: Path) -> None:
    async def call() -> None:
        async with AsyncClient(url, download_dir=tmp_path) as client:
            assert await client.predict("ab", api_name="/echo") == "abab"
            job = await client.submit(2, api_name="/tokens")
            assert [partial async for partial in job] == ["t0 ", "t0 t1 "]
            answer = await client.predict(handle_file(picture), api_name="/mirror")
            assert len(await answer.aread()) > 0

    asyncio.run(call())
