"""`ChunkReader`: from the bytes of a streamed answer to its chunks, without I/O."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar, cast

import pydantic
from pydantic_core import from_json

from .._errors import HubsmithError, IncompleteStreamError, ResultError, shorten
from .._sse import EventDecoder
from ._failures import Callee, stream_failure

C = TypeVar("C")

_DONE = b"[DONE]"
_TAIL = 8  # A usage chunk, or the last words of other choices, may follow the one that ends it.


class ChunkReader(Generic[C]):
    """Turns the bytes of a streamed answer into its chunks.

    Args:
        chunk: What each event is: a model, or `str` for the bare text of a text generation.
        headers: Of the answer, by lower-case name.
        callee: Who answers, for messages.

    Attributes:
        error: What to raise once the chunks that came before it are used up.
        is_done: Whether the server said that this was all.
    """

    def __init__(
        self, chunk: type[C], headers: Mapping[str, str], callee: Callee | None = None
    ) -> None:
        self.error: HubsmithError | None = None
        self.is_done = False
        self._headers = headers
        self._callee = callee or Callee()
        self._chunk: type[Any] = chunk
        self._parse = _parser(chunk)
        self._events = EventDecoder()
        self._tail: list[C] = []
        # A server that does not stream answers with one JSON document.
        self._kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        self._document = bytearray() if self._kind.endswith("json") else None

    def feed(self, received: bytes) -> list[C]:
        """Take the next bytes, and return the chunks that are complete with them."""
        if self._document is None:
            return self._read(self._events.feed(received))
        self._document += received
        return []

    def finish(self) -> list[C]:
        """Take the end of the answer; `error` is set where it came too early."""
        document = bytes(self._document or b"")
        chunks = self._read([document] if document else self._events.finish())
        is_whole = self.is_done or any(_is_last(chunk) for chunk in self._tail)
        if not is_whole and self.error is None:
            self.error = self.cut_short("the connection ended")
        return chunks

    def cut_short(self, reason: str) -> IncompleteStreamError:
        """Return the error for a stream that ended before it was whole."""
        what = (
            f"the stream was cut short ({reason}): neither [DONE] nor a finish reason came. What "
            "came before may be used; ask again for the rest."
            if self._tail
            else f"the answer of type {self._kind or 'unknown'} holds no event ({reason})."
        )
        return IncompleteStreamError(
            f"{self._callee}: {what}",
            provider=self._callee.provider,
            model=self._callee.model,
            request_id=self._headers.get("x-request-id"),
        )

    def _read(self, events: list[bytes]) -> list[C]:
        chunks: list[C] = []
        for event in events:
            if self.is_done or self.error is not None:
                break  # Nothing after the end is looked at.
            if (b'"error"' in event or event is self._events.error) and self._is_error(event):
                break
            try:
                chunks.append(self._parse(event))
            except ValueError as problem:
                self._tail += chunks
                chunks += self._unusual(event, problem)
        if chunks:
            self._tail = (self._tail + chunks)[-_TAIL:]
        return chunks

    def _is_error(self, event: bytes) -> bool:
        """Take an event that tells of an error; the word alone may mean something else."""
        told = _loads(event)
        if event is not self._events.error:
            if not isinstance(told, dict) or cast("dict[str, Any]", told).get("error") is None:
                return False
        elif told is None:
            told = event.decode(errors="replace")
        self.error = stream_failure(cast("object", told), self._callee, self._headers)
        return True

    def _unusual(self, event: bytes, problem: ValueError) -> list[C]:
        """Read an event that is not a chunk."""
        text = event.strip()
        if text == _DONE:
            self.is_done = True
        if self.is_done or not text:
            return []
        value = _loads(text)
        if value is None and b"\n" in text:
            return self._read(text.split(b"\n"))  # Events without an empty line between them.
        if self._document is not None and (chunk := _as_chunk(value)):
            try:
                return [self._parse(chunk)]
            except ValueError:
                pass
        if value is None:
            self.error = self.cut_short(f"within {shorten(text.decode(errors='replace'))}")
            return []
        reason = str(problem)
        if isinstance(problem, pydantic.ValidationError):
            detail = problem.errors(include_url=False, include_context=False)[0]
            reason = ": ".join([".".join(map(str, detail["loc"])), detail["msg"]]).lstrip(": ")
        misfit = ResultError(
            f"{self._callee}: the stream holds {shorten(value)}, which is not a "
            f"{self._chunk.__name__}: {reason}."
        )
        misfit.value = value
        self.error = misfit
        return []


class _LastText(str):
    """The text of the event that ends a generation."""

    __slots__ = ()


def _read_text(event: bytes) -> str:
    """Return the text of an event of a generation, in either of its forms."""
    value = from_json(event)
    members = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    whole = members.get("generated_text")
    match members:
        case {"token": {"text": str(text)}}:
            is_last = whole is not None
        case {"choices": [{"text": str(text), **rest}, *_]}:
            is_last = cast("dict[str, Any]", rest).get("finish_reason") is not None
        case {"choices": []}:
            return ""
        case {"generated_text": str(text)}:
            is_last = True
        case _:
            raise ValueError("it has neither a token nor a text")
    return _LastText(text) if is_last else text


def _parser(chunk: type[Any]) -> Callable[[bytes], Any]:
    if chunk is str:
        return _read_text
    chunk.model_rebuild()
    return chunk.__pydantic_validator__.validate_json


def _is_last(chunk: Any) -> bool:
    """Whether a chunk says that what it belongs to is complete."""
    if isinstance(chunk, str):
        return isinstance(chunk, _LastText)
    if getattr(chunk, "generated_text", None) is not None:
        return True
    return any(getattr(choice, "finish_reason", None) for choice in getattr(chunk, "choices", ()))


def _loads(text: bytes) -> Any:
    try:
        return from_json(text)
    except ValueError:
        return None


def _as_chunk(document: Any) -> bytes | None:
    """Return a whole chat answer as the one chunk of a stream."""
    if not isinstance(document, dict):
        return None
    members = cast("dict[str, Any]", document)
    choices: list[dict[str, Any]] = members.get("choices") or []
    try:
        deltas = [{"delta": _as_delta(one["message"]), **one} for one in choices]
    except (KeyError, TypeError, ValueError):
        return None
    return json.dumps({**members, "choices": deltas}).encode()


def _as_delta(message: dict[str, Any]) -> dict[str, Any]:
    calls: list[dict[str, Any]] = message.get("tool_calls") or []
    return {**message, "tool_calls": [{"index": at, **one} for at, one in enumerate(calls)] or None}
