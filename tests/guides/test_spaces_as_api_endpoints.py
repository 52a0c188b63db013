"""The guide "Spaces as API endpoints": its Python code runs with only the import line changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hubsmith import Client, search_spaces

from tests.guides.guide import sections
from tests.support.fake_hub import FakeHub

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent

TITLES = [
    "Quick start",
    "View available API endpoints",
    "Connect to a Space",
    "Make Predictions",
    "Handle Files",
    "Monitor Job Status",
    "Streaming/Generator Endpoints",
    "JavaScript client",
    "FastAPI Integration",
    "Error Handling with Retries",
    "Calling Spaces from Another Space",
    "Find Spaces with semantic search",
]
SECTIONS = sections("spaces-as-api-endpoints.txt", TITLES)
StartGradio = Callable[..., str]


@pytest.fixture
def hub(start_gradio: StartGradio, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A local Hub that knows the Spaces of the guide."""
    text = start_gradio(HERE / "apps" / "space.py", APP_KIND="text")
    audio = start_gradio(HERE / "apps" / "space.py", APP_KIND="audio")
    hub = FakeHub()
    hub.users.update({"hf_...": "someone", "hf_xxxxx": "username"})
    for name in ("abidlabs/en2fr", "username/space-name", "username/space", "owner/zerogpu-space"):
        hub.add(name, text, about={"ai_short_description": "Text to speech and more"})
    hub.add("username/private-space", text, private=True)
    hub.add("abidlabs/whisper", audio)
    with hub.running():
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield hub


class Guide:
    """Runs blocks of the guide, and closes what they leave open."""

    def __init__(self) -> None:
        self._clients: list[Client] = []

    def run(self, block: str, **names: Any) -> dict[str, Any]:
        space = {"__name__": "guide", **names}
        exec(compile(block, "guide", "exec"), space)
        self._clients += [value for value in space.values() if isinstance(value, Client)]
        return space

    def close(self) -> None:
        for client in self._clients:
            client.close()


@pytest.fixture
def guide() -> Iterator[Guide]:
    guide = Guide()
    yield guide
    guide.close()


def only(title: str) -> str:
    (block,) = SECTIONS[title]
    return block


def test_every_python_block_has_a_test() -> None:
    counts = {title: len(blocks) for title, blocks in SECTIONS.items() if blocks}
    assert counts == {
        "Quick start": 1,
        "View available API endpoints": 1,
        "Connect to a Space": 1,
        "Make Predictions": 2,
        "Handle Files": 1,
        "Monitor Job Status": 1,
        "Streaming/Generator Endpoints": 1,
        "FastAPI Integration": 1,
        "Error Handling with Retries": 1,
        "Calling Spaces from Another Space": 1,
    }


def test_quick_start(hub: FakeHub, guide: Guide, capsys: pytest.CaptureFixture[str]) -> None:
    guide.run(only("Quick start"))
    assert capsys.readouterr().out == "Bonjour, le monde!\n"


def test_view_available_api_endpoints(
    hub: FakeHub, guide: Guide, capsys: pytest.CaptureFixture[str]
) -> None:
    guide.run(only("View available API endpoints"))
    assert "predict(audio, api_name='/predict')" in capsys.readouterr().out


def test_connect_to_a_space(hub: FakeHub, guide: Guide) -> None:
    client = guide.run(only("Connect to a Space"))["client"]
    assert hub.seen == []  # Making a client sends nothing.
    assert client.predict("Hello", api_name="/predict") == "Hello"


def test_make_predictions(hub: FakeHub, guide: Guide) -> None:
    blocking, non_blocking = SECTIONS["Make Predictions"]
    client = Client("username/space-name")
    assert guide.run(blocking, client=client)["result"] == "Hello"
    assert guide.run(non_blocking, client=client)["result"] == "Hello"


def test_handle_files(
    hub: FakeHub, guide: Guide, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "audio.wav").write_text("words of a file")
    results: list[str] = []
    predict = Client.predict

    def noting(client: Client, /, *args: Any, **kwargs: Any) -> Any:
        results.append(predict(client, *args, **kwargs))
        return results[-1]

    monkeypatch.setattr(Client, "predict", noting)
    guide.run(only("Handle Files"))
    assert results == ["words of a file", "words of https://example.com/audio.wav"]


def test_monitor_job_status(hub: FakeHub, guide: Guide, capsys: pytest.CaptureFixture[str]) -> None:
    space = guide.run(only("Monitor Job Status"), client=Client("username/space-name"))
    assert capsys.readouterr().out.startswith("Queue position: ")
    assert space["job"].done()


def test_streaming_generator_endpoints(
    hub: FakeHub, guide: Guide, capsys: pytest.CaptureFixture[str]
) -> None:
    guide.run(only("Streaming/Generator Endpoints"), client=Client("username/space-name"))
    assert capsys.readouterr().out.splitlines() == [
        "Write a story: Once",
        "Write a story: Once upon",
        "Write a story: Once upon a time",
    ]


def test_fastapi_integration(hub: FakeHub, guide: Guide) -> None:
    testing = pytest.importorskip("fastapi.testclient")
    app = guide.run(only("FastAPI Integration"))["app"]
    with testing.TestClient(app) as caller:
        url = "https://example.com/audio.wav"
        answer = caller.post("/transcribe/", params={"file_url": url})
    assert answer.json() == {"transcription": f"words of {url}"}


def test_error_handling_with_retries(hub: FakeHub, guide: Guide) -> None:
    space = guide.run(only("Error Handling with Retries"))
    assert space["result"] == "input"


@pytest.mark.slow
def test_calling_spaces_from_another_space(
    hub: FakeHub, start_gradio: StartGradio, tmp_path: Path
) -> None:
    app = tmp_path / "caller.py"
    app.write_text(only("Calling Spaces from Another Space"))
    url = start_gradio(app, HF_ENDPOINT=hub.url)
    with Client(url) as visitor:
        headers = {"x-ip-token": "visitor"}
        said = visitor.predict("a cat", api_name="/process", headers=headers)
    assert said == "a cat for visitor"


def test_find_spaces_with_semantic_search(hub: FakeHub) -> None:
    # The guide asks with curl; this is the same question.
    found = search_spaces("text to speech", sdk="gradio")
    assert "owner/zerogpu-space" in [space.id for space in found]
