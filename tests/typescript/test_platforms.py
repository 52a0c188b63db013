"""The calls of the demo on other platforms than the Node of this machine.

`make test-typescript` installs them into tests/typescript/platforms/node_modules, where it can.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.paths import KITCHEN_APP
from tests.typescript.project import (
    HERE,
    bundle,
    client_of,
    kitchen_spec,
    needs_npm,
    write_project,
)

pytestmark = [needs_npm, pytest.mark.slow]
StartGradio = Callable[..., str]
INSTALLED = HERE / "platforms" / "node_modules"
# Deno and Bun read TypeScript as it is; Node gets a bundle, as its resolution wants other names.
PLATFORMS = {
    "node22": ("node22/bin/node",),
    "node24": ("node24/bin/node",),
    "deno": (
        ".bin/deno",
        "run",
        "--no-remote",
        "--sloppy-imports",
        "--allow-net=127.0.0.1",
        "--allow-read",
    ),
    "bun": (".bin/bun", "run", "--no-install"),
}
QUIET = {"DENO_NO_UPDATE_CHECK": "1", "DO_NOT_TRACK": "1", "NO_COLOR": "1"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("platforms")
    (folder / "a card.txt").write_text("salt", encoding="utf-8")
    return write_project(
        folder, {"kitchen": client_of(kitchen_spec())}, "kitchen.ts", "node.ts", "file.ts"
    )


def ran(platform: str, project: Path, program: str, *arguments: str) -> str:
    """Run a program until it ends by itself, and return what it prints."""
    tool, *options = PLATFORMS[platform]
    if not (INSTALLED / tool).exists():
        pytest.skip(f"{platform} is not installed: make test-typescript")
    is_node = platform.startswith("node")
    file = bundle(project, program, "--platform=node") if is_node else project / program
    done = subprocess.run(
        [str(INSTALLED / tool), *options, str(file), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=project,
        env={**os.environ, **QUIET, "HOME": str(project)},
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_program_makes_every_kind_of_call_and_ends_by_itself(
    platform: str, project: Path, start_gradio: StartGradio
) -> None:
    seen = json.loads(ran(platform, project, "node.ts", start_gradio(KITCHEN_APP)))
    assert len(seen) == len(set(seen)) >= 33


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_file_is_read_from_disk(platform: str, project: Path) -> None:
    assert ran(platform, project, "file.ts") == "a card.txt image/png salt\n"
