"""What may be chosen about a client besides its name and its folder."""

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
    """The choices of a user that shape the bytes of a client.

    Attributes:
        vendor_runtime: Whether the client carries the runtime.
        outputs: How the outputs of components are typed: `filled`, as what they are when they are
            not empty, or `nullable`, as that or `None`.
        languages: What the client is written in, beside each other in its folder.
    """

    vendor_runtime: bool = False
    outputs: Outputs = "filled"
    languages: tuple[Language, ...] = ("python",)

    def recorded(self) -> dict[str, Json]:
        """Return them as the lock records them: what is not the default, and how code is formatted."""
        recorded: dict[str, Json] = {"line_length": LINE_LENGTH, "target": TARGET}
        if self.vendor_runtime:
            recorded["vendor_runtime"] = True
        if self.outputs != "filled":
            recorded["outputs"] = self.outputs
        if self.languages != ("python",):
            recorded["languages"] = [*self.languages]
        return recorded


DEFAULTS = Options()
