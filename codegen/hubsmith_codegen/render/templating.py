"""`template(name)`: a Jinja template that can print nothing but `Source`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ..ir.text import Source

if TYPE_CHECKING:
    from jinja2 import Environment, Template


def template(name: str) -> Template:
    """A template by the path of the file that it makes."""
    return _environment().get_template(f"{name}.jinja")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader(str(__package__)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # this writes Python, not HTML; `finalize` guards it instead
        finalize=_printable,
    )


def _printable(value: object) -> object:
    if not isinstance(value, Source):
        raise TypeError(f"a template may not print {type(value).__name__}: it passed no door")
    return value
