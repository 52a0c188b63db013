"""`--files`: which local files a model may name, and how those of results are saved."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from hubsmith_runtime import ValidationError
from hubsmith_testing import MockSpace
from hubsmith_tools.mcp import SharedFolder, files

from tests.mcp.conftest import answering, offered, text_of
from tests.support.paths import KITCHEN_SNAPSHOT


@pytest.fixture
def shared(tmp_path: Path) -> SharedFolder:
    folder = tmp_path / "shared"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "card.txt").write_text("two eggs")
    (tmp_path / "secret.txt").write_text("a secret")
    (tmp_path / "shared-too").mkdir()
    (tmp_path / "shared-too" / "card.txt").write_text("a secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "out").symlink_to(tmp_path)
    (folder / "inner.txt").symlink_to(folder / "deep" / "card.txt")
    (folder / "loop").symlink_to(folder / "loop")
    return SharedFolder(folder)


def test_files_in_the_folder_are_opened(shared: SharedFolder) -> None:
    inside = shared.path / "deep" / "card.txt"
    for given in ("deep/card.txt", "./deep/../deep/card.txt", "inner.txt", str(inside)):
        assert shared.open(given).read() == b"two eggs"
    assert shared.open(inside.as_uri()).read() == b"two eggs"


OUTSIDE = {
    "a parent": "../secret.txt",
    "a parent further down": "deep/../../secret.txt",
    "an absolute path": "/etc/hostname",
    "an absolute path beside it": "{parent}/secret.txt",
    "a folder that begins alike": "{parent}/shared-too/card.txt",
    "a link to a file": "link.txt",
    "a link to a folder": "out/secret.txt",
    "an absolute path to a link": "{parent}/shared/link.txt",
    "a URL": "file:///etc/hostname",
    "a URL of this machine": "file://localhost{parent}/secret.txt",
    "a URL with an escaped path": "file://{parent}/shared/%2e%2e/secret.txt",
    "a URL of another machine": "file://server/share/secret.txt",
}


@pytest.mark.parametrize("given", OUTSIDE.values(), ids=OUTSIDE)
def test_files_outside_are_refused(given: str, shared: SharedFolder) -> None:
    with pytest.raises(ValidationError, match=r"can only be read from|on another machine"):
        shared.open(given.format(parent=shared.path.parent.as_posix()))


@pytest.mark.parametrize("given", ["", ".", "missing.txt", "deep", "loop", "~/card.txt", "a\0b"])
def test_what_is_no_file_is_refused(given: str, shared: SharedFolder) -> None:
    with pytest.raises(ValueError, match=r"no such file|not a regular file|null"):
        shared.open(given)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_is_refused_as_it_would_never_end(shared: SharedFolder) -> None:
    os.mkfifo(shared.path / "pipe")
    with pytest.raises(ValidationError, match="not a regular file"):
        shared.open("pipe")


def test_files_have_a_limit(shared: SharedFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILE", 7)
    with pytest.raises(ValidationError, match="larger than the limit of 7 bytes"):
        shared.open("deep/card.txt")


def test_the_folder_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="is not a folder"):
        SharedFolder(tmp_path / "missing")


def test_a_call_takes_and_leaves_files_there(
    shared: SharedFolder, kitchen: Any, kitchen_url: str
) -> None:
    async def run() -> None:
        async with offered(kitchen.AsyncKitchen(kitchen_url), shared) as client:
            assert client.instructions and str(shared.path) in client.instructions
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert str(shared.path) in str(tools["shout"].description)
            assert str(shared.path) not in str(tools["greet"].description)
            result = await client.call_tool("shout", {"recipe": "deep/card.txt"})
            link = result.content[1]
            saved = shared.path / link.name
            assert (link.type, link.uri) == ("resource_link", saved.as_uri())
            assert saved.read_text() == "TWO EGGS"
            assert saved.name.startswith("shout-") and saved.suffix == ".txt"
            # What was saved can be given to the next call, by the name that the model has read.
            again = await client.call_tool("shout", {"recipe": link.uri})
            assert not again.is_error
            refused = await client.call_tool("shout", {"recipe": "../secret.txt"})
            assert refused.is_error
            assert "local files can only be read from" in text_of(refused)

    asyncio.run(run())


def test_the_name_of_a_result_is_never_that_of_the_space(
    shared: SharedFolder, kitchen: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = answering(tmp_path, "/shout", "run.exe", b"MZ", b"x" * 101)
    monkeypatch.setattr(files, "MAX_FILE", 100)

    async def run() -> list[Any]:
        with MockSpace(KITCHEN_SNAPSHOT, answers=answers) as mock:
            async with offered(kitchen.AsyncKitchen(mock.url), shared) as client:
                return [await client.call_tool("shout", {"recipe": None}) for _ in range(2)]

    before = {*shared.path.iterdir()}
    small, large = asyncio.run(run())
    (saved,) = {*shared.path.iterdir()} - before
    assert saved.name == small.content[1].name
    assert saved.name.startswith("shout-") and saved.suffix == ""
    assert not large.is_error
    assert "could not be saved" in large.content[1].text
    assert large.content[2].uri.startswith("http://127.0.0.1")
