"""Where `/info` cannot be read, an error about the names of arguments says so, and what helps."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hubsmith import AsyncClient, Client, Retries
from hubsmith_runtime import ArgumentError

from tests.waits.scripted_http import Answer, Fault
from tests.waits.scripted_space import ScriptedSpace

INFO = "/gradio_api/info"
ANSWERS: dict[str, tuple[Answer | Fault, str]] = {
    "failed": (Answer({"error": "no"}, 500), "HTTP 500"),
    "busy": (Answer({"detail": "busy"}, 503), "HTTP 503: busy"),
    "broken": (Fault.RESET, "the connection broke"),
    "other": (Answer(b"<html>hi</html>"), "it is not what Gradio serves there"),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_unknown_name(space: ScriptedSpace, answer: str) -> None:
    plan, reason = ANSWERS[answer]
    space.plan(INFO, plan)
    options: dict[str, Any] = {"retries": Retries(attempts=1)}
    with Client(space.url, **options) as client:
        for arguments in ({"text": "a", "times": 2}, {}):
            with pytest.raises(ArgumentError) as raised:
                client.predict(**arguments, api_name="/echo")
            assert "The Space's /info cannot be read (" in str(raised.value)
            assert reason in str(raised.value)
            assert "Give arguments by position instead." in str(raised.value)
        assert client.predict("a", 2, api_name="/echo") == "a"

    async def main() -> None:
        async with AsyncClient(space.url, **options) as client:
            with pytest.raises(ArgumentError, match="Give arguments by position instead"):
                await client.predict(text="a", api_name="/echo")
            assert await client.predict("a", 2, api_name="/echo") == "a"

    asyncio.run(main())


def test_a_document_without_the_endpoint(space: ScriptedSpace) -> None:
    space.plan(INFO, Answer({"named_endpoints": {}, "unnamed_endpoints": {}}))
    with Client(space.url) as client, pytest.raises(ArgumentError, match="does not describe"):
        client.predict(text="a", api_name="/echo")


def test_names_that_are_right_need_no_such_words(space: ScriptedSpace) -> None:
    with Client(space.url) as client:
        with pytest.raises(ArgumentError) as raised:
            client.predict(word="a", api_name="/echo")
        assert str(raised.value).endswith("Its parameters are: text, times.")
