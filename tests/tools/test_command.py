"""`hubsmith tools`: definitions of a recorded Space, of a snapshot, of several, and of one that runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hubsmith_codegen.cli import main

from tests.support.paths import KITCHEN_SNAPSHOT


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[Any, str]:
    assert main(["tools", *arguments]) == 0
    shown = capsys.readouterr()
    return json.loads(shown.out), shown.err


def test_a_snapshot_says_what_openai_is_to_know(capsys: pytest.CaptureFixture[str]) -> None:
    made, told = printed(capsys, str(KITCHEN_SNAPSHOT))
    assert len(made) == 10
    assert {one["type"] for one in made} == {"function"}
    assert told == (
        "hubsmith: warning: chat: not strict: constructor_args is an object with arbitrary keys\n"
    )


@pytest.mark.parametrize(
    ("format", "key"),
    [("openai-responses", "parameters"), ("anthropic", "input_schema"), ("mcp", "inputSchema")],
)
def test_other_formats_and_chosen_endpoints(
    capsys: pytest.CaptureFixture[str], format: str, key: str
) -> None:
    chosen = ["--endpoint", "/greet", "--endpoint", "count"]
    made, told = printed(capsys, str(KITCHEN_SNAPSHOT), "--format", format, *chosen)
    assert sorted(one["name"] for one in made) == ["count", "greet"]
    assert all(one[key]["type"] == "object" for one in made)
    assert told == ""


def test_a_recorded_space_is_read_from_its_snapshot(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(KITCHEN_SNAPSHOT, tmp_path / "clients" / "cook" / "spec")
    recorded = '[tool.hubsmith.spaces.cook]\nsource = "http://127.0.0.1:9"\n'
    (tmp_path / "hubsmith.toml").write_text(recorded, encoding="utf-8")
    made, _ = printed(capsys, "cook", "--endpoint", "greet", "--format", "anthropic")
    assert "of the Space owner/kitchen." in made[0]["description"]
    assert sorted(one.name for one in (tmp_path / "clients" / "cook").iterdir()) == ["spec"]


def test_tools_of_several_spaces_are_told_apart(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    other = tmp_path / "hotel"
    shutil.copytree(KITCHEN_SNAPSHOT, other)
    about = (other / "source.json").read_text(encoding="utf-8").replace("kitchen", "hotel")
    (other / "source.json").write_text(about, encoding="utf-8")
    sources = (str(KITCHEN_SNAPSHOT), str(other))
    made, _ = printed(capsys, *sources, "--endpoint", "greet", "--format", "anthropic")
    assert [one["name"] for one in made] == ["kitchen_greet", "hotel_greet"]


def test_a_running_app_needs_no_record(capsys: pytest.CaptureFixture[str], url: str) -> None:
    made, _ = printed(capsys, url, "--endpoint", "stream", "--format", "mcp", "--quiet")
    assert made[0]["description"].startswith(f"Calls /stream of the Space {url}. The Space")


def test_an_endpoint_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tools", str(KITCHEN_SNAPSHOT), "--endpoint", "fry"]) == 2
    shown = capsys.readouterr()
    assert (shown.out, shown.err.startswith("hubsmith: error: There is no endpoint /fry.")) == (
        "",
        True,
    )
