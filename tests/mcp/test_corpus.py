"""Recorded apps on their mocks, all offered by one `hubsmith mcp`: every tool is called."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path
from typing import Any

import pytest
from hubsmith_codegen.ir.model import Operation
from hubsmith_codegen.load import load
from hubsmith_codegen.normalise.spaces import normalise
from hubsmith_runtime import File, HubsmithError
from hubsmith_testing import MockSpace
from mcp import Client

from tests.mcp.conftest import command, text_of
from tests.mock.corpus_answers import arguments
from tests.support import corpus

APPS = int(os.environ.get("HUBSMITH_MCP_APPS", "20"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not corpus.CORPUS.is_dir(), reason="the corpus is not there"),
]


def sampled(count: int) -> list[corpus.App]:
    """Take apps from the whole corpus, always the same."""
    found = list(corpus.apps())
    step = max(1, len(found) // count)
    return found[step // 2 :: step][:count]


def as_json(value: Any) -> Any:
    """An argument as a model gives it: a file as a data URL."""
    match value:
        case File():
            return value.data_url("text/plain")
        case dict():
            return {name: as_json(one) for name, one in value.items()}
        case list():
            return [as_json(one) for one in value]
        case _:
            return value


async def problem_of(
    client: Client, tool: Any, operation: Operation, mock: MockSpace
) -> str | None:
    """Call a tool with the example of the document, else with values of its types."""
    endpoint = mock.snapshot.find(operation.endpoint or f"fn_index={operation.fn_index}")
    assert endpoint is not None
    problem: str | None = None
    for seed in (None, 0):
        sent = as_json(arguments(operation, endpoint, seed))
        try:
            result = await client.call_tool(tool.name, sent)
        except (RuntimeError, HubsmithError) as error:  # Structured content that does not fit.
            return f"{tool.title}: {error}"
        if not result.is_error:
            is_there = result.structured_content is not None
            return None if is_there or not operation.results else f"{tool.title}: no result"
        problem = f"{tool.title}: {text_of(result)}"
    return problem


def test_every_tool_of_recorded_apps_can_be_called(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        mocks: dict[str, tuple[corpus.App, MockSpace]] = {}
        for app in sampled(APPS):
            mock = stack.enter_context(MockSpace(app.documents))
            mocks[mock.url] = (app, mock)

        async def run() -> list[str]:
            async with Client(command(*mocks, folder=tmp_path)) as client:
                tools = {str(tool.title): tool for tool in (await client.list_tools()).tools}
                problems: list[str] = []
                for url, (app, mock) in mocks.items():
                    service = normalise(load(app.documents))
                    for operation in service.operations:
                        name = operation.endpoint or f"fn_index={operation.fn_index}"
                        tool = tools.pop(f"{url} {name}")
                        if problem := await problem_of(client, tool, operation, mock):
                            problems.append(f"{app}: {problem}")
                    assert not [title for title in tools if title.startswith(f"{url} ")]
                assert not tools
                return problems

        problems = asyncio.run(run())
        assert not problems, "\n".join(problems)
        assert sum(len(mock.calls) for _, mock in mocks.values()) >= len(mocks) == APPS
