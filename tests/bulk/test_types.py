"""What mypy says of scripts that use `map`; pyright is asked in tests/test_types.py."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import TESTS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        os.environ.get("HUBSMITH_CHECKERS") != "all", reason="`make test-code` tries every case"
    ),
]

KITCHEN = TESTS.parent / "generated" / "spaces" / "kitchen"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The script beside a generated client. A comment stands where a mistake must be found."""
    shutil.copytree(KITCHEN, tmp_path / "clients" / "kitchen")
    (tmp_path / "clients" / "__init__.py").touch()
    return Path(shutil.copy(TESTS / "bulk" / "typing_map.py", tmp_path))


def test_mypy_knows_the_type_of_a_value(script: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--warn-unused-ignores", script.name]
    done = subprocess.run(command, cwd=script.parent, capture_output=True, text=True, check=False)
    faults = [line for line in done.stdout.splitlines() if line.startswith(script.name)]
    assert faults == [], done.stdout + done.stderr
    assert "Success" in done.stdout
