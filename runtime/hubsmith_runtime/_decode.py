"""From the JSON of an answer to the declared result type."""

from __future__ import annotations

import itertools
import typing
import weakref
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar, cast

import pydantic

from ._downloads import FileOrigin
from ._endpoint import Request
from ._errors import ResultError, SpaceChangedError, shorten
from ._files import origin_context
from ._live import LiveEndpoint

R = TypeVar("R")

Adapters: TypeAlias = list[pydantic.TypeAdapter[Any]]
_adapters: weakref.WeakKeyDictionary[type[Any], Adapters] = weakref.WeakKeyDictionary()


def decoder(
    request: Request[R], live: LiveEndpoint, source: str, origin: FileOrigin
) -> Callable[[list[Any]], R]:
    """Return the function that turns the outputs of a call into its typed result."""
    request_class = type(request)
    endpoint = request_class.__endpoint__
    if endpoint.outputs != (found := sum(live.outputs)):
        raise SpaceChangedError(
            f"{source}: {endpoint} returns {found} values, but this client was generated "
            f"for {endpoint.outputs}. Run `hubsmith update` to generate it again."
        )
    context = origin_context(origin)

    def decode(outputs: list[Any]) -> R:
        # Some versions leave trailing outputs out of an answer: they are empty.
        padded = outputs + [None] * (len(live.outputs) - len(outputs))
        values = itertools.compress(padded, live.outputs)
        typed = [
            _decode(adapter, value, f"{source}: {endpoint}", context)
            for adapter, value in zip(_result_adapters(request_class), values, strict=True)
        ]
        if endpoint.outputs == 0:
            return cast("R", None)
        result_type = request_class.__result__
        return cast("R", typed[0] if endpoint.outputs == 1 else result_type(*typed))

    return decode


def _decode(
    adapter: pydantic.TypeAdapter[Any], value: Any, where: str, context: dict[str, Any]
) -> Any:
    if isinstance(value, dict):
        update = cast("dict[str, Any]", value)
        value = update.get("value") if update.get("__type__") == "update" else update
    if value is None:
        return None  # A Space can leave any output empty, whatever its type.
    try:
        return adapter.validate_python(value, context=context)
    except pydantic.ValidationError as error:
        detail = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in detail["loc"])
        at = f" at {place}" if place else ""
        failure = ResultError(
            f"{where} answered {shorten(value)}, which is not of the declared type{at}: "
            f"{detail['msg'].removeprefix('Value error, ')}. If the Space changed, run "
            "`hubsmith update`; the raw answer is in `.value`."
        )
        failure.value = value
        raise failure from None


def _result_adapters(request_class: type[Request[Any]]) -> Adapters:
    """Build the validators of a result type once per request class, at its first answer."""
    adapters = _adapters.get(request_class)
    if adapters is None:
        outputs, result = request_class.__endpoint__.outputs, request_class.__result__
        if outputs > 1:
            hints = typing.get_type_hints(result, include_extras=True)
            types = [hints[name] for name in result._fields]
        else:
            types = [result] * outputs
        adapters = _adapters[request_class] = [pydantic.TypeAdapter(item) for item in types]
    return adapters
