"""`make demo`: start the Kitchen app, generate its client, type-check a script and run it.

Then the type checker catches a wrong call, and the command an app that changed. Everything happens
on the loopback interface and under build/demo.
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
    'api_name="suggest"': 'api_visibility="private"',  # and an endpoint is taken away.
}


class DemoError(Exception):
    """A step of the demo failed."""


def say(headline: str) -> None:
    """Announce a step of the demo itself."""
    print(f"\n##### {headline}", flush=True)


def free_port() -> int:
    """Return a loopback port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**extra: str) -> dict[str, str]:
    """Return the environment of child processes: offline, and with no proxy before loopback."""
    quiet = {
        "GRADIO_ANALYTICS_ENABLED": "False",
        "HF_HUB_OFFLINE": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "PYTHONUNBUFFERED": "1",
    }
    return {**os.environ, **quiet, **extra}


def wait_until_ready(url: str, server: subprocess.Popen[bytes]) -> None:
    """Return when the app answers.

    Raises:
        DemoError: when the app ends or does not answer within START_SECONDS.
    """
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise DemoError(f"demo/app.py ended at once with exit code {server.returncode}")
        try:
            with opener.open(f"{url}/config", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise DemoError(f"demo/app.py did not answer at {url} within {START_SECONDS} seconds")


def start_app(app: Path, port: int | None = None) -> tuple[subprocess.Popen[bytes], str]:
    """Start an app, trying again where someone else took the port meanwhile.

    Args:
        app: Its script.
        port: Where it shall listen; a free port by default.

    Raises:
        DemoError: when it cannot be started.
    """
    failure = DemoError(f"{app.name} was never started")
    for _ in range(ATTEMPTS):
        port = port or free_port()
        url = f"http://127.0.0.1:{port}"
        BUILD.mkdir(parents=True, exist_ok=True)
        # The traceback of the error that the demo provokes would only confuse on the terminal.
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
    """End the app's process and wait until it is gone."""
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
    """Show one command and run it in `folder`.

    Raises:
        DemoError: when its exit status is another than the expected one.
    """
    shown = [Path(command[0]).name, *command[1:]]
    print("$", *(shown[2:] if shown[1:2] == ["-m"] else shown), flush=True)
    path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(command, cwd=folder, env=environment(PYTHONPATH=path), check=False)
    if done.returncode != expected:
        raise DemoError(f"{' '.join(command)}: exit code {done.returncode}, expected {expected}")


def write_pyright_settings(folder: Path, mode: str = "strict") -> None:
    """Write the settings that a user's project would have."""
    settings = {"typeCheckingMode": mode, "pythonVersion": "3.10", "include": ["."]}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings, indent=2), encoding="utf-8")


def demonstrate(folder: Path) -> None:
    """Run the whole demo in `folder`, which is emptied first.

    Raises:
        DemoError: when a step fails.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # The nearest configuration is where the Space is recorded; without one, that of a parent folder.
    (folder / "hubsmith.toml").touch()
    hubsmith = str(Path(sysconfig.get_path("scripts")) / "hubsmith")
    pyright = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable]
    say("1/6 start the Kitchen app, a real Gradio app")
    with kitchen_app() as url:
        print(f"it listens on {url}")
        say("2/6 snapshot the app and write its client")
        run([hubsmith, "add", url, "--name", "kitchen", "--out", "clients"], folder=folder)
        say("3/6 type-check the script that uses the client, in strict mode")
        shutil.copy(DEMO / "use_kitchen.py", folder)
        write_pyright_settings(folder)
        run(pyright, folder=folder)
        say("4/6 run it")
        run([sys.executable, "use_kitchen.py", url], folder=folder)
    # In strict mode, what follows from an error is reported as well, which would hide it here.
    write_pyright_settings(folder, mode="standard")
    say("5/6 the type checker catches wrong calls: a choice that is none, a name with a typo")
    (folder / "wrong.py").write_text(WRONG, encoding="utf-8")
    run([*pyright, "wrong.py"], folder=folder, expected=1)
    say("6/6 the app changes: hubsmith says what, and which lines it breaks")
    port = int(url.rpartition(":")[2])
    with kitchen_app(changed_app(folder), port) as now:
        if now != url:
            raise DemoError(f"the port of {url} was taken meanwhile; run the demo again")
        run([hubsmith, "check", "--live"], folder=folder, expected=1)
        run([hubsmith, "diff", "kitchen", "--code", "use_kitchen.py"], folder=folder, expected=1)
    say(f"done; the client is in {os.path.relpath(folder / 'clients' / 'kitchen')}")


def changed_app(folder: Path) -> Path:
    """Write the app as a later version might be, and return its path."""
    text = (DEMO / "app.py").read_text(encoding="utf-8")
    for old, new in CHANGES.items():
        if old not in text:
            raise DemoError(f"demo/app.py has no {old} to change")
        text = text.replace(old, new)
    path = folder / "changed_app.py"
    path.write_text(text, encoding="utf-8")
    return path


def record(folder: Path) -> None:
    """Snapshot the app into `folder`, as if it were a Space of the Hub.

    Raises:
        DemoError: when the app cannot be started.
    """
    from hubsmith_codegen.load.fetch import fetch
    from hubsmith_codegen.write.snapshot import write_snapshot

    with kitchen_app() as url:
        raw = fetch(url)
    write_snapshot(dataclasses.replace(raw, source=SOURCE, name="kitchen"), folder)


def main() -> int:
    """Run the demo, or record the app with `--record`; return 1 when a step failed."""
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
