"""pyright, strict, over everything in a folder: one run, since starting it takes seconds."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """Something that pyright does not accept; `file` is relative to the folder."""

    file: str
    line: int
    message: str
    rule: str

    def __str__(self) -> str:
        return f"pyright: {self.file}:{self.line} {' '.join(self.message.split())} ({self.rule})"


class TypeCheckerFailed(Exception):
    """pyright did not check anything."""


def faults_in(
    folder: Path, *, include: Iterable[str] = (".",), projects: Iterable[str] = (), **rules: str
) -> list[Fault]:
    """Check what is in a folder.

    Args:
        folder: Gets the settings of pyright.
        include: What is checked of it.
        projects: The folders in it that are projects: each imports from itself.
        rules: Settings besides those of the strict mode.

    Raises:
        TypeCheckerFailed: when no file was checked.
    """
    settings: dict[str, Any] = {
        "include": list(include),
        "typeCheckingMode": "strict",
        "pythonVersion": "3.10",
        "executionEnvironments": [{"root": project} for project in projects],
        **rules,
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        report = json.loads(done.stdout)
    except json.JSONDecodeError:
        raise TypeCheckerFailed((done.stderr or done.stdout)[-3000:]) from None
    if not report["summary"]["filesAnalyzed"]:
        raise TypeCheckerFailed("there were no files to check")
    return [
        Fault(
            file=Path(found["file"]).relative_to(folder.resolve()).as_posix(),
            line=found["range"]["start"]["line"] + 1,
            message=found["message"],
            rule=found.get("rule", found["severity"]),
        )
        for found in report["generalDiagnostics"]
    ]
