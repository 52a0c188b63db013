"""What a command found out about several Spaces: lines as it goes, or one JSON document."""

from __future__ import annotations

import json
import sys

from hubsmith_runtime import HubsmithError

from ..ir.json_type import Json
from .commands import FAILED, OK
from .console import Colour, fail, painted, printable, warn


class Report:
    """Gathers what is said about each Space, and the exit status.

    Args:
        is_json: Print one JSON document in the end in place of lines.
        is_quiet: Print only what needs the user: what differs, and errors.
    """

    def __init__(self, *, is_json: bool, is_quiet: bool) -> None:
        self._is_json = is_json
        self._is_quiet = is_quiet
        self._spaces: dict[str, dict[str, Json]] = {}
        self.status = OK

    @property
    def is_silent(self) -> bool:
        """Whether nothing but results may be shown."""
        return self._is_quiet or self._is_json

    def say(self, name: str, text: str, *, colour: Colour | None = None) -> None:
        """Print a line about a Space, unless lines are not wanted."""
        if not self.is_silent:
            self._print(name, text, colour)

    def tell(self, name: str, text: str, *, colour: Colour | None = None) -> None:
        """Print a line about a Space, even where only what needs the user is wanted."""
        if not self._is_json:
            self._print(name, text, colour)

    def block(self, text: str) -> None:
        """Print lines that are painted already, even where only what needs the user is wanted.

        Args:
            text: No text of a stranger but what passed `printable` or a door of `text`.
        """
        if not self._is_json:
            print(text)

    def plain(self, line: str) -> None:
        """Print a line as it is, unless lines are not wanted."""
        if not self.is_silent:
            print(printable(line))

    def note(self, name: str, **facts: Json) -> None:
        """Put facts about a Space into the JSON document."""
        self._spaces.setdefault(name, {}).update(facts)

    def warn(self, name: str, text: str) -> None:
        """Warn about a Space."""
        warnings = self._spaces.setdefault(name, {}).setdefault("warnings", [])
        if isinstance(warnings, list):
            warnings.append(text)
        if not self.is_silent:
            warn(f"{name}: {text}")

    def fail(self, name: str, error: HubsmithError, *, status: int = FAILED) -> None:
        """Say what failed, and raise the exit status."""
        text = str(error)
        self.note(name, error=text)
        self.raise_status(status)
        fail(text if text.startswith(name) else f"{name}: {text}")

    def raise_status(self, status: int) -> None:
        """Make the exit status at least this."""
        self.status = max(self.status, status)

    def finish(self) -> int:
        """Print the document where one is wanted, and return the exit status."""
        if self._is_json:
            print(json.dumps({"status": self.status, "spaces": self._spaces}, indent=2))
        return self.status

    def _print(self, name: str, text: str, colour: Colour | None) -> None:
        head = printable(name)
        if colour is not None:
            head = painted(head, colour, sys.stdout)
        print(f"{head}: {printable(text)}")
