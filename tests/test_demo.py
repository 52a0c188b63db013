"""The script of the demo makes every call, through the client of this repository's snapshot.

`make demo` runs all of it; that the script is strictly typed is in `test_types`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.support.paths import DEMO, KITCHEN_APP, ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def printed(start_gradio: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("demo")
    (folder / "clients").symlink_to(ROOT / "generated" / "spaces", target_is_directory=True)
    done = subprocess.run(
        [sys.executable, str(DEMO / "use_kitchen.py"), start_gradio(KITCHEN_APP)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def test_every_step_works(printed: str) -> None:
    assert "All steps succeeded." in printed


def test_the_app_s_error_arrives_with_its_title(printed: str) -> None:
    assert "title: Sold out" in printed
