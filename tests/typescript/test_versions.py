"""Clients of the same Space on every Gradio version under test; see `tests/versions`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.gradio_server import serve
from tests.support.paths import TESTS
from tests.typescript.project import bundle, configure, needs_npm, node, tsc
from tests.versions.conftest import INSTALLED, wanted_versions
from tests.versions.environments import python_of

pytestmark = [needs_npm, pytest.mark.slow]
APP = TESTS / "versions" / "app.py"
PROGRAM = TESTS / "typescript" / "programs" / "versions.ts"


@pytest.fixture(params=wanted_versions())
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == INSTALLED:
        yield request.getfixturevalue("start_gradio")(APP)
        return
    folder = tmp_path / "server"
    folder.mkdir()
    with serve(python_of(request.param), APP, folder) as address:
        yield address


def test_every_kind_of_call(url: str, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "hubsmith", "add", url, "--name", "app", "--language", "typescript"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )
    assert done.returncode == 0, done.stderr
    (project / "versions.ts").write_text(PROGRAM.read_text("utf-8"), encoding="utf-8")
    (project / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    configure(project)
    assert tsc(project) == []
    ran = node(bundle(project, "versions.ts", "--platform=node"), url)
    assert ran.stderr == ""
    assert json.loads(ran.stdout) == {
        "echo": "haha",
        "choose": "red a+c 7 false".replace("false", "False"),
        "shout": ["SALT", True],
        "joined": "one.txt:1|two.txt:2",
        "split": ["a", "b"],
        "two": ["UP", 4],
        "tokens": ["t0 ", "t0 t1 ", "t0 t1 t2 "],
        "seen": [0, 1, 2],
        "progress": True,
        "logs": ["info x", "warning x"],
        "count": [2, 5],
        "refuse": ["AppError", "no x"],
        "crash": ["AppError", ""],
        "update": "new x",
        "chat": 4,
        "breaks": "a\x85b\u2028c\u2029d\n\ne\r\nf é 漢 🎈",
        "unqueued": "xx",
        "dash": 2,
        "slash": 4,
        "cancelled": "JobCancelledError",
        "after": "again",
    }
