"""One virtual environment per Gradio version, made once and kept in an ignored folder.

`python tests/versions/environments.py` makes those that are missing; `make test-versions` does.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "gradio-versions"
NEWEST = "6.31.0"  # The one that the project's own environment has; see pyproject.toml.
_PARALLEL = 2


@dataclass(frozen=True, slots=True)
class Pin:
    """A requirement that an old Gradio does not state itself but needs to start today."""

    requirement: str
    reason: str


_HUB = Pin("huggingface_hub<1", "gradio.oauth imports HfFolder, which 1.0 removed")
_PYDANTIC = Pin(
    "pydantic<2.11", "its schemas say additionalProperties: true, on which /info fails with 500"
)
_STARLETTE = Pin("starlette<1", "1.0 dropped TemplateResponse(name, context) and its on_event")

# Every version under test, oldest first.
PINS: dict[str, tuple[Pin, ...]] = {
    "4.44.1": (_HUB, _PYDANTIC, _STARLETTE),
    "5.0.0": (_HUB, _PYDANTIC, _STARLETTE),
    "5.29.0": (_HUB, _STARLETTE),
    "5.50.0": (_STARLETTE,),
    "6.0.0": (_STARLETTE,),
    NEWEST: (),
}


class EnvironmentFailed(Exception):
    """A version of Gradio could not be installed on this Python."""


def requirements(version: str) -> list[str]:
    """Return what is installed for one version."""
    return [f"gradio=={version}", *(pin.requirement for pin in PINS[version])]


def python_of(version: str) -> Path:
    """Return the interpreter that has this version, making its environment where there is none.

    Raises:
        EnvironmentFailed: when the version cannot be installed.
    """
    folder = CACHE / version
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / "installed"
    wanted = json.dumps([sys.version, *requirements(version)])
    digest = hashlib.sha256(wanted.encode()).hexdigest()
    if python.exists() and stamp.is_file() and stamp.read_text(encoding="utf-8") == digest:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _run([sys.executable, "-m", "venv", str(folder)], version)
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*install, *requirements(version)], version)
    _run([str(python), "-c", "import gradio"], version)
    stamp.write_text(digest, encoding="utf-8")
    return python


def _run(command: list[str], version: str) -> None:
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False
    )
    if done.returncode:
        running = ".".join(map(str, sys.version_info[:3]))
        raise EnvironmentFailed(
            f"Gradio {version} cannot be used on Python {running}: "
            f"`{' '.join(command)}` failed with exit code {done.returncode}:\n"
            f"{done.stdout.strip()[-3000:]}\n"
            "Does it need a further pin? They stand in tests/versions/environments.py."
        )


def _report(version: str) -> bool:
    start = time.monotonic()
    try:
        python_of(version)
    except EnvironmentFailed as error:
        print(error, file=sys.stderr, flush=True)
        return False
    print(f"Gradio {version}: ready after {time.monotonic() - start:.0f} s", flush=True)
    return True


def main() -> int:
    """Make every environment that is missing; return 1 when one could not be made."""
    with ThreadPoolExecutor(_PARALLEL) as pool:
        return 0 if all(list(pool.map(_report, PINS))) else 1


if __name__ == "__main__":
    sys.exit(main())
