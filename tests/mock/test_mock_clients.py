"""Every kind of client calls a mock as it calls the Space."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import wave
from pathlib import Path
from typing import Any

import pytest
from hubsmith_runtime import (
    AppError,
    Client,
    File,
    HubsmithError,
    JobCancelledError,
    QueueFullError,
)
from hubsmith_testing import Answer, MockSpace

from tests.snippets.node import installed

PNG = b"\x89PNG\r\n\x1a\n"


def test_a_generated_client_gets_answers_of_its_types(
    mock_space: type[MockSpace], snapshot: Path, kitchen: Any
) -> None:
    mock = mock_space(snapshot)
    with kitchen.Kitchen(mock.url) as space:
        assert isinstance(space.greet("Bob"), str)
        assert isinstance(space.count("soup"), int)
        assert space.chat("Hello")[0].role
        result = space.img(PNG + b"...")
    assert [type(one).__name__ for one in result] == ["File", "LabelData"]
    (call,) = [call for call in mock.calls if call.endpoint == "/img"]
    assert mock.read_file(call.arguments["im"]) == PNG + b"..."
    assert call.session


def test_files_of_answers_are_real(
    mock_space: type[MockSpace], snapshot: Path, kitchen: Any
) -> None:
    with kitchen.Kitchen(mock_space(snapshot).url) as space:
        picture = space.img(b"...")[0]
        text = space.shout(b"quiet")
        assert picture.read().startswith(PNG)
        assert picture.mime_type == "image/png"
        assert text.read().startswith(b"Sample")


def test_the_async_client_streams_partial_results(
    mock_space: type[MockSpace], snapshot: Path, kitchen: Any
) -> None:
    async def run(url: str) -> tuple[list[str], str]:
        async with kitchen.AsyncKitchen(url) as space:
            job = await space.jobs.stream(3)
            return [text async for text in job], await job.result()

    partials, result = asyncio.run(run(mock_space(snapshot).url))
    assert len(partials) == 3
    assert partials[-1] == result
    assert all(result.startswith(text) for text in partials)


def test_the_result_of_a_generator_is_what_it_gave_last(
    mock_space: type[MockSpace], snapshot: Path
) -> None:
    answer = Answer(stream=["1", "1 2"], value="1 2 3")
    mock = mock_space(snapshot, answers={"/stream": [answer, Answer(value="all")]})
    with Client(mock.url) as client:
        assert list(client.submit(3, api_name="/stream")) == ["1", "1 2", "1 2 3"]
        assert list(client.submit(3, api_name="/stream")) == ["all"]


def test_the_untyped_client_reads_the_documents_of_the_mock(
    mock_space: type[MockSpace], snapshot: Path
) -> None:
    mock = mock_space(snapshot)
    with Client(mock.url) as client:
        info = client.view_api(print_info=False, return_format="dict")
        recorded = json.loads((snapshot / "info.json").read_text(encoding="utf-8"))
        assert set(info["named_endpoints"]) == set(recorded["named_endpoints"])
        assert isinstance(client.predict("Bob", api_name="/greet"), str)


@pytest.mark.slow
def test_gradio_client_calls_it(
    mock_space: type[MockSpace], snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gradio_client = pytest.importorskip("gradio_client")
    monkeypatch.setenv("GRADIO_ANALYTICS_ENABLED", "False")
    counting = Answer(stream=["1", "1 2"], value="1 2 3")
    mock = mock_space(
        snapshot, answers={"/greet": Answer(value="Hello Bob"), "/stream": [Answer(), counting]}
    )
    picture = tmp_path / "cat.png"
    picture.write_bytes(PNG)
    client = gradio_client.Client(
        mock.url, verbose=False, token=False, download_files=str(tmp_path / "downloads")
    )
    try:
        assert client.predict("Bob", api_name="/greet") == "Hello Bob"
        image, label = client.predict(gradio_client.handle_file(picture), api_name="/img")
        assert Path(image).read_bytes().startswith(PNG)
        assert "label" in label
        job = client.submit(3, api_name="/stream")
        assert job.result(timeout=20) == job.outputs()[-1]
        assert len(job.outputs()) == 3
        # It takes what a generator gave for all that there is.
        assert list(client.submit(3, api_name="/stream")) == ["1", "1 2", "1 2 3"]
    finally:
        client.close()
        for pool in (client.executor, client.helper_executor, client.stream_executor):
            pool.shutdown()
    (call,) = [call for call in mock.calls if call.endpoint == "/img"]
    assert mock.read_file(call.arguments["im"]) == PNG


@pytest.mark.slow
def test_gradios_javascript_client_calls_it(
    mock_space: type[MockSpace], snapshot: Path, tmp_path: Path
) -> None:
    (tmp_path / "node_modules").symlink_to(installed() / "node_modules")
    answers = {"/greet": Answer(value="Hello"), "/stream": Answer(stream=["1", "1 2", "1 2 3"])}
    mock = mock_space(snapshot, answers=answers)
    (tmp_path / "call.mjs").write_text(
        f"""
