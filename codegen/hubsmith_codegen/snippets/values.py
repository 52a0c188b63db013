"""Values against the schemas of a service: those of a JSON document, and those typed in a shell."""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

from ..ir.model import Definition, Json, Schema

_FILES = frozenset({"#/$defs/File", "#/$defs/FileInput"})
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_TRUTHS = {"true": True, "yes": True, "on": True, "1": True}
_LIES = {"false": False, "no": False, "off": False, "0": False}
_BOUNDS: Mapping[str, tuple[str, Callable[[float, float], bool]]] = {
    "minimum": ("must be at least", lambda value, limit: value >= limit),
    "maximum": ("must be at most", lambda value, limit: value <= limit),
    "exclusiveMinimum": ("must be more than", lambda value, limit: value > limit),
    "exclusiveMaximum": ("must be less than", lambda value, limit: value < limit),
    "minLength": ("must have a length of at least", lambda value, limit: value >= limit),
    "maxLength": ("must have a length of at most", lambda value, limit: value <= limit),
    "minItems": ("must have a length of at least", lambda value, limit: value >= limit),
    "maxItems": ("must have a length of at most", lambda value, limit: value <= limit),
}
_SHOWN = 60
_DEEPEST = 100


class MismatchError(ValueError):
    """A value does not fit its schema; the message says what it must be, and what it is."""


