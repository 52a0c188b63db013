"""`hubsmith record` as it is used in a shell, on a terminal and in a pipe."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hubsmith_codegen.cli import main

from tests.record.scripted_page import ScriptedPage
from tests.support.running_command import HUBSMITH, Run, running

pty = pytest.importorskip("pty", reason="there are no pseudo-terminals on this system")

pytestmark = pytest.mark.slow

APP = Path(__file__).parent / "apps" / "page.py"

StartGradio = Callable[..., str]


@pytest.fixture
def url(start_gradio: StartGradio) -> str:
    return start_gradio(APP, APP_FOR="the command")  # Not the one whose calls others compare.


@contextlib.contextmanager
def recording(
    *arguments: str, folder: Path, end: signal.Signals = signal.SIGINT
) -> Generator[Run, None, None]:
    """Run the command in a pipe while the block runs, then end it."""
    temporary = folder / "temporary"
    temporary.mkdir(exist_ok=True)
    command = ("record", *arguments, "--no-browser")
    with running(*command, folder=folder, end=end, TMPDIR=str(temporary)) as run:
        yield run
    assert [*temporary.glob("hubsmith-record-*")] == []


def visit(url: str) -> None:
    """Make two calls, one with a large file."""
    with ScriptedPage(url) as page:
        page.open()
        page.call("shout", "hi")
        path = page.upload("large.txt", b"abc" * (1 << 20))
        file = {"path": path, "meta": {"_type": "gradio.FileData"}, "orig_name": "large.txt"}
        page.call("size_of", file)


def test_a_pipe_gets_the_address_and_a_report(url: str, tmp_path: Path) -> None:
    with recording(url, folder=tmp_path) as run:
        visit(run.url)
    assert (run.status, run.errors) == (0, "")
    lines = run.output.splitlines()
    assert lines[0] == "session.py: 2 calls recorded."
    assert "session_files/large.txt: an uploaded file." in lines
    kept = tmp_path / "session_files" / "large.txt"
    assert kept.read_bytes() == b"abc" * (1 << 20)
    script = (tmp_path / "session.py").read_text(encoding="utf-8")
    assert 'shout("hi")' in script.replace("text=", "")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_a_terminal_that_is_closed_ends_the_recording_in_good_order(
    url: str, tmp_path: Path
) -> None:
    with recording(url, "--out", "mine.py", folder=tmp_path, end=signal.SIGHUP) as run:
        visit(run.url)
    assert run.status == 0
    assert (tmp_path / "mine.py").is_file()


def test_a_fixture_and_other_languages_are_written(url: str, tmp_path: Path) -> None:
    arguments = ("--lang", "curl", "--fixture", "answers.json")
    with recording(url, *arguments, folder=tmp_path) as run:
        visit(run.url)
    assert run.status == 0, run.errors
    answers = json.loads((tmp_path / "answers.json").read_text(encoding="utf-8"))
    assert "HI" in json.dumps(answers["/shout"])
    assert "curl" in (tmp_path / "session.sh").read_text(encoding="utf-8")
    assert "answers.json: the recorded answers." in run.output.splitlines()


def test_a_recording_without_calls_writes_nothing(url: str, tmp_path: Path) -> None:
    with recording(url, folder=tmp_path) as run:
        pass
    assert (run.status, run.errors) == (1, "")
    assert run.output == "No call was made, so there is nothing to write.\n"
    assert [path.name for path in tmp_path.iterdir()] == ["temporary"]


def test_a_recorded_space_is_named_by_its_name(url: str, tmp_path: Path) -> None:
    subprocess.run([*HUBSMITH, "add", url, "--name", "loud"], cwd=tmp_path, check=True)
    with recording("loud", folder=tmp_path) as run:
        visit(run.url)
    assert (run.status, run.errors) == (0, "")
    assert "clients/loud: its typed client, unchanged." in run.output.splitlines()


def test_a_terminal_shows_calls_as_they_happen(url: str, tmp_path: Path) -> None:
    child, terminal = pty.fork()
    if not child:
        os.chdir(tmp_path)
        os.environ.update(TERM="xterm", COLUMNS="100")
        os.execv(sys.executable, [*HUBSMITH, "record", url, "--no-browser"])
    shown = b""

    def read_until(words: bytes) -> None:
        nonlocal shown
        while words not in shown:
            shown += os.read(terminal, 4096)

    read_until(b"tokens are never written.")
    visit(shown.split()[0].decode())
    read_until(b"size_of(")
    os.write(terminal, b"\x03")
    read_until(b"session.py")
    with contextlib.suppress(OSError):  # Its end, on Linux.
        while piece := os.read(terminal, 4096):
            shown += piece
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    text = shown.decode()
    assert f"Recording {url}." in text
    assert ' s  shout(text="hi")' in text
    assert "<large.txt>" in text
    assert "Traceback" not in text


def test_what_cannot_be_recorded_is_refused(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert main(["record", url, "--port", port]) == 2
        assert f"Port {port}" in capsys.readouterr().err
    assert main(["record", "unknown"]) == 2
    assert "unknown: not recorded" in capsys.readouterr().err
    assert main(["record", f"http://127.0.0.1:{port}"]) == 2
    assert "no connection" in capsys.readouterr().err


def test_the_extra_is_named_where_it_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "hubsmith_record.recorder", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert main(["record", "http://127.0.0.1:9"]) == 2
    assert 'pip install "hubsmith[codegen,record]"' in capsys.readouterr().err
