"""What happens to a job, one class per kind of event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from ._errors import HubsmithError
from ._status import LogLine, ProgressUnit

R = TypeVar("R", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """The job waits: `rank` jobs before it, about `eta` seconds to go."""

    rank: int | None = None
    queue_size: int | None = None
    eta: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The Space began to work on the job; `eta` is its estimate in seconds."""

    eta: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The Space's progress bars changed."""

    units: tuple[ProgressUnit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """The Space shows a message."""

    line: LogLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial(Generic[R]):
    """A partial result, whole and typed like the final one."""

    value: R


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed(Generic[R]):
    """The job is done; this is its result."""

    value: R


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The job failed."""

    error: HubsmithError


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """The job was cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A partial result as it came, one entry per output: whole values or, if `is_diff`, edits."""

    values: list[Any]
    is_diff: bool


Event: TypeAlias = (
    "Queued | Started | Progress | Log | Partial[R] | Completed[R] | Failed | Cancelled"
)
RawEvent: TypeAlias = (
    "Queued | Started | Progress | Log | Chunk | Completed[list[Any]] | Failed | Cancelled"
)
