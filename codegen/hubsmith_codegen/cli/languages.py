"""Two versions of an API, compared as the callers of a client in some language see them."""

from __future__ import annotations

from ..compare.api import ApiDiff, Direction, Language, diff_services
from ..ir.model import Service
from ..ir.types import Type
from ..render.typescript import as_called
from ..render.typescript.text import key, literal
from ..render.typescript.types import Types
from ..write.options import Language as LanguageName


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
