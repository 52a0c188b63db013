"""Writes a recording as a shell script that uses curl, and jq for parts of results."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hubsmith_codegen.ir.model import Operation
from hubsmith_codegen.ir.text import Source
from hubsmith_codegen.snippets.curl import NotCallableError, base, in_slots, session_call
from hubsmith_codegen.snippets.examples import Example, ExampleFile, in_place
from hubsmith_codegen.snippets.place import Place, json_text

from .outline import Outline, comment
from .plan import Plan
from .step import Part, Step, Writer

_SESSION = r"""="\"$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')\"" """.rstrip()


@dataclass(frozen=True, kw_only=True)
class CurlWriter(Writer):
    """Writes shell."""

    parts: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])

    by_place = True

    def variable(self, operation: Operation, taken: set[str]) -> str:
        return f"RESULT{len(taken) + 1}"

    def part(self, step: Step, result: int, parts: Sequence[Part]) -> Source:
        path = f".[{step.output_slots[result]}]"
        for one in parts:
            name = one[1] if isinstance(one, tuple) else one
            path += f"[{json_text(name)}]"
        for variable, known in self.parts.items():
            if known == (step.name, path):
                return Source(variable)
        variable = f"PART{len(self.parts) + 1}"
        self.parts[variable] = (step.name, path)
        return Source(variable)

    def saved(self, name: str, *, is_marked: bool) -> Example:
        return ExampleFile(name=f"{self.files}/{name}")

    def served(self, path: str, *, is_marked: bool) -> Example:
        return {"path": path, "meta": {"_type": "gradio.FileData"}}


def curl_program(plan: Plan, writer: CurlWriter, outline: Outline) -> str:
    """Return the script. It takes the URL of the Space as an optional argument."""
    place = Place(service=writer.service, module="")
    body: list[str] = []
    for step in outline.lines(plan):
        if isinstance(step, str):
            body.append(f"# {step}" if step else "")
            continue
        try:
            body += _lines(step, writer)
        except NotCallableError as error:
            outline.notes.append(str(error))
            body.append(f"# Left out: {comment(str(error))}")
    head = ["#!/bin/sh", outline.title("curl"), "set -eu", 'cd "$(dirname "$0")"']
    return "\n".join([*head, base(place), f"SESSION{_SESSION}", *body, ""])


def _lines(step: Step, writer: CurlWriter) -> Iterator[str]:
    operation, prefix = step.operation, writer.service.api_prefix
    values = in_slots(operation, in_place(operation, step.arguments))
    # The stream of a session does not end while one of its calls is still pending.
    session = "SESSION"
    if step.is_cancelled:
        session = "CANCELLED"
        yield f"{session}{_SESSION}"
    lines, events = session_call(operation, values, session, prefix)
    yield from lines
    wanted = {name: path for name, (of, path) in writer.parts.items() if of == step.name}
    if step.is_cancelled:
        if count := step.event.call.partials:
            # An event is three lines: its name, its data and an empty one.
            yield f"curl -s -N {events} | head -n {3 * count}"
        about = f'{{\\"session_hash\\": ${session}, \\"fn_index\\": {step.event.function.id}, '
        yield f'curl -sS --fail "$BASE"{shlex.quote(f"{prefix}/cancel")} -H "Content-Type: application/json" \\'
        yield f'  -d "{about}\\"event_id\\": \\"$EVENT\\"}}"'
    elif wanted:
        yield f"EVENTS=$(curl -sS --fail -N {events})"
        yield """printf '%s\\n' "$EVENTS\""""
        yield f"""{step.name}=$(printf '%s\\n' "$EVENTS" | sed -n 's/^data: //p' | tail -n 1)"""
        for name, path in wanted.items():
            yield f"""{name}=$(printf '%s' "${step.name}" | jq -c {shlex.quote(path)})"""
    else:
        yield f"curl -sS --fail -N {events}"