import {{ Client }} from "@gradio/client";
const app = await Client.connect("{mock.url}");
const parts = [(await app.predict("/greet", {{ name: "Bob" }})).data[0]];
for await (const message of app.submit("/stream", [3])) parts.push(message.data[0]);
console.log(parts.join(", "));
process.exit(0);
"""
    )
    done = subprocess.run(
        ["node", "call.mjs"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "Hello, 1, 1 2, 1 2 3, 1 2 3\n", done.stderr


def test_canned_answers_come_in_turn_and_the_last_one_stays(
    mock_space: type[MockSpace], snapshot: Path, kitchen: Any
) -> None:
    answers = {"/greet": [Answer(value="first"), {"value": "second"}]}
    with kitchen.Kitchen(mock_space(snapshot, answers=answers).url) as space:
        assert [space.greet("Bob") for _ in range(3)] == ["first", "second", "second"]


def test_an_answer_for_some_arguments_has_the_defaults_of_the_others(
    mock_space: type[MockSpace], snapshot: Path, kitchen: Any
) -> None:
    answers = [Answer(value="Hello", arguments={"name": "Bob"}), Answer(value="Who is there?")]
    with kitchen.Kitchen(mock_space(snapshot, answers={"/greet": answers}).url) as client:
        said = [client.greet("Bob"), client.greet("Eve"), client.greet("Bob", intensity=1)]
    assert said == ["Hello", "Who is there?", "Who is there?"]


def test_an_answer_may_be_computed_from_the_arguments(
    mock_space: type[MockSpace], snapshot: Path, kitchen: Any
) -> None:
    def greet(name: str, **others: object) -> str:
        return f"Hi {name}" + "!" * len(others)

    with kitchen.Kitchen(mock_space(snapshot, answers={"/greet": greet}).url) as space:
        assert space.greet("Bob").startswith("Hi Bob")


def test_what_a_mock_answers_can_be_set_later(
    mock_space: type[MockSpace], snapshot: Path, kitchen: Any
) -> None:
    mock = mock_space(snapshot)
    mock.answer("shout", Answer(value=mock.add_file(b"LOUD", "loud.txt")))
    with kitchen.Kitchen(mock.url) as space:
        file = space.shout(b"quiet")
        assert (file.name, file.read()) == ("loud.txt", b"LOUD")


def test_errors_on_request(mock_space: type[MockSpace], snapshot: Path, kitchen: Any) -> None:
    answers = {
        "/greet": Answer(error="The stove is cold.", title="Stove"),
        "/stream": Answer(stream=["a", "ab"], error="Out of gas."),
        "/count": [Answer(status=503), Answer(status=502), Answer(status=499)],
    }
    with kitchen.Kitchen(mock_space(snapshot, answers=answers).url, retries=None) as space:
        with pytest.raises(AppError, match=r"The stove is cold\.") as caught:
            space.greet("Bob")
        assert caught.value.title == "Stove"
        job = space.jobs.stream(2)
        with pytest.raises(AppError, match=r"Out of gas\."):
            job.result()
        assert list(job.outputs()) == ["a", "ab"]
        with pytest.raises(QueueFullError):
            space.count("soup")
        for words in ("HTTP 502: Bad Gateway", "HTTP 499: Error"):
            with pytest.raises(HubsmithError, match=words):
                space.count("soup")


def test_partial_results_travel_as_edits(mock_space: type[MockSpace], snapshot: Path) -> None:
    # A list that grows, one that shrinks, an object that changes: whatever the Space could send.
    steps: list[list[dict[str, Any]]] = [
        [{"role": "user", "content": "a"}],
        [{"role": "user", "content": "ab"}, {"role": "assistant", "content": "c", "x": [1, 2]}],
        [{"role": "user", "content": "zz", "y": None}],
        [],
    ]
    mock = mock_space(snapshot, answers={"/chat": Answer(stream=steps)})
    with Client(mock.url) as client:
        assert list(client.submit("Hello", api_name="/chat")) == steps


def test_progress_and_log_lines(mock_space: type[MockSpace], snapshot: Path, kitchen: Any) -> None:
    answer = Answer(value="done", logs=["Heating up"], progress=[0.25, 1.0])
    with kitchen.Kitchen(mock_space(snapshot, answers={"/bake": answer}).url) as space:
        job = space.jobs.bake("bread")
        assert job.result() == "done"
        status = job.status()
    assert [line.message for line in status.log] == ["Heating up"]
    assert [unit.progress for unit in status.progress] == [1.0]


def test_a_job_can_be_cancelled(mock_space: type[MockSpace], snapshot: Path, kitchen: Any) -> None:
    answer = Answer(value="late", delay=3600)
    with kitchen.Kitchen(mock_space(snapshot, answers={"/greet": answer}).url) as space:
        job = space.jobs.greet("Bob")
        assert job.cancel()
        with pytest.raises(JobCancelledError):
            job.result()


def test_the_seed_decides_what_is_answered(mock_space: type[MockSpace], snapshot: Path) -> None:
    def greetings(seed: int) -> tuple[Any, ...]:
        with Client(mock_space(snapshot, seed=seed).url) as client:
            return client.predict("Bob", api_name="/greet"), client.predict(2, api_name="/plan")

    first, again, other = greetings(1), greetings(1), greetings(2)
    assert first == again
    assert first != other


def test_made_sounds_can_be_played(mock_space: type[MockSpace]) -> None:
    schema = {
        "type": "object",
        "properties": {key: {} for key in ("path", "url", "orig_name", "mime_type")},
    }
    endpoint = {
        "parameters": [],
        "returns": [
            {"label": "Sound", "component": "Audio", "type": schema},
            {"label": "Film", "component": "Video", "type": schema},
        ],
    }
    info = {"named_endpoints": {"/record": endpoint}, "unnamed_endpoints": {}}
    mock = mock_space({"info": json.dumps(info).encode()})
    with Client(mock.url) as client:
        sound, film = client.predict(api_name="/record")
        assert isinstance(sound, File)
        with wave.open(io.BytesIO(sound.read())) as played:
            assert played.getnframes() == 800
        assert film.read()[4:12] == b"ftypisom"
