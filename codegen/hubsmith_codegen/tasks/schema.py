"""Task schemas written out as the clean schemas of the intermediate representation.

Upstream's schemas mix three dialects: draft-06, `$defs` of a later one, and keywords of OpenAPI 3.0
such as `nullable`. This module knows them all, and lets nothing else through.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, cast

from hubsmith_runtime import SpecError

from ..ir import Definition, Member, Schema
from ..json_type import Json
from ..names import ClassName, class_name, identifier, is_name, reserved
from ..text import plain
from .model import BASE64_BYTES, CONTENT_INPUT, IMAGE
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
_NULL: Json = {"type": "null"}
# Members of the runtime's classes that a field must not hide.
_MEMBERS = reserved("model") | {"get", "keys"}


class Classes:
    """The classes of one document, found while its schemas are written out.

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
        self.aliases: dict[str, Schema] = {}

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

    def schema(self, node: Json, name: str) -> dict[str, Json]:
        """A schema written out clean.

        Args:
            node: The schema.
            name: What an object without a title is called.
        """
        node = self.resolved(node)
        written = self._written(node, name)
        if node.get("nullable") is True:
            return optional(written)
        return written

    def _written(self, node: dict[str, Json], name: str) -> dict[str, Json]:
        if node.get("comment") == _BINARY:
            return {"$ref": f"#/$defs/{self._media(node)}"}
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
                items = self.schema(node.get("items", {}), name)
                return {"type": "array", "items": items, **self._bounds(node, "array")}
            case "string" | "integer" | "number" | "boolean" | "null" as kind:
                return {"type": kind, **self._bounds(node, kind)}
            case None:
                return {}
            case other:
                raise SpecError(f"{self._document.get('$id')}: {name} is of type {other!r}.")

    def _media(self, node: Mapping[str, Json]) -> str:
        if self._is_argument:
            return CONTENT_INPUT
        kind = node.get("contentMediaType")
        return IMAGE if isinstance(kind, str) and kind.startswith("image/") else BASE64_BYTES

    def _named_union(self, title: Json, options: list[Json], name: str) -> dict[str, Json]:
        written = self._union(options, name)
        if not isinstance(title, str) or title not in self._aliases:
            return written
        self.aliases[title] = written
        return {"$ref": f"#/$defs/{title}"}

    def _union(self, options: list[Json], name: str) -> dict[str, Json]:
        constants = [
            option["const"] for option in options if isinstance(option, dict) and "const" in option
        ]
        if len(constants) == len(options):
            return self._choices(constants)
        written: list[Json] = []
        for option in options:
            schema = self.schema(option, name)
            inside = schema.get("anyOf")
            for one in inside if isinstance(inside, list) else [schema]:
                if one not in written:
                    written.append(one)
        # Choices written one by one are one choice.
        choices = [one["enum"] for one in written if isinstance(one, dict) and "enum" in one]
        if len(choices) > 1:
            together = [value for values in choices for value in cast("list[Json]", values)]
            rest = [one for one in written if not (isinstance(one, dict) and "enum" in one)]
            written = [{"enum": together}, *rest]
        return {"anyOf": written} if len(written) > 1 else cast("dict[str, Json]", written[0])

    def _choices(self, values: list[Json]) -> dict[str, Json]:
        words = [value for value in values if not isinstance(value, bool)]
        options: list[Json] = []
        if True in values and False in values:
            options.append({"type": "boolean"})
            values = words
        options.append({"enum": values})
        if not self._is_argument and len(words) > 1:
            options.append({"type": "string"})
        return {"anyOf": options} if len(options) > 1 else {"enum": values}

    def _bounds(self, node: Mapping[str, Json], kind: str) -> dict[str, Json]:
        if not self._is_argument:
            return {}
        found = {key: node[key] for key in _BOUNDS.get(kind, ()) if key in node}
        if "exclusiveMinimum" in found:
            found.pop("minimum", None)
        return found

    def _object(self, node: dict[str, Json], name: str) -> dict[str, Json]:
        properties = node.get("properties")
        if not isinstance(properties, dict) or not properties:
            inside = node.get("additionalProperties")
            value = self.schema(inside, name) if isinstance(inside, dict) else {}
            return {"type": "object", "additionalProperties": value}
        chosen = self._name(node, name)
        if chosen not in self._definitions:
            self._definitions[chosen] = self._definition(chosen, node, properties)
        return {"$ref": f"#/$defs/{chosen}"}

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
            schema = self.schema(value, class_name(key, fallback="Value"))
            is_required = key in needed
            default = self.resolved(value).get("default") if self._is_argument else None
            if isinstance(default, list | dict):
                raise SpecError(f"{self._document.get('$id')}: {name}.{key} has an odd default.")
            is_always = is_required or default is not None
            members.append(
                Member(
                    wire_name=plain(key),
                    identifier=identifier(key, fallback="member", avoid=_MEMBERS),
                    schema=schema if is_always else optional(schema),
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


def optional(schema: Schema) -> dict[str, Json]:
    """The schema, or null."""
    if not schema:
        return {}
    options = schema.get("anyOf")
    found = options if isinstance(options, list) else [dict(schema)]
    return dict(schema) if _NULL in found else {"anyOf": [*found, _NULL]}


def is_file(schema: Schema) -> bool:
    """Whether a clean schema is that of a file argument."""
    target = {"$ref": f"#/$defs/{CONTENT_INPUT}"}
    options = schema.get("anyOf")
    return schema == target or (isinstance(options, list) and target in options)
