"""Recorded answers as a file for `hubsmith mock` and the pytest plugin."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hubsmith_record.fixture import write_fixture
from hubsmith_runtime import AppError, Client, ValidationError
from hubsmith_testing import MockSpace

from tests.record.by_hand import Clicks, file_data
from tests.support.generated_client import imported
from tests.support.paths import KITCHEN_APP, KITCHEN_SNAPSHOT

SPACES = KITCHEN_SNAPSHOT.parents[1]


@pytest.fixture
def fixture(start_gradio: Callable[..., str], tmp_path: Path) -> Path:
    """What was recorded of the demo app."""
    clicks = Clicks.on(start_gradio(KITCHEN_APP))
    card = clicks.upload("/tmp/gradio/1/card.txt", b"salt\n")
    clicks.call("greet", ["Bob", "formal", 3], ["Recorded once"])
    clicks.call("greet", ["Bob", "formal", 3], ["Recorded twice"])
    clicks.call("greet", ["Ann", "casual", 3.0], ["Recorded for Ann"])
    clicks.call("fail", ["pie"], error="There is no more pie.")
    clicks.call("count", ["soup", None], [17, None])
    clicks.call("shout", [card], [file_data("/tmp/gradio/2/made by the Space.txt")])
    clicks.call("stream", [2, 0.05], ["1 2"], partials=2, partial_outputs=[["1"], ["1 2"]])
    clicks.call("suggest", ["autumn", ["pesto"]], ["pumpkin", ["tomato"]])
    clicks.call("stream", [9, 0.05], ended=None)
    return write_fixture(clicks.recording(), tmp_path / "answers.json")


@pytest.fixture
def mock(fixture: Path) -> Iterator[MockSpace]:
    with MockSpace(KITCHEN_SNAPSHOT, answers=fixture) as space:
        yield space


def test_equal_arguments_get_the_recorded_answer_and_others_a_made_one(mock: MockSpace) -> None:
    with imported("kitchen", SPACES) as package, package.Kitchen(mock.url) as kitchen:
        assert [kitchen.greet("Bob") for _ in range(3)] == [
            "Recorded once", "Recorded twice", "Recorded twice",
        ]  # fmt: skip
        assert kitchen.greet("Ann", style="casual") == "Recorded for Ann"
        assert not kitchen.greet("Eve").startswith("Recorded")
        assert kitchen.count("soup") == 17
        assert list(kitchen.jobs.stream(2)) == ["1", "1 2"]
        assert kitchen.suggest("autumn", avoid=["pesto"]) == ("pumpkin", ["tomato"])
        with pytest.raises(AppError, match="no more pie"):
            kitchen.fail("pie")
        kitchen.fail("cake")


def test_files_are_compared_by_what_is_in_them(mock: MockSpace, tmp_path: Path) -> None:
    (tmp_path / "other name.txt").write_bytes(b"salt\n")
    (tmp_path / "card.txt").write_bytes(b"pepper\n")
    with imported("kitchen", SPACES) as package, package.Kitchen(mock.url) as kitchen:
        assert kitchen.shout(tmp_path / "other name.txt").name == "made by the Space.txt"
        assert kitchen.shout(tmp_path / "card.txt").name == "file.txt"


def test_the_command_serves_it(fixture: Path) -> None:
    command = [sys.executable, "-m", "hubsmith_codegen", "mock", str(KITCHEN_SNAPSHOT)]
    with subprocess.Popen(
        [*command, "--fixture", str(fixture)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            with Client(server.stdout.readline().strip()) as client:
                assert client.predict("Ann", "casual", 3, api_name="/greet") == "Recorded for Ann"
        finally:
            server.terminate()


@pytest.mark.slow
def test_the_plugin_uses_it(fixture: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "conftest.py").write_text('pytest_plugins = ["hubsmith_testing.pytest"]\n')
    (folder / "test_it.py").write_text(
        "from kitchen import Kitchen\n\n\n"
        "def test_greeting(mock_space):\n"
        f"    space = mock_space({str(KITCHEN_SNAPSHOT)!r}, answers={str(fixture)!r})\n"
        "    with Kitchen(space.url) as kitchen:\n"
        '        assert kitchen.greet("Ann", style="casual") == "Recorded for Ann"\n'
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder)],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(SPACES)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert "1 passed" in done.stdout, done.stdout


def test_plain_calls_over_http_match_too(mock: MockSpace) -> None:
    body = json.dumps({"data": ["Ann", "casual", 3]}).encode()
    request = urllib.request.Request(
        f"{mock.url}/gradio_api/run/greet", body, {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert json.load(answer)["data"] == ["Recorded for Ann"]


def test_answers_by_arguments_can_be_written_by_hand() -> None:
    answers = {
        "/bake": [
            {"arguments": {"dish": "pie", "minutes": 5}, "value": "hot"},
            {"value": "for everything else"},
        ]
    }
    with MockSpace(KITCHEN_SNAPSHOT, answers=answers) as space:
        with imported("kitchen", SPACES) as package, package.Kitchen(space.url) as kitchen:
            assert kitchen.bake("pie", minutes=5) == "hot"
            assert kitchen.bake("pie", minutes=6) == "for everything else"


def test_an_argument_that_no_parameter_takes_is_refused() -> None:
    wrong = {"/bake": {"arguments": {"dich": "pie"}, "value": "hot"}}
    with pytest.raises(ValidationError, match="/bake has no parameter 'dich'"):
        MockSpace(KITCHEN_SNAPSHOT, answers=wrong)


def test_a_fixture_does_not_replace_another(
    fixture: Path, start_gradio: Callable[..., str]
) -> None:
    clicks = Clicks.on(start_gradio(KITCHEN_APP))
    clicks.call("greet", ["Bob", "formal", 3], ["Hello"])
    again = write_fixture(clicks.recording(), fixture)
    assert again.name == "answers_2.json"
    assert "Recorded once" in fixture.read_text()
