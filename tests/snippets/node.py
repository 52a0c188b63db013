"""TypeScript for the tests: the compiler and `@gradio/client`, kept in the ignored `.cache`."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".cache" / "node"
PACKAGES = {"@gradio/client": "2.7.0", "@types/node": "22.19.1", "typescript": "5.9.3"}
_SECONDS = 240


def installed() -> Path:
    """Return the folder with the packages; skip the test where they cannot be had."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node or npm is not there")
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = json.dumps({"private": True, "type": "module", "dependencies": PACKAGES}, indent=2)
    about, stamp = FOLDER / "package.json", FOLDER / "node_modules" / ".installed"
    # One worker installs what the others wait for.
    with FileLock(FOLDER / ".lock"):
        if stamp.is_file() and stamp.read_text() == wanted:
            return FOLDER
        about.write_text(wanted)
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"]
        try:
            done = subprocess.run(
                command, cwd=FOLDER, capture_output=True, text=True, timeout=_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            pytest.skip("npm install took too long")
        if done.returncode:
            pytest.skip(f"npm install failed: {done.stderr.strip()[-300:]}")
        stamp.write_text(wanted)
    return FOLDER


def compiled(sources: Mapping[str, str], folder: Path) -> None:
    """Check TypeScript modules strictly, and write them as JavaScript into a folder.

    The folder is inside the one of the packages, so that the modules find them.
    """
    for name, text in sources.items():
        (folder / f"{name}.ts").write_text(text, encoding="utf-8")
    settings = {
        "compilerOptions": {
            "strict": True, "target": "es2022", "module": "nodenext", "types": ["node"],
            "lib": ["es2022", "dom", "dom.iterable"], "skipLibCheck": True, "noUnusedLocals": True,
        },
        "files": [f"{name}.ts" for name in sources],
    }  # fmt: skip
    (folder / "tsconfig.json").write_text(json.dumps(settings))
    (folder / "package.json").write_text('{"type": "module"}')
    compiler = FOLDER / "node_modules" / "typescript" / "bin" / "tsc"
    done = subprocess.run(
        ["node", str(compiler), "-p", str(folder)],
        capture_output=True, text=True, timeout=_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def run_modules(names: list[str], folder: Path) -> dict[str, str]:
    """Run compiled modules one after the other in one process, and return what each printed.

    The last line of one that fails is its error.
    """
    lines = [
        f'console.log("\\u0000{name}");\n'
        f'try {{ await import("./{name}.js"); }} catch (error) {{ console.log(String(error)); }}'
        for name in names
    ]
    (folder / "run.js").write_text("\n".join([*lines, "process.exit(0);"]), encoding="utf-8")
    done = subprocess.run(
        ["node", "run.js"],
        cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    parts = (part.partition("\n") for part in done.stdout.split("\0")[1:])
    return {name: printed for name, _, printed in parts}
