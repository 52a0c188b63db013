"""The files for pre-commit and GitHub Actions name what there is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from hubsmith_codegen.cli import main

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
    assert "records no Space" in capsys.readouterr().err


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
