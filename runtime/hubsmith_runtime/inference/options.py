"""`CallOptions`, and the checks of a client's options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..errors import ArgumentError, ValidationError
from ..retries import Retries


class CallOptions(NamedTuple):
    """The options that every method of a task takes besides its own arguments."""

    model: str | None = None
    timeout: float | None = None
    extra_headers: Mapping[str, str] | None = None
    extra_body: Mapping[str, Any] | None = None


def text_of(name: str, value: object, alias: str, other: object) -> str | None:
    if value is not None and other is not None:
        raise ArgumentError(f"{alias}: another name for {name}; pass one of them.")
    chosen = value if other is None else other
    if chosen is None or isinstance(chosen, str):
        return chosen
    raise ArgumentError(f"{name}: must be a string, or None.")


def retries_of(retries: Retries | None, max_retries: object) -> Retries:
    if max_retries is None:
        return retries or Retries()
    if retries is not None:
        raise ArgumentError("max_retries: another name for retries; pass one of them.")
    if isinstance(max_retries, int) and max_retries >= 0:
        return Retries(attempts=max_retries + 1)
    raise ValidationError(f"max_retries: must be a whole number of at least 0, got {max_retries!r}")


def seconds_of(timeout: object) -> float | None:
    if timeout is None or (isinstance(timeout, (int, float)) and timeout > 0):
        return timeout
    raise ValidationError(f"timeout: must be more than 0 seconds, got {timeout!r}")
