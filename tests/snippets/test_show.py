"""`hubsmith show`: what there is to call, and under which name a client would be found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hubsmith_codegen.cli import main

pytestmark = pytest.mark.usefixtures("project")

GREET = {
    "description": "Greet somebody.",
    "parameters": [
        {"parameter_name": "name", "label": "Who", "type": {"type": "string"}},
        {
            "parameter_name": "style",
            "label": "Style",
            "type": {"enum": ["formal", "casual"], "type": "string"},
            "parameter_has_default": True,
            "parameter_default": "formal",
        },
    ],
    "returns": [{"label": "Greeting", "type": {"type": "string"}}],
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the snapshots `one/greeter` and `two/greeter`, of two Spaces."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    info: dict[str, Any] = {"named_endpoints": {"/greet": GREET}, "unnamed_endpoints": {}}
    for owner in ("one", "two"):
        folder = tmp_path / owner / "greeter"
        folder.mkdir(parents=True)
        (folder / "info.json").write_text(json.dumps(info))
        (folder / "source.json").write_text(json.dumps({"source": f"{owner}/greeter"}))
    return tmp_path


def test_it_lists_parameters_types_defaults_choices_and_results(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["show", "one/greeter"]) == 0
    text = capsys.readouterr().out
    for part in (
        "/greet",
        "Greet somebody",
        "name",
        "required",
        "Literal['formal', 'casual']",
        "Greeting",
    ):
        assert part in text
    for title in ("Python, typed client", "Python, no generated code", "TypeScript", "curl"):
        assert f"\n  {title}:\n" in text


def test_json_holds_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "one/greeter", "--json"]) == 0
    (endpoint,) = json.loads(capsys.readouterr().out)["endpoints"]
    assert [(one["name"], one["required"]) for one in endpoint["parameters"]] == [
        ("name", True),
        ("style", False),
    ]
    assert endpoint["parameters"][1]["default"] == "formal"
    assert endpoint["results"][0]["label"] == "Greeting"
    assert set(endpoint["snippets"]) == {"python", "python-untyped", "typescript", "curl"}


def test_the_typed_snippet_says_what_has_to_be_done_first(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["show", "one/greeter"]) == 0
    before = capsys.readouterr().out
    assert "# First run: hubsmith add one/greeter --name greeter" in before
    assert main(["add", "one/greeter"]) == 0
    capsys.readouterr()
    for source in ("greeter", "one/greeter", "clients/greeter"):
        assert main(["show", source]) == 0
        after = capsys.readouterr().out
        assert "First run" not in after
        assert "from clients.greeter import Greeter" in after


def test_the_typed_snippet_is_not_on_the_client_of_another_space(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["add", "one/greeter"]) == 0
    capsys.readouterr()
    assert main(["show", "two/greeter"]) == 0
    text = capsys.readouterr().out
    assert "# First run: hubsmith add two/greeter --name greeter_2" in text
    assert "from clients.greeter_2 import Greeter2" in text


def test_an_endpoint_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "one/greeter", "--endpoint", "gret"]) == 2
    assert "Did you mean /greet?" in capsys.readouterr().err


def test_a_misspelled_name_of_a_recorded_space(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "greetr"]) == 2
    assert "greetr: there is no such file, folder or recorded name." in capsys.readouterr().err
