"""The events of a job, one class per kind, and its state, `JobStatus`."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

from ..errors import HubsmithError
from ..reading import as_list, as_words

R = TypeVar("R", covariant=True)

Stage: TypeAlias = Literal[
    "joining", "queued", "running", "iterating", "finished", "failed", "cancelled"
]


class Skipped(enum.Enum):
    """The type of `SKIPPED`, for annotations."""

    SKIPPED = b""  # Not a JSON value, so that no answer of a Space is equal to it.

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "SKIPPED"


SKIPPED: Final = Skipped.SKIPPED
"""The result of an output that the Space left unchanged, such as by `gr.skip()`. It is falsy."""


@dataclass(frozen=True, slots=True)
class ComponentUpdate:
    """What a Space changes in an output's component besides its value, such as by `gr.update`."""

    properties: Mapping[str, Any]  # By name, such as `label` or `visible`, as the Space sent them.

    @property
    def choices(self) -> list[tuple[str, Any]] | None:
        """The new choices as `(label, value)` pairs; `None` if they do not change."""
        if "choices" not in self.properties:
            return None
        pairs = (as_list(one) or [one] for one in as_list(self.properties["choices"]))
        return [(as_words(pair[0]), pair[-1]) for pair in pairs]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressUnit:
    """One progress bar of a Space, in steps or as a fraction."""

    index: int | None = None  # Steps done.
    length: int | None = None  # Total steps.
    unit: str | None = None  # The name of a step.
    progress: float | None = None  # Fraction done, from 0 to 1.
    desc: str | None = None  # What is being done.


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """A message that the Space shows its user: `gr.Info`, `gr.Warning` and the like."""

    level: str
    message: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """The job waits in the queue, behind `rank` other jobs, for about `eta` seconds."""

    rank: int | None = None
    queue_size: int | None = None
    eta: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The Space has started the job; `eta` is its estimate of the duration in seconds."""

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
    """A partial result: a whole value, typed like the final one."""

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
    """A partial result as received, one entry per output: values or, if `is_diff`, edits."""

    values: list[Any]
    is_diff: bool


Event: TypeAlias = (
    "Queued | Started | Progress | Log | Partial[R] | Completed[R] | Failed | Cancelled"
)
Outcome: TypeAlias = "Completed[list[Any]] | Failed | Cancelled"
RawEvent: TypeAlias = "Queued | Started | Progress | Log | Chunk | Outcome"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStatus:
    """The state of a job. One that is `iterating` has returned a partial result."""

    stage: Stage
    rank: int | None = None  # Jobs ahead of this one in the queue.
    queue_size: int | None = None
    eta: float | None = None  # The Space's estimate of the seconds left.
    progress: tuple[ProgressUnit, ...] = ()  # As last reported.
    log: tuple[LogLine, ...] = ()  # The first 10,000 messages of the Space so far.
    error: str | None = None  # What went wrong, for a failed job.
