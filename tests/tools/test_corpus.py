"""The tools of every recorded app keep to the rules of the hosts, or say why they cannot."""

from __future__ import annotations

import importlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hubsmith import Space
from hubsmith.tools import Tool, tools_of
from hubsmith_tools.arguments import Files, read_request

from tests.corpus_run import generated
from tests.support import corpus
from tests.support.generated_client import imported
from tests.support.paths import ROOT
from tests.tools.strict_rules import (
    NAME,
    example,
    faults_for_anthropic,
    faults_for_openai,
    texts,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not corpus.CORPUS.is_dir(),
        reason="the corpus of recorded apps is not there (../shared/corpus)",
    ),
]


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> list[Tool]:
    """Give the tools of all apps."""
    folder = tmp_path_factory.mktemp("tools")
    return [tool for app in [*corpus.apps(), *corpus.versions()] for tool in made(app, folder)]


def made(app: corpus.App, folder: Path) -> Iterator[Tool]:
    _, files = generated(app)
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    spec = folder / app.folder / app.package / "spec"
    spec.mkdir()
    for kind, document in app.documents.items():
        (spec / f"{kind}.json").write_bytes(document)
    with imported(app.folder, folder):
        yield from tools_of(client_in(importlib.import_module(str(app)))("http://127.0.0.1:9"))


def client_in(module: ModuleType) -> type[Space]:
    found = [one for one in vars(module).values() if isinstance(one, type)]
    return next(one for one in found if issubclass(one, Space) and one is not Space)


def test_every_tool_is_strict_by_the_rules_of_the_hosts_or_lax_for_a_reason(
    tools: list[Tool],
) -> None:
    reasons: Counter[str] = Counter()
    for tool in tools:
        assert NAME.fullmatch(tool.name)
        openai = tool.definition("openai")["function"]["parameters"]
        anthropic = tool.definition("anthropic")["input_schema"]
        faults = faults_for_openai(openai) + faults_for_anthropic(anthropic)
        if tool.lax is None:
            assert faults == [], (tool.source, tool.endpoint)
        else:
            assert faults != [], (tool.lax, tool.endpoint)
            reasons[re.sub(r"^.*? (?=takes|is an|has a|contains)", "", tool.lax)] += 1
    strict = len(tools) - reasons.total()
    print(f"{strict:,} of {len(tools):,} tools are strict", *reasons.items(), sep="\n")
    assert strict > 1_300
    page = (ROOT / "docs" / "tools.md").read_text(encoding="utf-8")
    for figure in (f"{strict:,} of {len(tools):,}", *map(str, reasons.values())):
        assert figure in page


def test_what_a_strict_schema_takes_is_taken_by_the_model_of_the_arguments(
    tools: list[Tool],
) -> None:
    files = Files(None)
    for tool in tools:
        if tool.lax is None:
            arguments = example(tool.definition("openai")["function"]["parameters"])
            read_request(tool, json.dumps(arguments), files)


def test_every_text_is_short_and_can_be_seen(tools: list[Tool]) -> None:
    for tool in tools:
        for text in texts(tool.definition("mcp")):
            assert text.isprintable()
            assert len(text) < 1_500
