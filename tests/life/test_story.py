"""A story on real Gradio: add a Space, use it, see it change, find out, repair the caller."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hubsmith_codegen.cli import main

from tests.support.gradio_apps import GradioApps

pytestmark = pytest.mark.slow

APP = Path(__file__).parent / "apps" / "kitchen.py"
LOOPBACK_ONLY = {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}
CALLER = """\
from clients.kitchen import Kitchen

with Kitchen() as kitchen:
    print(kitchen.greet("Bob"))
    print(
        kitchen.greet(
            "Bob",
            style="formal",
        )
    )
    print(kitchen.greet(name="Eve", style="casual"))
    print(kitchen.shout("fire"))
"""
REPAIRED = """\
from clients.kitchen import Kitchen

with Kitchen() as kitchen:
    print(kitchen.greet(person="Bob", style="pirate"))
"""


class ChangingSpace:
    """A Space at one address, whose app is replaced."""

    def __init__(self, apps: GradioApps) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._apps = apps

    @contextmanager
    def serving(self, version: str) -> Iterator[None]:
        self._apps.start_anew(str(APP), {"APP_VERSION": version}, self._port)
        try:
            yield
        finally:
            self._apps.stop(self.url, {})


class User:
    """Someone at a shell, in a folder of their own."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self._capsys = capsys

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.home,
            env={**os.environ, **LOOPBACK_ONLY, "PYTHONPATH": str(self.home)},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def files(self) -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in self.home.rglob("*") if path.is_file()}

    def hubsmith(self, *arguments: str, status: int = 0) -> str:
        self._capsys.readouterr()
        ended = main(arguments)
        printed = self._capsys.readouterr()
        assert ended == status, printed.out + printed.err
        return printed.out


@pytest.fixture
def user(home: Path, capsys: pytest.CaptureFixture[str]) -> User:
    return User(home, capsys)


def test_the_life_of_a_client(user: User, gradio_apps: GradioApps) -> None:
    space = ChangingSpace(gradio_apps)
    script = user.home / "use.py"

    with space.serving("old"):
        # Add it. What the command prints is code that runs as it is.
        said = user.hubsmith("add", space.url)
        assert said.startswith("kitchen: 2 endpoints, ")
        sample = "\n".join(line[4:] for line in said.splitlines() if line[:4] in ("", "    "))
        (user.home / "sample.py").write_text(sample)
        assert user.python("sample.py").stdout.startswith("Hi, ")
        (user.home / "sample.py").unlink()

        # Use it.
        script.write_text(CALLER)
        done = user.python("use.py")
        assert done.stdout == "Hi, Bob\nGood day, Bob\nHi, Eve\nFIRE\n", done.stderr
        assert user.hubsmith("check", "--live") == "kitchen: up to date.\n"

    with space.serving("new"):
        # The Space changed. Only who asks it knows.
        assert user.hubsmith("check") == "kitchen: up to date.\n"
        (line,) = user.hubsmith("check", "--live", status=1).splitlines()
        assert line.startswith("kitchen: the Space changed: 3 breaking, 1 compatible")
        assert line.endswith("Run: hubsmith update kitchen.")

        # What does it mean for callers?
        changes = json.loads(user.hubsmith("diff", "kitchen", "--json", status=1))["changes"]
        kinds = {(one["kind"], one["endpoint"], one["name"]) for one in changes}
        assert kinds >= {
            ("breaking", "/greet", "name"),
            ("breaking", "/greet", "style"),
            ("compatible", "/greet", "style"),
            ("breaking", "/shout", ""),
        }

        # And for this caller? Just these lines break, and nothing is written yet.
        before = user.files()
        found = json.loads(user.hubsmith("diff", "kitchen", "--code", ".", "--json", status=1))
        lines = CALLER.splitlines()
        assert {(one["file"], lines[one["line"] - 1].strip()) for one in found["code"]} == {
            ("use.py", 'style="formal",'),
            ("use.py", 'print(kitchen.greet(name="Eve", style="casual"))'),
            ("use.py", 'print(kitchen.shout("fire"))'),
        }
        assert user.files() == before

        # Take it over. Nothing of the caller's is touched; `test_types` has what pyright says of it.
        said = user.hubsmith("update")
        assert said.startswith("kitchen: 3 breaking, 1 compatible")
        assert "kitchen: 1 endpoint, " in said
        assert script.read_text() == CALLER
        assert "ValidationError" in user.python("use.py").stderr

        # Repair the caller.
        script.write_text(REPAIRED)
        assert user.hubsmith("diff", "kitchen", "--code", "use.py").endswith(
            "no line breaks (pyright).\n"
        )
        done = user.python("use.py")
        assert done.stdout == "Ahoy, Bob\n", done.stderr
        assert user.hubsmith("check", "--live") == "kitchen: up to date.\n"
