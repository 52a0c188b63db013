"""What a command found out about several Spaces: lines as it goes, or one JSON document."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Generator
from contextlib import contextmanager

from ..ir.json_type import Json
from .commands import FAILED, OK
from .console import Colour, explained, fail, painted, printable, warn
from .progress import Progress


class Report:
    """Gathers what is said about each Space, and the exit status; used as a `with` block.

    Args:
        options: `json` prints one JSON document in the end in place of lines, `quiet` only what
            needs the user: what differs, and errors.
        stages: How many stages the progress bar has.
        failure: The exit status where a Space could not be worked on.
    """

    def __init__(self, options: argparse.Namespace, *, stages: int, failure: int = FAILED) -> None:
        self._is_json: bool = options.json
        self.is_silent: bool = options.json or options.quiet
        self.bar = Progress(stages, is_quiet=self.is_silent)
        self.status = OK
        self.failed: set[str] = set()
        self._failure = failure
        self._spaces: dict[str, dict[str, Json]] = {}

    def __enter__(self) -> Report:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.bar.clear()
        if self._is_json and kind is None:
            print(json.dumps({"status": self.status, "spaces": self._spaces}, indent=2))

    @contextmanager
    def space(self, name: str) -> Generator[None, None, None]:
        """Report what fails in the block as a failure of one Space; the others go on."""
        try:
            yield
        except (ImportError, BrokenPipeError):
            raise  # A missing extra is missing for every Space.
        except Exception as error:
            text = str(explained(error))
            self.bar.clear()
            self._note(name, {"error": text})
            self.status = max(self.status, self._failure)
            self.failed.add(name)
            fail(text if text.startswith(name) else f"{name}: {text}")

    def tell(
        self,
        name: str,
        text: str = "",
        *,
        colour: Colour | None = None,
        is_needed: bool = False,
        **facts: Json,
    ) -> None:
        """Say something about a Space.

        Args:
            name: The Space, which heads the line.
            text: The line; none where it is empty.
            colour: That of the name.
            is_needed: Whether it is said even where only what needs the user is wanted.
            facts: What the JSON document says about the Space.
        """
        self._note(name, facts)
        if text and not self._is_json and (is_needed or not self.is_silent):
            head = printable(name)
            self.bar.clear()
            print(f"{painted(head, colour, sys.stdout) if colour else head}: {printable(text)}")

    def show(self, *lines: str) -> None:
        """Print lines as they are, unless lines are not wanted."""
        if not self.is_silent:
            self.bar.clear()
            print("\n".join(map(printable, lines)))

    def warn(self, name: str, text: str) -> None:
        """Warn about a Space."""
        warnings = self._spaces.setdefault(name, {}).setdefault("warnings", [])
        if isinstance(warnings, list):
            warnings.append(text)
        if not self.is_silent:
            self.bar.clear()
            warn(f"{name}: {text}")

    def _note(self, name: str, facts: dict[str, Json]) -> None:
        self._spaces.setdefault(name, {}).update(facts)
