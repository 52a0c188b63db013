"""Parsing the words of a command line into the arguments of an endpoint."""

from __future__ import annotations

import contextlib
import difflib
import json
from collections.abc import Iterator, Sequence
from typing import Any, cast

import pydantic
from hubsmith_runtime import ArgumentError, EndpointNotFoundError, File
from hubsmith_runtime.errors import shorten
from hubsmith_runtime.model import refusal

from ...ir.json_type import Json
from ...ir.model import Operation, Parameter, Service
from ...ir.types import (
    NULL,
    AnyType,
    ChoiceType,
    FileType,
    ListType,
    MappingType,
    Reference,
    ScalarType,
    TupleType,
    Type,
    UnionType,
    holds_file,
    options_of,
)
from ...snippets.validation import Validation
from ..console import typed_path


def find_operation(service: Service, name: str) -> Operation:
    """Find an endpoint by its API name, the name of its method, or its number."""
    wanted = f"/{name.removeprefix('/')}"
    for operation in service.operations:
        if operation.endpoint == wanted:
            return operation
    for operation in service.operations:
        if name in (str(operation.method), str(operation.fn_index)):
            return operation
    names = [endpoint_name(operation) for operation in service.operations]
    raise EndpointNotFoundError(
        f"{service.source or service.class_name} has no endpoint {name!r}."
        f"{_suggestion(wanted, names)} "
        f"It has: {', '.join(names) or 'none'}."
    )


def endpoint_name(operation: Operation) -> str:
    """The name of an endpoint on the command line."""
    return str(operation.endpoint) or str(operation.fn_index)


def read_arguments(
    service: Service, operation: Operation, words: Sequence[str]
) -> dict[str, object]:
    """Read `name=value`, `--name=value` and `--name value` into arguments by wire name.

    Raises:
        ArgumentError: when one is unknown, given twice, not JSON, or not an argument at all.
        ValidationError: when values do not fit or are missing; with a line for each problem.
    """
    where = endpoint_name(operation)
    given: dict[str, list[str]] = {}
    for parameter, text in _pairs(operation, words):
        given.setdefault(str(parameter.wire_name), []).append(text)
    validation = Validation(service.definitions, file_of_word)
    arguments: dict[str, object] = {}
    for parameter in operation.parameters:
        if (name := str(parameter.wire_name)) in given:
            try:
                arguments[name] = read_words(given[name], parameter.type, validation)
            except ArgumentError as error:
                raise ArgumentError(f"{where}: {name} {error}") from None
    try:
        return validation.read_arguments(arguments, operation.parameters)
    except pydantic.ValidationError as error:
        raise refusal(where, arguments, error) from None


def _pairs(operation: Operation, words: Sequence[str]) -> Iterator[tuple[Parameter, str]]:
    rest = iter(words)
    for word in rest:
        if word.startswith("--") and len(word) > 2:
            name, equals, text = word[2:].partition("=")
            parameter = _parameter(operation, name, is_option=True)
            if not equals:
                following = next(rest, None)
                if following is None:
                    raise ArgumentError(f"{endpoint_name(operation)}: {word} needs a value.")
                text = following
            yield parameter, text
            continue
        yield _split(operation, word)


def _split(operation: Operation, word: str) -> tuple[Parameter, str]:
    # The name of a parameter can be any text, and may itself contain an equals sign.
    for parameter in sorted(operation.parameters, key=lambda one: -len(one.wire_name)):
        if word.startswith(f"{parameter.wire_name}="):
            return parameter, word[len(parameter.wire_name) + 1 :]
    name, equals, text = word.partition("=")
    if not equals:
        raise ArgumentError(
            f"{endpoint_name(operation)}: {word!r} is not name=value. "
            f"Its parameters are: {_names(operation)}."
        )
    return _parameter(operation, name), text


