"""A story on real Gradio: add a Space, use it, see it change, find out, repair the caller."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

APP = Path(__file__).parent / "apps" / "kitchen.py"
START_SECONDS = 120
OFFLINE = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "NO_PROXY": "127.0.0.1,localhost",
    "no_proxy": "127.0.0.1,localhost",
}
CALLER = """\
from clients.kitchen import Kitchen

with Kitchen() as kitchen:
    print(kitchen.greet(name="Bob", style="formal"))
    print(kitchen.shout("fire"))
"""
REPAIRED = """\
from clients.kitchen import Kitchen

with Kitchen() as kitchen:
    print(kitchen.greet(person="Bob", style="pirate"))
"""


@contextmanager
def kitchen(version: str, port: int, folder: Path) -> Iterator[None]:
    """Serve a version of the Space while the block runs."""
    log = folder / f"{version}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, str(APP)],
            env={
                **os.environ,
                **OFFLINE,
                "KITCHEN": version,
                "GRADIO_SERVER_NAME": "127.0.0.1",
                "GRADIO_SERVER_PORT": str(port),
                "GRADIO_TEMP_DIR": str(folder / "files"),
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/config", process, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with opener.open(url, timeout=5):
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the Space did not start:\n{log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.2)


class User:
    """Someone at a shell, in a folder of their own."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.home,
            env={**os.environ, **OFFLINE, "PYTHONPATH": str(self.home)},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def hubsmith(self, *arguments: str, status: int = 0) -> str:
        done = self.python("-m", "hubsmith_codegen", *arguments)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def broken_lines(self) -> dict[int, str]:
        """The lines of `use.py` that pyright, strict, points at, each with what it says."""
        done = self.python("-m", "pyright", "--pythonpath", sys.executable, "--outputjson")
        found = json.loads(done.stdout)["generalDiagnostics"]
        assert {Path(one["file"]).name for one in found} <= {"use.py"}
        lines: dict[int, str] = {}
        for one in found:
            line = one["range"]["start"]["line"] + 1
            lines[line] = lines.get(line, "") + one["message"]
        return lines


@pytest.fixture
def user(tmp_path: Path) -> User:
    home = tmp_path / "home"
    (home / ".git").mkdir(parents=True)
    settings = {"typeCheckingMode": "strict", "pythonVersion": "3.10", "include": ["."]}
    (home / "pyrightconfig.json").write_text(json.dumps(settings))
    return User(home)


def test_the_life_of_a_client(user: User, tmp_path: Path) -> None:
    pytest.importorskip("gradio")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    script = user.home / "use.py"

    with kitchen("old", port, tmp_path):
        # Add it. What the command prints is code that runs as it is.
        said = user.hubsmith("add", url)
        assert said.startswith("kitchen: 2 endpoints, 11 files in clients/kitchen.\n")
        sample = "\n".join(line[4:] for line in said.splitlines() if line[:4] in ("", "    "))
        (user.home / "sample.py").write_text(sample)
        assert user.python("sample.py").stdout.startswith("Hi, ")
        (user.home / "sample.py").unlink()

        # Use it.
        script.write_text(CALLER)
        assert user.broken_lines() == {}
        done = user.python("use.py")
        assert done.stdout == "Good day, Bob\nFIRE\n", done.stderr
        assert user.hubsmith("check", "--live") == "kitchen: up to date.\n"

    with kitchen("new", port, tmp_path):
        # The Space changed. Only who asks it knows.
        assert user.hubsmith("check") == "kitchen: up to date.\n"
        (line,) = user.hubsmith("check", "--live", status=1).splitlines()
        assert line.startswith("kitchen: the Space changed: 2 breaking, 1 compatible")
        assert line.endswith("Run: hubsmith update kitchen.")

        # What does it mean for callers?
        changes = json.loads(user.hubsmith("diff", "kitchen", "--json", status=1))["changes"]
        kinds = {(one["kind"], one["endpoint"], one["name"]) for one in changes}
        assert kinds >= {
            ("breaking", "/greet", "name"),
            ("compatible", "/greet", "style"),
            ("breaking", "/shout", ""),
        }

        # Take it over. Nothing of the caller's is touched, but the type checker points at it.
        said = user.hubsmith("update")
        assert said.startswith("kitchen: 2 breaking, 1 compatible")
        assert said.endswith("kitchen: 1 endpoint, 11 files in clients/kitchen.\n")
        assert script.read_text() == CALLER
        broken = user.broken_lines()
        assert list(broken) == [4, 5]
        assert '"name"' in broken[4]
        assert '"shout"' in broken[5]

        # Repair the caller.
        script.write_text(REPAIRED)
        assert user.broken_lines() == {}
        done = user.python("use.py")
        assert done.stdout == "Ahoy, Bob\n", done.stderr
        assert user.hubsmith("check", "--live") == "kitchen: up to date.\n"
