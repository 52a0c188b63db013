"""The world of the page about Ray: its Python runs in the environment that has Ray."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator

import pytest

from tests.docs.page import Block
from tests.docs.shell import Shell
from tests.docs.world import World
from tests.ray.environment import python_with_ray
from tests.support.fake_inference import FakeChatServer
from tests.support.paths import ROOT

_SECONDS = 300


class RayWorld(World):
    """Runs the commands of a page here, and then all of its Python where Ray is."""

    def run(self, blocks: list[Block]) -> None:
        shell = Shell(self.folder)
        try:
            for block in blocks:
                if block.language == "console":
                    shell.run(block)
        finally:
            shell.close()
        paths = [self.folder, ROOT, ROOT / "runtime", ROOT / "generated"]
        done = subprocess.run(
            [python_with_ray(), "-m", "tests.ray.page", "cookbook/ray", json.dumps(self.spelling)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
            cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=_SECONDS, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-5000:]


@pytest.fixture
def ray_world(kitchen_world: World) -> Iterator[World]:
    """The demo app is the Space, and a chat server stands for a user's own."""
    if not os.environ.get("HUBSMITH_RAY_ROWS"):
        pytest.skip("the page about Ray runs with `make test-ray`")
    server = FakeChatServer("tiny")
    with server.running():
        yield RayWorld(folder=kitchen_world.folder, spelling={"http://127.0.0.1:8080": server.url})
