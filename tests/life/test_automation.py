"""The files for pre-commit and GitHub Actions name what there is."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hubsmith_codegen.cli import main

from tests.conftest import StartGradio
from tests.support.fake_hub import FakeHub
from tests.support.fake_space import FakeSpace

ROOT = Path(__file__).resolve().parents[2]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def read(name: str) -> Any:
    yaml = pytest.importorskip("yaml")
    return yaml.safe_load((ROOT / name).read_text())


@pytest.mark.parametrize("hook", [0, 1])
def test_the_hooks_are_commands_of_ours(
    hook: int, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program, *arguments = shlex.split(read(".pre-commit-hooks.yaml")[hook]["entry"])
    assert program == "hubsmith"
    # 2 with this line means that it ran, and found nothing that is recorded.
    assert main(arguments) == 2
    assert "No Space is recorded in" in capsys.readouterr().err


def test_the_hooks_of_this_repository_are_make_targets() -> None:
    for hook in read(".pre-commit-config.yaml")["repos"][0]["hooks"]:
        make, target = shlex.split(hook["entry"])
        assert make == "make"
        assert target in TARGETS


def test_the_workflow_runs_make_targets_on_every_python() -> None:
    jobs = read(".github/workflows/ci.yml")["jobs"]
    runs = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    assert {shlex.split(run)[1] for run in runs} <= TARGETS
    assert {shlex.split(run)[0] for run in runs} == {"make"}
    assert {"setup", "check", "test"} <= {shlex.split(run)[1] for run in runs}
    pythons = jobs["test"]["strategy"]["matrix"]["python"]
    assert pythons == ["3.10", "3.11", "3.12", "3.13", "3.14"]
    assert f'requires-python = ">={pythons[0]}"' in (ROOT / "pyproject.toml").read_text()


# --- the action for authors of Spaces ---


class Action:
    """Runs action.yml as GitHub would: its steps in order, inputs through their environment."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.definition = read("action.yml")
        self.folder = folder
        self.summary, self.installed = folder / "summary.md", folder / "installed"
        programs = folder / "programs"
        programs.mkdir()
        for name in ("python", "python3"):
            (programs / name).write_text(PYTHON)
            (programs / name).chmod(0o755)
        self._environment = {
            **os.environ,
            **environment,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "OWN": str(Path(sys.executable).parent),
            "INSTALLED": str(self.installed),
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "RUNNER_TEMP": str(folder),
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }

    def run(self, **inputs: str) -> tuple[int, str]:
        """Return the status and the output of the last step that ran."""
        declared = self.definition["inputs"]
        values = {name: about.get("default", "") for name, about in declared.items()}
        values |= {name.replace("_", "-"): text for name, text in inputs.items()}
        status, output = 0, ""
        for step in self.definition["runs"]["steps"]:
            if "uses" in step:
                continue
            given = {
                name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: values[found[1]], text)
                for name, text in step.get("env", {}).items()
            }
            script = self.folder / "step.sh"
            script.write_text(step["run"])
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
                env={**self._environment, **given},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            status, output = done.returncode, done.stdout + done.stderr
            if status:
                break
        return status, output


# It makes the environment that the action asks for out of the one of the tests.
PYTHON = """\
#!/bin/sh
if [ "$1 $2" = "-m venv" ]; then
  mkdir -p "$3/bin"
  ln -sf "$OWN/hubsmith" "$3/bin/hubsmith"
  printf '#!/bin/sh\\necho "$@" >> "$INSTALLED"\n' > "$3/bin/pip"
  chmod +x "$3/bin/pip"
else
  exec "$OWN/python" "$@"
fi
"""
APP = ROOT / "tests" / "life" / "apps" / "kitchen.py"


@pytest.fixture
def action(tmp_path: Path, fake_hub: FakeHub, start_gradio: StartGradio) -> Action:
    """The action, where the Space of the callers is the old version of the app."""
    if os.name == "nt":
        pytest.skip("The action is for Linux and macOS")
    fake_hub.add("owner/kitchen", start_gradio(APP, APP_VERSION="old"), private=True)
    fake_hub.users["hf_owner"] = "owner"
    secrets = {"HF_ENDPOINT": fake_hub.url, "HF_TOKEN": "hf_owner", "HF_HOME": str(tmp_path)}
    return Action(tmp_path, secrets)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def command(port: int, version: str) -> str:
    """What starts the app; it leaves a child behind that would outlive a shell."""
    return (
        f'echo "token: $HF_TOKEN"\nsleep 600 & echo $! > sleeper\n'
        f"GRADIO_ANALYTICS_ENABLED=False GRADIO_SERVER_PORT={port} APP_VERSION={version} "
        f'python "{APP}"\n'
    )


@pytest.mark.slow
def test_the_action_compares_the_app_of_a_checkout_with_its_space(action: Action) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    status, output = action.run(space="owner/kitchen", url=url, command=command(port, "new"))
    assert status == 1, output
    annotations = [line for line in output.splitlines() if line.startswith("::")]
    assert [line.partition(" ")[0] for line in annotations] == ["::error"] * 3 + ["::warning"]
    assert annotations[0].endswith("/shout: it is gone. Calls to `kitchen.shout(...)` fail.")
    assert action.summary.read_text().startswith("## API changes of `kitchen`\n")
    assert action.installed.read_text() == f"install --quiet {ROOT}[codegen]\n"
    # Nothing of the app is left, and it did not get the token.
    assert "token: \n" in (action.folder / "hubsmith-app.log").read_text()
    for_sleeper = int((action.folder / "sleeper").read_text())
    with pytest.raises(ProcessLookupError):
        wait_for_the_end(for_sleeper)
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        pass


def wait_for_the_end(process: int) -> None:
    for _ in range(50):
        os.kill(process, 0)
        time.sleep(0.1)


@pytest.mark.slow
def test_the_action_passes_where_nothing_breaks(action: Action, start_gradio: StartGradio) -> None:
    url = start_gradio(APP, APP_VERSION="old")
    assert action.run(space="owner/kitchen", url=url) == (0, "kitchen: no changes.\n")
    assert "No changes." in action.summary.read_text()


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"command": "echo '##[error]x'; echo ::error::y; exit 3", "wait": "60"}, "| ::error::y"),
        ({"command": "sleep 60", "wait": "1"}, "does not answer"),
        ({"wait": "0"}, "does not answer"),
    ],
)
def test_the_action_waits_for_no_app_that_does_not_come(
    how: dict[str, str], reason: str, action: Action
) -> None:
    status, output = action.run(space="owner/kitchen", url=f"http://127.0.0.1:{free_port()}", **how)
    assert status == 2
    assert reason in output
    commands = [line for line in output.splitlines() if line.startswith("::")]
    assert len(commands) == 1 and "##[" not in output


@pytest.mark.parametrize("space", ["--token=x", "$(touch stolen)/x", "'; touch stolen; '", "a\nb"])
def test_inputs_of_the_action_are_text(space: str, action: Action, fake_space: FakeSpace) -> None:
    status, output = action.run(space=space, url=fake_space.url)
    assert status == 2, output
    assert not list(action.folder.glob("stolen"))
    assert not action.summary.exists()


def test_no_script_of_the_action_is_put_together_from_inputs() -> None:
    steps = read("action.yml")["runs"]["steps"]
    assert not [step for step in steps if "${{" in step.get("run", "")]
    assert {step["shell"] for step in steps if "run" in step} == {"bash"}
    named = set(re.findall(r"inputs\.([\w-]+)", (ROOT / "action.yml").read_text()))
    assert named == set(read("action.yml")["inputs"])
