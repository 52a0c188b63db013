"""Every endpoint of every recorded app is answered as declared, through that app's own client."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent
CORPUS = FOLDER.parents[2] / "shared" / "corpus"

pytestmark = pytest.mark.skipif(
    not CORPUS.is_dir(), reason="the corpus of recorded apps is not there (../shared/corpus)"
)


def test_every_recorded_app_is_answered(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    done = subprocess.run(
        [
            sys.executable,
            str(FOLDER / "corpus_answers.py"),
            "--seeds",
            "1",
            "--only",
            "apps.",
            "--json",
            str(file),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert file.is_file(), done.stdout[-3000:] + done.stderr[-3000:]
    report = json.loads(file.read_text(encoding="utf-8"))
    assert report["failures"] == []
    assert report["apps"] == 182
    assert report["calls"] > 450
