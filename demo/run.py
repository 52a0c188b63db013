"""`make demo`: start the Kitchen app, generate its client, type-check a script and run it.

Then show how the type checker catches wrong calls, and hubsmith a changed app. Everything runs on
the loopback interface, and is written to build/demo.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

DEMO = Path(__file__).resolve().parent
BUILD = DEMO.parent / "build" / "demo"
SNAPSHOT = DEMO.parent / "generated" / "spaces" / "kitchen" / "spec"
SOURCE = "owner/kitchen"
START_SECONDS = 90
ATTEMPTS = 3
WRONG = """\
from clients.kitchen import Kitchen

with Kitchen() as kitchen:
    kitchen.greet("Bob", style="rude")
    kitchen.img("photo.png", strenth=0.5)
"""
CHANGES = {
    "strength": "heat",  # A parameter is renamed,
    '["formal", "casual"]': '["formal", "casual", "rude"]',  # a choice is added,
    'api_name="suggest"': 'api_visibility="private"',  # and an endpoint is removed.
}


class DemoError(Exception):
    """A step of the demo failed."""


def say(headline: str) -> None:
    """Print the headline of a step."""
    print(f"\n##### {headline}", flush=True)


def free_port() -> int:
    """Return a free port on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**extra: str) -> dict[str, str]:
    """Return the environment of child processes: offline, and without a proxy for loopback."""
    quiet = {
        "GRADIO_ANALYTICS_ENABLED": "False",
        "HF_HUB_OFFLINE": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "PYTHONUNBUFFERED": "1",
    }
    return {**os.environ, **quiet, **extra}


def wait_until_ready(url: str, server: subprocess.Popen[bytes]) -> None:
    """Wait until the app answers.

    Raises:
        DemoError: if the app exits, or does not answer within START_SECONDS.
    """
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise DemoError(f"demo/app.py exited with status {server.returncode} on startup")
        try:
            with opener.open(f"{url}/config", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise DemoError(f"demo/app.py did not answer at {url} within {START_SECONDS} seconds")


def start_app(app: Path, port: int | None = None) -> tuple[subprocess.Popen[bytes], str]:
    """Start an app, trying again if another process has taken the port meanwhile.

    Args:
        app: The script of the app.
        port: The port to listen on; a free one by default.

    Raises:
        DemoError: if the app cannot be started.
    """
    failure = DemoError(f"{app.name} was never started")
    for _ in range(ATTEMPTS):
        port = port or free_port()
        url = f"http://127.0.0.1:{port}"
        BUILD.mkdir(parents=True, exist_ok=True)
        # Keep the traceback of the deliberate error out of the terminal.
        with (BUILD / "app.log").open("wb") as log:
            server = subprocess.Popen(
                [sys.executable, str(app)],
                env=environment(GRADIO_SERVER_PORT=str(port)),
                stdin=subprocess.DEVNULL,
                stderr=log,
            )
        try:
            wait_until_ready(url, server)
        except DemoError as error:
            stop(server)
            failure, port = error, None
        except BaseException:
            stop(server)
            raise
        else:
            return server, url
    raise failure


def stop(server: subprocess.Popen[bytes]) -> None:
    """Stop the app and wait until its process has exited."""
    if server.poll() is None:
        server.terminate()
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


@contextmanager
def kitchen_app(app: Path = DEMO / "app.py", port: int | None = None) -> Generator[str, None, None]:
    """Serve the Kitchen app while the block runs; yield its URL."""
    server, url = start_app(app, port)
    try:
        yield url
    finally:
        stop(server)


def run(command: Sequence[str], *, folder: Path, expected: int = 0) -> None:
    """Print a command and run it in `folder`.

    Raises:
        DemoError: if its exit status is not the expected one.
    """
    shown = [Path(command[0]).name, *command[1:]]
    print("$", *(shown[2:] if shown[1:2] == ["-m"] else shown), flush=True)
    path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(command, cwd=folder, env=environment(PYTHONPATH=path), check=False)
    if done.returncode != expected:
        raise DemoError(f"{' '.join(command)}: exit status {done.returncode}, expected {expected}")


def write_pyright_settings(folder: Path, mode: str = "strict") -> None:
    """Write pyright's configuration, as a user's project would have it."""
    settings = {"typeCheckingMode": mode, "pythonVersion": "3.10", "include": ["."]}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings, indent=2), encoding="utf-8")


def demonstrate(folder: Path) -> None:
    """Run the whole demo in `folder`, which is emptied first.

    Raises:
        DemoError: if a step fails.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # Record the Space here: without this file, a configuration in a parent folder would be used.
    (folder / "hubsmith.toml").touch()
    hubsmith = str(Path(sysconfig.get_path("scripts")) / "hubsmith")
    pyright = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable]
    say("1/6 start the Kitchen app, a Gradio app")
    with kitchen_app() as url:
        print(f"listening on {url}")
        say("2/6 take a snapshot of the app and generate its client")
        run([hubsmith, "add", url, "--name", "kitchen", "--out", "clients"], folder=folder)
        say("3/6 type-check the script that uses the client, in strict mode")
        shutil.copy(DEMO / "use_kitchen.py", folder)
        write_pyright_settings(folder)
        run(pyright, folder=folder)
        say("4/6 run the script")
        run([sys.executable, "use_kitchen.py", url], folder=folder)
    # Strict mode also reports the consequences of an error, which would obscure it here.
    write_pyright_settings(folder, mode="standard")
    say("5/6 the type checker catches wrong calls: an invalid choice, a misspelled name")
    (folder / "wrong.py").write_text(WRONG, encoding="utf-8")
    run([*pyright, "wrong.py"], folder=folder, expected=1)
    say("6/6 the app changes: hubsmith reports the changes, and the lines that they break")
    port = int(url.rpartition(":")[2])
    with kitchen_app(changed_app(folder), port) as now:
        if now != url:
            raise DemoError(f"the port of {url} was taken meanwhile; run the demo again")
        run([hubsmith, "check", "--live"], folder=folder, expected=1)
        run([hubsmith, "diff", "kitchen", "--code", "use_kitchen.py"], folder=folder, expected=1)
    say(f"done; the client is in {os.path.relpath(folder / 'clients' / 'kitchen')}")


def changed_app(folder: Path) -> Path:
    """Write a later version of the app, and return its path."""
    text = (DEMO / "app.py").read_text(encoding="utf-8")
    for old, new in CHANGES.items():
        if old not in text:
            raise DemoError(f"demo/app.py does not contain {old}")
        text = text.replace(old, new)
    path = folder / "changed_app.py"
    path.write_text(text, encoding="utf-8")
    return path


def record(folder: Path) -> None:
    """Write a snapshot of the app to `folder`, as if it were a Space on the Hub.

    Raises:
        DemoError: if the app cannot be started.
    """
    from hubsmith_codegen.load.fetch import fetch
    from hubsmith_codegen.write.snapshot import write_snapshot

    with kitchen_app() as url:
        raw = fetch(url)
    write_snapshot(dataclasses.replace(raw, source=SOURCE, name="kitchen"), folder)


def main() -> int:
    """Run the demo, or with `--record` take a snapshot of the app; return 1 if a step fails."""
    try:
        if sys.argv[1:] == ["--record"]:
            record(SNAPSHOT)
        else:
            demonstrate(BUILD)
    except DemoError as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
