"""What the documentation of generated code says, as lines of clean text.

Words of a spec are cleaned by `text`; the lines made here still pass `text.docstring` before they
are source.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..ir.model import Definition, Json, Operation, Parameter, Result, Schema
from ..ir.text import literal, paragraphs, plain, sentence

_FILE_HELP = "a path, URL, bytes, open file, PIL image or File"
_LONGEST_DEFAULT = 60


def operation_lines(operation: Operation, result: str) -> list[str]:
    """The docstring of a stub, Google style.

    Args:
        operation: The endpoint.
        result: The annotation of what it returns.
    """
    lines = [*_about(operation)]
    if operation.streams:
        lines += ["", "Sends partial results: iterate over a job of `jobs` to see each."]
    if operation.parameters:
        lines += ["", "Args:"]
        lines += [f"    {one.identifier}: {parameter_help(one)}" for one in operation.parameters]
    if returned := _returned(operation, result):
        lines += ["", "Returns:", f"    {returned}"]
    return lines


def request_lines(operation: Operation) -> list[str]:
    """The docstring of a request model."""
    return [f"Arguments of {endpoint_name(operation)}."]


def result_lines(operation: Operation) -> list[str]:
    """The docstring of a named tuple."""
    return [f"Results of {endpoint_name(operation)}."]


def definition_lines(definition: Definition) -> list[str]:
    """The docstring of an object type."""
    # Gradio lists the members in prose; they have lines of their own here.
    about = re.split(r"\s(?:Parameters|Attributes|Args):", definition.description)[0]
    return [sentence(about) or "An object of the Space's API."]


def endpoint_name(operation: Operation) -> str:
    """The endpoint as documentation names it."""
    if operation.endpoint:
        return f"`{plain(operation.endpoint)}`"
    return f"the unnamed function {operation.fn_index}"


def parameter_help(parameter: Parameter) -> str:
    """One line of help: the label, what the spec adds, how to pass a file, the Space's default."""
    description = _FILE_HELP if _takes_file(parameter.schema) else plain(parameter.description)
    label = plain(parameter.label).rstrip(".:")
    help_ = sentence(f"{label}: {description}" if label and description else label or description)
    if parameter.default is not None and parameter.default.wire is not None:
        value = plain(literal(parameter.default.wire))
        short = f": {value}" if len(value) <= _LONGEST_DEFAULT else ""
        help_ = f"{help_} Left out, the Space's own value is sent{short}."
    return help_.strip() or _kind(parameter.schema)


def result_help(result: Result) -> str:
    """One line of help on a result; empty where the spec says nothing."""
    return sentence(result.label)


def _about(operation: Operation) -> list[str]:
    call = f"Call {endpoint_name(operation)}."
    own = paragraphs(operation.description)
    if not own:
        return [call]
    lines = [sentence(own[0])]
    for paragraph in own[1:]:
        lines += ["", sentence(paragraph)]
    return [*lines, "", call]


def _returned(operation: Operation, result: str) -> str:
    match operation.results:
        case ():
            return ""
        case (one,):
            return result_help(one)
        case many:
            return f"{result} of {', '.join(one.identifier for one in many)}."


def _kind(schema: Schema) -> str:
    """The least that can be said of a parameter whose author said nothing."""
    if "enum" in schema:
        return "One of the choices."
    kinds = {
        "string": "Text.",
        "integer": "A whole number.",
        "number": "A number.",
        "boolean": "True or False.",
        "array": "A list.",
        "object": "A mapping.",
    }
    options = schema.get("anyOf")
    if isinstance(options, list) and options and isinstance(options[0], dict):
        return _kind(options[0])
    if isinstance(target := schema.get("$ref"), str):
        return f"A {target.rpartition('/')[2]}."
    return kinds.get(str(schema.get("type")), "Any JSON value.")


def _takes_file(schema: Schema) -> bool:
    if schema.get("$ref") == "#/$defs/FileInput":
        return True
    options: list[Json] = []
    for keyword in ("anyOf", "items"):
        found = schema.get(keyword)
        options += found if isinstance(found, list) else [found]
    return any(_takes_file(option) for option in options if isinstance(option, Mapping))
