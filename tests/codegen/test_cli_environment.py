"""The command where something of its surroundings is missing, or where the system ends it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from hubsmith_codegen.cli import main

from tests.support.running_command import HUBSMITH

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals and descriptors of POSIX")


@POSIX
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
@pytest.mark.parametrize(("words", "status"), [("check", 0), ("list", 0), ("check other", 2)])
def test_closed_streams_change_no_status(
    project: Path, closed: str, words: str, status: int
) -> None:
    assert main(["add", "one", "--name", "cook"]) == 0
    command = ["sh", "-c", f'exec "$@" {closed}', "sh", *HUBSMITH, *words.split()]
    ended = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert ended.returncode == status
    assert "internal error" not in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "words",
    [
        "add ~nobody-of-this-name/x",
        "add ~nobody-of-this-name/x.json",
        "show ~nobody-of-this-name",
        "mock ~nobody-of-this-name",
        "diff ~nobody-of-this-name cook",
        "diff cook cook --code ~nobody-of-this-name",
        "call cook /greet name=@~nobody-of-this-name",
    ],
)
def test_a_home_of_nobody_is_a_missing_file(
    project: Path, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["add", "one", "--name", "cook"]) == 0
    capsys.readouterr()
    assert main(words.split()) != 0
    assert "internal error" not in capsys.readouterr().err


def test_a_package_that_a_proxy_needs_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "socksio", None)
    assert main(["add", "owner/name"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("hubsmith: error: ")
    assert "httpx[socks]" in told


@POSIX
@pytest.mark.parametrize(
    ("end", "is_ignored", "status"),
    [("SIGTERM", False, 130), ("SIGHUP", False, 130), ("SIGHUP", True, -signal.SIGKILL)],
)
def test_a_signal_ends_a_command_as_ctrl_c_does(
    tmp_path: Path, end: str, is_ignored: bool, status: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        command = [*HUBSMITH, "add", url, "--timeout", "60"]
        if is_ignored:
            command = ["nohup", *command]
        process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
        try:
            connection, _ = silent.accept()
            with connection:
                process.send_signal(getattr(signal, end))
                if is_ignored:
                    with pytest.raises(subprocess.TimeoutExpired):
                        process.wait(0.5)
                    process.kill()
                _, errors = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == status
    if not is_ignored:
        assert "interrupted; no file was left half-written." in errors
    assert "Traceback" not in errors


@POSIX
@pytest.mark.parametrize("words", ["add two", "generate --force", "update", "remove cook"])
def test_two_commands_do_not_write_at_once(project: Path, words: str) -> None:
    import fcntl

    assert main(["add", "one", "--name", "cook"]) == 0
    file = project / "hubsmith.toml"
    file.write_text(file.read_text().replace("owner/one", "./one"))
    descriptor = os.open(project, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)  # As a command that writes has it.
    process = subprocess.Popen([*HUBSMITH, *words.split()], cwd=project, stdout=subprocess.DEVNULL)
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(5)
        os.close(descriptor)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
