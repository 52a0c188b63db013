"""Chunks as servers send them, for the tests of streams."""

from __future__ import annotations

import json

from hubsmith_runtime.inference.failures import Callee
from hubsmith_runtime.inference.task import TaskOutput

CALLEE = Callee(provider="together", model="org/chat")


class Delta(TaskOutput):
    content: str | None = None


class Choice(TaskOutput):
    index: int = 0
    delta: Delta
    finish_reason: str | None = None


class Chunk(TaskOutput):
    choices: list[Choice]
    usage: dict[str, int] | None = None


def chunk(content: str, finish_reason: str | None = None) -> str:
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": finish_reason}
    return json.dumps({"choices": [choice]})


def events(*payloads: str) -> bytes:
    return "".join(f"data: {payload}\n\n" for payload in payloads).encode()


def contents(chunks: list[Chunk]) -> list[str | None]:
    return [one.choices[0].delta.content for one in chunks if one.choices]
