"""From a JSON schema in a Space's documents to a `Type`.

The keywords read here are the allow-list: anything else in a schema is ignored, so no vendor
extension, format or remote reference ever reaches the generator.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from ...ir import types
from ...ir.json_type import Json
from ...ir.model import Member
from ...ir.names import ClassName, identifier
from ...ir.text import SpecText, plain
from ...ir.types import NULL, Reference, Type, accepts, union
from ..scalars import KINDS, as_scalar, bounds, choices

_DEEPEST = 40
# A real endpoint has 125 at most. This stops references that double at each level.
_MOST_SCHEMAS = 10_000
# Every Gradio version's FileData and ImageData have these members; `meta` came with 4.1.
_FILE_MEMBERS = frozenset({"path", "url", "orig_name", "mime_type"})
_TABLE_MEMBERS = frozenset({"headers", "data"})
# From Gradio 6.13 on, openapi.json has this in place of a file that an endpoint returns.
_FILE_ANSWER = "url key to fetch the output"

Path: TypeAlias = tuple[str, ...]
"""The place of a schema: a sequence of words, from the endpoint down."""


class NotExpressible(Exception):
    """A schema has no Python type; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadObject:
    """An object with named members, with the place where it was read."""

    title: str  # Its name in the spec; may be empty.
    definition: str  # The name of its definition, if a reference led to it; else empty.
    path: Path  # Its place, which names it if titles collide.
    # Its members, sorted by name; two of them may have the same identifier.
    members: tuple[Member, ...]
    description: SpecText  # May be empty.


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    path: Path
    scope: ChainMap[str, Json]
    depth: int = 0

    def at(self, word: str) -> _Place:
        return replace(self, path=(*self.path, word))


