"""From a JSON schema as a stranger wrote it to a `Type`.

The keywords read here are the allow-list: whatever else stands in a schema is not looked at, so no
vendor extension, format or remote reference ever reaches the generator.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from ...ir.model import Json, Scalar
from ...ir.text import NO_TEXT, plain
from ...ir.types import (
    NULL,
    AnyType,
    ChoiceType,
    Field,
    FileType,
    Kind,
    ListType,
    MappingType,
    ObjectType,
    RecursiveType,
    ScalarType,
    TupleType,
    Type,
    accepts,
    union,
)

_DEEPEST = 40
_MOST_CHOICES = 500
_KINDS: Mapping[str, Kind] = {
    "string": "string",
    "str": "string",
    "integer": "integer",
    "int": "integer",
    "number": "number",
    "float": "number",
    "boolean": "boolean",
    "bool": "boolean",
    "null": "null",
}
_BOUNDS: Mapping[str, tuple[str, ...]] = {
    "string": ("minLength", "maxLength"),
    "integer": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    "array": ("minItems", "maxItems"),
}
# Every Gradio version's FileData and ImageData have these members; `meta` came with 4.1.
_FILE_MEMBERS = frozenset({"path", "url", "orig_name", "mime_type"})
# What openapi.json of 6.13 and later writes in the place of a file that an endpoint returns.
_FILE_ANSWER = "url key to fetch the output"

_Definitions = Mapping[str, Json]


class NotExpressible(Exception):
    """A schema that has no Python type; the message says what is wrong with it."""


def read_type(schema: Json, path: tuple[str, ...]) -> Type:
    """The type that a schema describes.

    Args:
        schema: The schema, with the definitions it refers to inside it.
        path: Words that say where it stands, from the endpoint down.

    Raises:
        NotExpressible: for a reference that leads nowhere or out of the document, and for nesting
            deeper than 40 levels.
    """
    return _Reader().read(schema, path, {}, 0)


class _Reader:
    """Follows one schema down; remembers which definitions it is inside of."""

    def __init__(self) -> None:
        # The objects we are in, outermost first: the definition's name, or None for an inline one.
        self._objects: list[str | None] = []
        self._following: list[str] = []
        self._entering: str | None = None

    def read(self, schema: Json, path: tuple[str, ...], scope: _Definitions, depth: int) -> Type:
        if depth > _DEEPEST:
            raise NotExpressible(f"its schema is nested more than {_DEEPEST} levels deep")
        if not isinstance(schema, dict):
            return AnyType()
        for keyword in ("$defs", "definitions"):
            # Old versions leave definitions where a component wrote them, deep inside.
            if isinstance(local := schema.get(keyword), dict):
                scope = {**scope, **local}
        if "$ref" in schema:
            return self._reference(schema["$ref"], path, scope, depth)
        entering, self._entering = self._entering, None
        found = self._plain(schema, path, scope, depth + 1, entering)
        return union([found, NULL]) if schema.get("nullable") is True else found

    def _reference(
        self, target: Json, path: tuple[str, ...], scope: _Definitions, depth: int
    ) -> Type:
        name = ""
        if isinstance(target, str):
            for start in ("#/$defs/", "#/definitions/"):
                if target.startswith(start):
                    name = target.removeprefix(start).replace("~1", "/").replace("~0", "~")
        if not name:
            raise NotExpressible(
                f"its schema refers to {plain(target) or 'nothing'}, outside of it"
            )
        if name not in scope:
            raise NotExpressible(f"its schema refers to {plain(name)}, which it does not define")
        if name in self._objects:
            return RecursiveType(levels=self._objects[::-1].index(name) + 1)
        if name in self._following:
            # A list of itself, say: only a class can be named inside its own definition.
            return AnyType()
        self._following.append(name)
        self._entering = name
        try:
            return self.read(scope[name], path, scope, depth + 1)
        finally:
            self._entering = None
            self._following.pop()

    def _plain(
        self,
        schema: Mapping[str, Json],
        path: tuple[str, ...],
        scope: _Definitions,
        depth: int,
        entering: str | None,
    ) -> Type:
        if "const" in schema:
            return _choices([schema["const"]], is_constant=True)
        if isinstance(values := schema.get("enum"), list) and values:
            return _choices(values)
        for keyword in ("anyOf", "oneOf"):
            if isinstance(options := schema.get(keyword), list) and options:
                return union(
                    [
                        self.read(
                            option,
                            (*path, str(place)) if _is_object(option) else path,
                            scope,
                            depth,
                        )
                        for place, option in enumerate(options, 1)
                    ]
                )
        if isinstance(parts := schema.get("allOf"), list) and parts:
            self._entering = entering
            return self.read(_merge(parts, schema, scope), path, scope, depth)
        kind = schema.get("type")
        if isinstance(kind, list):
            return union([self.read({**schema, "type": one}, path, scope, depth) for one in kind])
        if kind == "filepath" or schema.get("format") == "filepath":
            return FileType()
        if kind == "array" or (kind is None and ("items" in schema or "prefixItems" in schema)):
            return self._array(schema, path, scope, depth)
        if kind == "object" or (kind is None and isinstance(schema.get("properties"), dict)):
            return self._object(schema, path, scope, depth, entering)
        if isinstance(kind, str) and kind in _KINDS:
            return ScalarType(kind=_KINDS[kind], bounds=_bounds(schema, _KINDS[kind]))
        return AnyType()

    def _array(
        self, schema: Mapping[str, Json], path: tuple[str, ...], scope: _Definitions, depth: int
    ) -> Type:
        items = schema.get("items")
        places = schema.get("prefixItems", items if isinstance(items, list) else None)
        if isinstance(places, list) and places:
            found = [
                self.read(place, (*path, str(number)), scope, depth)
                for number, place in enumerate(places, 1)
            ]
            if schema.get("minItems") == len(found) == schema.get("maxItems"):
                return TupleType(items=tuple(found))
            rest = self.read(items, path, scope, depth) if isinstance(items, dict) else AnyType()
            is_closed = items is False or schema.get("maxItems") == len(found)
            return ListType(item=union(found if is_closed else [*found, rest]))
        return ListType(item=self.read(items, path, scope, depth), bounds=_bounds(schema, "array"))

    def _object(
        self,
        schema: Mapping[str, Json],
        path: tuple[str, ...],
        scope: _Definitions,
        depth: int,
        entering: str | None,
    ) -> Type:
        members = schema.get("properties")
        if not isinstance(members, dict) or not members:
            if _FILE_ANSWER in plain(schema.get("description")):
                return FileType()
            extra = schema.get("additionalProperties")
            return MappingType(value=self.read(extra, path, scope, depth))
        if members.keys() >= _FILE_MEMBERS:
            return FileType()
        required = schema.get("required")
        names = (
            {name for name in required if isinstance(name, str)}
            if isinstance(required, list)
            else set[str]()
        )
        self._objects.append(entering)
        try:
            fields = tuple(
                self._field(name, members[name], name in names, path, scope, depth)
                for name in sorted(members)
            )
        finally:
            self._objects.pop()
        title = plain(schema.get("title")) or plain(entering)
        return ObjectType(
            title=title, path=path, fields=fields, description=plain(schema.get("description"))
        )

    def _field(
        self,
        name: str,
        schema: Json,
        is_required: bool,
        path: tuple[str, ...],
        scope: _Definitions,
        depth: int,
    ) -> Field:
        found = self.read(schema, (*path, name), scope, depth)
        default, description = None, NO_TEXT
        if isinstance(schema, dict):
            default, description = schema.get("default"), plain(schema.get("description"))
        return Field(
            name=name,
            type=found,
            is_required=is_required,
            default=as_scalar(default) if accepts(found, default) else None,
            description=description,
        )


def as_scalar(value: Json) -> Scalar:
    """The value where it is one that a signature can hold, else `None`."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, bool | int | float | str) else None