def _parameter(operation: Operation, name: str, *, is_option: bool = False) -> Parameter:
    for parameter in operation.parameters:
        if name in (str(parameter.wire_name), str(parameter.identifier)):
            return parameter
    wanted = name.replace("-", "_").lower()
    for parameter in operation.parameters:
        if is_option and wanted == str(parameter.identifier).lower():
            return parameter
    names = [str(one.wire_name) for one in operation.parameters]
    what = f"parameter or option --{name}" if is_option else f"parameter {name!r}"
    raise ArgumentError(
        f"{endpoint_name(operation)} has no {what}.{_suggestion(name, names)} "
        f"Its parameters are: {_names(operation)}."
    )


def _names(operation: Operation) -> str:
    return ", ".join(one.wire_name for one in operation.parameters) or "none"


def _suggestion(name: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, names, 1)
    return f" Did you mean {near[0]}?" if near else ""


def file_of_word(value: Any) -> File:
    """Return the file that a word means: a path or a URL."""
    if value == "":
        raise ValueError("a path or a URL is required")
    if isinstance(value, str) and not value.startswith(("http://", "https://", "data:")):
        value = typed_path(value)
    return File(value)


def read_words(words: Sequence[str], type_: Type, validation: Validation) -> object:
    """The value that the words for one parameter stand for; several words are items of a list.

    Numbers, booleans and choices are written as they are, lists and objects as JSON or as `@path`
    of a JSON file, files as their path, `@path` or URL. For a list of anything other than lists or
    objects, a word that is not a JSON list is its only item.
    """
    if len(words) == 1:
        return _read(words[0], type_, validation)
    for option in options_of(type_):
        if isinstance(option, ListType):
            return [_read(word, option.item, validation) for word in words]
    raise ArgumentError(f"was given {len(words)} times, but takes one value.")


def _read(word: str, type_: Type, validation: Validation) -> object:
    match type_:
        case UnionType(options=options):
            if word == "null" and NULL in options:
                return None
            some = [one for one in options if one != NULL]
            *others, vaguest = sorted(some, key=lambda one: _vagueness(one, word))
            for option in others:
                with contextlib.suppress(ValueError):
                    return validation.read(_read(word, option, validation), option)
            return _read(word, vaguest, validation)
        case ChoiceType(values=values):
            # Choices that are strings are written as they are, the others as JSON.
            words = {one if isinstance(one, str) else json.dumps(one): one for one in values[::-1]}
            return words.get(word, word)
        case ScalarType(kind="null"):
            return None if word == "null" else word
        case FileType():
            return word.removeprefix("@")
        case ListType(item=item) if not _is_json(word, item):
            return [_read(word, item, validation)]
        case AnyType() if not word.startswith("@"):
            with contextlib.suppress(ValueError, RecursionError):
                return json.loads(word)
            return word
        case ListType() | TupleType() | MappingType() | Reference() | AnyType():
            return _json(word)
        case _:
            return word


def _vagueness(option: Type, word: str) -> tuple[bool, bool, bool, bool]:
    """Sort key: specific types first, then strings, then a list with this word as its only item."""
    is_text = isinstance(option, ScalarType) and option.kind == "string"
    is_item = isinstance(option, ListType) and not _is_json(word, option.item)
    return isinstance(option, AnyType), is_item, is_text, isinstance(option, FileType)


def _is_json(word: str, item: Type) -> bool:
    """Whether a word for a list is the whole list as JSON, rather than its only item."""
    is_flat = all(isinstance(one, ScalarType | ChoiceType | FileType) for one in options_of(item))
    is_path = word.startswith("@") and not holds_file(item)
    return word.lstrip().startswith("[") or is_path or not is_flat


def _json(word: str) -> Json:
    content = word
    if word.startswith("@"):
        path = typed_path(word[1:])
        try:
            content = path.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise ArgumentError(f"is not JSON: {path} cannot be read: {reason}.") from None
    try:
        return cast("Json", json.loads(content))
    except (ValueError, RecursionError) as error:
        raise ArgumentError(f"is not JSON: {error}, got {shorten(content)}.") from None
