"""`ChunkReader`: from the bytes of a streamed answer to its chunks, without I/O."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar, cast

import pydantic
from pydantic_core import from_json

from .._errors import HubsmithError, IncompleteStreamError, ResultError, shorten
from .._sse import EventDecoder
from ._failures import Callee, read_words, stream_failure
from ._gaps import filled

C = TypeVar("C")

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DONE = b"[DONE]"
_OWN = {"choices", "token", "generated_text"}  # Chunks have one of these, errors have none.
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
        self._kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        # A server that does not stream answers with one JSON document; `None` once there are events.
        self._document: bytearray | None = bytearray()

    def feed(self, received: bytes) -> list[C]:
        """Take the next bytes, and return the chunks that are complete with them."""
        if self._document is not None:
            self._document += received
            # Not by its type: servers call documents a stream, and streams a document.
            start = bytes(self._document.removeprefix(_BYTE_ORDER_MARK).lstrip())
            if start.startswith((b"{", b"[")) or start in _BYTE_ORDER_MARK:
                return []
            received, self._document = start, None
        return self._read(self._events.feed(received))

    def finish(self) -> list[C]:
        """Take the end of the answer; `error` is set where it came too early."""
        document = bytes(self._document or b"").removeprefix(_BYTE_ORDER_MARK).strip()
        chunks = self._read([document] if document else self._events.finish())
        if not self.is_done and self.error is None and not _is_whole(self._tail):
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
        value: object = _loads(text)
        if value is None and b"\n" in text:
            return self._read(text.split(b"\n"))  # Events without an empty line between them.
        chunk = filled(value) if self._document is None else _as_chunk(value)
        if chunk is not None and self._chunk is not str:
            try:
                return [self._parse(json.dumps(chunk).encode())]
            except ValueError:
                pass
        secret = self._callee.key
        if value is None:
            self.error = self.cut_short(f"within {shorten(text.decode(errors='replace'), secret)}")
            return []
        members = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        if not members.keys() & _OWN and read_words(members, self._callee):
            self.error = stream_failure(members, self._callee, self._headers)
            return []
        reason = str(problem)
        if isinstance(problem, pydantic.ValidationError):
            detail = problem.errors(include_url=False, include_context=False)[0]
            reason = ": ".join([".".join(map(str, detail["loc"])), detail["msg"]]).lstrip(": ")
        misfit = ResultError(
            f"{self._callee}: the stream holds {shorten(cast('Any', value), secret)}, which is not a "
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
    if isinstance(value, list) and len(cast("list[Any]", value)) == 1:
        value = cast("list[Any]", value)[0]  # The whole answer of a server that does not stream.
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


def _is_whole(tail: list[Any]) -> bool:
    """Whether the last chunks say that everything they belong to is complete."""
    begun: set[Any] = set()
    ended: set[Any] = set()
    for chunk in tail:
        if isinstance(chunk, _LastText) or getattr(chunk, "generated_text", None) is not None:
            return True
        for choice in getattr(chunk, "choices", ()):
            begun.add(choice.index)
            if choice.finish_reason:
                ended.add(choice.index)
    return bool(begun) and begun == ended


def _loads(text: bytes) -> Any:
    try:
        return from_json(text)
    except ValueError:
        return None


def _as_chunk(document: Any) -> Any:
    """Return a whole chat answer as the one chunk of a stream; `None` for something else."""
    answer = filled(document)
    if answer is None or any("message" not in one for one in answer["choices"]):
        return None
    choices = [{**one, "delta": _as_delta(one["message"])} for one in answer["choices"]]
    return {**answer, "choices": choices}


def _as_delta(message: dict[str, Any]) -> dict[str, Any]:
    calls: list[dict[str, Any]] = message.get("tool_calls") or []
    return {**message, "tool_calls": [{"index": at, **one} for at, one in enumerate(calls)] or None}
