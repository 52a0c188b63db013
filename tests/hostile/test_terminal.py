"""Nothing that a Space or a repository says reaches the terminal as more than letters."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hubsmith_codegen.cli import main
from hubsmith_testing import Answer, MockSpace

from tests.support.fake_hub import FakeHub

pytestmark = pytest.mark.slow

# Clearing, titles, links, carriage return, backspace, C1 controls, directions, a lone surrogate.
STEERING = (
    "\x1b[2J\x1b]0;t\x07\x1b]8;;http://x\x1b\\l\x1b]8;;\x1b\\\r\b\x7f\x9b2J\x9d0;t\x9c\x85\v\f\x1c"
    "\u202eabc\u2066d\u2069\u200e\u061c\u2028\u2029\ufeff"
)
# What the command itself writes on a terminal: colours, and to take its own line away.
OWN = ("\r\x1b[2K", "\x1b[0m", *(f"\x1b[{code}m" for code in (1, 2, 31, 32, 33, 36)))
SOURCE = f"name{STEERING}"

Capture = pytest.CaptureFixture[str]


def documents(*, is_new: bool = False) -> dict[str, Any]:
    """Documents with it in every text."""
    tree = {
        "type": "object",
        "title": f"Tree {STEERING}",
        "description": SOURCE,
        "properties": {f"a{STEERING}": {"enum": [SOURCE, "b"]}, "b": {"type": "string", "description": SOURCE}},
        "required": [f"a{STEERING}"],
    }  # fmt: skip
    text = {"type": "string"}
    component = f"Textbox{STEERING}"
    parameters: list[dict[str, Any]] = [
        {
            "parameter_name": f"x{STEERING}", "label": SOURCE, "type": {"enum": [SOURCE, "b"]},
            "parameter_has_default": True, "parameter_default": SOURCE, "component": component,
            "python_type": {"type": SOURCE, "description": SOURCE}, "example_input": SOURCE,
        },
        {
            "parameter_name": "tree", "label": SOURCE, "type": tree, "component": component,
            "parameter_has_default": True, "parameter_default": None, "example_input": {SOURCE: SOURCE},
        },
    ]  # fmt: skip
    if is_new:
        parameters += [{"parameter_name": f"new{STEERING}", "label": SOURCE, "type": text}]
    described = {
        "parameters": parameters,
        "returns": [{"label": SOURCE, "type": {} if is_new else text, "component": component}],
        "description": f"{SOURCE}\n\n{SOURCE}",
    }
    names = ["go", f"go{STEERING}", f"a/{STEERING}"]
    named = {f"/{name}": described for name in names}
    if is_new:
        named[f"/fresh{STEERING}"] = described
    ids = list(range(1, len(parameters) + 1))
    components = [
        {"id": one, "type": "textbox", "props": {"label": SOURCE, "info": SOURCE, "value": SOURCE}}
        for one in [*ids, 9]
    ]
    functions = [
        {"id": place, "api_name": name, "inputs": ids, "outputs": [9], "backend_fn": True,
         "api_description": SOURCE, "types": {"generator": place == 1}}
        for place, name in enumerate(names)
    ]  # fmt: skip
    config = {
        "version": f"6.31.0{STEERING}", "title": f"Title {STEERING}", "protocol": "sse_v3",
        "api_prefix": "/gradio_api", "components": components, "dependencies": functions,
        "space_id": SOURCE,
    }  # fmt: skip
    return {"info": {"named_endpoints": named, "unnamed_endpoints": {}}, "config": config}


def stored(folder: Path, content: dict[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for kind, document in content.items():
        (folder / f"{kind}.json").write_text(json.dumps(document))
    return folder


@pytest.fixture(params=["pipe", "terminal"])
def home(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A folder with the documents, and a terminal or none."""
    folder = tmp_path / "home"
    (folder / ".git").mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TERM", "xterm")
    stored(folder / "old", documents())
    stored(folder / "new", documents(is_new=True))
    if request.param == "terminal":
        for stream in (sys.stdout, sys.stderr):
            monkeypatch.setattr(stream, "isatty", lambda: True)
    yield folder


def check(capsys: Capture) -> str:
    """Look at everything that was printed."""
    shown = capsys.readouterr()
    text = shown.out + shown.err
    for own in OWN:
        text = text.replace(own, "")
    for line in text.split("\n"):
        assert line.replace("\t", " ").isprintable(), ascii(line)
    return text


def ran(capsys: Capture, *words: str, status: int | None = 0) -> str:
    try:
        done = main(words)
    except SystemExit as error:
        done = int(str(error.code))
    text = check(capsys)
    assert status in (None, done), text
    return text


def test_commands_about_documents(home: Path, capsys: Capture) -> None:
    for more in (
        [],
        ["--json"],
        *(["--lang", one] for one in ("python", "python-untyped", "typescript", "curl")),
    ):
        assert ran(capsys, "show", "old", *more)
    for name in documents()["info"]["named_endpoints"]:
        ran(capsys, "show", "old", "--endpoint", name)
        ran(capsys, "call", "old", name, "--help")
        for words in (
            ["no"],
            [f"{SOURCE}=1"],
            [f"x{STEERING}={SOURCE}9"],
            ["tree={"],
            ["--no", SOURCE],
        ):
            ran(capsys, "call", "old", name, "--url", "http://127.0.0.1:1", *words, status=1)
    ran(capsys, "call", "old", "--help")
    for more in ([], ["--json"], ["--markdown"], ["--quiet"]):
        assert "abc" in ran(capsys, "diff", "old", "new", *more, status=1)
    for command in (["add", "old", "--name", "it"], ["generate"], ["check"], ["update"]):
        ran(capsys, *command)
        ran(capsys, *command, "--json")
    stored(home / "old", documents(is_new=True))
    ran(capsys, "check", "--live", status=1)
    ran(capsys, "update")
    (home / "clients" / "it" / f"mine{STEERING.replace('/', '')}.py").write_text("x")
    (home / "clients" / "it" / "client.py").write_text("x")
    ran(capsys, "check", status=1)


