"""`hubsmith search`: Spaces by meaning, with their stage and likes."""

from __future__ import annotations

import json

import pytest
from hubsmith_codegen.cli import main

from tests.support.fake_hub import FakeHub

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def hub(fake_hub: FakeHub) -> FakeHub:
    about = {"ai_short_description": "Remove the background of a photo", "likes": 1234}
    fake_hub.add("bob/cutter", "https://bob-cutter.hf.space", about=about)
    ugly = {"ai_short_description": "background \x1b[2J music\nhere " + "x" * 99, "likes": 5}
    fake_hub.add("ann/music", "https://ann-music.hf.space", about=ugly)
    asleep = {"ai_short_description": "background"}
    fake_hub.add("eve/asleep", "https://eve.hf.space", stages=["SLEEPING"], about=asleep)
    return fake_hub


@pytest.mark.usefixtures("hub")
def test_lists_the_best_first(capsys: Capture) -> None:
    assert main(["search", "background", "photo"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == "bob/cutter  RUNNING  1234 likes  Remove the background of a photo"
    assert second.startswith("ann/music   RUNNING     5 likes  background \\x1b[2J music here xxx")
    assert second.endswith("...")


@pytest.mark.usefixtures("hub")
def test_lists_those_that_do_not_run_when_asked_to(capsys: Capture) -> None:
    assert main(["search", "background", "--all"]) == 0
    assert "eve/asleep  SLEEPING" in capsys.readouterr().out


@pytest.mark.usefixtures("hub")
def test_prints_json_and_keeps_the_limit(capsys: Capture) -> None:
    assert main(["search", "background photo", "--json", "--limit", "1"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["id"], found["stage"], found["likes"]) == ("bob/cutter", "RUNNING", 1234)


@pytest.mark.usefixtures("hub")
def test_says_when_there_is_nothing(capsys: Capture) -> None:
    assert main(["search", "unheard"]) == 0
    assert capsys.readouterr().out.startswith("No Space found.")


@pytest.mark.parametrize("limit", ["0", "x", "101", "-1"])
def test_refuses_a_limit_without_sense(limit: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["search", "x", "--limit", limit])
    assert exit_.value.code == 2
    assert "--limit" in capsys.readouterr().err


def test_a_hub_that_is_down_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert main(["search", "x"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("hubsmith: error: ")
