"""What an editor shows while someone types a call of a generated client."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jedi
import pytest

pytestmark = pytest.mark.slow

ENDPOINTS = {"bake", "chat", "count", "fail", "greet", "img", "plan", "shout", "stream", "suggest"}
PREAMBLE = (
    "from clients.kitchen import AsyncKitchen, Kitchen\n\n"
    'kitchen = Kitchen("http://127.0.0.1:7860")\n'
    'later = AsyncKitchen("http://127.0.0.1:7860")\n'
)
RECIPE = {"ingredients", "tags", "title"}
INGREDIENT = {"grams", "name", "optional"}
# By what it is called on: what a call of `greet` there returns, as a hover shows it.
CLIENTS = {
    "kitchen": "str",
    "kitchen.jobs": "Job[str]",
    "later": "CoroutineType[Any, Any, str]",
    "later.jobs": "CoroutineType[Any, Any, AsyncJob[str]]",
}


def labels(completion: Any) -> list[str]:
    items = completion["items"] if isinstance(completion, dict) else completion
    return [item["label"] for item in items or []]


@pytest.mark.parametrize("client", CLIENTS)
def test_pylance_offers_every_endpoint(language_server: Any, client: str) -> None:
    offered = labels(language_server.ask("textDocument/completion", f"{PREAMBLE}{client}.|\n"))
    assert set(offered) >= ENDPOINTS
    assert ("jobs" in offered) == ("jobs" not in client)


@pytest.mark.parametrize(("client", "returned"), CLIENTS.items())
def test_signature_help_shows_every_parameter_with_its_default(
    language_server: Any, client: str, returned: str
) -> None:
    text = f"{PREAMBLE}{client}.greet(|)\n"
    answer = language_server.ask("textDocument/signatureHelp", text)
    (signature,) = answer["signatures"]
    text = signature["label"]
    assert re.search(r"\bname: str\b", text), text
    assert re.search(r"\bstyle: .*formal.*casual.* = ['\"]formal['\"]", text), text
    assert re.search(r"\bintensity: float = 3\b", text), text
    assert text.rstrip().endswith(f"-> {returned}"), text


@pytest.mark.parametrize(
    ("typed", "parameter", "documentation"),
    [
        ("kitchen.greet(|)", "name: str", "name: Who to greet."),
        # Its name and its type say all there is to say.
        ('kitchen.greet("Bob", style=|)', "style: Literal[", ""),
        ('kitchen.greet("Bob", intensity=|)', "intensity: float", "intensity: 0 to 10, in"),
        ('later.jobs.greet("Bob", intensity=|)', "intensity: float", ""),
    ],
)
def test_the_parameter_that_is_typed_is_shown_with_its_documentation(
    language_server: Any, typed: str, parameter: str, documentation: str
) -> None:
    answer = language_server.ask("textDocument/signatureHelp", f"{PREAMBLE}{typed}\n")
    (signature,) = answer["signatures"]
    active = signature["parameters"][signature.get("activeParameter", answer["activeParameter"])]
    start, end = active["label"]
    assert signature["label"][start:end].startswith(parameter)
    assert active.get("documentation", {"value": ""})["value"].startswith(documentation), active


@pytest.mark.parametrize("client", ["kitchen", "later"])
def test_hover_shows_the_documentation(language_server: Any, client: str) -> None:
    answer = language_server.ask("textDocument/hover", f"{PREAMBLE}{client}.gr|eet\n")
    contents = answer["contents"]["value"]
    assert "Greet a guest at the door (/greet)." in contents.replace("`", "")
    for parameter in ("name", "style", "intensity"):
        assert re.search(rf"^\W*{parameter}\W+\S", contents, re.MULTILINE), contents


@pytest.mark.parametrize(
    ("client", "expected"),
    [("kitchen", "Kitchen.stream as a job with"), ("later", "AsyncKitchen.stream as a job with")],
)
def test_hover_says_what_a_job_is_of(language_server: Any, client: str, expected: str) -> None:
    answer = language_server.ask("textDocument/hover", f"{PREAMBLE}{client}.jobs.str|eam\n")
    assert expected in answer["contents"]["value"].replace("`", "")


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ('kitchen.plan({"|"})', RECIPE),
        ('later.plan({"|"})', RECIPE),
        ('kitchen.jobs.plan({"title": "Soup", "|"})', RECIPE - {"title"}),
        ('kitchen.plan({"ingredients": [{"|"}]})', INGREDIENT),
    ],
)
def test_the_keys_of_an_object_complete(language_server: Any, typed: str, keys: set[str]) -> None:
    offered = labels(language_server.ask("textDocument/completion", f"{PREAMBLE}{typed}\n"))
    assert {label.strip("\"'") for label in offered} == keys


def test_a_choice_completes_inside_its_quotes(language_server: Any) -> None:
    text = PREAMBLE + 'kitchen.greet("Bob", style="|")\n'
    offered = labels(language_server.ask("textDocument/completion", text))
    assert sorted(label.strip("\"'") for label in offered) == ["casual", "formal"]


def test_objects_are_taken_as_dicts_and_checked(project: Path) -> None:
    shutil.copy(Path(__file__).parent / "typing_kitchen.py", project)
    settings = {
        "include": ["typing_kitchen.py"],
        "pythonVersion": "3.10",
        "typeCheckingMode": "strict",
        # Each `pyright: ignore` in the file stands where a mistake must be found.
        "reportUnnecessaryTypeIgnoreComment": "error",
    }
    file = project / "typing.json"
    file.write_text(json.dumps(settings), encoding="utf-8")
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "-p", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert "0 errors, 0 warnings" in done.stdout, done.stdout + done.stderr


def jedi_script(project: Path, text: str) -> tuple[jedi.Script, int, int]:
    """A script, and the place of the `|` in it."""
    before, _, after = text.partition("|")
    script = jedi.Script(before + after, project=jedi.Project(project))
    return script, before.count("\n") + 1, len(before.rpartition("\n")[2])


def jedi_names(project: Path, text: str) -> list[str]:
    script, line, column = jedi_script(project, text)
    return [completion.name for completion in script.complete(line, column)]


@pytest.mark.filterwarnings("default")  # Jedi's own, not ours.
@pytest.mark.parametrize("client", CLIENTS)
def test_jupyter_offers_every_endpoint(project: Path, client: str) -> None:
    assert set(jedi_names(project, f"{PREAMBLE}{client}.|")) >= ENDPOINTS


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("client", CLIENTS)
def test_jupyter_offers_keyword_arguments(project: Path, client: str) -> None:
    assert "intensity=" in jedi_names(project, f'{PREAMBLE}{client}.greet("Bob", inten|)')


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("client", CLIENTS)
def test_jupyter_shows_the_signature(project: Path, client: str) -> None:
    script, line, column = jedi_script(project, f'{PREAMBLE}{client}.greet("Bob", |)')
    (signature,) = script.get_signatures(line, column)
    assert [one.name for one in signature.params] == ["name", "style", "intensity"]
    assert signature.params[2].description == "param intensity: float=3"


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("client", CLIENTS)
def test_jupyter_shows_the_documentation(project: Path, client: str) -> None:
    script, line, column = jedi_script(project, f"{PREAMBLE}{client}.gr|eet")
    (found,) = script.help(line, column)
    expected = "as a job" if "jobs" in client else "Greet a guest at the door"
    assert expected in found.docstring()
