"""From the outputs of an answer to its typed result, and to what it changes of components."""

from __future__ import annotations

import itertools
import typing
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pydantic

from ..errors import ResultError, first_problem, shorten
from ..reading import as_object
from ..saving import FileOrigin
from .events import SKIPPED, ComponentUpdate
from .live import LiveEndpoint

if TYPE_CHECKING:
    from .codec import Request


def results_of(live: LiveEndpoint, outputs: list[Any]) -> list[Any]:
    """Return the outputs that belong to the result."""
    # Some versions leave trailing outputs out of an answer: they are empty.
    padded = outputs + [None] * (len(live.outputs) - len(outputs))
    return list(itertools.compress(padded, live.outputs))


def updates_of(live: LiveEndpoint, outputs: list[Any]) -> tuple[ComponentUpdate | None, ...]:
    """Return what the outputs of the result change of their components besides the value."""
    return tuple(
        ComponentUpdate({k: v for k, v in output.items() if k not in ("__type__", "value")})
        if _is_update(output)
        else None
        for output in results_of(live, outputs)
    )


def _is_update(output: Any) -> bool:
    return as_object(output).get("__type__") == "update"


def decode(
    request: type[Request[Any]],
    live: LiveEndpoint,
    where: str,
    origin: FileOrigin,
    outputs: list[Any],
) -> Any:
    """Return the result of a request, or raise where an output is not of its declared type."""
    typed: list[Any] = []
    for adapter, output in zip(_adapters(request), results_of(live, outputs), strict=True):
        value = output.get("value", SKIPPED) if _is_update(output) else output
        if value is None or value is SKIPPED:
            # A Space can leave any output empty, or as it was, whatever its type.
            typed.append(value)
            continue
        try:
            typed.append(adapter.validate_python(value, context=origin))
        except pydantic.ValidationError as error:
            raise ResultError(
                f"{where} answered {shorten(value, origin.masked)}, which is not of the declared type: "
                f"{first_problem(error)}. If the Space changed, run `hubsmith update`; the raw "
                "answer is in `.value`.",
                value,
            ) from None
    if len(typed) > 1:
        return request.__result__(*typed)
    return typed[0] if typed else None


@lru_cache(maxsize=1024)
def _adapters(request: type[Request[Any]]) -> list[pydantic.TypeAdapter[Any]]:
    """Build the validators of a result type once per request class, at its first answer."""
    outputs, result = request.__endpoint__.outputs, request.__result__
    if outputs > 1:
        hints = typing.get_type_hints(result, include_extras=True)
        return [pydantic.TypeAdapter(hints[name]) for name in result._fields]
    return [pydantic.TypeAdapter(result)] * outputs
