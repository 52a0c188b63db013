"""Converts the messages of a session's event stream to events and errors."""

from __future__ import annotations

import ast
import contextlib
import re
from typing import Any

from .. import errors
from ..http import parsed
from ..reading import as_count, as_list, as_number, as_object, as_words
from . import events
from .protocol import sentence

Message = dict[str, Any]

_SECONDS = r"(\d{1,9}(?:\.\d{1,9})?)\s*s"
_REQUESTED = re.compile(rf"{_SECONDS} requested|\({_SECONDS}\)", re.IGNORECASE)
_LEFT = re.compile(r"vs\.?\s*(-?\d{1,9}(?:\.\d{1,9})?)\s*s left", re.IGNORECASE)
_AGAIN = re.compile(r"again in (?:(\d{1,9}) days?, )?(\d{1,9}):(\d\d):(\d\d)", re.IGNORECASE)
_EVENT_ID, _HEAD = re.compile(rb'"event_id" ?: ?"([\w-]+)"'), 1000
_QUOTA = re.compile(r"exceeded your [\w ]*GPU quota", re.IGNORECASE)
_DURATION = re.compile(r"ZeroGPU illegal duration|GPU duration .*larger than", re.IGNORECASE)


def parse_message(payload: bytes) -> Message:
    """Parse a message; one that is not JSON, or is nested too deeply, fails its job."""
    try:
        return as_object(parsed(payload))
    except ValueError:
        found = _EVENT_ID.search(payload[:_HEAD] + payload[-_HEAD:])
        return {"msg": "process_completed", "event_id": found[1].decode()} if found else {}


def read_event(message: Message, where: str, *, is_diff: bool) -> events.RawEvent | None:
    """Convert a message to an event, or `None`; `is_diff` says that a chunk contains edits."""
    output, title = as_object(message.get("output")), as_words(message.get("title"))
    values = as_list(output.get("data")) if isinstance(output.get("data"), list) else None
    match message.get("msg"):
        case "estimation":
            return events.Queued(
                rank=as_count(message.get("rank")),
                queue_size=as_count(message.get("queue_size")),
                eta=as_number(message.get("rank_eta")),
            )
        case "process_starts":
            return events.Started(eta=as_number(message.get("eta")))
        case "progress":
            bars = map(as_object, as_list(message.get("progress_data")))
            return events.Progress(units=tuple(map(_progress_unit, bars)))
        case "log":
            level, words = as_words(message.get("level")), as_words(message.get("log"))
            return events.Log(line=events.LogLine(level=level, message=words, title=title))
        case "process_generating" | "process_streaming" as kind:
            if message.get("success") is False or output.get("error") is not None:
                return events.Failed(error=app_error(output, title, where))
            is_diff = is_diff and kind == "process_generating"
            return None if values is None else events.Chunk(values=values, is_diff=is_diff)
        case "process_completed":
            if message.get("output") == {} and message.get("success") is True:
                return events.Cancelled()  # How the server reports a cancelled job.
            if values is not None and message.get("success") is True and "error" not in output:
                return events.Completed(value=values)
            if output or message.get("success") is False:
                return events.Failed(error=app_error(output, title, where))
            return events.Failed(error=unreadable_error(where))
        case _:
            return None


def _progress_unit(bar: Message) -> events.ProgressUnit:
    return events.ProgressUnit(
        index=as_count(bar.get("index")),
        length=as_count(bar.get("length")),
        unit=as_words(bar.get("unit")) or None,
        progress=as_number(bar.get("progress")),
        desc=as_words(bar.get("desc")) or None,
    )


def app_error(output: Message, title: str, where: str) -> errors.AppError:
    words = _unquoted(as_words(output.get("error")))
    title = title or as_words(output.get("title"))
    reason = sentence(words) or (
        "the Space does not say why. See its logs; launch(show_error=True) shows errors to callers."
    )
    heading = f"{title}: " if title and title != "Error" else ""
    text = f"{where} failed: {heading}{reason}"
    # A queue timeout without a token has the title of a quota error, so its text is checked first.
    if "no gpu was available" in words.lower():
        error = errors.ZeroGPUTimeoutError(f"{text} Try again later.")
    elif title == "ZeroGPU quota exceeded" or _QUOTA.search(words):
        error = _quota_error(text, words)
    elif _DURATION.search(f"{title}\n{words}"):
        error = errors.ZeroGPUDurationError(f"{text} Its author can ask for less: @spaces.GPU.")
        error.requested_seconds = _requested(words)
    else:
        error = errors.AppError(text)
    error.message, error.title = words, title
    return error


def _quota_error(text: str, words: str) -> errors.ZeroGPUQuotaError:
    error = errors.ZeroGPUQuotaError(f"{text} Wait, or pass the token of an account with quota.")
    error.requested_seconds = _requested(words)
    if found := _LEFT.search(words):
        error.left_seconds = float(found[1])
    if found := _AGAIN.search(words):
        days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        error.retry_after = float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
    return error


def _requested(words: str) -> float | None:
    found = _REQUESTED.search(words)
    return float(found[1] or found[2]) if found else None


def session_error(message: Message, where: str) -> errors.SessionLostError:
    """Convert an `unexpected_error`, which concerns every job of the session, to an error."""
    words = as_words(message.get("message")) or "no reason given"
    kind, advice = errors.SessionLostError, "Call again."
    if message.get("session_not_found") or words.startswith("404"):
        kind = errors.SessionNotFoundError
        advice = (
            "It was restarted, or several replicas share one address. Call again; "
            "server-side state is lost."
        )
    elif "stopped" in words:
        kind, advice = errors.ServerStoppedError, "Call again when the Space is back."
    return kind(f"{where}: the server ended the session: {sentence(words)} {advice}")


def lost_error(where: str, error: errors.HubsmithError | None) -> errors.SessionLostError:
    """Return the error of a job whose stream broke; `None` means that the server closed it."""
    is_silence = isinstance(error, errors.InferenceTimeoutError)
    cause = "the server sent nothing for too long" if is_silence else error
    text = f"{where}: the event stream broke off, so the job's result is lost"
    return errors.SessionLostError(
        f"{text}: {sentence(str(cause or 'the stream was closed'))} Call again."
    )


def unreported_error(where: str) -> errors.SessionLostError:
    text = f"{where}: the server accepted the job, but did not report on it for ten minutes"
    return errors.SessionLostError(f"{text}, so its result is lost. Call again.")


def unreadable_error(where: str) -> errors.ResultError:
    return errors.ResultError(f"{where}: the server's answer cannot be read: it has no result.")


def closed_error(where: str) -> errors.JobCancelledError:
    return errors.JobCancelledError(f"{where}: the client was closed before the job was done.")


def _unquoted(words: str) -> str:
    """Remove the quotes that Gradio 4 puts around the text of a `gr.Error`."""
    if words[:1] in ("'", '"') and words[-1:] == words[:1]:
        with contextlib.suppress(ValueError, SyntaxError, MemoryError, RecursionError):
            plain = ast.literal_eval(words)
            return plain if isinstance(plain, str) else words
    return words
