"""The pictures show what the tools answer now."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from tests.docs.page import page_path
from tests.docs.pictures import PICTURES, pictures

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return dict(pictures())


def test_the_pictures_are_current(made: dict[str, str]) -> None:
    kept = {
        path.name: path.read_text(encoding="utf-8")
        for path in PICTURES.glob("*.svg")
        if not path.name.startswith(("bulk-", "performance-"))  # They are drawn by benchmarks.
    }
    assert kept == made, "Run `make pictures`."


def test_they_show_the_choices_the_error_and_the_change(made: dict[str, str]) -> None:
    def text(name: str) -> str:
        return " ".join(ElementTree.fromstring(made[name]).itertext())

    assert '"formal"' in text("completion-light.svg")
    assert '"casual"' in text("completion-dark.svg")
    assert "cannot be assigned to parameter" in text("checks-light.svg")
    assert "parameter `strength` is now `heat`" in text("checks-dark.svg")


def test_readme_shows_pictures_that_are_there() -> None:
    named = re.findall(r"docs/pictures/([\w-]+\.svg)", page_path("README").read_text())
    assert named
    assert [name for name in named if not (PICTURES / name).is_file()] == []
