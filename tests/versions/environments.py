"""One virtual environment per Gradio version, made once and kept in an ignored folder.

`python -m tests.versions.environments` makes those that are missing; `make test-versions` does.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.support.environment import EnvironmentFailed, make_all, python_in
from tests.support.paths import CACHE

__all__ = ["NEWEST", "PINS", "EnvironmentFailed", "python_of", "requirements"]

NEWEST = "6.31.0"  # The one that the project's own environment has; see pyproject.toml.


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


def requirements(version: str) -> list[str]:
    """Return what is installed for one version."""
    return [f"gradio=={version}", *(pin.requirement for pin in PINS[version])]


def python_of(version: str) -> Path:
    """Return the interpreter that has this version, making its environment where there is none.

    Raises:
        EnvironmentFailed: when the version cannot be installed; it may need a further pin here.
    """
    folder = CACHE / "gradio-versions" / version
    return python_in(folder, f"Gradio {version}", [requirements(version)], "import gradio")


if __name__ == "__main__":
    sys.exit(make_all({f"Gradio {version}": partial(python_of, version) for version in PINS}))
