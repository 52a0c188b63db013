"""How the callers of a client write, and what of a change they notice therefore."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ...ir.json_type import Json
from ...ir.spelling import spelled
from ...ir.types import Type

Direction: TypeAlias = Literal["argument", "result"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language in which clients are called."""

    type_text: Callable[[Type, Direction], str]
    value_text: Callable[[Json], str]
    call: Callable[[str, str, str], str]  # Of the client, the method and a parameter, or none.
    new_client: Callable[[str], str]  # Without a source.
    nothing: str  # What a method without a result returns.
    # Several results are a tuple: they have an order, and unpacking counts them. Else an object.
    has_tuples: bool

    @property
    def several(self) -> str:
        """What several results are."""
        return "named tuple" if self.has_tuples else "object"


def _python_call(package: str, method: str, parameter: str) -> str:
    return f"{package}.{method}({parameter or '...'}{'=...' if parameter else ''})"


PYTHON = Language(
    type_text=lambda type_, _: spelled(type_),
    value_text=repr,
    call=_python_call,
    new_client=lambda name: f"{name}()",
    nothing="None",
    has_tuples=True,
)
