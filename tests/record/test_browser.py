"""Clicks in a real browser: what the recorder kept is what the Space saw, on several Gradios."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hubsmith_record.recorder import record
from hubsmith_record.recording import RecordedCall, RecordedFile, Recording
from hubsmith_record.session import write_session
from PIL import Image

from tests.record.environment import VERSIONS, EnvironmentFailed, browser_at_hand
from tests.support.gradio_server import serve
from tests.support.paths import KITCHEN_APP
from tests.support.type_checker import faults_in
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


class App:
    """The app of a scenario, on one of the Gradio versions, that notes its calls.

    Args:
        python: The interpreter that has this version.
        path: The app.
        folder: Where it keeps its files.
    """

    def __init__(self, python: Path, path: Path, folder: Path) -> None:
        self._python, self._folder = python, folder
        self._seen = folder / "seen.jsonl"
        self._settings = {"APP_SCRIPT": str(path), "APP_SEEN": str(self._seen)}

    def served(self) -> AbstractContextManager[str]:
        """Start it anew; give its address."""
        self._seen.write_text("", encoding="utf-8")
        return serve(self._python, APPS / "observed.py", self._folder, **self._settings)

    def seen(self) -> list[Any]:
        """Return the calls since then: the function and its arguments."""
        return [json.loads(line) for line in self._seen.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def app(version: str, scenario: str, tmp_path: Path) -> App:
    if scenario == "kitchen" and version.startswith("4."):
        pytest.skip("the demo app needs gr.api, which Gradio 4 does not have")
    try:
        python = Path(sys.executable) if version == INSTALLED else python_of(version)
    except EnvironmentFailed as error:
        pytest.fail(str(error), pytrace=False)
    return App(python, CASES[scenario], tmp_path)


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
def test_what_is_clicked_is_recorded_and_done_again(
    app: App, scenario: str, browse: Browse, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    ended: list[RecordedCall] = []
    with app.served() as url, record(url, on_call=ended.append) as recorder:
        said = browse(recorder.url, scenario)
        recording = recorder.recording()
        assert said["wrong"] == []
        own = recorder.url.removeprefix("http://").rstrip("/")
        assert own in said["hosts"]
        assert url.removeprefix("http://") not in said["hosts"]
        clicked = app.seen()
        assert compare(scenario, recording, clicked) >= MOST[scenario]
        written = write_session(recording, language="python", out=project / "session.py")
    assert len(ended) == len(recording.calls)
    assert all(call.ended is not None for call in recording.calls)
    assert written.client is not None
    assert list(map(str, faults_in(project))) == []
    with app.served() as fresh:
        # The address is that of another server: what was recorded names the one that has ended.
        for file in [written.script, *written.client.rglob("*.py")]:
            text = file.read_text(encoding="utf-8")
            file.write_text(text.replace(url, fresh), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-W", "error", written.script], cwd=project,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        script = written.script.read_text(encoding="utf-8")
        if scenario == "chat" and recording.config["version"].startswith("4."):
            # The page of its ChatInterface calls a private function; the script says what it left out.
            assert (app.seen(), "_stream_fn" in script) == ([], True)
        else:
            assert repeatable(app.seen()) == repeatable(clicked), script


NOT_REPEATED = ("greeting", "clear", "choose")
"""What happens when the page opens, what has no name, and what needs the click itself."""


def repeatable(observed: list[Any]) -> list[Any]:
    """Return the calls that a script can make.

    Of the history of a chat only the length is compared: Gradio's page has a form of its own for it.
    """
    return [
        [name, [values[0], len(values[1]), *values[2:]]] if name == "answer" else [name, values]
        for name, values in observed
        if name not in NOT_REPEATED
    ]


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
