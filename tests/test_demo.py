"""The demo works from start to end: app, generated client, strict type check, every call."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).resolve().parent.parent / "demo"


@pytest.fixture(scope="module")
def demo() -> subprocess.CompletedProcess[str]:
    pytest.importorskip("gradio")
    return subprocess.run(
        [sys.executable, str(DEMO / "run.py")],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_every_step_works(demo: subprocess.CompletedProcess[str]) -> None:
    assert demo.returncode == 0, demo.stdout[-4000:] + demo.stderr[-4000:]
    assert "Every step worked." in demo.stdout


def test_the_script_that_uses_the_client_is_strictly_typed(
    demo: subprocess.CompletedProcess[str],
) -> None:
    assert "0 errors, 0 warnings" in demo.stdout


def test_the_app_s_error_arrives_with_its_title(demo: subprocess.CompletedProcess[str]) -> None:
    assert "title: Sold out" in demo.stdout
