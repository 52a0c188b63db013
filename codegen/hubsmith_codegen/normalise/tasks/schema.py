"""Task schemas as the types of the intermediate representation.

Upstream's schemas mix three dialects: draft-06, `$defs` from a later draft, and OpenAPI 3.0
keywords such as `nullable`. This module handles all of them, and refuses anything else.
"""

from __future__ import annotations

from collections.abc import Mapping

from hubsmith_runtime import SpecError

from ...ir import types
from ...ir.json_type import Json, mapping
from ...ir.model import Alias, Definition, Member
from ...ir.names import ClassName, class_name, identifier, is_name, reserved
from ...ir.text import plain
from ...ir.types import Direction, Reference, Type, as_result, optional
from ..scalars import bounds, choices
from .documents import Overlay, Registry

SHARED_MODULE = "_common"
"""The module for classes that several tasks share."""

_BINARY = "type=binary"
_IMAGE_URL = "type=image-url"  # Our own marker: overlays mark a URL that may be given as a file.
_OWN = "$own-description"
# Members of the runtime's classes that a field must not hide.
_MEMBERS = reserved("model") | {"get", "keys"}


class Classes:
    """The classes of one document, collected while its schemas are read.

    Arguments keep their bounds and closed choices. Results have no bounds, and open choices, since
    a server may add some later. Classes come after the classes that they refer to.
    """

    def __init__(
        self,
        document: Mapping[str, Json],
        registry: Registry,
        overlay: Overlay,
        direction: Direction,
    ) -> None:
        self._document = document
        self._registry = registry
        self._overlay = overlay
        self._is_argument = direction == "argument"
        self._task_class = class_name(overlay.task, fallback="Task")
        self._module = identifier(overlay.task, fallback="task")
        self.definitions: dict[str, Definition] = {}
        self.aliases: dict[str, Alias] = {}

    def resolved(self, node: Json) -> dict[str, Json]:
        """A schema with its reference resolved; the schema's own keywords take precedence."""
        if not isinstance(node, dict):
            raise self._error(f"{node!r} is not a schema.")
        match node:
            case {"$ref": str(reference), **rest}:
                target = self.resolved(self._registry.resolve(reference, self._document))
                # The description of the type itself, as opposed to that of this use.
                own = {_OWN: target.get(_OWN, target.get("description"))}
                return {**target, **own, **rest}
            case {"allOf": [only], **rest}:
                return {**self.resolved(only), **rest}
            case _:
                return node

    def type(self, node: Json, name: str) -> Type:
        """The type that a schema describes; `name` is for an object without a title."""
        node = self.resolved(node)
        found = self._type(node, name)
        if not self._is_argument:
            found = as_result(found)
        return optional(found) if node.get("nullable") is True else found

    def _type(self, node: dict[str, Json], name: str) -> Type:
        if node.get("comment") == _BINARY:
            return self._file(node)
        if node.get("comment") == _IMAGE_URL:
            return types.FileType(form="ImageInput")
        for keyword in ("anyOf", "oneOf"):
            if isinstance(options := node.get(keyword), list):
                found, title = self._union(options, name), node.get("title")
                return self._alias(str(title), found) if title in self._overlay.aliases else found
        if "allOf" in node:
            raise self._error(f"{name} combines several schemas; only one is supported.")
        if isinstance(values := node.get("enum"), list):
            return _choices(values)
        match node.get("type"):
            case [*kinds]:
                return self._union([{**node, "type": kind} for kind in kinds], name)
            case "object":
                return self._object(node, name)
            case "array":
                item = self.type(node.get("items", {}), name)
                return types.ListType(item=item, bounds=_bounds(node, "array"))
            case "string" | "integer" | "number" | "boolean" | "null" as kind:
                return types.ScalarType(kind=kind, bounds=_bounds(node, kind))
            case None:
                return types.AnyType()
            case other:
                raise self._error(f"{name} is of type {other!r}.")

    def _file(self, node: Mapping[str, Json]) -> Type:
        if self._is_argument:
            return types.FileType(form="ContentInput")
        kind = node.get("contentMediaType")
        is_image = isinstance(kind, str) and kind.startswith("image/")
        return types.FileType(form="Image" if is_image else "Base64Bytes")

    def _alias(self, name: str, type_: Type) -> Reference:
        alias = Alias(class_name=ClassName(name), type=type_, module=self._module)
        self.aliases[name] = alias
        return Reference(class_name=alias.class_name)

    def _union(self, options: list[Json], name: str) -> Type:
        constants = [
            option["const"] for option in options if isinstance(option, dict) and "const" in option
        ]
        if len(constants) == len(options):
            return _choices(constants)
        found = [one for option in options for one in types.options_of(self.type(option, name))]
        # Merge choices that are written one by one.
        choices = [one for one in found if isinstance(one, types.ChoiceType)]
        if len(choices) > 1:
            values = tuple(value for one in choices for value in one.values)
            rest = [one for one in found if not isinstance(one, types.ChoiceType)]
            found = [types.ChoiceType(values=values), *rest]
        return types.union(found)

    def _object(self, node: dict[str, Json], name: str) -> Type:
        properties = mapping(node.get("properties"))
        if not properties:
            inside = node.get("additionalProperties")
            value = self.type(inside, name) if isinstance(inside, dict) else types.AnyType()
            return types.MappingType(value=value)
        own = self._name(node, name)
        shared = self._overlay.shared.get(own)
        chosen = shared or own
        if chosen not in self.definitions:
            module = SHARED_MODULE if shared else self._module
            self.definitions[chosen] = self._definition(chosen, node, properties, module)
        found = Reference(class_name=ClassName(chosen))
        if shared:
            self._alias(own, found)
        return found

    def _name(self, node: Mapping[str, Json], name: str) -> str:
        found = str(node.get("title") or name)
        if not found.startswith(self._task_class):
            found = self._task_class + found
        found = self._overlay.classes.get(found, found)
        if not is_name(found):
            raise self._error(f"{found!r} cannot be a class name.")
        return found

    def _definition(
        self, name: str, node: Mapping[str, Json], properties: Mapping[str, Json], module: str
    ) -> Definition:
        needed = required_of(node)
        if surplus := needed - set(properties):
            raise self._error(
                f"{name} requires {', '.join(sorted(surplus))}, "
                "which it does not define. Correct it in the overlay."
            )
        members = [self._member(name, key, properties[key], key in needed) for key in properties]
        return Definition(
            class_name=ClassName(name),
            description=plain(node.get(_OWN, node.get("description"))),
            members=tuple(sorted(members, key=lambda member: not member.is_required)),
            is_input=self._is_argument,
            is_result=not self._is_argument,
            module=module,
        )

    def _member(self, owner: str, key: str, node: Json, is_required: bool) -> Member:
        type_ = self.type(node, class_name(key, fallback="Value"))
        resolved = self.resolved(node)
        default = resolved.get("default") if self._is_argument else None
        if isinstance(default, list | dict):
            raise self._error(f"{owner}.{key} has a list or an object as its default.")
        tag = types.tag_of(type_) if is_required else None
        return Member(
            wire_name=plain(key),
            identifier=identifier(key, fallback="member", avoid=_MEMBERS),
            type=type_ if is_required or default is not None else optional(type_),
            description=plain(resolved.get("description")),
            is_required=is_required and tag is None,
            default=default if tag is None else tag,
        )

    def _error(self, what: str) -> SpecError:
        return SpecError(f"{self._document.get('$id')}: {what}")


def required_of(node: Mapping[str, Json]) -> set[str]:
    """The properties that an object must have."""
    required = node.get("required")
    return {str(name) for name in required} if isinstance(required, list) else set()


def _choices(values: list[Json]) -> Type:
    return choices(values, is_constant=len(values) == 1)


def _bounds(node: Mapping[str, Json], kind: str) -> types.Bounds:
    found = bounds(node, kind)
    is_exclusive = "exclusiveMinimum" in dict(found)
    return tuple(one for one in found if not (is_exclusive and one[0] == "minimum"))