class ValueReader:
    """Reads values by the schemas of one service.

    Args:
        definitions: The objects that the schemas refer to.
        make_file: Makes what is passed for a file from its path or URL; raises `MismatchError`.
        most_steps: How many values may be tried: alternatives within alternatives could go on
            for ever.
    """

    def __init__(
        self,
        definitions: Sequence[Definition],
        make_file: Callable[[str], object],
        *,
        most_steps: int = 2_000_000,
    ) -> None:
        self._steps_left = most_steps
        self._definitions = {str(one.class_name): one for one in definitions}
        self._make_file = make_file

    def read(self, value: Json, schema: Schema, depth: int = 0) -> object:
        """Return a JSON value with its files made.

        Raises:
            MismatchError: when it does not fit.
        """
        self._steps_left -= 1
        if depth > _DEEPEST or self._steps_left < 0:
            raise MismatchError("is nested too deeply")
        if "anyOf" in schema:
            return self._first(schema, lambda option: self.read(value, option, depth + 1))
        if "enum" in schema:
            return _choice(value, schema)
        if is_file(schema):
            if not isinstance(value, str):
                raise MismatchError(f"must be the path or URL of a file, got {_shown(value)}")
            return self._make_file(value)
        if target := schema.get("$ref"):
            return self._object(value, str(target).rpartition("/")[2], depth)
        return self._plain(value, schema, depth)

    def read_text(self, text: str, schema: Schema) -> object:
        """Return the value that a word of the command line means.

        Numbers, truth values and choices are written as they are, lists and objects as JSON or as
        `@path` of a file with JSON, files as their path, `@path` or URL. For a list of anything
        else than lists or objects, a word that is no JSON list is its only item.

        Raises:
            MismatchError: when it does not fit.
        """
        if "anyOf" in schema:
            wanted = sorted(options_of(schema), key=lambda option: _vagueness(option, text))
            return self._first(
                {"anyOf": [dict(one) for one in wanted]},
                lambda option: self.read_text(text, option),
            )
        if "enum" in schema:
            return _choice(text, schema, is_text=True)
        if is_file(schema):
            return self._make_file(text.removeprefix("@"))
        match schema.get("type"):
            case "string":
                return self._plain(text, schema, 0)
            case "boolean":
                word = text.lower()
                if word not in _TRUTHS and word not in _LIES:
                    raise MismatchError(f"must be true or false, got {_shown(text)}")
                return word in _TRUTHS
            case "integer" | "number" as kind:
                return self._plain(_number(text, kind), schema, 0)
            case "null":
                if text != "null":
                    raise MismatchError(f"must be null, got {_shown(text)}")
                return None
            case "array" if "items" in schema:
                return self._list(text, schema)
            case None if "$ref" not in schema:
                return _json_or_text(text)
            case _:
                return self.read(_json(text), schema)

    def read_texts(self, texts: Sequence[str], schema: Schema) -> object:
        """Return the value that several words for one parameter mean: they are the items of a list.

        Raises:
            MismatchError: when the parameter takes no list, or an item does not fit.
        """
        if len(texts) == 1:
            return self.read_text(texts[0], schema)
        for option in options_of(schema):
            if isinstance(item := option.get("items"), dict):
                items = [self._item(text, item, place) for place, text in enumerate(texts)]
                _check_bounds(len(items), option, items)
                return items
        raise MismatchError(f"is given {len(texts)} times, but takes one value")

    def _item(self, text: str, schema: Schema, place: int) -> object:
        try:
            return self.read_text(text, schema)
        except MismatchError as error:
            raise MismatchError(f"item {place + 1} {error}") from None

    def _list(self, text: str, schema: Schema) -> object:
        item = schema.get("items")
        item = item if isinstance(item, dict) else {}
        is_flat = all(
            is_file(one) or "enum" in one or one.get("type") not in ("array", "object", None)
            for one in options_of(item)
        )
        has_files = any(is_file(option) for option in options_of(item))
        if text.lstrip().startswith("[") or (text.startswith("@") and not has_files) or not is_flat:
            return self.read(_json(text), schema)
        items = [self._item(text, item, 0)]
        _check_bounds(len(items), schema, items)
        return items

    def _first(self, schema: Schema, read: Callable[[Schema], object]) -> object:
        messages: list[str] = []
        for option in options_of(schema):
            try:
                return read(option)
            except MismatchError as error:
                if option.get("type") != "null" and str(error) not in messages:
                    messages.append(str(error))
        raise MismatchError("; or ".join(messages) or "must be null")

    def _plain(self, value: Json, schema: Schema, depth: int) -> object:
        match schema.get("type"), value:
            case "string", str():
                _check_bounds(len(value), schema, value)
            case "boolean", bool():
                pass
            case "integer" | "number", bool():
                raise MismatchError(f"must be a number, got {_shown(value)}")
            case "integer", float() if value.is_integer():
                value = int(value)
                _check_bounds(value, schema, value)
            case ("integer", int()) | ("number", int() | float()):
                if not math.isfinite(value):
                    raise MismatchError(f"must be a finite number, got {_shown(value)}")
                _check_bounds(value, schema, value)
            case "null", None:
                pass
            case "array", list():
                return self._items(value, schema, depth)
            case "object", dict():
                inside = schema.get("additionalProperties")
                inside = inside if isinstance(inside, dict) else {}
                return {
                    name: self._inside(member, inside, f"[{name!r}]", depth)
                    for name, member in value.items()
                }
            case None, _:
                pass
            case kind, _:
                raise MismatchError(f"must be {_KINDS.get(str(kind), kind)}, got {_shown(value)}")
        return value

    def _items(self, value: list[Json], schema: Schema, depth: int) -> object:
        _check_bounds(len(value), schema, value)
        places = schema.get("prefixItems")
        if isinstance(places, list):
            schemas = [place if isinstance(place, dict) else {} for place in places]
        else:
            item = schema.get("items")
            schemas = [item if isinstance(item, dict) else {}] * len(value)
        return [
            self._inside(item, one, f"[{place}]", depth)
            for place, (item, one) in enumerate(zip(value, schemas, strict=False))
        ]

    def _object(self, value: Json, name: str, depth: int) -> object:
        definition = self._definitions[name]
        if not isinstance(value, dict):
            raise MismatchError(f"must be an object ({name}), got {_shown(value)}")
        read: dict[str, object] = dict(value)
        for member in definition.members:
            wire_name = str(member.wire_name)
            given = next((key for key in (wire_name, str(member.identifier)) if key in value), None)
            if given is not None:
                read.pop(given)
                read[wire_name] = self._inside(value[given], member.schema, f".{wire_name}", depth)
            elif member.is_required:
                raise MismatchError(f".{wire_name} is required")
        return read

    def _inside(self, value: Json, schema: Schema, where: str, depth: int) -> object:
        try:
            return self.read(value, schema, depth + 1)
        except MismatchError as error:
            said = str(error)
            gap = "" if said.startswith((".", "[")) else " "
            raise MismatchError(f"{where}{gap}{said}") from None


