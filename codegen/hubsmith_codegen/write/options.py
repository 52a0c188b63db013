"""The options of a client, besides its name and folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..ir.json_type import Json

LINE_LENGTH = 100
TARGET = "py310"

Outputs: TypeAlias = Literal["filled", "nullable"]
Language: TypeAlias = Literal["python", "typescript"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options that affect the output.

    Attributes:
        vendor_runtime: Whether the client contains a copy of the runtime.
        outputs: How outputs of components are typed: `filled`, as if they were never empty, or
            `nullable`, so that they may be `None`.
        languages: The languages of the client, all in the same folder.
    """

    vendor_runtime: bool = False
    outputs: Outputs = "filled"
    languages: tuple[Language, ...] = ("python",)

    def recorded(self) -> dict[str, Json]:
        """Return the options as the lock records them: non-defaults, and how code is formatted."""
        recorded: dict[str, Json] = {"line_length": LINE_LENGTH, "target": TARGET}
        if self.vendor_runtime:
            recorded["vendor_runtime"] = True
        if self.outputs != "filled":
            recorded["outputs"] = self.outputs
        if self.languages != ("python",):
            recorded["languages"] = [*self.languages]
        return recorded


DEFAULTS = Options()
