"""pyright, strict, over `typing_tasks.py`: what every method returns, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SETTINGS = {
    "pythonVersion": "3.10",
    "typeCheckingMode": "strict",
    # Each `pyright: ignore` in the file stands where a mistake must be found.
    "reportUnnecessaryTypeIgnoreComment": "error",
}


def test_every_method_returns_what_its_type_says(tmp_path: Path) -> None:
    settings = {**SETTINGS, "include": [str(HERE / "typing_tasks.py")]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "-p", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert "0 errors, 0 warnings" in done.stdout, done.stdout + done.stderr
