"""Endpoints as `openapi.json` describes them, for where nothing else is at hand.

Gradio has written two different documents under this name. From 5.29 to 6.12 the answers have
types and the references in them lead nowhere, which `reading` mends. From 6.13 on the answers'
types stand only inside the endpoint's description, as the `repr` of a Python list.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from typing import cast

from ...ir.json_type import Json, mapping, text
from ...load.document import WireGeneration
from .raw import RawOperation, RawParameter, RawResult

_PATHS = {
    "run": re.compile(r"^.*?/run/(?P<name>.+)$"),
    "call-v2": re.compile(r"^.*?/call/v2/(?P<name>.+)$"),
}
_ANSWER = re.compile(r"Returns an array of (?P<count>\d{1,4}) elements? of the following format: ")
_ELEMENT = re.compile(r"output(?:_\d+)? \((?P<schema>.*)\)$", re.DOTALL)
# Python's own parser reads the recovered text; this bounds what it is given.
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
    """The author's own part of a description, and the answer's schemas found in the rest."""
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
    schemas: list[Json] = []
    for element in elements:
        match = _ELEMENT.match(element) if isinstance(element, str) else None
        if match is None:
            return None
        schemas.append(_evaluate(match["schema"]))
    return schemas


def _evaluate(expression: str) -> Json:
    """A Python literal as JSON; `None` for what is none. Literals only: nothing is run."""
    if len(expression) > _LONGEST_ANSWER:
        return None
    try:
        # Through JSON and back: what has no JSON form, such as a set, is no schema either.
        return cast("Json", json.loads(json.dumps(ast.literal_eval(expression))))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
