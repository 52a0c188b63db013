"""What an editor shows while someone types a call of a generated client."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jedi
import pytest

pytestmark = pytest.mark.slow

ENDPOINTS = {"bake", "chat", "count", "fail", "greet", "img", "plan", "shout", "stream", "suggest"}
PREAMBLE = 'from clients.kitchen import Kitchen\n\nkitchen = Kitchen("http://127.0.0.1:7860")\n'


def labels(completion: Any) -> list[str]:
    items = completion["items"] if isinstance(completion, dict) else completion
    return [item["label"] for item in items or []]


def test_pylance_offers_every_endpoint(language_server: Any) -> None:
    offered = labels(language_server.ask("textDocument/completion", PREAMBLE + "kitchen.|\n"))
    assert set(offered) >= ENDPOINTS


def test_pylance_offers_every_endpoint_as_a_job(language_server: Any) -> None:
    offered = labels(language_server.ask("textDocument/completion", PREAMBLE + "kitchen.jobs.|\n"))
    assert set(offered) >= ENDPOINTS


def test_signature_help_shows_every_parameter_with_its_default(language_server: Any) -> None:
    answer = language_server.ask("textDocument/signatureHelp", PREAMBLE + "kitchen.greet(|)\n")
    (signature,) = answer["signatures"]
    text = signature["label"]
    assert re.search(r"\bname: str\b", text), text
    assert re.search(r"\bstyle: .*formal.*casual.* = ['\"]formal['\"]", text), text
    assert re.search(r"\bintensity: float = 3\b", text), text
    assert text.rstrip().endswith("-> str"), text


@pytest.mark.parametrize(
    ("typed", "parameter"),
    [
        ("kitchen.greet(|)", "name"),
        ('kitchen.greet("Bob", style=|)', "style"),
        ('kitchen.greet("Bob", intensity=|)', "intensity"),
    ],
)
def test_each_parameter_has_a_line_of_documentation(
    language_server: Any, typed: str, parameter: str
) -> None:
    answer = language_server.ask("textDocument/signatureHelp", f"{PREAMBLE}{typed}\n")
    (signature,) = answer["signatures"]
    active = signature["parameters"][signature.get("activeParameter", answer["activeParameter"])]
    start, end = active["label"]
    assert signature["label"][start:end].startswith(parameter)
    assert re.match(rf"{parameter}: \S", active["documentation"]["value"]), active


def test_hover_shows_the_documentation(language_server: Any) -> None:
    answer = language_server.ask("textDocument/hover", PREAMBLE + "kitchen.gr|eet\n")
    contents = answer["contents"]["value"]
    for parameter in ("name", "style", "intensity"):
        assert re.search(rf"^\W*{parameter}\W+\S", contents, re.MULTILINE), contents


def test_a_choice_completes_inside_its_quotes(language_server: Any) -> None:
    text = PREAMBLE + 'kitchen.greet("Bob", style="|")\n'
    offered = labels(language_server.ask("textDocument/completion", text))
    assert sorted(label.strip("\"'") for label in offered) == ["casual", "formal"]


def jedi_names(project: Path, text: str) -> list[str]:
    before, _, after = text.partition("|")
    script = jedi.Script(before + after, project=jedi.Project(project))
    line, column = before.count("\n") + 1, len(before.rpartition("\n")[2])
    return [completion.name for completion in script.complete(line, column)]


@pytest.mark.filterwarnings("default")  # Jedi's own, not ours.
def test_jupyter_offers_every_endpoint(project: Path) -> None:
    assert set(jedi_names(project, PREAMBLE + "kitchen.|")) >= ENDPOINTS


@pytest.mark.filterwarnings("default")
def test_jupyter_offers_keyword_arguments(project: Path) -> None:
    assert "intensity=" in jedi_names(project, PREAMBLE + 'kitchen.greet("Bob", inten|)')
