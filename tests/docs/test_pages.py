"""The code of every page runs, from top to bottom, against servers on loopback."""

from __future__ import annotations

import pytest

from tests.docs.conftest import WORLDS
from tests.docs.page import blocks_of, page_names
from tests.docs.world import World

pytestmark = pytest.mark.slow

RUN = ("python", "console")


def _runs(name: str) -> bool:
    return any(block.language in RUN for block in blocks_of(name))


@pytest.mark.parametrize("name", [name for name in page_names() if _runs(name)])
def test_the_code_of_the_page_runs(name: str, request: pytest.FixtureRequest) -> None:
    world = request.getfixturevalue(WORLDS.get(name, "kitchen_world"))
    assert isinstance(world, World)
    world.run(blocks_of(name))


def test_every_world_is_that_of_a_page() -> None:
    assert set(WORLDS) <= set(page_names())


def test_every_block_runs_or_says_why_not() -> None:
    assert [block.place for name in page_names() for block in blocks_of(name) if block.reason] == []
