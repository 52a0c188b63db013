"""The pages as a whole: links, the table of contents, and code that is checked without running it."""

from __future__ import annotations

import argparse
import importlib
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hubsmith_codegen.cli.main import COMMANDS

from tests.docs.page import DOCS, ROOT, Block, blocks_of, doc_names, page_names, page_path
from tests.docs.shell import PROGRAMS, commands_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REPOSITORY = "https://github.com/hubsmith/hubsmith/blob/main/"
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
INLINE = re.compile(r"`(hubsmith [^`]+|make [^`]+)`")


def text_of(name: str) -> str:
    """A page without its fenced blocks."""
    text = page_path(name).read_text(encoding="utf-8")
    return re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(path: Path) -> set[str]:
    """What can be linked to on a page: its headings as GitHub and MyST spell them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


def blocks(*languages: str) -> Iterator[Block]:
    return (
        block for name in page_names() for block in blocks_of(name) if block.language in languages
    )


@pytest.mark.parametrize("name", page_names())
def test_links_lead_somewhere(name: str) -> None:
    path = page_path(name)
    for target in LINK.findall(text_of(name)):
        # README's links work on a package index, too.
        is_whole, target = target.startswith(REPOSITORY), target.removeprefix(REPOSITORY)
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        linked = ((ROOT if is_whole else path.parent) / file) if file else path
        assert linked.exists(), f"{path.name}: {target}"
        assert not anchor or anchor in anchors(linked), f"{path.name}: {target}"
        # A site cannot link to what is not part of it.
        is_of_site = DOCS in path.parents and not is_whole
        assert not is_of_site or DOCS in linked.resolve().parents, f"{path.name}: {target}"


def test_the_table_of_contents_names_every_page_once() -> None:
    named: list[str] = []
    for page in doc_names():
        text = page_path(page).read_text(encoding="utf-8")
        for tree in re.findall(r"```\{toctree\}\n(?::[^\n]*\n)*\n(.*?)```", text, re.DOTALL):
            named += [(Path(page).parent / line).as_posix() for line in tree.split()]
    assert sorted(named) == sorted(set(doc_names()) - {"index"})


def test_fences_name_a_language_that_is_checked() -> None:
    known = {
        "python",
        "console",
        "shell",
        "toml",
        "yaml",
        "json",
        "text",
        "tsx",
        "typescript",
        "{toctree}",
        "{eval-rst}",
        "{usage}",
        "{task-types}",
        "{image}",
    }
    everything = [block for name in page_names() for block in blocks_of(name)]
    assert [b.place for b in everything if b.language not in {*known, "run"}] == []


def test_toml_can_be_read() -> None:
    for block in blocks("toml"):
        try:
            tomllib.loads(block.code)
        except tomllib.TOMLDecodeError as error:
            pytest.fail(f"{block.place}: {error}")


def test_json_can_be_read() -> None:
    import json

    for block in blocks("json"):
        json.loads(block.code)


def test_configuration_in_toml_is_read_by_the_command(tmp_path: Path) -> None:
    from hubsmith_codegen.cli.configuration import read_configuration

    for block in blocks("toml"):
        if "[tool.hubsmith" in block.code:
            folder = tmp_path / str(block.line)
            folder.mkdir()
            (folder / "pyproject.toml").write_text(block.code, encoding="utf-8")
            assert read_configuration(folder).spaces, block.place


def yaml_documents() -> list[tuple[Block, Any]]:
    yaml = pytest.importorskip("yaml")
    return [(block, yaml.safe_load(block.code)) for block in blocks("yaml")]


def test_github_actions_run_commands_that_exist() -> None:
    jobs = [
        job
        for _, document in yaml_documents()
        if "jobs" in document
        for job in document["jobs"].values()
    ]
    assert jobs
    for job in jobs:
        for step in job["steps"]:
            assert {"uses", "run"} & set(step)
            for line in step.get("run", "").splitlines():
                check_line(line, "a GitHub Actions sample")


def test_pre_commit_samples_name_hooks_that_exist() -> None:
    yaml = pytest.importorskip("yaml")
    ours = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    named = {
        hook["id"]
        for _, document in yaml_documents()
        for repo in document.get("repos", ())
        for hook in repo["hooks"]
    }
    assert named == ours


def test_commands_exist_with_their_options() -> None:
    for block in blocks("console"):
        for command in commands_of(block):
            check_line(command.text, f"{block.path.name}:{command.line}")
    for block in blocks("shell"):
        for line in re.sub(r"\\\n\s*", "", block.code).splitlines():
            check_line(line, block.place)
    for name in page_names():
        if name != "decisions":
            for command in INLINE.findall(text_of(name)):
                check_line(command, name, is_whole=False)


def test_console_blocks_hold_what_can_be_run_and_shell_blocks_the_rest() -> None:
    for block in blocks("console"):
        for command in commands_of(block):
            assert command.text.split()[0] in PROGRAMS | {"echo"}, block.place
    for block in blocks("shell"):
        for line in block.code.splitlines():
            assert line.split()[:1] != ["hubsmith"], f"{block.place}: belongs into a console block"


def check_line(line: str, place: str, *, is_whole: bool = True) -> None:
    """Check one command line.

    Args:
        line: As a user types it.
        place: For messages.
        is_whole: Whether it has everything that the command needs; a mention in a sentence has not.
    """
    program, *words = shlex.split(line.split("#")[0]) or [""]
    ends = [words.index(word) for word in ("&", "|", "||", "&&", ">", ">>") if word in words]
    words = words[: min(ends, default=None)]
    if program == "make":
        targets = [word for word in words if "=" not in word]
        assert set(targets) <= TARGETS, f"{place}: {line}"
    elif program == "hubsmith":
        _check_hubsmith(words, f"{place}: {line}", is_whole=is_whole)
    elif program == "pip" and "hubsmith" in line:
        extras = re.findall(r"hubsmith\[([\w,]+)\]", line)
        for extra in ",".join(extras).split(",") if extras else ():
            assert extra in PROJECT["optional-dependencies"], f"{place}: {line}"


def _check_hubsmith(words: list[str], place: str, *, is_whole: bool) -> None:
    if words in (["--help"], ["--version"]):
        return
    command, *arguments = words
    assert command in COMMANDS, place
    if command == "call":
        return  # Its options are those of the endpoint: console blocks run it.
    parser = argparse.ArgumentParser()
    importlib.import_module(f"hubsmith_codegen.cli.commands.{command}").add_arguments(parser)
    if is_whole:
        try:
            parser.parse_args(arguments)
        except SystemExit:
            pytest.fail(f"{place}: its parser refuses it")
    else:
        options = {option for action in parser._actions for option in action.option_strings}
        named = {word.partition("=")[0] for word in arguments if word.startswith("-")}
        assert named <= options, place
