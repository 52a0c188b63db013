"""`run_tools`: runs the calls that a model asks for until it answers."""

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
"""Called like OpenAI's chat completions, with `messages=` and `tools=`; returns a completion."""
AsyncModel: TypeAlias = Callable[..., Awaitable[Any]]

_ONE_KIND = "Use blocking clients for the model and the Spaces, or asynchronous ones for both."
_AT_ONCE = 8  # The most concurrent calls of one answer in the blocking loop.


class RoundsError(HubsmithError):
    """The model still asks for calls after the allowed number of rounds.

    Attributes:
        messages: The conversation so far, including the last answer.
    """

    messages: Sequence[Any] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A conversation that ended with an answer of the model."""

    text: str
    """The text of the answer; empty if it has none."""
    answer: Any
    """The last completion, as the client returned it."""
    messages: list[Any]
    """All messages including the answer, to continue the conversation with the same client."""
    results: tuple[ToolResult, ...]
    """The result of each call, in order."""


# Yields messages for the model, or a tuple of the calls that it asks for (name, arguments).
_Steps: TypeAlias = Generator["list[Any] | tuple[tuple[str, str], ...]", Any, Conversation]


def _conversation(messages: Iterable[Any], most: int) -> _Steps:
    """Yield messages to send and calls to make; return the conversation once it has ended."""
    said, results = list(messages), list[ToolResult]()
    for left in reversed(range(most)):
        answer = yield said
        if not getattr(answer, "choices", None):
            raise ResultError("The model returned a completion without choices.", answer)
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

    Calls that a model asks for in one answer are made concurrently. If a call fails, the model
    receives the error and can try again.

    Args:
        model: Called with `messages=` and `tools=`, such as
            `partial(InferenceClient().chat_completion, model="...")`, or
            `partial(OpenAI().chat.completions.create, model="...")`. What it returns has
            `.choices[0].message` with `content` and `tool_calls`. With `AsyncTools`, pass a method
            of an asynchronous client.
        messages: The start of the conversation. The list is not changed.
        tools: The tools that the model can call.
        max_rounds: The most answers of the model; the last one must not ask for calls.

    Raises:
        RoundsError: if the model still asks for calls after `max_rounds` answers.
        ArgumentError: if the model is asynchronous and the tools are not, or the other way round.
        HubsmithError: or any other exception that the client of the model raises.
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
            send = [tools.call(*step[0])]  # In this thread, so that Ctrl+C can cancel it.
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
