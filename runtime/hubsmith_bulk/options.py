"""The options of a run, and their validation."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from hubsmith_runtime import ValidationError
from typing_extensions import TypedDict

DEFAULT_LARGEST = 64
_JUDGED_FROM = 100  # Rows; a share of fewer is not meaningful.


class MapOptions(TypedDict, total=False):
    """The options of `map`.

    Keys:
        concurrency: The number of concurrent calls, or `"auto"` (the default) to adapt it to what
            the server can handle.
        max_concurrency: The most concurrent calls with `"auto"`; 64 by default.
        rate: The most calls to start per second; no limit by default.
        checkpoint: A journal file, created if it does not exist. Rows that it has are skipped.
        retry_failed: Whether to send rows again that failed according to the journal.
        on_error: `"collect"` (the default) yields failed rows as `Done` with an `error`; `"raise"`
            ends the run at the first one.
        max_errors: End the run if more rows than this fail: a number, or a share such as `"5%"`,
            which applies from the hundredth row on. No limit by default.
        repeat_lost: Whether to send a call again if its answer was lost, although it may have run.
        share_session: Whether all rows share one session of a Space, so that its state carries over
            from row to row. By default each row has its own session.
        patience: Seconds for which a server may refuse every call before the run ends; 600 by
            default.
    """

    concurrency: int | Literal["auto"]
    max_concurrency: int
    rate: float | None
    checkpoint: str | os.PathLike[str] | None
    retry_failed: bool
    on_error: Literal["collect", "raise"]
    max_errors: int | float | str | None
    repeat_lost: bool
    share_session: bool
    patience: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The validated options of a run; see `MapOptions`."""

    concurrency: int | Literal["auto"] = "auto"
    max_concurrency: int = DEFAULT_LARGEST
    rate: float | None = None
    checkpoint: Path | None = None
    retry_failed: bool = False
    on_error: Literal["collect", "raise"] = "collect"
    most_errors: int | None = None
    largest_share: float | None = None
    repeat_lost: bool = False
    share_session: bool = False
    patience: float = 600.0

    @classmethod
    def of(cls, options: MapOptions) -> Settings:
        """Validate the options passed to `map`.

        Raises:
            ValidationError: naming the option that is wrong.
        """
        given: dict[str, Any] = dict(options)
        errors = given.pop("max_errors", None)
        count, share = _limit_of_errors(errors)
        checkpoint: str | os.PathLike[str] | None = given.pop("checkpoint", None)
        if unknown := given.keys() - cls.__slots__:
            raise ValidationError(f"map: there is no option {min(unknown)!r}.")
        is_path = isinstance(checkpoint, str | os.PathLike) and Path(checkpoint).name
        if not is_path and checkpoint is not None:
            raise ValidationError(
                f"map: checkpoint: must be the path of a file, got {checkpoint!r}"
            )
        path = None if checkpoint is None else Path(checkpoint)
        made = cls(checkpoint=path, most_errors=count, largest_share=share, **given)
        made._check()
        return made

    def are_too_many(self, failed: int, finished: int) -> bool:
        """Whether more rows failed than `max_errors` allows."""
        if self.largest_share is not None and finished >= _JUDGED_FROM:
            return failed > self.largest_share * finished
        return self.most_errors is not None and failed > self.most_errors

    def _check(self) -> None:
        for name in ("concurrency", "max_concurrency"):
            value = getattr(self, name)
            if value != "auto" and (not _is_count(value) or value < 1):
                raise ValidationError(
                    f"map: {name}: must be an integer of 1 or more, or 'auto', got {value!r}"
                )
        for name in ("rate", "patience"):
            value = getattr(self, name)
            if value is not None and not (_is_number(value) and 0 < value < float("inf")):
                raise ValidationError(f"map: {name}: must be a number above 0, got {value!r}")
        if self.on_error not in ("collect", "raise"):
            raise ValidationError(f"map: on_error: use 'collect' or 'raise', got {self.on_error!r}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _limit_of_errors(limit: object) -> tuple[int | None, float | None]:
    """Parse `max_errors` as a count or as a share."""
    match limit:
        case None:
            return None, None
        case int() if not isinstance(limit, bool) and limit >= 0:
            return limit, None
        case float() if 0 <= limit < 1:
            return None, limit
        case str():
            try:
                if limit.endswith("%"):
                    share = float(limit[:-1]) / 100
                    if 0 <= share < 1:
                        return None, share
                elif int(limit) >= 0:
                    return int(limit), None
            except ValueError:
                pass
        case _:
            pass
    raise ValidationError(
        f"map: max_errors: must be a number of rows or a share such as '5%', got {limit!r}"
    )
