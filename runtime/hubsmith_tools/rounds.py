"""`run_tools`: a model asks for calls, gets their results, and asks again until it answers."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias, overload

from hubsmith_runtime import ArgumentError, HubsmithError, ResultError

from .results import ToolResult
from .tools import AsyncTools, Tools

Model: TypeAlias = Callable[..., Any]
"""Takes `messages=` and `tools=` as OpenAI's chat completions do, and returns what they return."""
AsyncModel: TypeAlias = Callable[..., Awaitable[Any]]

_ONE_KIND = "Give a method of a client of the same kind as those of the Spaces."
_AT_ONCE = 8  # Calls of one answer that a blocking loop makes at the same time.


class RoundsError(HubsmithError):
    """The model still asks for calls after as many rounds as were allowed.

    Attributes:
        messages: The conversation so far, the last answer included.
    """

    messages: Sequence[Any] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What was said until the model answered."""

    text: str
    """The answer; empty where the model gave none."""
    answer: Any
    """The last completion, as the client returned it."""
    messages: list[Any]
    """All messages, the answer included, for the next call of the same client."""
    results: tuple[ToolResult, ...]
    """What came of each call, in order."""


# Messages for the model, or a tuple of the calls that it asks for: names and arguments.
_Steps: TypeAlias = Generator["list[Any] | tuple[tuple[str, str], ...]", Any, Conversation]


def _conversation(messages: Iterable[Any], most: int) -> _Steps:
    """Yield what the model is sent, and what it asks for; return what comes of it all."""
    said, results = list(messages), list[ToolResult]()
    for left in reversed(range(most)):
        answer = yield said
        if not getattr(answer, "choices", None):
            raise ResultError("The model gave no answer: there are no choices in it.", answer)
        message = answer.choices[0].message
        said.append(message)
        calls = getattr(message, "tool_calls", None) or ()
        if not calls:
            text = message.content if isinstance(message.content, str) else ""
            return Conversation(text=text, answer=answer, messages=said, results=tuple(results))
        if left:
            wanted = ((call.function.name, call.function.arguments) for call in calls)
            found: list[ToolResult] = yield tuple(wanted)
            results += found
            said += [
                result.message("openai", call.id) for call, result in zip(calls, found, strict=True)
            ]
    error = RoundsError(
        f"The model still asks for tools after {most} answers. Raise max_rounds=, or ask it for less."
    )
    error.messages = said
    raise error


@overload
def run_tools(
    model: Model, messages: Iterable[Any], tools: Tools, *, max_rounds: int = 10
) -> Conversation: ...
@overload
def run_tools(
    model: AsyncModel, messages: Iterable[Any], tools: AsyncTools, *, max_rounds: int = 10
) -> Awaitable[Conversation]: ...
def run_tools(
    model: Model, messages: Iterable[Any], tools: Tools | AsyncTools, *, max_rounds: int = 10
) -> Conversation | Awaitable[Conversation]:
    """Let a model call tools until it answers; with `AsyncTools`, await what is returned.

    Calls that a model asks for in one answer are made at the same time. The model
    reads the error of one that fails, and may try again.

    Args:
        model: Called with `messages=` and `tools=`, such as
            `partial(InferenceClient().chat_completion, model="...")`, or
            `partial(OpenAI().chat.completions.create, model="...")`. What it returns has
            `.choices[0].message` with `content` and `tool_calls`. For `AsyncTools` it is a method of
            an asynchronous client.
        messages: How the conversation begins. It is not changed.
        tools: What the model may call.
        max_rounds: How many answers the model may give; the last one must not ask for tools.

    Raises:
        RoundsError: when the model still asks for calls then.
        ArgumentError: when the model is asynchronous and the tools are not, or the other way round.
        HubsmithError: and what else the client of the model raises.
    """
    steps = _conversation(messages, max_rounds)
    if isinstance(tools, AsyncTools):
        return _run_async(model, steps, tools)
    offered = {"tools": tools.definitions("openai")} if tools else {}
    send: Any = None
    while True:
        try:
            step = steps.send(send)
        except StopIteration as end:
            return end.value
        if isinstance(step, tuple) and len(step) == 1:
            send = [tools.call(*step[0])]  # In this thread, so that Ctrl+C cancels it.
        elif isinstance(step, tuple):
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                names, arguments = zip(*step, strict=True)
                send = [*pool.map(tools.call, names, arguments)]
        else:
            send = model(messages=step, **offered)
            if inspect.iscoroutine(send):
                send.close()
                raise ArgumentError(f"run_tools: the model is asynchronous. {_ONE_KIND}")


async def _run_async(model: AsyncModel, steps: _Steps, tools: AsyncTools) -> Conversation:
    offered = {"tools": tools.definitions("openai")} if tools else {}
    send: Any = None
    while True:
        try:
            step = steps.send(send)
        except StopIteration as end:
            return end.value
        if isinstance(step, tuple):
            send = await asyncio.gather(*(tools.call(*one) for one in step))
        else:
            answer: object = model(messages=step, **offered)
            if not inspect.isawaitable(answer):
                raise ArgumentError(f"run_tools: the model is not asynchronous. {_ONE_KIND}")
            send = await answer
