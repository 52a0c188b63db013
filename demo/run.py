"""`make demo`: start the Kitchen app, generate its client, type-check a script and run it.

Everything happens on the loopback interface and under build/demo.
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


def start_app() -> tuple[subprocess.Popen[bytes], str]:
    """Start the app on a free port, trying again where someone else took the port meanwhile.

    Raises:
        DemoError: when it cannot be started.
    """
    failure = DemoError("demo/app.py was never started")
    for _ in range(ATTEMPTS):
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        BUILD.mkdir(parents=True, exist_ok=True)
        # The traceback of the error that the demo provokes would only confuse on the terminal.
        with (BUILD / "app.log").open("wb") as log:
            server = subprocess.Popen(
                [sys.executable, str(DEMO / "app.py")],
                env=environment(GRADIO_SERVER_PORT=str(port)),
                stdin=subprocess.DEVNULL,
                stderr=log,
            )
        try:
            wait_until_ready(url, server)
        except DemoError as error:
            stop(server)
            failure = error
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
def kitchen_app() -> Generator[str, None, None]:
    """Serve the Kitchen app while the block runs; yield its URL."""
    server, url = start_app()
    try:
        yield url
    finally:
        stop(server)


def run(command: Sequence[str], *, folder: Path) -> None:
    """Run one command in `folder`.

    Raises:
        DemoError: when it fails.
    """
    path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(command, cwd=folder, env=environment(PYTHONPATH=path), check=False)
    if done.returncode:
        raise DemoError(f"{' '.join(command)}: exit code {done.returncode}")


def write_pyright_settings(folder: Path) -> None:
    """Write the settings a user's strict project would have."""
    settings = {"typeCheckingMode": "strict", "pythonVersion": "3.10", "include": ["."]}
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
    say("1/4 start the Kitchen app, a real Gradio app")
    with kitchen_app() as url:
        print(f"it listens on {url}")
        say("2/4 hubsmith add: snapshot the app and write its client")
        hubsmith = str(Path(sysconfig.get_path("scripts")) / "hubsmith")
        run([hubsmith, "add", url, "--name", "kitchen", "--out", "clients"], folder=folder)
        say("3/4 pyright, strict: the script that uses the client")
        shutil.copy(DEMO / "use_kitchen.py", folder)
        write_pyright_settings(folder)
        pyright = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable]
        run(pyright, folder=folder)
        say("4/4 run it")
        run([sys.executable, "use_kitchen.py", url], folder=folder)
    say(f"done; the client lies in {os.path.relpath(folder / 'clients' / 'kitchen')}")


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
