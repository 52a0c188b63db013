"""A generated Kitchen client, and a language server that looks at a script using it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SNAPSHOT = ROOT / "generated" / "spaces" / "kitchen" / "spec"
SCRIPTS = Path(sysconfig.get_path("scripts"))


class LanguageServer:
    """Drives `pyright-langserver --stdio`, the engine of Pylance, over one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._last_id = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pyright.langserver", "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
        )

    def __enter__(self) -> LanguageServer:
        formats = {"documentationFormat": ["plaintext"]}
        signature = {**formats, "parameterInformation": {"labelOffsetSupport": True}}
        capabilities = {
            "textDocument": {
                "hover": {"contentFormat": ["plaintext"]},
                "signatureHelp": {"signatureInformation": signature},
                "completion": {"completionItem": formats},
            },
            "workspace": {"configuration": True, "workspaceFolders": True},
        }
        uri = self.folder.as_uri()
        self.request(
            "initialize",
            processId=os.getpid(),
            rootUri=uri,
            capabilities=capabilities,
            workspaceFolders=[{"uri": uri, "name": "project"}],
        )
        self._send({"method": "initialized", "params": {}})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self.request("shutdown")
                self._send({"method": "exit"})
                self._process.wait(timeout=20)
        finally:
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()

    def ask(self, question: str, text: str, **params: Any) -> Any:
        """Ask about the place of the `|` in a script, such as `textDocument/completion`."""
        before, _, after = text.partition("|")
        script = self.folder / f"script_{self._last_id}.py"
        script.write_text(before + after, encoding="utf-8")
        document = {"uri": script.as_uri()}
        opened = {**document, "languageId": "python", "version": 1, "text": before + after}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": opened}})
        place = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        return self.request(question, textDocument=document, position=place, **params)

    def request(self, method: str, **params: Any) -> Any:
        """Send one request and return its result, answering what the server asks meanwhile."""
        self._last_id += 1
        message: dict[str, Any] = {"id": self._last_id, "method": method}
        if params:
            message["params"] = params
        self._send(message)
        while True:
            received = self._receive()
            if "method" in received:
                if "id" in received:
                    self._send({"id": received["id"], "result": self._settings(received)})
            elif received.get("id") == self._last_id:
                assert "error" not in received, received["error"]
                return received["result"]

    def _settings(self, asked: dict[str, Any]) -> Any:
        if asked["method"] != "workspace/configuration":
            return None
        python = {"pythonPath": sys.executable}
        return [
            python if item.get("section") == "python" else {} for item in asked["params"]["items"]
        ]

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        length = 0
        while (line := self._process.stdout.readline()) != b"\r\n":
            assert line, "the language server ended"
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return json.loads(self._process.stdout.read(length))


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory, start_gradio: Callable[..., str]) -> Path:
    """A user's project: a folder with a generated `clients/kitchen` in it."""
    folder = tmp_path_factory.mktemp("project")
    if SNAPSHOT.is_dir():
        command = ["generate", "--spec", str(SNAPSHOT), "--out", "clients"]
    else:
        url = start_gradio(ROOT / "demo" / "app.py")
        command = ["add", url, "--name", "kitchen", "--out", "clients"]
    done = subprocess.run(
        [str(SCRIPTS / "hubsmith"), *command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def language_server(project: Path) -> Iterator[LanguageServer]:
    with LanguageServer(project) as server:
        yield server