def _choices(values: list[Json], *, is_constant: bool = False) -> Type:
    """The type of an enumeration, by its values: Gradio calls every enumeration a string."""
    options: list[Type] = []
    choices: list[str | int | bool] = []
    for value in values:
        if isinstance(value, bool | int | str):
            choices.append(value)
        elif isinstance(value, float):
            # A literal type cannot hold it.
            options.append(ScalarType(kind="number"))
        else:
            options.append(NULL if value is None else AnyType())
    if len(choices) > _MOST_CHOICES:
        kinds = {type(choice) for choice in choices}
        names: dict[type, Kind] = {bool: "boolean", int: "integer", str: "string"}
        options += [ScalarType(kind=names[kind]) for kind in names if kind in kinds]
    elif choices:
        # 1 and True are equal to Python, yet two choices.
        once = tuple({(type(choice), choice): choice for choice in choices}.values())
        options.insert(0, ChoiceType(values=once, is_constant=is_constant))
    return union(options)


def _bounds(schema: Mapping[str, Json], kind: str) -> tuple[tuple[str, float], ...]:
    found: list[tuple[str, float]] = []
    for keyword in _BOUNDS.get(kind, ()):
        limit = schema.get(keyword)
        if isinstance(limit, bool) or not isinstance(limit, int | float):
            continue
        if not math.isfinite(limit):
            continue
        if kind in ("integer", "number"):
            found.append((keyword, limit))
        elif limit >= 0 and limit == int(limit):
            # A length; half a character is none.
            found.append((keyword, int(limit)))
    return tuple(found)


def _merge(parts: list[Json], schema: Mapping[str, Json], scope: _Definitions) -> Json:
    """All of several schemas as one; only objects can be laid over each other."""
    if len(parts) == 1:
        return parts[0]
    merged: dict[str, Json] = {"type": "object", "title": schema.get("title")}
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
    return {**merged, "properties": members, "required": required}


def _is_object(schema: Json) -> bool:
    return isinstance(schema, dict) and isinstance(schema.get("properties"), dict)
