"""The user's configuration: `[tool.hubsmith]` in pyproject.toml or hubsmith.toml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any

from hubsmith_runtime import SpecError
from pydantic import Field

from ..ir.checked import Checked
from ..load.toml import read_toml
from ..load.typed import typed
from ..write.boundary import boundary_of
from ..write.options import Language, Options, Outputs
from .console import shown_path
from .naming import checked_name

OWN_FILE = "hubsmith.toml"
FILES = (OWN_FILE, "pyproject.toml")
SPACES_TABLE = "tool.hubsmith.spaces"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedSpace(Checked):
    """One Space of the configuration, and where it differs from the common settings."""

    source: str  # `owner/name`, a URL, or the path of a snapshot.
    out: str | None = None
    vendor_runtime: Annotated[bool, Field(alias="vendor-runtime")] = False
    outputs: Outputs | None = None
    languages: tuple[Language, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Checked):
    """The table `[tool.hubsmith]`."""

    out: str = "clients"  # The folder for the client packages.
    snapshots: str | None = None  # The folder of snapshots; `None` for each client's own `spec`.
    outputs: Outputs = "filled"
    languages: tuple[Language, ...] = ("python",)
    spaces: Mapping[str, RecordedSpace] = field(default_factory=dict[str, RecordedSpace])


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration(Settings):
    """The settings with the file that they come from."""

    file: Path  # It may not exist yet: then the first recorded Space creates it.

    def chosen(
        self, names: Sequence[str], languages: Sequence[Language] | None = None
    ) -> list[str]:
        """Return the names given, without duplicates, or if there are none those of all Spaces.

        With `languages`, only clients that are written in one of them.
        """
        if not names and not self.spaces:
            raise SpecError(
                f"No Space is recorded in {shown_path(self.file)}. Run: hubsmith add owner/name"
            )
        found = list(dict.fromkeys(names or sorted(self.spaces)))
        if languages is not None:
            wanted = {*languages}
            found = [one for one in found if wanted & {*self.options(self.space(one)).languages}]
            if not found:
                raise SpecError(f"None of these clients is written in {' or '.join(languages)}.")
        return found

    def space(self, name: str) -> RecordedSpace:
        """Return a recorded Space, or raise a `SpecError`."""
        if name not in self.spaces:
            known = ", ".join(sorted(self.spaces)) or "none"
            raise SpecError(f"{name}: not recorded in {shown_path(self.file)}. Recorded: {known}.")
        return self.spaces[name]

    def options(self, space: RecordedSpace) -> Options:
        """Return the options of a client: its own settings over the common ones."""
        outputs = space.outputs or self.outputs
        named: set[Language] = {*(space.languages or self.languages or ("python",))}
        languages = tuple(sorted(named))
        return Options(vendor_runtime=space.vendor_runtime, outputs=outputs, languages=languages)

    def folder(self, name: str) -> Path:
        """Return the folder of a client package."""
        space = self.spaces.get(name)
        return self.file.parent / (space.out if space and space.out else self.out) / name

    def boundary(self, out: str | None = None) -> Path:
        """Return the folder to write in; only the command line can name one outside of it."""
        return boundary_of(out, self.file.parent)

    def snapshot(self, name: str) -> Path:
        """Return the folder of a Space's snapshot."""
        if self.snapshots is None:
            return self.folder(name) / "spec"
        return self.file.parent / self.snapshots / name


def read_configuration(start: Path) -> Configuration:
    """Read the nearest configuration, from a folder upwards to the top of its git repository.

    If no file has a `[tool.hubsmith]` table, the result is empty, for the nearest file that could
    have one.
    """
    start = start.resolve()
    nearest: Path | None = None
    for folder in (start, *start.parents):
        for file in (folder / name for name in FILES):
            if not file.is_file():
                continue
            table = _own_table(read_toml(file), file)
            if table is not None:
                return _configuration(table, file)
            nearest = nearest or file
        if (folder / ".git").exists():
            break
    return Configuration(file=nearest or start / OWN_FILE)


def _configuration(table: Mapping[str, Any], file: Path) -> Configuration:
    settings = typed(table, Settings, f"{file}: [tool.hubsmith]")
    for name in settings.spaces:
        try:
            checked_name(name)
        except SpecError as error:
            raise SpecError(f"{file}: [{SPACES_TABLE}.{name}]: {error}") from None
    known = {one.name: getattr(settings, one.name) for one in fields(settings)}
    return Configuration(file=file, **known)


def _own_table(tree: Mapping[str, Any], file: Path) -> Mapping[str, Any] | None:
    match tree:
        case {"tool": {"hubsmith": dict()}}:
            return tree["tool"]["hubsmith"]
        case {"tool": {"hubsmith": _}}:
            raise SpecError(f"{file}: tool.hubsmith is not a table.")
        case _:
            return None
