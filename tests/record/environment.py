"""The virtual environment with playwright, which drives the system's Chromium.

`python -m tests.record.environment` makes it where it is missing; `make test-record` does, along
with those of the Gradio versions that its tests run on. With `--browser` it only says whether the
tests find a browser.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from functools import partial
from pathlib import Path

from tests.support.environment import EnvironmentFailed, make_all, python_in
from tests.support.paths import CACHE, ROOT
from tests.versions.environments import NEWEST, python_of

__all__ = ["CHROMIUM", "VERSIONS", "EnvironmentFailed", "browser_at_hand", "python_with_playwright"]

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
VERSIONS = ("4.44.1", "5.50.0", NEWEST)
"""What `make test-record` runs the tests on; others run them on the Gradio beside them."""

_FOLDER = CACHE / "playwright"


def python_with_playwright() -> Path:
    """Return its interpreter.

    Raises:
        EnvironmentFailed: when playwright cannot be installed.
    """
    pinned = ["--require-hashes", "--requirement", str(ROOT / "requirements" / "look.txt")]
    return python_in(_FOLDER, "playwright", [pinned], "import playwright.sync_api")


_NOT_TRIED = "The recorder was not tried in a browser: `make test-record` installs what that needs."


def browser_at_hand() -> Path | None:
    """Return an interpreter that has playwright, where there is one and Chromium, too."""
    if not CHROMIUM.exists():
        return None
    if importlib.util.find_spec("playwright") is not None:
        return Path(sys.executable)
    return python_with_playwright() if (_FOLDER / "installed").is_file() else None


if __name__ == "__main__":
    if "--browser" in sys.argv:
        print("The recorder was tried in a browser." if browser_at_hand() else _NOT_TRIED)
        sys.exit()
    wanted = {f"Gradio {version}": partial(python_of, version) for version in VERSIONS}
    sys.exit(make_all({"playwright": python_with_playwright, **wanted}))
