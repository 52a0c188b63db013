"""TypeScript projects of the tests: clients in a folder, checked, bundled and run with npm's tools.

`make test-typescript` installs the tools into tests/typescript/node_modules.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from hubsmith_codegen.load import RawSpec
from hubsmith_codegen.load.snapshot import read_snapshot
from hubsmith_codegen.normalise.spaces import normalise
from hubsmith_codegen.render.typescript import render, runtime_files

from tests.support.paths import ROOT

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
TOOLS = HERE / "node_modules" / ".bin"
KITCHEN = ROOT / "generated" / "spaces" / "kitchen"
BASE = HERE / "tsconfig.base.json"

needs_npm = pytest.mark.skipif(
    not TOOLS.is_dir() or shutil.which("node") is None,
    reason="the npm packages are not installed: make test-typescript",
)


def kitchen_spec() -> RawSpec:
    """The documents of the demo app."""
    return replace(read_snapshot(KITCHEN), name="kitchen")


def client_of(raw: RawSpec) -> dict[PurePosixPath, str]:
    """The TypeScript files of a client."""
    return render(normalise(raw))


def write_project(
    folder: Path, clients: Mapping[str, Mapping[PurePosixPath, str]], *programs: str
) -> Path:
    """Write clients below `folder/clients`, programs beside them and a configuration."""
    files = {
        folder / "clients" / name / path: text
        for name, client in clients.items()
        for path, text in client.items()
    }
    files |= {folder / "clients" / "runtime" / path: text for path, text in runtime_files().items()}
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for program in programs:
        shutil.copy(PROGRAMS / program, folder / program)
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    configure(folder)
    modules = folder / "node_modules"
    if not modules.exists():
        modules.symlink_to(HERE / "node_modules")
    return folder


def configure(folder: Path, **options: object) -> None:
    """Write the configuration of the compiler: every strict option, and those named."""
    settings = {"extends": str(BASE), "compilerOptions": options, "include": ["."]}
    (folder / "tsconfig.json").write_text(json.dumps(settings), encoding="utf-8")


def tsc(folder: Path, *arguments: str) -> list[str]:
    """Check a project; return what the compiler says, line by line."""
    return run("tsc", "-p", str(folder), *arguments).stdout.splitlines()


def bundle(folder: Path, program: str, *arguments: str) -> Path:
    """Bundle a program into one file."""
    target = folder / f"{Path(program).stem}.bundle.mjs"
    done = run(
        "esbuild",
        str(folder / program),
        "--bundle",
        "--format=esm",
        "--log-level=warning",
        f"--outfile={target}",
        *arguments,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return target


def node(file: Path, *arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run a program until it ends by itself."""
    return subprocess.run(
        ["node", str(file), *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        cwd=file.parent,
    )


def run(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of the tools of npm."""
    return subprocess.run(
        [str(TOOLS / tool), *arguments], capture_output=True, text=True, timeout=300, check=False
    )
