"""`ChunkReader`: decodes the bytes of a streamed answer to chunks, without I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..errors import (
    ConnectionFailedError,
    HubsmithError,
    ResultError,
    a_type,
    first_problem,
    shorten,
)
from ..http import LARGEST_BODY, parsed
from ..reading import as_list, as_object, as_text
from ..sse import EventDecoder
from .chat import as_chunk, fill_gaps
from .errors import IncompleteStreamError
from .failures import server_words, stream_failure
from .task import adapter_of

if TYPE_CHECKING:
    from .failures import Callee

C = TypeVar("C")

_BLANK = b" \t\r\n\xef\xbb\xbf"  # Including a byte order mark.
_OWN = {"choices", "token", "generated_text"}  # Chunks have one of these, errors have none.
_TAIL = 8  # A usage chunk, or the last chunks of other choices, may follow the final chunk.


class ChunkReader(Generic[C]):
    """Decodes the bytes of a streamed answer to its chunks.

    Each event is a `chunk`: a model, or `str` for the plain text of a text generation. An `error`
    is raised after the chunks before it have been consumed. When it `is_over`, all further data is
    ignored.
    """

    def __init__(
        self,
        chunk: type[C],
        headers: Mapping[str, str],
        callee: Callee,
        masked: Callable[[str], str] = str,
    ) -> None:
        self.error: HubsmithError | None = None
        self.is_over = False
        self._masked = masked
        self._headers, self.callee = headers, callee
        self._chunk: type[Any] = chunk
        # The validator itself: calling it through the adapter takes as long as parsing a chunk.
        validate = adapter_of(chunk).validator.validate_json
        self._parse: Callable[[bytes], Any] = self._read_text if chunk is str else validate
        self._tail: deque[Any] = deque(maxlen=_TAIL)
        self._has_ended = False  # Whether the last event of a generation was received.
        self._events = EventDecoder()
        self._document = bytearray()
        self._is_document: bool | None = None  # `None` until data is received.

    def feed(self, received: bytes) -> list[C]:
        """Take the next bytes, and return the chunks that they complete.

        A `ConnectionFailedError` is raised if an event, or the answer, is too large.
        """
        if self._is_document is None:
            received = received.lstrip(_BLANK)
            if not received:
                return []
            # A server that does not stream answers with one JSON document. The content type is no
            # help: servers label documents as streams, and streams as documents.
            self._is_document = received[:1] in b"{["
        if not self._is_document:
            return self._read(self._events.feed(received))
        self._document += received
        if len(self._document) > LARGEST_BODY:
            raise ConnectionFailedError(f"the answer is larger than {LARGEST_BODY >> 20} MiB.")
        return []

    def finish(self) -> list[C]:
        """Process the end of the answer; `error` is set if it is incomplete."""
        events = [bytes(self._document)] if self._is_document else self._events.finish()
        chunks = self._read(events)
        # Whether all choices of the last chunks are complete.
        choices = [choice for chunk in self._tail for choice in getattr(chunk, "choices", ())]
        ended = {choice.index for choice in choices if choice.finish_reason}
        is_whole = self._has_ended or {choice.index for choice in choices} == ended != set()
        is_whole |= any(getattr(chunk, "generated_text", None) is not None for chunk in self._tail)
        if not self.is_over and not is_whole:
            self.error = self.cut_short("the connection ended")
        return chunks

    def cut_short(self, reason: str) -> IncompleteStreamError:
        """Return the error for a stream that ended before it was complete."""
        kind = self._headers.get("content-type", "").partition(";")[0].strip().lower()
        what = (
            f"the stream was cut short ({reason}): it has neither [DONE] nor a finish reason. "
            "The chunks before that can be used; make another call for the rest."
        )
        if not self._tail:
            what = f"the answer of type {kind or 'unknown'} contains no event ({reason})."
        return IncompleteStreamError(
            f"{self.callee}: {what}",
            provider=self.callee.provider,
            model=self.callee.model,
            request_id=self._headers.get("x-request-id"),
        )

    def _read(self, events: list[bytes]) -> list[C]:
        chunks: list[C] = []
        failure = self._events.error
        for event in events:
            if b'"error"' not in event and event is not failure:
                try:
                    chunks.append(self._parse(event))
                    continue
                except ValueError:
                    pass
            self._tail.extend(chunks)
            try:
                chunks += self._read_unusual(event.strip(), is_failure=event is failure)
            except HubsmithError as error:
                self.error, self.is_over = error, True
            if self.is_over:
                break
        self._tail.extend(chunks)
        return chunks

    def _read_unusual(self, event: bytes, *, is_failure: bool) -> list[C]:
        """Read an unusual event: the end, an error, several in one, or a chunk with gaps."""
        self.is_over |= event == b"[DONE]"
        if self.is_over or not event:
            return []
        try:
            value: Any = parsed(event)
        except ValueError:
            value = None
        members, text = as_object(value), event.decode(errors="replace")
        # The word "error" alone may mean something else.
        error, is_chunk = members.get("error"), bool(members.keys() & _OWN)
        if is_failure or error or (error is not None and not is_chunk):
            raise stream_failure(value or text, self.callee, self._headers, self._masked)
        if value is None and b"\n" in event:
            return self._read(event.split(b"\n"))  # Events without an empty line between them.
        if value is None:
            raise self.cut_short(f"within {shorten(text, self._masked)}")
        # Some servers stream a whole message as one event.
        is_whole = self._is_document or b'"delta"' not in event
        whole = (as_chunk(value) if is_whole else None) or fill_gaps(value)
        try:
            if self._chunk is str:
                return [self._parse(event)]
            return [adapter_of(self._chunk).validate_python(value if whole is None else whole)]
        except ValueError as problem:
            if value == members and not is_chunk:
                if server_words(members, self._masked):
                    failed = stream_failure(members, self.callee, self._headers, self._masked)
                    raise failed from None
                if not self._is_document:
                    return []  # A sign of life, such as `{"type": "ping"}`.
            raise ResultError(
                f"{self.callee}: the stream contains {shorten(value, self._masked)}, which is not "
                f"{a_type(self._chunk)}: {first_problem(problem)}.",
                value,
            ) from None

    def _read_text(self, event: bytes) -> str:
        """Return the text of an event of a generation, in either of its forms."""
        value = parsed(event)
        if len(as_list(value)) == 1:
            value = value[0]  # The whole answer of a server that does not stream.
        match value:
            case {"token": {"text": str(text)}}:
                self._has_ended |= value.get("generated_text") is not None
            case {"choices": [{**choice}, *_]} if choice.keys() & {"text", "delta"}:
                # Some providers serve a generation as a chat.
                text = as_text(choice.get("text") or as_object(choice.get("delta")).get("content"))
                self._has_ended |= bool(choice.get("finish_reason"))
            case {"choices": []}:
                return ""
            case {"generated_text": str(text)}:
                self._has_ended = True
            case _:
                raise ValueError("it has neither a token nor a text")
        return text
