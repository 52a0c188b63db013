"""Documents that a stranger wrote to do harm do none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .mutations import CORPUS

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not there (../shared/corpus)")
def test_300_adversarial_documents_do_nothing_but_give_clients(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    command = [sys.executable, "-m", "tests.hostile.run", "--documents", "300", "--json", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(file.read_text(encoding="utf-8"))
    assert figures["tried"] == 300
    assert figures["imported"] > 200
    assert figures["called"] > 20
