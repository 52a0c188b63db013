"""From the words of a command line to the arguments of an endpoint."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pydantic
from hubsmith_runtime import ArgumentError, EndpointNotFoundError, File
from hubsmith_runtime.model import refusal

from ...ir.model import Operation, Parameter, Service
from ...snippets.validation import Validation
from .words import read_words


def find_operation(service: Service, name: str) -> Operation:
    """Find an endpoint by its API name, the name of its method, or its number.

    Raises:
        EndpointNotFoundError: when there is none, with the nearest name there is.
    """
    for operation in service.operations:
        if operation.endpoint and str(operation.endpoint) == f"/{name.removeprefix('/')}":
            return operation
    for operation in service.operations:
        if name in (str(operation.method), str(operation.fn_index)):
            return operation
    names = [endpoint_name(operation) for operation in service.operations]
    wanted = f"/{name.removeprefix('/')}"
    raise EndpointNotFoundError(
        f"{service.source or service.class_name} has no endpoint {name!r}."
        f"{_suggestion(wanted, names)} "
        f"It has: {', '.join(names) or 'none'}."
    )


def endpoint_name(operation: Operation) -> str:
    """What an endpoint is called on the command line."""
    return str(operation.endpoint) or str(operation.fn_index)


def read_arguments(
    service: Service, operation: Operation, words: Sequence[str]
) -> dict[str, object]:
    """Read `name=value`, `--name=value` and `--name value`.

    Returns:
        The arguments by their names in the spec, files as `File`.

    Raises:
        ArgumentError: when one is unknown, given twice, not JSON, or no argument at all.
        ValidationError: when values do not fit or are missing; every problem has a line of its own.
    """
    where = endpoint_name(operation)
    given: dict[str, list[str]] = {}
    for parameter, text in _pairs(operation, words):
        given.setdefault(str(parameter.wire_name), []).append(text)
    validation = Validation(service.definitions, _file)
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
    # The name of a parameter may be any text, an equals sign in it included.
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
    return ", ".join(str(one.wire_name) for one in operation.parameters) or "none"


def _suggestion(name: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, names, 1)
    return f" Did you mean {near[0]}?" if near else ""


def _file(value: Any) -> File:
    if isinstance(value, str) and not value.startswith(("http://", "https://", "data:")):
        try:
            value = Path(value).expanduser()
        except RuntimeError as error:  # The home folder of nobody.
            raise ValueError(str(error)) from None
    return File(value)
