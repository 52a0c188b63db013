"""The data of a recording: calls and files exchanged between a browser and a Space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

JsonObject: TypeAlias = "Mapping[str, Any]"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFile:
    """A file that the page uploaded."""

    path: str
    """Its path on the server, which calls refer to."""
    name: str
    """Its name when uploaded. Untrusted: not to be used as a path."""
    content: Path | bytes
    """Its content, or a file in the recording's temporary folder with the content."""
    mime_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCall:
    """A call that the page made, and its outcome."""

    fn_index: int
    """The id of its dependency in `/config`."""
    data: Sequence[Any]
    """The input slots as sent; those of session state are null."""
    outputs: Sequence[Any] = ()
    """The output slots of the completed call; empty after a failure."""
    partials: int = 0
    """The number of partial results received."""
    partial_outputs: Sequence[Sequence[Any]] = ()
    """The first partial results, each complete; see `PARTIALS_KEPT`."""
    error: str | None = None
    """The error message if the call failed."""
    trigger_id: int | None = None
    """The component that was clicked."""
    event_data: Any = None
    """The event data passed to a function with `gr.SelectData`."""
    session_hash: str
    started: float
    """Seconds since the start of the recording."""
    ended: float | None = None
    """Like `started`; `None` if the call was cancelled or has not ended."""
    is_queued: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A recorded visit to a Space."""

    source: str
    """The Space as given by the user: `owner/name` or a URL."""
    url: str
    """The URL of the app."""
    config: JsonObject
    info: JsonObject
    openapi: JsonObject | None = None
    calls: Sequence[RecordedCall]
    """In the order in which they were sent."""
    uploads: Mapping[str, RecordedFile]
    """Uploaded files by their path on the server."""
    skipped: Sequence[str] = ()
    """Remarks on what could not be recorded."""
