"""Clicks in a real browser: what the recorder kept is what the Space saw, on several Gradios."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hubsmith_record.recorder import record
from hubsmith_record.recording import RecordedCall, RecordedFile, Recording
from PIL import Image

from tests.record.environment import VERSIONS, EnvironmentFailed, browser_at_hand
from tests.support.gradio_server import ServerFailed, serve
from tests.support.paths import KITCHEN_APP
from tests.versions.environments import python_of

pytestmark = pytest.mark.slow

APPS = Path(__file__).parent / "apps"
INSTALLED = "installed"
# Gradio 4 has no `gr.api`, which the demo app needs.
CASES = {
    "kitchen": KITCHEN_APP,
    **{name: APPS / f"{name}.py" for name in ("chat", "pictures", "chain")},
}

Browse = Callable[[str, str], Any]


def wanted_versions() -> list[str]:
    return [*VERSIONS] if os.environ.get("HUBSMITH_RECORD") == "all" else [INSTALLED]


@pytest.fixture(scope="session")
def browse(tmp_path_factory: pytest.TempPathFactory) -> Browse:
    """Click through a page in Chromium; return what the browser says."""
    python = browser_at_hand()
    if python is None:
        pytest.skip("needs Chromium and playwright: `make test-record`")
    folder = tmp_path_factory.mktemp("uploads")
    picture = Image.new("RGB", (40, 20), "blue")
    picture.paste((255, 0, 0), (0, 0, 20, 20))
    picture.save(folder / "picture.png")
    (folder / "Grüße.txt").write_text("Mehl und Wasser\n" * 100, encoding="utf-8")

    def browse(url: str, scenario: str) -> Any:
        done = subprocess.run(
            [python, Path(__file__).with_name("browse.py"), url, scenario, folder],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1])

    return browse


@pytest.fixture(params=wanted_versions())
def version(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def app(version: str, scenario: str, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Serve the app of a scenario; give its address, and the file in which it notes its calls."""
    if scenario == "kitchen" and version.startswith("4."):
        pytest.skip("the demo app needs gr.api, which Gradio 4 does not have")
    try:
        python = Path(sys.executable) if version == INSTALLED else python_of(version)
        seen = tmp_path / "seen.jsonl"
        seen.touch()
        settings = {"APP": str(CASES[scenario]), "SEEN": str(seen)}
        with serve(python, APPS / "observed.py", tmp_path, **settings) as url:
            yield url, seen
    except (EnvironmentFailed, ServerFailed) as error:
        pytest.fail(str(error), pytrace=False)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def content_of(file: RecordedFile) -> bytes:
    return file.content if isinstance(file.content, bytes) else file.content.read_bytes()


def is_same(sent: Any, seen: Any, recording: Recording) -> bool:
    """Whether a value of a recorded call is what the app's function was given for it."""
    if isinstance(sent, dict) and "path" in sent:
        content = content_of(recording.uploads[sent["path"]])
        pixels = isinstance(seen, dict) and "pixels" in seen
        if pixels:
            return seen["pixels"] == digest(np.array(Image.open(io.BytesIO(content))).tobytes())
        return seen == {"file": digest(content)}
    return sent == seen


def assert_same(call: RecordedCall, seen: list[Any], recording: Recording) -> None:
    """Compare the arguments of a recorded call with those of the app's function.

    What a session keeps is null on the wire; a chat's history has more on the wire than there.
    """
    types = {one["id"]: one["type"] for one in recording.config["components"]}
    dependency = {one["id"]: one for one in recording.config["dependencies"]}[call.fn_index]
    arguments = [*zip(dependency["inputs"], call.data, strict=True)]
    for place, (component, value) in enumerate(arguments):
        if types[component] == "state":
            assert value is None
        elif types[component] != "chatbot":
            assert is_same(value, seen[place], recording), (dependency["api_name"], value, seen)


@pytest.mark.parametrize("scenario", CASES)
def test_what_is_clicked_is_recorded_as_the_space_saw_it(
    app: tuple[str, Path], scenario: str, browse: Browse
) -> None:
    url, seen = app
    ended: list[RecordedCall] = []
    with record(url, on_call=ended.append) as recorder:
        said = browse(recorder.url, scenario)
        recording = recorder.recording()
        assert said["wrong"] == []
        own = recorder.url.removeprefix("http://").rstrip("/")
        assert own in said["hosts"]
        assert url.removeprefix("http://") not in said["hosts"]
        observed = [json.loads(line) for line in seen.read_text(encoding="utf-8").splitlines()]
        compared = compare(scenario, recording, observed)
        assert compared >= MOST[scenario]
    assert len(ended) == len(recording.calls)
    assert all(call.ended is not None for call in recording.calls)


MOST = {"kitchen": 10, "chat": 2, "pictures": 2, "chain": 10}
"""How many calls are compared at least; the page makes others."""


def compare(scenario: str, recording: Recording, observed: list[Any]) -> int:
    """Compare the calls with what the app noted; return how many there were.

    A `ChatInterface` has functions of Gradio's own around that of the app: only those are looked
    for that lead to it.
    """
    names = {one["id"]: one["api_name"] for one in recording.config["dependencies"]}
    own = {name for name, _ in observed}
    calls = [*recording.calls]
    if scenario == "chat":
        calls = [call for call in calls if call.partials]
        assert [name for name, _ in observed] == ["answer"] * len(calls)
        for number, (call, (_, values)) in enumerate(zip(calls, observed, strict=True)):
            words = ["hello", "once more"][number]
            assert values[0] == words
            assert values[2] == "calm"
            assert words in json.dumps(call.outputs)
            assert "calm" in json.dumps(call.data)
        return len(calls)
    assert len(calls) == len(observed), (own, [names[call.fn_index] for call in calls])
    for call, (name, values) in zip(calls, observed, strict=True):
        # Functions are named as their endpoints, but for the one that has none.
        assert names[call.fn_index] in ([False, "false"] if name == "clear" else [name])
        assert_same(call, values, recording)
    return len(calls)
