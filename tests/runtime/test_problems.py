"""Messages about arguments: the place of each problem, as a caller would write it."""

from __future__ import annotations

from typing import Any

import pydantic
import pytest
from hubsmith_runtime import Endpoint, Model, Request, ValidationError, inference


class Message(Model):
    """A message whose content is a text, or parts."""

    role: str
    content: str | list[int]
    top_k: int = pydantic.Field(1, alias="top-k", ge=1)


class ChatRequest(Request[str]):
    """Arguments with objects in a list."""

    __endpoint__ = Endpoint(name="/chat")

    history: list[Message] = pydantic.Field(default_factory=list[Message])


GOOD = {"role": "user", "content": "hello"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"history": [{"role": "user"}]}, "history[0].content: a value is required"),
        (
            {"history": [GOOD, {**GOOD, "role": 5}]},
            "history[1].role: Input should be a valid string, got 5",
        ),
        (
            {"history": [{**GOOD, "content": 5}]},
            "history[0].content: Input should be a valid string; "
            "or Input should be a valid list, got 5",
        ),
        (
            {"history": [{**GOOD, "top-k": 0}]},
            "history[0].top_k: Input should be greater than or equal to 1, got 0",
        ),
        (
            {"history": [{**GOOD, "top_k": 0}]},
            "history[0].top_k: Input should be greater than or equal to 1, got 0",
        ),
        ({"history": "x"}, "history: Input should be a valid list, got 'x'"),
        ({"other": 1}, "other: there is no such parameter, got 1"),
    ],
)
def test_a_nested_problem_names_its_path(arguments: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ChatRequest(**arguments)
    assert str(caught.value) == f"/chat: {message}"
    assert [parameter for parameter, _, _ in caught.value.errors] == list(arguments)


def test_of_a_task_too() -> None:
    class Part(inference.TaskObject):
        text: str

    class TalkRequest(inference.TaskRequest[str]):
        __task__ = inference.Task(name="talk", method="talk")

        parts: inference.ListInput[inference.ObjectInput[Part]]

    parts: Any = [{"text": "a"}, {"text": 1}]
    with pytest.raises(ValidationError, match=r"^talk: parts\[1\]\.text: .* got 1"):
        TalkRequest(parts=parts)