@pytest.mark.parametrize(
    "words",
    [
        ["show", SOURCE], ["show", f"./{SOURCE}.json"], ["show", "old", "--endpoint", SOURCE],
        ["call", SOURCE, SOURCE], ["call", "old", SOURCE], ["add", SOURCE], ["add", f"http://{SOURCE}"],
        ["add", "old", "--name", SOURCE], ["add", "old", "--out", f"/dev/null/{SOURCE}"],
        ["generate", SOURCE], ["generate", "--spec", SOURCE], ["update", SOURCE], ["check", SOURCE],
        ["diff", SOURCE], ["diff", SOURCE, SOURCE], ["diff", f"HEAD:{SOURCE}", "old"], ["mock", SOURCE],
        ["mock", "old", "--answers", SOURCE], [SOURCE], ["show", "old", f"--{SOURCE}"],
        ["show", "old", "--lang", SOURCE], ["search", "x", "--limit", SOURCE], ["mock", "old", "--port", SOURCE],
        ["add", "old", "--timeout", SOURCE],
    ],
)  # fmt: skip
def test_what_the_command_line_says(home: Path, words: list[str], capsys: Capture) -> None:
    ran(capsys, *words, status=None)


@pytest.mark.parametrize(
    "content",
    [
        {"source.json": json.dumps({"source": SOURCE})},
        {"source.json": json.dumps({"notes": {SOURCE: SOURCE}, "name": SOURCE})},
        {"info.json": json.dumps({SOURCE: SOURCE, "detail": SOURCE})},
        {"info.json": f"<html><title>{SOURCE}"},
        {"info.json": f'{{"{SOURCE}": '},
        {"config.json": json.dumps({"openapi": SOURCE, "info": {"title": SOURCE}, "paths": {}})},
        {"../hubsmith.toml": f"[tool.hubsmith]\n'{SOURCE}' = 1\n"},
        {"../hubsmith.toml": f"[tool.hubsmith]\n{json.dumps(SOURCE)} = 1\n"},
        {"../hubsmith.toml": f"[tool.hubsmith]\nout = {json.dumps('../' + SOURCE)}\n"},
        {"../hubsmith.toml": f"[tool.hubsmith]\noutputs = {json.dumps(SOURCE)}\n"},
        {"../hubsmith.toml": f"[tool.hubsmith.spaces.{json.dumps(SOURCE)}]\nsource = 'a/b'\n"},
        {"../hubsmith.toml": f"[tool.hubsmith.spaces.it]\nsource = {json.dumps(SOURCE)}\n"},
        {"../clients/it/hubsmith.lock": json.dumps({"lock_version": 1, "name": [SOURCE]})},
        {"../clients/it/hubsmith.lock": json.dumps({"lock_version": SOURCE, SOURCE: 1})},
    ],
)  # fmt: skip
def test_what_untrusted_files_say(home: Path, content: dict[str, str], capsys: Capture) -> None:
    for name, text in content.items():
        (home / "old" / name).resolve().parent.mkdir(parents=True, exist_ok=True)
        (home / "old" / name).write_text(text)
    for words in (
        ["show", "old"],
        ["add", "old", "--name", "it"],
        ["generate"],
        ["check"],
        ["update"],
    ):
        ran(capsys, *words, status=None)


def test_what_a_server_answers(home: Path, capsys: Capture) -> None:
    answers = {
        f"/{name}": [
            Answer(value=SOURCE, stream=[f"x{STEERING}", f"x{STEERING}y"], logs=[SOURCE], progress=[0.5]),
            Answer(error=SOURCE, title=SOURCE),
        ]
        for name in ("go", f"go{STEERING}")
    }  # fmt: skip
    with MockSpace(home / "old", answers=answers) as space:
        for name in answers:
            for more in (["--json"], [], ["--stream"], ["--quiet"]):
                ran(capsys, "call", "old", name, "--url", space.url, *more, status=None)
        ran(capsys, "show", space.url)
        ran(capsys, "add", space.url, "--name", "it")
        ran(capsys, "update")
        ran(capsys, "check", "--live")
        ran(capsys, "diff", "it")


def test_what_the_hub_answers(home: Path, fake_hub: FakeHub, capsys: Capture) -> None:
    about = {"ai_short_description": f"photo {STEERING}", "likes": 5, "title": SOURCE}
    fake_hub.add(f"ann/music{STEERING}", "https://ann.hf.space", stages=[SOURCE], about=about)
    for more in ([], ["--all"], ["--json"]):
        ran(capsys, "search", "photo", *more)
    for command in (["show"], ["add"], ["call"]):
        ran(capsys, *command, "ann/music", *(["/x"] if command == ["call"] else []), status=None)
