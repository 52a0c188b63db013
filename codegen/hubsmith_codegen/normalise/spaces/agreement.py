"""Whether openapi.json says the same as `/info`, from which Gradio makes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...ir.json_type import Json
from ...ir.names import ClassName
from ...ir.spelling import spelled
from ...ir.text import plain
from ...ir.types import AnyType
from .definitions import alike, renamed
from .raw import RawOperation
from .reading import NotExpressible, ReadObject, SchemaReader


def disagreements(info: Iterable[RawOperation], openapi: Iterable[RawOperation]) -> tuple[str, ...]:
    """Where the two documents say different things, one line each.

    Defaults, labels and the order of parameters are not compared: openapi.json has none. What it
    leaves open agrees with everything.
    """
    by_name = {operation.endpoint: operation for operation in openapi}
    found: list[str] = []
    for operation in info:
        if other := by_name.pop(operation.endpoint, None):
            found += [f"{plain(operation.endpoint)}: {line}" for line in _compare(operation, other)]
        elif operation.endpoint:
            found.append(f"{plain(operation.endpoint)}: openapi.json does not list it")
    return (*found, *(f"{plain(name)}: /info does not list it" for name in sorted(by_name)))


def _compare(info: RawOperation, openapi: RawOperation) -> Iterator[str]:
    schemas = {parameter.name: parameter.schema for parameter in info.parameters}
    others = {parameter.name: parameter.schema for parameter in openapi.parameters}
    for name in sorted({*schemas, *others}):
        where = f"parameter {plain(name)!r}"
        if name not in schemas or name not in others:
            yield f"{where} is in {'openapi.json' if name in others else '/info'} only"
        else:
            yield from _compare_types(where, schemas[name], others[name])
    if openapi.fault:
        return
    if len(info.results) != len(openapi.results):
        yield f"/info has {len(info.results)} results, openapi.json {len(openapi.results)}"
        return
    for place, (one, other) in enumerate(zip(info.results, openapi.results, strict=True), 1):
        yield from _compare_types(f"result {place}", one.schema, other.schema)


def _compare_types(where: str, info: Json, openapi: Json) -> Iterator[str]:
    objects: dict[ClassName, ReadObject] = {}
    try:
        one = SchemaReader(objects).read(info, ("info",))
        other = SchemaReader(objects).read(openapi, ("openapi",))
    except NotExpressible:
        return
    marks = alike(objects)
    if other != AnyType() and renamed(one, marks) != renamed(other, marks):
        titles = {key: ClassName(found.title or "object") for key, found in objects.items()}
        said, otherwise = (spelled(renamed(type_, titles)) for type_ in (one, other))
        if said == otherwise:
            otherwise = "another object of this name"
        yield f"{where} is {said} in /info and {otherwise} in openapi.json"
