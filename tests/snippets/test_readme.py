"""The README of a generated client is right: its samples run, its signatures are the real ones."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hubsmith import AppError, Space

from tests.support.generated_client import imported

ROOT = Path(__file__).resolve().parents[2]
SPACES = ROOT / "generated" / "spaces"
README = (SPACES / "kitchen" / "README.md").read_text(encoding="utf-8")
FIRST, *BLOCKS = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
TREES = [ast.parse(text).body for text in BLOCKS]
SIGNATURES: list[Any] = [signature for signature, *_ in TREES]
SAMPLES = [ast.unparse(ast.Module(body=sample, type_ignores=[])) for _, *sample in TREES]


@pytest.fixture
def kitchen(monkeypatch: pytest.MonkeyPatch, kitchen_url: str) -> Iterator[Any]:
    """The client of the repository, made for the app that runs now."""
    with imported("kitchen", SPACES) as package:
        monkeypatch.setattr(package.Kitchen, "_source", kitchen_url)
        monkeypatch.setattr(package.AsyncKitchen, "_source", kitchen_url)
        yield package


def test_there_is_a_signature_and_a_sample_of_every_endpoint(kitchen: Any) -> None:
    methods = [name for name in vars(kitchen.Kitchen) if not name.startswith("_")]
    assert sorted(one.name for one in SIGNATURES) == sorted(set(methods) - {"jobs"})
    assert all(SAMPLES)


def test_the_signatures_are_the_real_ones(kitchen: Any) -> None:
    for shown in SIGNATURES:
        code = inspect.getsource(getattr(kitchen.Kitchen, shown.name))
        real: Any = ast.parse(textwrap.dedent(code)).body[0]
        assert ast.unparse(real.args) in (
            f"self, {ast.unparse(shown.args)}",
            ast.unparse(shown.args),
        )
        assert ast.unparse(shown.returns) == ast.unparse(real.returns)


@pytest.mark.usefixtures("home")
def test_the_first_sample_runs(kitchen: Any, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(FIRST, "README.md", "exec"), {})
    assert "Hello" in capsys.readouterr().out


@pytest.mark.usefixtures("home")
def test_the_samples_run(kitchen: Any) -> None:
    answers: list[object] = []
    with kitchen.Kitchen() as space:
        assert isinstance(space, Space)
        for text in SAMPLES:
            names: dict[str, Any] = {"space": space}
            try:
                exec(compile(text, "README.md", "exec"), names)
            except AppError as error:
                assert "space.fail(" in text, text
                answers.append(error.title)
            else:
                answers.append(names["part"] if "space.jobs." in text else names["result"])
    assert "Good evening, Hello!!!!!" in answers
    assert "Sold out" in answers
    assert None not in answers


def test_what_it_says_of_jobs_is_so(kitchen: Any) -> None:
    (call,) = re.findall(r"`for part in (space\.jobs\.\w+)\(\.\.\.\)`", README)
    assert call == "space.jobs.stream"
    with kitchen.Kitchen() as space:
        assert list(space.jobs.stream(n=2)) == ["1", "1 2"]


def test_what_it_says_of_asynchronous_clients_is_so(kitchen: Any) -> None:
    async def parts() -> list[str]:
        async with kitchen.AsyncKitchen() as space:
            return [part async for part in await space.jobs.stream(n=2)]

    assert asyncio.run(parts()) == ["1", "1 2"]