_KINDS = {
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "null": "null",
    "array": "a list",
    "object": "an object",
}


def options_of(schema: Schema) -> list[Schema]:
    """The alternatives of a schema; itself where it has none."""
    options = schema.get("anyOf")
    if not isinstance(options, list):
        return [schema]
    return [option for option in options if isinstance(option, dict)]


def is_file(schema: Schema) -> bool:
    """Whether a schema is that of a file."""
    return schema.get("$ref") in _FILES


def holds_file(schema: Schema, definitions: Mapping[str, Definition]) -> bool:
    """Whether a value of a schema may have a file in it."""
    return any(is_file(one) for one in reached(schema, definitions))


def reached(
    schema: Schema, definitions: Mapping[str, Definition], seen: set[str] | None = None
) -> Iterator[Schema]:
    """A schema and every one inside it, through the objects that it refers to.

    Args:
        schema: The schema.
        definitions: The objects, by name.
        seen: Those that need not be gone through again.
    """
    seen = set() if seen is None else seen
    yield schema
    inner: list[Json] = []
    for keyword in ("anyOf", "prefixItems"):
        found = schema.get(keyword)
        inner += found if isinstance(found, list) else []
    inner += [schema.get("items"), schema.get("additionalProperties")]
    for one in inner:
        if isinstance(one, dict):
            yield from reached(one, definitions, seen)
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    if name in definitions and name not in seen:
        seen.add(name)
        for member in definitions[name].members:
            yield from reached(member.schema, definitions, seen)


def _choice(value: Json, schema: Schema, *, is_text: bool = False) -> Json:
    choices = schema.get("enum")
    choices = choices if isinstance(choices, list) else []
    for choice in choices:
        same = (
            _word(choice) == value if is_text else type(choice) is type(value) and choice == value
        )
        if same:
            return choice
    words = [_word(choice) for choice in choices]
    near = difflib.get_close_matches(str(value), words, 1)
    hint = f". Did you mean {near[0]}?" if near else ""
    shown = ", ".join(words[:20]) + (", ..." if len(words) > 20 else "")
    raise MismatchError(f"must be one of {shown}, got {_shown(value)}{hint}")


def _word(choice: Json) -> str:
    """How a choice is written in a shell."""
    return choice if isinstance(choice, str) else json.dumps(choice)


def _vagueness(option: Schema, text: str) -> int:
    """Read null first, then what only some words can be, text at last."""
    kind = option.get("type")
    if kind == "null":
        return 0 if text == "null" else 5
    if kind == "string":
        return 3
    if is_file(option):
        return 2
    return 1 if option else 4


def _number(text: str, kind: str) -> int | float:
    if not _NUMBER.fullmatch(text):
        raise MismatchError(f"must be {_KINDS[kind]}, got {_shown(text)}")
    if re.fullmatch(r"[+-]?\d{1,4000}", text):
        return int(text)
    return float(text)


def _json(text: str) -> Json:
    content = text
    if text.startswith("@"):
        path = Path(text[1:]).expanduser()
        try:
            content = path.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise MismatchError(f"must be JSON, but {path} cannot be read: {reason}") from None
    try:
        return cast("Json", json.loads(content))
    except (ValueError, RecursionError) as error:
        raise MismatchError(f"must be JSON, got {_shown(content)} ({error})") from None


def _json_or_text(text: str) -> Json:
    try:
        return cast("Json", json.loads(text))
    except (ValueError, RecursionError):
        return text


def _check_bounds(size: float, schema: Schema, value: object) -> None:
    for keyword, (words, keeps) in _BOUNDS.items():
        limit = schema.get(keyword)
        if isinstance(limit, int | float) and not keeps(size, limit):
            raise MismatchError(f"{words} {limit:g}, got {_shown(value)}")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
