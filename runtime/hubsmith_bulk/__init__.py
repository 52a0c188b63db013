"""Many calls at once: the engine behind `map` of Spaces, untyped clients and inference clients.

for done in kitchen.map(requests, checkpoint="greet.jsonl"):
    print(done.key, done.value if done.error is None else done.error)
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from hubsmith_runtime import ValidationError
from hubsmith_runtime.errors import a_type

from .callers import Caller, ModelCaller, SpaceCaller, UntypedCaller
from .engine import Engine
from .errors import (
    DuplicateIdError,
    JournalError,
    RunError,
    ServerAwayError,
    TooManyErrorsError,
)
from .journal import read_journal
from .options import MapOptions, Settings
from .results import Done, Summary
from .runs import AsyncRun, Run

if TYPE_CHECKING:
    from hubsmith_runtime.inference import CallOptions
    from hubsmith_runtime.inference.base import BaseInference
    from hubsmith_runtime.spaces.space import BaseSpace

__all__ = [
    "AsyncRows",
    "AsyncRun",
    "Done",
    "DuplicateIdError",
    "JournalError",
    "MapOptions",
    "Rows",
    "Run",
    "RunError",
    "ServerAwayError",
    "Summary",
    "TooManyErrorsError",
    "check_options",
    "read_journal",
]

T = TypeVar("T")
Rows: TypeAlias = Iterable["T | tuple[str, T]"]
"""The input of a blocking run: rows or `(id, row)` pairs."""
AsyncRows: TypeAlias = "Rows[T] | AsyncIterable[T] | AsyncIterable[tuple[str, T]]"
"""The input of an asyncio run; it can be an asynchronous iterable, too."""


def map_space(
    space: BaseSpace,
    rows: AsyncRows[Any],
    options: MapOptions,
    endpoint: str | None = None,
    spec: str = "",
) -> Any:
    """Return the run behind a Space's `map`, an `AsyncRun` if the Space is asynchronous.

    With an `endpoint`, the rows are its arguments rather than requests, and `spec` is a digest of
    the known parameters and results; if empty, it is computed from the running Space.
    """
    settings = Settings.of(options)
    files = _files_of(settings)

    def make() -> Engine:
        shares = settings.share_session
        caller: Caller = (
            SpaceCaller(space, files, shares_session=shares)
            if endpoint is None
            else UntypedCaller(space, endpoint, spec, files, shares_session=shares)
        )
        return Engine(caller, rows, settings)

    return _run(make, rows, is_async=space._is_async)  # pyright: ignore[reportPrivateUsage]


def map_model(
    client: BaseInference, rows: AsyncRows[Any], options: MapOptions, call: CallOptions
) -> Any:
    """Return the run behind an inference client's `map`, an `AsyncRun` if it is asynchronous."""
    from hubsmith_runtime.inference import AsyncInferenceBase

    settings, is_async = Settings.of(options), isinstance(client, AsyncInferenceBase)
    return _run(lambda: Engine(ModelCaller(client, call), rows, settings), rows, is_async=is_async)


def check_options(options: MapOptions) -> None:
    """Raise a `ValidationError` if an option of `map` is wrong, without starting a run."""
    Settings.of(options)


def _run(make: Callable[[], Engine], rows: object, *, is_async: bool) -> Any:
    if isinstance(rows, AsyncIterable) and not is_async:
        raise ValidationError("map: asynchronous rows need an asynchronous client.")
    if not isinstance(rows, Iterable | AsyncIterable):
        raise ValidationError(f"map: rows: an iterable of rows, got {a_type(rows)}.")
    return AsyncRun[Any](make) if is_async else Run[Any](make)


def _files_of(settings: Settings) -> Path | None:
    path = settings.checkpoint
    return None if path is None else path.with_name(f"{path.name}.files")
