"""What went between a browser and a Space while it was recorded."""

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
    """Where the server put it, as calls name it."""
    name: str
    """What it was called when it was uploaded; no path to write to."""
    content: Path | bytes
    """Its bytes, or the file in the recording's temporary folder that has them."""
    mime_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCall:
    """A call that the page made, and what came of it."""

    fn_index: int
    """The id of its dependency in `/config`."""
    data: Sequence[Any]
    """The input slots as they were sent; those of session state are null."""
    outputs: Sequence[Any] = ()
    """The output slots of the completed call; none after a failure."""
    partials: int = 0
    """How many partial results came."""
    partial_outputs: Sequence[Sequence[Any]] = ()
    """The partial results, each whole; bounded in number."""
    error: str | None = None
    """What the Space said when it failed."""
    trigger_id: int | None = None
    """The component that was clicked."""
    event_data: Any = None
    """What an event with `gr.SelectData` was given."""
    session_hash: str
    started: float
    """Seconds from the beginning of the recording."""
    ended: float | None = None
    """As `started`; None for a call that never completed."""
    is_queued: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A recorded visit of a Space."""

    source: str
    """The Space as the user named it: `owner/name` or a URL."""
    url: str
    """Where it runs."""
    config: JsonObject
    info: JsonObject
    openapi: JsonObject | None = None
    calls: Sequence[RecordedCall]
    """In the order in which they were sent."""
    uploads: Mapping[str, RecordedFile]
    """Uploaded files by their path on the server."""
    skipped: Sequence[str] = ()
    """What happened that no call shows, in words."""
