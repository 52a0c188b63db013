"""Every kind of call of the demo app, made by a generated client in Node against real Gradio."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.paths import KITCHEN_APP
from tests.typescript.project import (
    bundle,
    client_of,
    kitchen_spec,
    needs_npm,
    node,
    write_project,
)

pytestmark = [needs_npm, pytest.mark.slow]
StartGradio = Callable[..., str]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    programs = ("kitchen.ts", "node.ts")
    return write_project(folder, {"kitchen": client_of(kitchen_spec())}, *programs)


def test_a_program_of_node_makes_every_kind_of_call_and_ends_by_itself(
    project: Path, start_gradio: StartGradio
) -> None:
    done = node(bundle(project, "node.ts", "--platform=node"), start_gradio(KITCHEN_APP))
    assert done.stderr == ""
    seen = json.loads(done.stdout)
    assert len(seen) == len(set(seen)) >= 33
