"""Real Gradio apps on loopback, shared by all processes of a test session.

The controller of the session owns the processes that serve the apps, few as they are, and ends them
by their handles. Workers of pytest-xdist ask it over a connection; without workers it asks itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

_HOST = Path(__file__).with_name("gradio_host.py")
_OFFLINE = {
    "GRADIO_SERVER_NAME": "127.0.0.1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    # Gradio sums up all calls for its dashboard, which nobody looks at: after every call.
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000",
    "HF_HUB_OFFLINE": "1",
    "NO_PROXY": "127.0.0.1,localhost",
    "no_proxy": "127.0.0.1,localhost",
}


class AppFailed(Exception):
    """An app did not start."""


class _Host:
    """One process that serves apps."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._lock = threading.Lock()
        self._log = folder / "gradio.log"
        folder.mkdir(parents=True)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(_HOST)],
                env={**os.environ, **_OFFLINE, "GRADIO_TEMP_DIR": str(folder / "files"), **environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )  # fmt: skip

    def order(self, **order: Any) -> str:
        """Start or stop an app; return its URL."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        answer = json.loads(line or '{"problem": "The process that serves it has ended."}')
        if "problem" in answer:
            raise AppFailed(f"{order}: {answer['problem']}\n{self._log.read_text()[-3000:]}")
        return answer["url"]

    def end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


@dataclass
class GradioApps:
    """Starts each app once per environment.

    Variables that start with `APP_` are for the app alone, while its script runs; others hold for a
    whole process, so that apps that need them are served by another one: `HOST` has no other use.
    """

    folder: Path
    _hosts: dict[tuple[tuple[str, str], ...], _Host] = field(default_factory=dict)
    _urls: dict[object, str] = field(default_factory=dict)
    _locks: dict[object, threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, script: str, environment: dict[str, str]) -> str:
        """Return the URL of an app, starting it where nobody has yet."""
        key = (script, *sorted(environment.items()))
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._urls:
                self._urls[key] = self.start_anew(script, environment)
            return self._urls[key]

    def start_anew(self, script: str, environment: dict[str, str], port: int = 0) -> str:
        """Start an app that is not shared; return its URL."""
        host = self._host(environment)
        own = {name: value for name, value in environment.items() if name.startswith("APP_")}
        return host.order(script=script, port=port, environment=own)

    def stop(self, url: str, environment: dict[str, str]) -> str:
        """End an app that is not shared, so that its port is free."""
        return self._host(environment).order(stop=url)

    def end(self) -> None:
        with self._lock:
            for host in self._hosts.values():
                host.end()
            self._hosts.clear()

    def _host(self, environment: dict[str, str]) -> _Host:
        shared = {name: value for name, value in environment.items() if name[:4] != "APP_"}
        with self._lock:
            key = tuple(sorted(shared.items()))
            if key not in self._hosts:
                folder = self.folder / f"gradio-{len(self._hosts)}"
                self._hosts[key] = _Host(folder, shared)
            return self._hosts[key]


class SharedGradioApps:
    """What a worker has of the apps that the controller serves."""

    def __init__(self, address: tuple[str, int], key: bytes) -> None:
        self._address = address
        self._key = key

    def start(self, script: str, environment: dict[str, str]) -> str:
        return self._ask("start", script, environment)

    def start_anew(self, script: str, environment: dict[str, str], port: int = 0) -> str:
        return self._ask("start_anew", script, environment, port)

    def stop(self, url: str, environment: dict[str, str]) -> str:
        return self._ask("stop", url, environment)

    def _ask(self, *question: Any) -> str:
        with Client(self._address, authkey=self._key) as connection:
            connection.send(question)
            is_good, answer = connection.recv()
        if not is_good:
            raise AppFailed(answer)
        return answer


@contextmanager
def shared_with_workers(apps: GradioApps, key: bytes) -> Iterator[Any]:
    """Answer workers while the block runs; yield the address."""
    with Listener(("127.0.0.1", 0), backlog=32, authkey=key) as listener:
        threading.Thread(target=_accept, args=(listener, apps), daemon=True).start()
        yield listener.address


def _accept(listener: Listener, apps: GradioApps) -> None:
    while True:
        try:
            connection = listener.accept()
        except OSError:
            return  # It was closed.
        threading.Thread(target=_answer, args=(connection, apps), daemon=True).start()


def _answer(connection: Connection, apps: GradioApps) -> None:
    with connection:
        name, *arguments = connection.recv()
        try:
            connection.send((True, getattr(apps, name)(*arguments)))
        except AppFailed as error:
            connection.send((False, str(error)))
