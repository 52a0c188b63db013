"""Task schemas as the types of the intermediate representation.

Upstream's schemas mix three dialects: draft-06, `$defs` of a later one, and keywords of OpenAPI 3.0
such as `nullable`. This module knows them all, and lets nothing else through.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, cast

from hubsmith_runtime import SpecError

from ...ir.json_type import Json
from ...ir.model import Definition, Member
from ...ir.names import ClassName, class_name, identifier, is_name, reserved
from ...ir.text import plain
from ...ir.types import (
    AnyType,
    ChoiceType,
    FileType,
    ListType,
    MappingType,
    Reference,
    ScalarType,
    Type,
    UnionType,
    optional,
    union,
)
from .registry import Registry

Direction: TypeAlias = Literal["argument", "result"]

_BINARY = "type=binary"
_OWN = "$own-description"
_BOUNDS = {
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    "string": ("minLength", "maxLength"),
    "array": ("minItems", "maxItems"),
}
_BOUNDS["integer"] = _BOUNDS["number"]
# Members of the runtime's classes that a field must not hide.
_MEMBERS = reserved("model") | {"get", "keys"}


class Classes:
    """The classes of one document, found while its schemas are read.

    Args:
        document: The document.
        registry: Where its references lead.
        task_class: The task as the beginning of a class name, such as `FillMask`.
        renamed: Class names by the name found here.
        aliases: Titles of unions that have a name in Python.
        direction: Arguments keep their bounds and closed choices. Results have no bounds, and a
            choice that a server adds later is still a result.

    Attributes:
        aliases: The unions that have a name, by it.
    """

    def __init__(
        self,
        document: Mapping[str, Json],
        registry: Registry,
        task_class: str,
        renamed: Mapping[str, str],
        aliases: tuple[str, ...],
        direction: Direction,
    ) -> None:
        self._document = document
        self._registry = registry
        self._task_class = task_class
        self._renamed = renamed
        self._is_argument = direction == "argument"
        self._aliases = aliases
        self._definitions: dict[str, Definition] = {}
        self.aliases: dict[str, Type] = {}

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """The classes found so far, each behind those it refers to."""
        return tuple(self._definitions.values())

    def resolved(self, node: Json) -> dict[str, Json]:
        """A schema with its reference followed; what stands beside the reference wins."""
        if not isinstance(node, dict):
            raise SpecError(f"{self._document.get('$id')}: {node!r} is not a schema.")
        match node:
            case {"$ref": str(reference)}:
                beside = {key: value for key, value in node.items() if key != "$ref"}
                target = self.resolved(self._registry.resolve(reference, self._document))
                # What the type is, beside what this use of it is.
                own = {_OWN: target.get(_OWN, target.get("description"))}
                return {**target, **own, **beside}
            case {"allOf": [only]}:
                beside = {key: value for key, value in node.items() if key != "allOf"}
                return {**self.resolved(only), **beside}
            case _:
                return node

    def type(self, node: Json, name: str) -> Type:
        """The type that a schema describes.

        Args:
            node: The schema.
            name: What an object without a title is called.
        """
        node = self.resolved(node)
        found = self._type(node, name)
        return optional(found) if node.get("nullable") is True else found

    def _type(self, node: dict[str, Json], name: str) -> Type:
        if node.get("comment") == _BINARY:
            return self._file(node)
        for keyword in ("anyOf", "oneOf"):
            if isinstance(options := node.get(keyword), list):
                return self._named_union(node.get("title"), options, name)
        if "allOf" in node:
            raise SpecError(f"{self._document.get('$id')}: {name} is several schemas at once.")
        if isinstance(values := node.get("enum"), list):
            return self._choices(values)
        match node.get("type"):
            case [*kinds]:
                return self._union([{**node, "type": kind} for kind in kinds], name)
            case "object":
                return self._object(node, name)
            case "array":
                item = self.type(node.get("items", {}), name)
                return ListType(item=item, bounds=self._bounds(node, "array"))
            case "string" | "integer" | "number" | "boolean" | "null" as kind:
                return ScalarType(kind=kind, bounds=self._bounds(node, kind))
            case None:
                return AnyType()
            case other:
                raise SpecError(f"{self._document.get('$id')}: {name} is of type {other!r}.")

    def _file(self, node: Mapping[str, Json]) -> Type:
        if self._is_argument:
            return FileType(form="ContentInput")
        kind = node.get("contentMediaType")
        is_image = isinstance(kind, str) and kind.startswith("image/")
        return FileType(form="Image" if is_image else "Base64Bytes")

    def _named_union(self, title: Json, options: list[Json], name: str) -> Type:
        found = self._union(options, name)
        if not isinstance(title, str) or title not in self._aliases:
            return found
        self.aliases[title] = found
        return Reference(class_name=ClassName(title))

    def _union(self, options: list[Json], name: str) -> Type:
        constants = [
            option["const"] for option in options if isinstance(option, dict) and "const" in option
        ]
        if len(constants) == len(options):
            return self._choices(constants)
        found: list[Type] = []
        for option in options:
            type_ = self.type(option, name)
            found += type_.options if isinstance(type_, UnionType) else [type_]
        # Choices written one by one are one choice.
        choices = [one for one in found if isinstance(one, ChoiceType)]
        if len(choices) > 1:
            values = tuple(value for one in choices for value in one.values)
            rest = [one for one in found if not isinstance(one, ChoiceType)]
            found = [ChoiceType(values=values), *rest]
        return union(found)

    def _choices(self, values: list[Json]) -> Type:
        options: list[Type] = []
        words = [value for value in values if not isinstance(value, bool)]
        if True in values and False in values:
            options.append(ScalarType(kind="boolean"))
            values = list(words)
        choices = tuple(value for value in values if isinstance(value, str | int))
        options.append(ChoiceType(values=choices))
        if not self._is_argument and len(words) > 1:
            # A server may add a choice later.
            options.append(ScalarType(kind="string"))
        return union(options)

    def _bounds(self, node: Mapping[str, Json], kind: str) -> tuple[tuple[str, float], ...]:
        if not self._is_argument:
            return ()
        found = {key: node[key] for key in _BOUNDS.get(kind, ()) if key in node}
        if "exclusiveMinimum" in found:
            found.pop("minimum", None)
        return tuple(cast("dict[str, float]", found).items())

    def _object(self, node: dict[str, Json], name: str) -> Type:
        properties = node.get("properties")
        if not isinstance(properties, dict) or not properties:
            inside = node.get("additionalProperties")
            value = self.type(inside, name) if isinstance(inside, dict) else AnyType()
            return MappingType(value=value)
        chosen = self._name(node, name)
        if chosen not in self._definitions:
            self._definitions[chosen] = self._definition(chosen, node, properties)
        return Reference(class_name=ClassName(chosen))

    def _name(self, node: Mapping[str, Json], name: str) -> str:
        found = str(node.get("title") or name)
        if not found.startswith(self._task_class):
            found = self._task_class + found
        found = self._renamed.get(found, found)
        if not is_name(found):
            raise SpecError(f"{self._document.get('$id')}: {found!r} cannot be a class name.")
        return found

    def _definition(
        self, name: str, node: Mapping[str, Json], properties: Mapping[str, Json]
    ) -> Definition:
        required = node.get("required")
        needed = set(cast("list[str]", required)) if isinstance(required, list) else set[str]()
        if surplus := needed - set(properties):
            raise SpecError(
                f"{self._document.get('$id')}: {name} requires {', '.join(sorted(surplus))}, "
                "which it does not have. Correct it in the overlay."
            )
        members: list[Member] = []
        for key, value in properties.items():
            type_ = self.type(value, class_name(key, fallback="Value"))
            is_required = key in needed
            default = self.resolved(value).get("default") if self._is_argument else None
            if isinstance(default, list | dict):
                raise SpecError(f"{self._document.get('$id')}: {name}.{key} has an odd default.")
            is_always = is_required or default is not None
            members.append(
                Member(
                    wire_name=plain(key),
                    identifier=identifier(key, fallback="member", avoid=_MEMBERS),
                    type=type_ if is_always else optional(type_),
                    description=plain(self.resolved(value).get("description")),
                    is_required=is_required,
                    default=default,
                )
            )
        return Definition(
            class_name=ClassName(name),
            description=plain(node.get(_OWN, node.get("description"))),
            members=tuple(sorted(members, key=lambda member: not member.is_required)),
        )
