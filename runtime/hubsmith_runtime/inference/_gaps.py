"""What some servers leave out of a chat's answer, or write in another form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias, cast

Members: TypeAlias = Mapping[str, Any]


def filled(answer: Any) -> Any:
    """Return a chat's answer, or a chunk of one, without gaps; `None` for something else.

    A missing index is the place in the list, a missing role `assistant`, missing arguments of a
    call `{}`, a missing count of tokens what the others leave. Text in parts is joined.
    """
    if not isinstance(answer, dict) or "choices" not in answer:
        return None
    members = cast("dict[str, Any]", answer)
    try:
        choices = [_choice(at, one) for at, one in enumerate(members["choices"] or [])]
        return {**members, "choices": choices, "usage": _usage(members.get("usage"))}
    except (AttributeError, TypeError, ValueError):
        return None


def _choice(at: int, choice: Members) -> dict[str, Any]:
    whole = {**choice, "index": at if choice.get("index") is None else choice["index"]}
    if "message" not in choice:
        delta: Members = choice.get("delta") or {}
        return {**whole, "delta": {**delta, "content": _text(delta.get("content"))}}
    message: Members = choice["message"] or {}
    calls: list[Members] = message.get("tool_calls") or []
    return {
        **whole,
        "message": {
            **message,
            "role": message.get("role") or "assistant",
            "content": _text(message.get("content")),
            "tool_calls": [_call(place, call) for place, call in enumerate(calls)] or None,
        },
    }


def _call(at: int, call: Members) -> dict[str, Any]:
    function: Members = call["function"] if isinstance(call.get("function"), dict) else {}
    arguments = function.get("arguments")
    # The answer to a call must name it.
    identity = f"call_{at}" if call.get("id") is None else str(call["id"])
    filled_in = {**function, "arguments": "{}" if arguments is None else arguments}
    return {**call, "id": identity, "function": filled_in}


def _text(content: Any) -> Any:
    if not isinstance(content, list):
        return content
    parts = (cast("Members", part) for part in cast("list[Any]", content) if isinstance(part, dict))
    return "".join(str(part.get("text") or "") for part in parts if part.get("type") == "text")


def _usage(usage: Any) -> Any:
    if not isinstance(usage, dict) or not usage:
        return None
    counts = cast("Members", usage)
    asked, answered, total = (
        counts.get(name) for name in ("prompt_tokens", "completion_tokens", "total_tokens")
    )
    answered = answered if answered is not None else max((total or 0) - (asked or 0), 0)
    asked = asked if asked is not None else max((total or 0) - answered, 0)
    total = total if total is not None else asked + answered
    return {
        **counts, "prompt_tokens": asked, "completion_tokens": answered, "total_tokens": total,
    }  # fmt: skip
