"""Shell snippets with curl; they need only a POSIX shell and sed besides."""

from __future__ import annotations

import shlex
from urllib.parse import quote

from ..ir.model import Operation
from ..ir.text import Source, plain
from .examples import Example, Expression
from .layout import Notation, flat
from .place import Place, json_text

_HUB = "https://huggingface.co"


class NotCallableError(ValueError):
    """An endpoint cannot be called with plain HTTP; the message says why."""


def curl(operation: Operation, place: Place) -> str:
    """A shell script that calls an endpoint and prints its events.

    Arguments are passed by name from Gradio 6.13 on, before that by position. Files are uploaded
    first. If an endpoint cannot be called like this, the script says so and fails.
    """
    try:
        return _script(operation, place)
    except NotCallableError as error:
        return f"echo {shlex.quote(str(error))} >&2\nexit 1\n"


def _script(operation: Operation, place: Place) -> str:
    prefix, name = place.service.api_prefix, _path_name(operation)
    body = _Body()
    if place.service.calls_by_name:
        path = f"{prefix}/call/v2/{name}"
        arguments = place.examples.arguments(operation)
        text = body.quoted({str(parameter.wire_name): value for parameter, value in arguments})
    else:
        path = f"{prefix}/call/{name}"
        text = body.quoted({"data": in_slots(operation, place.examples.all_values(operation))})
    lines = [base(place), *_call(path, body, text, prefix)]
    lines.append(f'curl -sS --fail -N "$BASE"{shlex.quote(f"{prefix}/call/{name}")}/"$EVENT"')
    return "\n".join(lines) + "\n"


def session_call(
    operation: Operation, values: list[Example], session: str, prefix: str
) -> tuple[list[str], str]:
    """The lines that start a call in a session, and the path of its events.

    The values are for all input slots. The shell variable `BASE` and the one named by `session`,
    which contains JSON, must be set before; the lines set `EVENT`, the id of the call.
    """
    path = f"{prefix}/call/{_path_name(operation)}"
    body = _Body()
    text = body.quoted({"data": values, "session_hash": Expression(source=Source(session))})
    return _call(path, body, text, prefix), f'"$BASE"{shlex.quote(path)}/"$EVENT"'


def _path_name(operation: Operation) -> str:
    name = str(operation.endpoint).removeprefix("/")
    if not name:
        raise NotCallableError("A function without an API name cannot be called with curl.")
    if "/" in name:
        raise NotCallableError(
            f"Gradio has no plain HTTP call for /{plain(name)}: there is a slash in its name."
        )
    if any(ord(character) < 32 or character == "\x7f" for character in name):
        # Gradio accepts the call but never answers, because its own request for the result fails.
        raise NotCallableError(
            f"Gradio answers no plain HTTP call for /{plain(name)}: "
            "there is a control character in its name."
        )
    return quote(name, safe="")


def _call(path: str, body: _Body, text: str, prefix: str) -> list[str]:
    lines: list[str] = []
    for name, variable in body.files.items():
        lines += [
            f'{variable}=$(curl -sS --fail "$BASE"{shlex.quote(f"{prefix}/upload")} '
            f"-F files=@{shlex.quote(name)} |",
            "  sed 's/^\\[\"\\(.*\\)\"\\]$/\\1/')",
        ]
    return [
        *lines,
        f'EVENT=$(curl -sS --fail "$BASE"{shlex.quote(path)} '
        '-H "Content-Type: application/json" \\',
        f"  -d {text} |",
        '  sed \'s/.*"event_id" *: *"\\([^"]*\\)".*/\\1/\')',
    ]


def base(place: Place) -> str:
    """The line that sets `BASE`, the address of the Space."""
    if not place.source.isprintable():
        raise NotCallableError("There is a control character in the address of the Space.")
    if "://" in place.source:
        return f"BASE={shlex.quote(place.source.rstrip('/'))}"
    address = shlex.quote(f"{_HUB}/api/spaces/{quote(place.source)}/host")
    return f'BASE=$(curl -sS --fail {address} |\n  sed \'s/.*"host" *: *"\\([^"]*\\)".*/\\1/\')'


def in_slots(operation: Operation, values: list[Example]) -> list[Example]:
    """The values of all parameters in the input slots of the function."""
    if not operation.is_ordered:
        raise NotCallableError(
            f"{plain(operation.endpoint)} takes its arguments by position, and this document does "
            "not say in which order. Use a snapshot of the running Space."
        )
    if sum(operation.slots) != len(values):
        return values
    # Session state has its own slot, which a call leaves empty.
    rest = iter(values)
    return [next(rest) if is_argument else None for is_argument in operation.slots]


class _Body:
    """The JSON of a call as shell words, and the files that it refers to."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}  # The shell variable of each file, by file name.
        # JSON never contains an unescaped NUL, so it can mark what the shell inserts.
        self._notation = Notation(
            literal=json_text, key=json_text, file=self._file, expression="\x00{}\x00".format
        )

    def quoted(self, value: Example) -> str:
        """The JSON in single quotes, except for the server's paths, which the shell inserts."""
        words: list[str] = []
        for place, part in enumerate(flat(self._notation.node(value)).split("\x00")):
            # There is no escape inside single quotes.
            inside = part.replace("'", "'\"'\"'")
            words.append(f'"${part}"' if place % 2 else f"'{inside}'")
        return "".join(words)

    def _file(self, name: str) -> str:
        variable = self.files.setdefault(name, f"FILE{len(self.files) + 1}")
        return f'{{"path": "\x00{variable}\x00", "meta": {{"_type": "gradio.FileData"}}}}'
