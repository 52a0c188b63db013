"""The documentation in generated code, as lines of clean text.

Text from a spec is cleaned by `text`; the lines made here become source through `text.docstring`.
What the name or the type already says is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..ir.model import Definition, Operation, Parameter, Result, Service
from ..ir.spelling import number
from ..ir.text import NO_TEXT, SpecText, literal, paragraphs, plain, sentence
from ..ir.types import Bounds, Type, bounds_of, holds_file

_LONGEST_DEFAULT = 60
_UNITS = {"Length": " characters", "Items": " items"}
_FILES = (
    "Files can be a path, a URL, bytes, an open file, a PIL image or a `File`; audio can also be a "
    "pair (samples, sampling rate)."
)


def method_lines(operation: Operation) -> list[str]:
    """The docstring of a client's method, Google style."""
    lines = _about(operation)
    helped = [(one, parameter_help(one)) for one in operation.parameters if not one.is_option]
    if any(help_ for _, help_ in helped):
        lines += ["", "Args:"]
        lines += [f"    {one.identifier}: {help_}" for one, help_ in helped if help_]
    if returned := _returned(operation):
        lines += ["", "Returns:", f"    {returned}"]
    return lines


def job_line(operation: Operation, client: str) -> str:
    """The docstring of the method that starts a job."""
    kind = "a job with partial results" if operation.streams else "a job"
    return f"Start `{client}.{operation.method}` as {kind}."


def definition_line(definition: Definition) -> str:
    """The docstring of an object type; empty if the spec has no description."""
    # Only the first sentence: Gradio then lists the members, which have their own lines here.
    about = re.split(r"(?<=\.)\s|\s(?:Parameters|Attributes|Args):", definition.description)[0]
    return sentence(about)


def client_lines(service: Service, *, is_async: bool) -> list[str]:
    """The docstring of a Space's client."""
    name, title = service.class_name, plain(service.title)
    origin = plain(service.source) or name
    if is_async:
        return [f"An asyncio client of the Space {origin}, with the arguments of `{name}`."]
    lines = [f"A client of the Space {origin}."]
    if title and not _says_the_same(title, name, origin.rpartition("/")[2]):
        lines += ["", sentence(title)]
    lines += [
        "",
        "Each endpoint is a method. The same methods on `jobs` return a job that you can iterate, "
        "watch or cancel.",
    ]
    if any(holds_file(one.type) for item in service.operations for one in item.parameters):
        lines[-1] += f" {_FILES}"
    where = "default: the Space it was generated from" if service.source else "required here"
    return [
        *lines,
        "",
        "Args:",
        f"    source: `owner/name` or URL of the Space; {where}.",
        "    token: Hugging Face token, sent to the Hub and to the Space only.",
        "    headers: Added to every request.",
        "    auth: User name and password of a Space with a login page.",
        "    timeout: Seconds that each call may take; default: no limit.",
        "    download_dir: Folder to download result files to; default: a temporary one.",
    ]


def module_line(operation: Operation | None) -> str:
    """The docstring of a task's module, or of the module that several tasks share."""
    if operation is None:
        return "Classes that several tasks share."
    summary = sentence(operation.description)
    return f"The {plain(operation.endpoint)} task: {summary[:1].lower()}{summary[1:]}"


def endpoint_name(operation: Operation) -> str:
    """The name of an operation in the documentation."""
    if operation.task is not None:
        return f"`{operation.method}`"
    if operation.endpoint:
        return f"`{plain(operation.endpoint)}`"
    return f"the unnamed function {operation.fn_index}"


def parameter_help(parameter: Parameter) -> SpecText:
    """One line of help, empty if the name and the type already say everything.

    It consists of the spec's description or else the label, the bounds, and a default that a
    signature cannot contain or that only the server has.
    """
    label = "" if _says_the_same(parameter.label, parameter.identifier) else parameter.label
    parts: list[str] = [sentence(plain(parameter.description) or plain(label).rstrip(".:"))]
    parts.append(bounds_help(parameter.type, parameter.step))
    if parameter.default is not None and parameter.default.wire is not None:
        value = plain(literal(parameter.default.wire))
        if len(value) <= _LONGEST_DEFAULT:
            parts.append(f"Default: {value}.")
        else:
            parts.append("Default: the Space's own value.")
    if parameter.server_default is not None:
        parts.append(f"Default on the Hub's servers: {literal(parameter.server_default)}.")
    return SpecText(" ".join(part for part in parts if part))


def bounds_help(type_: Type, step: float | None = None) -> str:
    """The bounds of a value in words, such as "1 to 100, in steps of 5."; empty if it has none."""
    words = " and ".join(_limits(bounds_of(type_)))
    if step:
        words += f"{', in' if words else 'In'} steps of {number(step)}"
    return sentence(words)


def result_help(result: Result) -> SpecText:
    """One line of help on one of several results; empty if its name already says it."""
    return NO_TEXT if _says_the_same(result.label, result.identifier) else sentence(result.label)


def _about(operation: Operation) -> list[str]:
    if operation.task is not None:
        return [sentence(operation.description)]
    own = paragraphs(operation.description)
    if not own:
        return [f"Call {endpoint_name(operation)}."]
    first = sentence(own[0])
    mark = first[-1] if first[-1] in ".!?:…" else ""
    lines = [f"{first[: -1 if mark else None]} ({endpoint_name(operation)}){mark or '.'}"]
    for paragraph in own[1:]:
        lines += ["", sentence(paragraph)]
    return lines


def _returned(operation: Operation) -> str:
    if operation.task is not None:
        returned = sentence(operation.returns)
        if operation.task.chunk_class:
            returned += " With `stream=True`, a stream of chunks, which can be closed."
        return returned
    label = plain(operation.results[0].label).rstrip(".:") if len(operation.results) == 1 else ""
    # A single word, such as "Output" or "Caption", says no more than the type.
    is_news = " " in label and not _says_the_same(label, operation.method)
    return sentence(label) if is_news else ""


def _limits(bounds: Bounds) -> Iterator[str]:
    unit = next((_UNITS[end] for name, _ in bounds for end in _UNITS if name.endswith(end)), "")
    limits = {name.replace("Length", "imum").replace("Items", "imum"): x for name, x in bounds}
    lowest, highest = limits.get("minimum"), limits.get("maximum")
    if lowest is not None and highest is not None:
        yield f"{number(lowest)} to {number(highest)}{unit}"
    elif lowest is not None:
        yield f"At least {number(lowest)}{unit}"
    elif highest is not None:
        yield f"At most {number(highest)}{unit}"
    if (limit := limits.get("exclusiveMinimum")) is not None:
        yield f"above {number(limit)}"
    if (limit := limits.get("exclusiveMaximum")) is not None:
        yield f"below {number(limit)}"


def _says_the_same(label: str, *names: str) -> bool:
    return _folded(label) in {"", *map(_folded, names)}


def _folded(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())
