"""`describe`: formats a recorded call as one line for the terminal."""

from __future__ import annotations

from typing import Any

from hubsmith_codegen.ir.names import identifier
from hubsmith_codegen.ir.text import literal, plain
from hubsmith_codegen.snippets.python import quoted
from hubsmith_runtime.reading import as_list, as_object, as_text

from .events import App
from .recording import RecordedCall, Recording
from .values import file_path, sameness

_LONGEST = 40


def describe(recording: Recording, call: RecordedCall) -> str:
    """A call as one line, such as `greet(name="Bob", style="casual")`.

    Arguments equal to the Space's defaults are omitted. The line is safe to print on a terminal.
    """
    app = App(recording)
    function = app.function(call.fn_index)
    slots = zip(function.components("inputs"), call.data, strict=False)
    values = [value for component, value in slots if app.is_argument(component)]
    endpoints = as_object(as_object(recording.info).get("named_endpoints"))
    name = as_text(function.facts.get("api_name")).removeprefix("/")
    known = [
        as_object(one) for one in as_list(as_object(endpoints.get(f"/{name}")).get("parameters"))
    ]
    arguments: list[str] = []
    for place, value in enumerate(values):
        one = known[place] if place < len(known) else {}
        has_default = one.get("parameter_has_default") is True
        if has_default and sameness(value) == sameness(one.get("parameter_default")):
            continue
        own = as_text(one.get("parameter_name"))
        arguments.append(f"{identifier(own, fallback='param')}={_shown(recording, value)}")
    shown = identifier(name, fallback="fn") if name else f"fn_{call.fn_index}"
    line = f"{shown}({', '.join(arguments)})"
    if function.visibility != "public":
        line += f" ({plain(function.visibility)})"
    if call.error is not None:
        line += f" failed: {plain(call.error) or 'no reason given'}"
    return line


def _shown(recording: Recording, value: Any) -> str:
    if isinstance(value, str):
        return quoted(value if len(value) <= _LONGEST else f"{value[: _LONGEST - 1]}…")
    if (path := file_path(value)) is not None:
        file = recording.uploads.get(path)
        return f"<{plain(file.name) if file else 'a file of the Space'}>"
    if isinstance(value, list | dict):
        return "[…]" if isinstance(value, list) else "{…}"
    try:
        return str(literal(value))
    except ValueError:
        return "nan"
