"""The messages of `queue/data`, read with care: strangers write them."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from typing import Any, cast

from ._errors import (
    AppError,
    HubsmithError,
    InferenceTimeoutError,
    JobCancelledError,
    ServerStoppedError,
    SessionLostError,
    SessionNotFoundError,
)
from ._events import (
    Cancelled,
    Chunk,
    Completed,
    Failed,
    Log,
    LogLine,
    Progress,
    ProgressUnit,
    Queued,
    RawEvent,
    Started,
)
from ._zerogpu import read_numbers, zerogpu_error

Message = dict[str, Any]


def parse_message(payload: bytes) -> Message | None:
    """Parse the data of one server-sent event; `None` where it is not a message."""
    try:
        message = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return cast("Message", message) if isinstance(message, dict) else None


def read_event(message: Message, where: str, *, is_diff: bool) -> RawEvent | None:
    """Turn one message into an event; `None` where it says nothing about the job.

    Args:
        message: The message.
        where: Endpoint and Space, for error texts.
        is_diff: Whether a `process_generating` message holds edits instead of values.
    """
    match message.get("msg"):
        case "estimation":
            return Queued(
                rank=_integer(message.get("rank")),
                queue_size=_integer(message.get("queue_size")),
                eta=_number(message.get("rank_eta")),
            )
        case "process_starts":
            return Started(eta=_number(message.get("eta")))
        case "progress":
            return Progress(units=tuple(_units(message.get("progress_data"))))
        case "log":
            level, text, title = (_text(message.get(key)) for key in ("level", "log", "title"))
            return Log(line=LogLine(level=level, message=text, title=title))
        case "process_generating" | "process_streaming" as kind:
            return _chunk(message, where, is_diff=is_diff and kind == "process_generating")
        case "process_completed":
            return _completed(message, where)
        case _:
            return None


def session_error(message: Message, where: str) -> SessionLostError:
    """Turn an `unexpected_error`, which concerns every job of the session, into an error."""
    words = _text(message.get("message")) or "no reason given"
    said = f"{where}: the server ended the session: {_sentence(words)}"
    if message.get("session_not_found") or words.startswith("404"):
        return SessionNotFoundError(
            f"{said} It was restarted, or several replicas stand behind one address. "
            "Call again; server-side state is lost."
        )
    if "stopped" in words:
        return ServerStoppedError(f"{said} Call again when the Space is back.")
    return SessionLostError(f"{said} Call again.")


def lost_error(where: str, error: HubsmithError | None) -> SessionLostError:
    """Say that the stream broke while a job was pending; `None` is an end in good order."""
    if isinstance(error, InferenceTimeoutError):
        reason = "the server fell silent"
    else:
        reason = str(error) if error is not None else "the stream was closed"
    return SessionLostError(
        f"{where}: the event stream broke off, so the job's result is lost: {reason} Call again."
    )


def closed_error(where: str) -> JobCancelledError:
    """Say that the client was closed while a job was pending."""
    return JobCancelledError(f"{where}: the client was closed before the job was done.")


def slow_error(where: str) -> InferenceTimeoutError:
    """Say that a job was not done in the time that its caller gives it."""
    return InferenceTimeoutError(
        f"{where}: no answer in time. The job goes on: wait longer or cancel it."
    )


def app_error(output: Message, title: str, where: str) -> AppError:
    """Turn the output of a failed job into an error with the Space's words."""
    words = _unquoted(_text(output.get("error")))
    title = title or _text(output.get("title"))
    kind, advice = zerogpu_error(words, title)
    heading = f"{title}: " if title and title != "Error" else ""
    reason = (
        _sentence(words)
        if words
        else (
            "the Space does not say why. Its logs do; its author can show errors to callers with "
            "launch(show_error=True)."
        )
    )
    error = kind(f"{where} failed: {heading}{reason}{advice}")
    error.message, error.title = words, title
    read_numbers(error, words)
    return error


def _chunk(message: Message, where: str, *, is_diff: bool) -> RawEvent | None:
    output = _mapping(message.get("output"))
    if message.get("success") is False or output.get("error") is not None:
        return Failed(error=app_error(output, _text(message.get("title")), where))
    values = output.get("data")
    if not isinstance(values, list):
        return None
    return Chunk(values=cast("list[Any]", values), is_diff=is_diff)


def _completed(message: Message, where: str) -> RawEvent:
    output = _mapping(message.get("output"))
    if message.get("success") is not True or "error" in output:
        return Failed(error=app_error(output, _text(message.get("title")), where))
    values = output.get("data")
    if isinstance(values, list):
        return Completed(value=cast("list[Any]", values))
    if not output:
        return Cancelled()  # The server reports a cancelled job as a success without output.
    return Failed(error=HubsmithError(f"{where}: the server's answer holds no result."))


def _units(bars: object) -> Iterator[ProgressUnit]:
    for bar in map(_mapping, cast("list[object]", bars) if isinstance(bars, list) else ()):
        yield ProgressUnit(
            index=_integer(bar.get("index")),
            length=_integer(bar.get("length")),
            unit=_text(bar.get("unit")) or None,
            progress=_number(bar.get("progress")),
            desc=_text(bar.get("desc")) or None,
        )


def _mapping(value: object) -> Message:
    return cast("Message", value) if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _integer(value: object) -> int | None:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) else None


def _sentence(words: str) -> str:
    return words if words.endswith((".", "!", "?")) else f"{words}."


def _unquoted(words: str) -> str:
    """Undo the quotes that Gradio 4 puts around the text of a `gr.Error`."""
    if len(words) >= 2 and words[0] == words[-1] and words[0] in "'\"":
        try:
            plain = ast.literal_eval(words)
        except (ValueError, SyntaxError):
            return words
        return plain if isinstance(plain, str) else words
    return words


def stopped_with_another(where: str) -> JobCancelledError:
    """The error of a job that the server stopped because another one was cancelled."""
    return JobCancelledError(
        f"{where}: the Space stopped this job with another one of the same endpoint that was "
        "cancelled, because it stops all of a session at once. Call again; to cancel one job "
        "alone, give it a client of its own."
    )
