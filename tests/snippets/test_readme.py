"""The README of a generated client is right: its samples run, its signatures are the real ones."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hubsmith import AppError, Space

ROOT = Path(__file__).resolve().parents[2]
SPACES = ROOT / "generated" / "spaces"
README = (SPACES / "kitchen" / "README.md").read_text(encoding="utf-8")
FIRST, *BLOCKS = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
SIGNATURES, SAMPLES = zip(*(text.split("\n\n", 1) for text in BLOCKS), strict=True)


@pytest.fixture
def kitchen(monkeypatch: pytest.MonkeyPatch, kitchen_url: str) -> Iterator[Any]:
    """The client of the repository, made for the app that runs now."""
    monkeypatch.syspath_prepend(SPACES)
    import kitchen

    monkeypatch.setattr(kitchen.Kitchen, "_source", kitchen_url)
    monkeypatch.setattr(kitchen.AsyncKitchen, "_source", kitchen_url)
    yield kitchen
    for module in [one for one in sys.modules if one.partition(".")[0] == "kitchen"]:
        del sys.modules[module]


def test_there_is_a_signature_and_a_sample_of_every_endpoint(kitchen: Any) -> None:
    methods = [name for name in vars(kitchen.Kitchen) if not name.startswith("_")]
    trees: list[Any] = [ast.parse(text).body[0] for text in SIGNATURES]
    names = [tree.name for tree in trees]
    assert sorted(names) == sorted(set(methods) - {"jobs"})
    assert len(SAMPLES) == len(SIGNATURES)


def test_the_signatures_are_the_real_ones(kitchen: Any) -> None:
    for text in SIGNATURES:
        shown: Any = ast.parse(text).body[0]
        code = inspect.getsource(getattr(kitchen.Kitchen, shown.name))
        real: Any = ast.parse(textwrap.dedent(code)).body[0]
        assert ast.unparse(shown.args) == ast.unparse(real.args)
        assert ast.unparse(shown.returns) == ast.unparse(real.returns)


@pytest.mark.usefixtures("home")
def test_the_first_sample_runs(kitchen: Any, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(FIRST, "README.md", "exec"), {})
    assert "Hello" in capsys.readouterr().out


@pytest.mark.usefixtures("home")
def test_the_samples_run(kitchen: Any, capsys: pytest.CaptureFixture[str]) -> None:
    printed: list[str] = []
    with kitchen.Kitchen() as space:
        assert isinstance(space, Space)
        for text in SAMPLES:
            try:
                exec(compile(text, "README.md", "exec"), {"space": space})
            except AppError as error:
                assert "space.fail(" in text, text
                print(error.title)
            printed.append(capsys.readouterr().out)
    assert "Good evening, Hello!!!!!\n" in printed
    assert "Sold out\n" in printed
    assert all(printed)


def test_what_it_says_of_asynchronous_jobs_is_so(kitchen: Any) -> None:
    (call,) = re.findall(r"`async for part in await (space\.jobs\.\w+)\(\.\.\.\)`", README)
    assert call == "space.jobs.stream"

    async def parts() -> list[str]:
        async with kitchen.AsyncKitchen() as space:
            return [part async for part in await space.jobs.stream(n=2)]

    assert asyncio.run(parts()) == ["1", "1 2"]
