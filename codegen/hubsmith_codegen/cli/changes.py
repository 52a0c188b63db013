"""The result of comparing two versions of an API: changes and broken code, in every format."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..compare.api import (
    ApiDiff,
    Direction,
    Kind,
    Language,
    diff_services,
    to_document,
    to_markdown,
    to_text,
)
from ..compare.checkers import Checker, Fault
from ..ir.json_type import Json
from ..ir.model import Service
from ..ir.text import markdown, markdown_code, plain
from ..ir.types import Type
from ..load import RawSpec
from ..normalise.spaces import normalise
from ..render.typescript import as_called
from ..render.typescript.text import key, literal
from ..render.typescript.types import Types
from ..write.options import Language as LanguageName
from .configuration import Configuration
from .console import (
    Colour,
    Level,
    annotation,
    document,
    inert,
    painted,
    printable,
    shown_path,
)

_LEVELS: Mapping[Kind, Level] = {"breaking": "error", "compatible": "warning", "cosmetic": "notice"}
_COLOURS: Mapping[Kind, Colour] = {"breaking": "red", "compatible": "green", "cosmetic": "dim"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenCode:
    """The lines of the user's code that a new client breaks, as one type checker reports them."""

    checker: Checker
    faults: tuple[Fault, ...]

    def summary(self) -> str:
        """One line with their number, such as `2 lines break (pyright)`."""
        count = len({(fault.file, fault.line) for fault in self.faults})
        lines = f"{count or 'no'} line{'' if count < 2 else 's'} break{'' if count > 1 else 's'}"
        return f"{lines} ({self.checker})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What `diff` found."""

    old: str
    new: str
    changes: ApiDiff
    code: BrokenCode | None  # `None` if no code was checked.
    lock: Path | None  # The lock of the client, if it is a recorded one.

    def show(self, form: str, *, is_quiet: bool) -> None:
        """Print it as text, json, markdown or github; `is_quiet` prints only what breaks."""
        faults = self.code.faults if self.code else ()
        if form == "json":
            found: dict[str, Json] = {"old": self.old, "new": self.new}
            found |= to_document(self.changes)
            if self.code:
                found["code"] = [_entry(fault) for fault in faults]
            print(document(found))
        elif form == "github":
            lines = self._annotations()
            for one in faults:
                title = f"breaks with the new {self.changes.package} ({one.checker})"
                place = {"line": one.line, "col": one.column}
                lines.append(annotation("error", one.message, title=title, file=one.file, **place))
            print("\n".join([*lines, self._summary()]))
        elif form == "markdown":
            print(inert("\n".join([to_markdown(self.changes), *self._markdown()])))
        else:
            if self.changes.breaking or faults or not is_quiet:
                print(f"{printable(self.old)} -> {printable(self.new)}")
            print_changes(self.changes, is_quiet=is_quiet)
            if self.code and (faults or not is_quiet):
                self._print_code(self.code)

    def _annotations(self) -> list[str]:
        """A line for each change that annotates the lock, if there is one."""
        return [
            annotation(
                _LEVELS[change.kind],
                f"{change.endpoint}: {change.what}. {change.affected}".removeprefix(": "),
                title=f"{self.changes.package}: {change.kind} change",
                file=self.lock,
            )
            for change in self.changes.changes
        ]

    def _summary(self) -> str:
        code = f"; {self.code.summary()}" if self.code else ""
        return inert(f"{self.changes.package}: {self.changes.summary()}{code}.")

    def _print_code(self, code: BrokenCode) -> None:
        print(f"\n{painted('Your code', 'red' if code.faults else 'green', sys.stdout)}")
        print(f"  {code.summary()}.")
        for one in code.faults:
            print(f"  {_place(one)}: {inert(one.message)}\n      {printable(one.text)}")

    def _markdown(self) -> list[str]:
        if self.code is None:
            return []
        lines = ["", "### Code", "", f"{self.code.summary().capitalize()}."]
        for one in self.code.faults:
            lines.append(f"- {markdown_code(_place(one))}: {markdown(one.message)}")
        return lines


def print_changes(diff: ApiDiff, *, is_quiet: bool) -> None:
    """Print changes; with `is_quiet` only the breaking ones, and nothing if there are none."""
    if is_quiet:
        diff = replace(diff, changes=diff.breaking)
    if diff or not is_quiet:
        text = to_text(diff, paint=lambda title, kind: painted(title, _COLOURS[kind], sys.stdout))
        print(inert(text))


def _place(fault: Fault) -> str:
    return f"{printable(shown_path(fault.file))}:{fault.line}:{fault.column}"


def _entry(fault: Fault) -> dict[str, Json]:
    return {
        "file": shown_path(fault.file),
        "line": fault.line,
        "column": fault.column,
        "message": plain(fault.message),
        "rule": fault.rule,
        "checker": fault.checker,
    }


def changes_for(language: LanguageName, old: Service, new: Service) -> ApiDiff:
    """Compare two versions of an API, both normalised under one package name."""
    if language == "python":
        return diff_services(old, new)
    (before, then), (after, now) = as_called(old), as_called(new)
    types = Types({**then, **now})

    def type_text(type_: Type, direction: Direction) -> str:
        return types.written(type_, "input" if direction == "argument" else "output")

    typescript = Language(
        type_text=type_text,
        value_text=literal,
        call=_call,
        new_client=lambda name: f"new {name}()",
        nothing="void",
        has_tuples=False,
    )
    return diff_services(before, after, language=typescript)


def _call(client: str, method: str, parameter: str) -> str:
    arguments = f"{{ {key(parameter)}: ... }}" if parameter else "..."
    return f"{client}.{method}({arguments})"


def recorded_changes(
    configuration: Configuration, name: str, old: RawSpec, new: RawSpec
) -> ApiDiff:
    """Compare two versions of a recorded Space, as the callers of its client see them."""
    return changes_for(language_of(configuration, name), normalise(old), normalise(new))


def language_of(configuration: Configuration, name: str | None) -> LanguageName:
    """Return the language of a recorded client: Python if it is written in both."""
    named = configuration.options(configuration.space(name)).languages if name else ()
    return "typescript" if named == ("typescript",) else "python"
