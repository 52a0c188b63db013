"""Every snippet of the demo app runs as it is printed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hubsmith import AppError
from hubsmith_codegen.cli import main

from tests.snippets import node

pytestmark = pytest.mark.slow

Snippets = Callable[[str], dict[str, str]]

ANSWERS = {
    "bake": "bread, baked for 10 minutes",
    "chat": "Question 1 was: Hello!!",
    "count": "1",
    "fail": "There is no more Hello!! today",
    "greet": "Good evening, Hello!!!!!",
    "img": "raw",
    "plan": "Hello",
    "shout": "file-shouted.txt",
    "stream": "1",
    "suggest": "tomato",
}


def run_python(text: str, capsys: pytest.CaptureFixture[str]) -> str:
    try:
        exec(compile(text, "snippet.py", "exec"), {"__name__": "__main__"})
    except AppError as error:
        print(error)
    return capsys.readouterr().out


@pytest.mark.usefixtures("home")
def test_untyped_python(snippets_of: Snippets, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in snippets_of("python-untyped").items():
        assert ANSWERS[name] in run_python(text, capsys), name


def test_typed_python(
    home: Path,
    kitchen_url: str,
    snippets_of: Snippets,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert main(["add", kitchen_url, "--name", "kitchen_here", "--out", "forged"]) == 0
    capsys.readouterr()
    monkeypatch.syspath_prepend(home)
    texts = snippets_of("python")  # The Space is recorded now: it has a client.
    try:
        for name, text in texts.items():
            assert text.startswith("from forged.kitchen_here import KitchenHere"), name
            assert ANSWERS[name] in run_python(text, capsys), name
    finally:
        for module in [one for one in sys.modules if one.partition(".")[0] == "forged"]:
            del sys.modules[module]


def test_python_without_a_recorded_client_needs_none(snippets_of: Snippets, home: Path) -> None:
    assert snippets_of("python") == snippets_of("python-untyped")


def test_curl(home: Path, snippets_of: Snippets) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not there")
    for name, text in snippets_of("curl").items():
        done = subprocess.run(
            ["sh", "-c", text], cwd=home, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, (name, done.stderr)
        assert ANSWERS[name] in done.stdout, name
        ending = "event: error" if name == "fail" else "event: complete"
        assert ending in done.stdout, name


def test_typescript(home: Path, snippets_of: Snippets) -> None:
    packages = node.installed()
    with tempfile.TemporaryDirectory(dir=packages) as place:
        folder = Path(place)
        for file in ("image.png", "file.txt"):
            shutil.copy(home / file, folder)
        texts = snippets_of("typescript")
        node.compiled(texts, folder)
        printed = node.run_modules(list(texts), folder)
    # What is nested deeply, node does not print.
    answers = {**ANSWERS, "chat": "role: 'assistant'"}
    for name in texts:
        assert answers[name] in printed[name], (name, printed[name])
        assert ("Error" in printed[name]) == (name == "fail"), printed[name]
