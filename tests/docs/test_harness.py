"""What keeps the pages honest: a page that promises something else fails, with page and line."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from tests.docs.interpreter import Interpreter, Unexpected
from tests.docs.page import ROOT, Block, blocks_in
from tests.docs.world import World


def blocks_of_text(text: str) -> list[Block]:
    return blocks_in(ROOT / "docs" / "sample.md", text)


def run(text: str, folder: Path) -> None:
    World(folder=folder).run(blocks_of_text(text))


def test_blocks_share_names_and_may_await(folder: Path) -> None:
    run(
        "```python\nimport asyncio\n\nn = 2\n```\n\nText.\n\n"
        "```python\nawait asyncio.sleep(0, n + 1)  # -> 3\n```\n",
        folder,
    )


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("x = 1\nx + 1  # -> 3", "sample.md:3: promised '3', and it is 2"),
        ("print('a', 1)  # -> a 2", "sample.md:2: promised 'a 2', and it is 'a 1'"),
        ("x = 1  # -> 2", "sample.md:2: promised '2', and it is 1"),
        ("if False:\n    f()  # -> 1", "never reached: {'sample.md:3': '1'}"),
        ("# -> 1\nx = 1", "sample.md:2: a promise behind no statement"),
    ],
)
def test_a_broken_promise_fails(code: str, words: str, folder: Path) -> None:
    with pytest.raises(Unexpected) as failure:
        run(f"```python\n{code}\n```\n", folder)
    assert words in str(failure.value)


def test_an_error_shows_the_line_of_the_page(folder: Path) -> None:
    with pytest.raises(ZeroDivisionError) as failure:
        run("# Title\n\n```python\nn = 0\n1 / n\n```\n", folder)
    assert 'docs/sample.md", line 5' in "".join(traceback.format_exception(failure.value))


@pytest.mark.parametrize(
    ("commands", "words"),
    [
        ("$ ls nothing-here", "sample.md:2: `ls nothing-here` ended with"),
        ("$ ls card.txt\nother.txt", "sample.md:2: `ls card.txt` printed:\ncard.txt"),
        ("$ hubsmith check nothing\n...\n$ echo $?\n0", "sample.md:4: `echo $?` printed:\n2"),
    ],
)
def test_a_command_that_does_something_else_fails(commands: str, words: str, folder: Path) -> None:
    with pytest.raises(Unexpected) as failure:
        run(f"```console\n{commands}\n```\n", folder)
    assert words in str(failure.value)


def test_a_failure_that_the_page_shows_is_none(folder: Path) -> None:
    run("```console\n$ hubsmith check nothing\n...\n$ echo $?\n2\n```\n", folder)


@pytest.mark.parametrize("kind", ["hubsmith.InferenceClient", "openai.OpenAI"])
def test_the_clients_of_a_page_are_closed(kind: str) -> None:
    module, _, name = kind.partition(".")
    pytest.importorskip(module)
    code = f"from {module} import {name}\nclient = {name}(base_url='http://x', api_key='none')"
    interpreter = Interpreter()
    for block in blocks_of_text(f"```python\n{code}\n```\n"):
        interpreter.run(block)
    client, closed = interpreter.names["client"], list[str]()
    close = client.close
    client.close = lambda: closed.append(kind) or close()
    interpreter.close(whole=True)
    assert closed == [kind]


def test_a_comment_names_the_file_of_a_block(folder: Path) -> None:
    run("<!-- file: a/b.py -->\n```python\nx = 1\n```\n", folder)
    assert (folder / "a" / "b.py").read_text() == "x = 1\n"


def test_a_step_must_be_known(folder: Path) -> None:
    with pytest.raises(Unexpected, match=r"sample\.md:1: its world has no step 'rain'"):
        run("<!-- run: rain -->\n", folder)


def test_a_reason_is_read() -> None:
    (block,) = blocks_of_text("<!-- notest: needs a GPU -->\n```python\nf()\n```\n")
    assert (block.reason, block.line) == ("needs a GPU", 3)
