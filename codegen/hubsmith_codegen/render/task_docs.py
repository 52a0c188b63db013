"""What the documentation of task methods and models says, as lines of clean text."""

from __future__ import annotations

from ..ir.json_type import Scalar
from ..ir.model import Definition
from ..ir.text import plain, sentence
from ..normalise.tasks.model import TaskOperation, TaskParameter

_COMMON = {
    "model": "A model of the Hub, or the URL of one; left out, the client's.",
    "timeout": "Seconds that the call may take; left out, the client's.",
    "extra_headers": "Sent with the request, over the client's own.",
    "extra_body": "Parameters that are not listed here, over those that are.",
    "kwargs": "Parameters that are not listed here, like `extra_body`.",
}


def method_lines(operation: TaskOperation, names: tuple[str, ...], *, is_async: bool) -> list[str]:
    """The docstring of a method, Google style.

    Args:
        operation: The task.
        names: Its parameters, in the order of the signature.
        is_async: Whether it is that of the async client.
    """
    by_name = {str(one.parameter.identifier): one for one in operation.parameters}
    lines = [sentence(operation.overlay.summary), "", "Args:"]
    for name in names:
        help_ = parameter_help(by_name[name]) if name in by_name else _COMMON[name]
        lines.append(f"    {'**' if name == 'kwargs' else ''}{name}: {help_}")
    returned = sentence(operation.overlay.returns)
    if operation.chunk_class:
        kind = "An `AsyncStream`" if is_async else "A `Stream`"
        returned = f"{returned} {kind} of its pieces with `stream=True`: iterate it, or close it."
    return [
        *lines,
        "",
        "Returns:",
        f"    {returned}",
        "",
        "Raises:",
        "    ValidationError: when an argument is wrong; nothing is sent then.",
        "    InferenceError: when the provider refuses or fails.",
        "    InferenceTimeoutError: when it takes longer than `timeout`.",
    ]


def parameter_help(parameter: TaskParameter) -> str:
    """One line of help: what it is, how a file is passed, what it is where it is left out."""
    help_ = sentence(parameter.parameter.description)
    if parameter.is_file:
        kinds = ["path", "URL", "bytes", "open file"]
        if "image" in help_.lower():
            kinds.append("PIL image")
        elif "audio" in help_.lower():
            kinds.append("(samples, sampling rate)")
        help_ += f" A {', '.join(kinds[:-1])} or {kinds[-1]}."
    if parameter.server_default is not None:
        help_ += f" Left out, the Hub's own servers take {_shown(parameter.server_default)}."
    return help_


def request_lines(operation: TaskOperation) -> list[str]:
    """The docstring of a request model."""
    return [f"Arguments of `{operation.method}`."]


def definition_lines(definition: Definition) -> list[str]:
    """The docstring of a class."""
    return [sentence(definition.description) or f"{definition.class_name}."]


def module_lines(operation: TaskOperation) -> list[str]:
    """The docstring of a task's module."""
    return [f"The task {plain(operation.overlay.task)}: {_lowered(operation.overlay.summary)}"]


def _lowered(text: str) -> str:
    line = sentence(text)
    return line[0].lower() + line[1:]


def _shown(value: Scalar) -> str:
    return f'"{plain(value)}"' if isinstance(value, str) else str(value)
