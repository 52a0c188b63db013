"""The base of what is read from TOML files by `load.typed`."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict


class Checked:
    """The base of a dataclass whose values pydantic checks; unknown keys are errors."""

    __slots__ = ()
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)
