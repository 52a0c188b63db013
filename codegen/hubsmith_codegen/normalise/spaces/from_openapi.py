"""Endpoints as `openapi.json` describes them, and where it disagrees with `/info`.

Gradio has served two different documents under this name. From 5.29 to 6.12, answers have types
whose references lead nowhere, which `reading` repairs. From 6.13 on, the types of answers are only
in the endpoint's description, as the `repr` of a Python list.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from ...ir.json_type import Json, mapping, text
from ...ir.names import ClassName
from ...ir.spelling import spelled
from ...ir.text import plain
from ...ir.types import AnyType
from ...load.document import WireGeneration
from .definitions import alike, renamed
from .raw import RawOperation, RawParameter, RawResult
from .reading import NotExpressible, ReadObject, SchemaReader

_PATHS = {
    "run": re.compile(r"^.*?/run/(?P<name>.+)$"),
    "call-v2": re.compile(r"^.*?/call/v2/(?P<name>.+)$"),
}
_ANSWER = re.compile(r"Returns an array of (?P<count>\d{1,4}) elements? of the following format: ")
_ELEMENT = re.compile(r"output(?:_\d+)? \((?P<schema>.*)\)$", re.DOTALL)
# Python's own parser reads the recovered text; this limits its length.
_LONGEST_ANSWER = 1_000_000


def operations_of_openapi(
    openapi: Mapping[str, Json], generation: WireGeneration
) -> list[RawOperation]:
    """Every endpoint of the document, sorted."""
    if generation == "none":
        return []
    paths = mapping(openapi.get("paths"))
    found: dict[str, RawOperation] = {}
    for path in sorted(paths):
        post = mapping(mapping(paths[path]).get("post"))
        if post and (match := _PATHS[generation].match(path)):
            name = f"/{match['name']}"
            found[name] = _operation(name, post, is_run=generation == "run")
    return [found[name] for name in sorted(found)]


def _operation(name: str, post: Mapping[str, Json], *, is_run: bool) -> RawOperation:
    members = mapping(_json_schema(mapping(post.get("requestBody"))).get("properties"))
    parameters = tuple(
        RawParameter(name=member, schema=members[member]) for member in sorted(members)
    )
    description, results = (
        (text(post.get("description")), _typed_results(post))
        if is_run
        else _described_results(text(post.get("description")))
    )
    return RawOperation(
        endpoint=name,
        description=description,
        parameters=parameters,
        results=results or (),
        is_ordered=len(parameters) < 2,
        fault="" if results is not None else "its document does not say what it returns",
    )


def _json_schema(body: Mapping[str, Json]) -> Mapping[str, Json]:
    content = mapping(body.get("content"))
    return mapping(mapping(content.get("application/json")).get("schema"))


def _typed_results(post: Mapping[str, Json]) -> tuple[RawResult, ...] | None:
    answer = mapping(mapping(post.get("responses")).get("200"))
    members = mapping(_json_schema(answer).get("properties"))
    # output, output_1, ... output_10: by number, not by alphabet.
    ordered = sorted(members, key=lambda name: (len(name), name))
    return tuple(RawResult(schema=members[name]) for name in ordered)


def _described_results(description: str) -> tuple[str, tuple[RawResult, ...] | None]:
    """The author's part of a description, and the schemas of the answer from the rest."""
    for match in _ANSWER.finditer(description):
        schemas = _recover(description[match.end() :], int(match["count"]))
        if schemas is not None:
            own = description[: match.start()]
            own = own[: own.rfind("Output must be fetched from GET ")]
            return own, tuple(RawResult(schema=schema) for schema in schemas)
    return description, None


def _recover(answer: str, count: int) -> list[Json] | None:
    """The schemas in the `repr` of a list of strings, each the `repr` of a schema."""
    elements = _evaluate(answer)
    if not isinstance(elements, list) or len(elements) != count:
        return None
    found = [_ELEMENT.match(text(element)) for element in elements]
    schemas = [_evaluate(match["schema"]) for match in found if match]
    return schemas if len(schemas) == count else None


def _evaluate(expression: str) -> Json:
    """A Python literal as JSON; `None` for anything else. Nothing is executed."""
    if len(expression) > _LONGEST_ANSWER:
        return None
    try:
        # A round trip through JSON refuses what is not JSON, such as a set.
        return cast("Json", json.loads(json.dumps(ast.literal_eval(expression))))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def disagreements(info: Iterable[RawOperation], openapi: Iterable[RawOperation]) -> tuple[str, ...]:
    """The differences between `/info` and openapi.json, which Gradio makes from it, one line each.

    Defaults, labels and the order of parameters are not compared: openapi.json does not have them.
    A missing type there agrees with any type.
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
