"""Shell snippets on curl: a POSIX shell and sed are all that they need beside it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from ..ir.model import Operation
from ..ir.text import plain
from .examples import Example, ExampleFile
from .place import Place, json_text

_HUB = "https://huggingface.co"


class NotCallableError(ValueError):
    """An endpoint that plain HTTP calls do not reach; the message says why."""


def curl(operation: Operation, place: Place) -> str:
    """A shell script that calls an endpoint and prints its events.

    From Gradio 6.13 on the arguments go by name, before that by place. Files are uploaded first.
    What cannot be called in this way gives a script that says so, and fails.
    """
    try:
        return _script(operation, place)
    except NotCallableError as error:
        return f"echo {shlex.quote(str(error))} >&2\nexit 1\n"


def _script(operation: Operation, place: Place) -> str:
    name = str(operation.endpoint).removeprefix("/")
    if not name:
        raise NotCallableError("A function without an API name cannot be called with curl.")
    if "/" in name:
        raise NotCallableError(
            f"Gradio has no plain HTTP call for /{plain(name)}: there is a slash in its name."
        )
    if any(ord(character) < 32 or character == "\x7f" for character in name):
        # It takes the call and never answers: its own request for the result fails.
        raise NotCallableError(
            f"Gradio answers no plain HTTP call for /{plain(name)}: "
            "there is a control character in its name."
        )
    if not place.source.isprintable():
        raise NotCallableError("There is a control character in the address of the Space.")
    body = _Body()
    prefix = place.service.api_prefix
    events = f"{prefix}/call/{quote(name, safe='')}"
    if place.service.calls_by_name:
        for argument in place.examples.arguments(operation):
            body.add_member(str(argument.parameter.wire_name), argument.value)
        text, path = body.as_object(), f"{prefix}/call/v2/{quote(name, safe='')}"
    else:
        for value in _values(operation, place):
            body.add_item(value)
        text, path = body.as_arguments(), events
    lines = [_base(place)]
    for variable, file in body.files:
        lines += [
            f'{variable}=$(curl -sS --fail "$BASE"{shlex.quote(f"{prefix}/upload")} '
            f"-F files=@{shlex.quote(file.name)} |",
            "  sed 's/^\\[\"\\(.*\\)\"\\]$/\\1/')",
        ]
    lines += [
        f'EVENT=$(curl -sS --fail "$BASE"{shlex.quote(path)} '
        '-H "Content-Type: application/json" \\',
        f"  -d {text} |",
        '  sed \'s/.*"event_id" *: *"\\([^"]*\\)".*/\\1/\')',
        f'curl -sS --fail -N "$BASE"{shlex.quote(events)}/"$EVENT"',
    ]
    return "\n".join(lines) + "\n"


def _base(place: Place) -> str:
    if "://" in place.source:
        return f"BASE={shlex.quote(place.source.rstrip('/'))}"
    address = shlex.quote(f"{_HUB}/api/spaces/{quote(place.source)}/host")
    return f'BASE=$(curl -sS --fail {address} |\n  sed \'s/.*"host" *: *"\\([^"]*\\)".*/\\1/\')'


def _values(operation: Operation, place: Place) -> Sequence[Example]:
    if not operation.is_ordered:
        raise NotCallableError(
            f"{plain(operation.endpoint)} takes its arguments by place, and this document does not "
            "say in which order. Take the snapshot of the running Space."
        )
    values = place.examples.all_values(operation)
    if sum(operation.slots) != len(values):
        return values
    # The state of a session has a place of its own, which a call leaves empty.
    rest = iter(values)
    return [next(rest) if is_argument else None for is_argument in operation.slots]


@dataclass(slots=True)
class _Body:
    """The JSON of a call as words of the shell, and the files that it names."""

    files: list[tuple[str, ExampleFile]] = field(default_factory=list[tuple[str, ExampleFile]])
    _parts: list[str] = field(default_factory=list[str])

    def add_member(self, name: str, value: Example) -> None:
        """Add an argument by name."""
        self._parts.append(f"{json_text(name)}: {self._write(value)}")

    def add_item(self, value: Example) -> None:
        """Add an argument by place."""
        self._parts.append(self._write(value))

    def as_object(self) -> str:
        """The body of a call whose arguments have names."""
        return self._quoted(f"{{{', '.join(self._parts)}}}")

    def as_arguments(self) -> str:
        """The body of a call whose arguments have places."""
        return self._quoted(f'{{"data": [{", ".join(self._parts)}]}}')

    def _write(self, value: Example) -> str:
        match value:
            case ExampleFile():
                return f'{{"path": "{self._mark(value)}", "meta": {{"_type": "gradio.FileData"}}}}'
            case list() | tuple():
                return f"[{', '.join(self._write(one) for one in value)}]"
            case dict():
                members = (f"{json_text(key)}: {self._write(one)}" for key, one in value.items())
                return f"{{{', '.join(members)}}}"
            case _:
                return json_text(value)

    def _mark(self, file: ExampleFile) -> str:
        known = {one: variable for variable, one in self.files}
        if file not in known:
            known[file] = f"FILE{len(self.files) + 1}"
            self.files.append((known[file], file))
        # JSON has no such character outside of its escapes, so it can only come from here.
        return f"\x00{known[file]}\x00"

    def _quoted(self, text: str) -> str:
        """The body in single quotes, but for the server's paths, which the shell puts in."""
        words: list[str] = []
        for place, part in enumerate(text.split("\x00")):
            words.append(f'"${part}"' if place % 2 else f"'{_inside(part)}'")
        return "".join(words)


def _inside(text: str) -> str:
    """A text within single quotes, which know no escape."""
    return text.replace("'", "'\"'\"'")