class SchemaReader:
    """Reads the schemas of one endpoint.

    Objects are collected in `objects`, and types refer to them by their key there, which says where
    they were read: they get their names later.
    """

    def __init__(self, objects: dict[ClassName, ReadObject]) -> None:
        self._objects = objects
        self._schemas = 0
        # The definitions that are being read, and references to those that are objects.
        self._following: list[str] = []
        self._inside: dict[str, Reference] = {}

    def read(self, schema: Json, path: Path) -> Type:
        """Return the type that a schema with its definitions describes; `path` is its place.

        Raises `NotExpressible` if a reference leads nowhere or out of the document, or if there are
        too many schemas or they are nested too deeply.
        """
        return self._read(schema, _Place(path=path, scope=ChainMap()))

    def _read(self, schema: Json, place: _Place, definition: str = "") -> Type:
        self._schemas += 1
        if self._schemas > _MOST_SCHEMAS:
            raise NotExpressible(f"its schema contains more than {_MOST_SCHEMAS} schemas")
        if place.depth > _DEEPEST:
            raise NotExpressible(f"its schema is nested more than {_DEEPEST} levels deep")
        if not isinstance(schema, dict):
            return types.AnyType()
        for keyword in ("$defs", "definitions"):
            # Old Gradio versions leave a component's definitions nested inside the schema.
            if isinstance(local := schema.get(keyword), dict):
                place = replace(place, scope=place.scope.new_child(local))
        if "$ref" in schema:
            return self._reference(schema["$ref"], place)
        found = self._plain(schema, replace(place, depth=place.depth + 1), definition)
        return union([found, NULL]) if schema.get("nullable") is True else found

    def _reference(self, target: Json, place: _Place) -> Type:
        name = ""
        if isinstance(target, str):
            for start in ("#/$defs/", "#/definitions/"):
                if target.startswith(start):
                    name = target.removeprefix(start).replace("~1", "/").replace("~0", "~")
        if not name:
            raise NotExpressible(
                f"its schema refers to {plain(target) or 'nothing'}, outside of it"
            )
        if name not in place.scope:
            raise NotExpressible(f"its schema refers to {plain(name)}, which it does not define")
        if name in self._inside:
            return self._inside[name]
        if name in self._following:
            # Such as a list of itself: only a class can be named inside its own definition.
            return types.AnyType()
        self._following.append(name)
        try:
            return self._read(place.scope[name], replace(place, depth=place.depth + 1), name)
        finally:
            self._following.pop()

    def _plain(self, schema: Mapping[str, Json], place: _Place, definition: str) -> Type:
        if "const" in schema:
            return choices([schema["const"]], is_constant=True)
        if isinstance(values := schema.get("enum"), list) and values:
            return choices(values)
        for keyword in ("anyOf", "oneOf"):
            if isinstance(options := schema.get(keyword), list) and options:
                return union(
                    self._read(option, place.at(str(number)) if _is_object(option) else place)
                    for number, option in enumerate(options, 1)
                )
        if isinstance(parts := schema.get("allOf"), list) and parts:
            return self._read(_merge(parts, schema, place.scope), place, definition)
        kind = schema.get("type")
        if isinstance(kind, list):
            return union(self._read({**schema, "type": one}, place) for one in kind)
        if kind == "filepath" or schema.get("format") == "filepath":
            return types.FileType()
        if kind == "array" or (kind is None and ("items" in schema or "prefixItems" in schema)):
            return self._array(schema, place)
        if kind == "object" or (kind is None and isinstance(schema.get("properties"), dict)):
            return self._object(schema, place, definition)
        if isinstance(kind, str) and kind in KINDS:
            return types.ScalarType(kind=KINDS[kind], bounds=bounds(schema, KINDS[kind]))
        return types.AnyType()

    def _array(self, schema: Mapping[str, Json], place: _Place) -> Type:
        items = schema.get("items")
        places = schema.get("prefixItems", items if isinstance(items, list) else None)
        if isinstance(places, list) and places:
            found = [
                self._read(item, place.at(str(number))) for number, item in enumerate(places, 1)
            ]
            if schema.get("minItems") == len(found) == schema.get("maxItems"):
                return types.TupleType(items=tuple(found))
            rest = self._read(items, place) if isinstance(items, dict) else types.AnyType()
            is_closed = items is False or schema.get("maxItems") == len(found)
            return types.ListType(item=union(found if is_closed else [*found, rest]))
        return types.ListType(item=self._read(items, place), bounds=bounds(schema, "array"))

    def _object(self, schema: Mapping[str, Json], place: _Place, definition: str) -> Type:
        members = schema.get("properties")
        if not isinstance(members, dict) or not members:
            if _FILE_ANSWER in plain(schema.get("description")):
                return types.FileType()
            return types.MappingType(value=self._read(schema.get("additionalProperties"), place))
        if members.keys() >= _FILE_MEMBERS:
            return types.FileType()
        required = schema.get("required")
        names = required if isinstance(required, list) else []
        needed = {name for name in names if isinstance(name, str)}
        key = ClassName(f"{place.path[0]}#{self._schemas}")
        if definition:
            self._inside[definition] = Reference(class_name=key)
        found = tuple(
            self._member(name, members[name], name in needed, place.at(name))
            for name in sorted(members)
        )
        self._inside.pop(definition, None)
        self._objects[key] = ReadObject(
            title=plain(schema.get("title")) or plain(definition),
            definition=definition,
            path=place.path,
            members=found,
            description=plain(schema.get("description")),
        )
        is_table = _TABLE_MEMBERS <= members.keys() <= _TABLE_MEMBERS | {"metadata"}
        return Reference(class_name=key, is_table=is_table)

    def _member(self, name: str, schema: Json, is_required: bool, place: _Place) -> Member:
        found = self._read(schema, place)
        about = schema if isinstance(schema, dict) else {}
        default = about.get("default")
        return Member(
            wire_name=SpecText(name),
            identifier=identifier(name, fallback="field"),
            type=found,
            is_required=is_required,
            default=as_scalar(default) if accepts(found, default) else None,
            description=plain(about.get("description")),
        )


def _merge(parts: list[Json], schema: Mapping[str, Json], scope: Mapping[str, Json]) -> Json:
    """Merge the schemas of an `allOf`; only objects can be merged."""
    if len(parts) == 1:
        return parts[0]
    members: dict[str, Json] = {}
    required: list[Json] = []
    for part in parts:
        if isinstance(part, dict) and isinstance(reference := part.get("$ref"), str):
            part = scope.get(reference.rpartition("/")[2])
        if not isinstance(part, dict) or not isinstance(found := part.get("properties"), dict):
            return {}
        members |= found
        names = part.get("required")
        required += names if isinstance(names, list) else []
    title = schema.get("title")
    return {"type": "object", "title": title, "properties": members, "required": required}


def _is_object(schema: Json) -> bool:
    return isinstance(schema, dict) and isinstance(schema.get("properties"), dict)
