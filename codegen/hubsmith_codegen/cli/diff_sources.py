"""What `hubsmith diff` compares: snapshots, documents, running Spaces, revisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from hubsmith_runtime import SpecError
from hubsmith_runtime.http import shown

from ..ir.model import Service
from ..load import RawSpec
from ..load.revision import Revision
from ..normalise.spaces import normalise
from .commands import UsageError
from .configuration import Configuration
from .naming import name_of_path, name_of_source, naming_part, snake
from .source import fetch_recorded, path_of, read_source, stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two APIs.

    Attributes:
        label: What it is, for the reader.
        raw: Its documents.
        name: The client package it belongs to.
        is_recorded: Whether that is one of the configuration.
    """

    label: str
    raw: RawSpec
    name: str
    is_recorded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SideReader:
    """Finds out what a source names, and reads it.

    Attributes:
        configuration: The user's.
        token: A Hub token for running Spaces.
        timeout: Seconds for each document of a running Space.
    """

    configuration: Configuration
    token: str | None
    timeout: float

    def both(self, sources: Sequence[str]) -> tuple[Side, Side]:
        """Read the old and the new API.

        Args:
            sources: Two of them; or a recorded name alone, for its snapshot and the running Space;
                or NAME@REVISION alone, for the snapshot then and now.

        Raises:
            UsageError: when one source alone is neither.
            HubsmithError: when one cannot be read.
        """
        if len(sources) == 2:
            return self.read(sources[0]), self.read(sources[1])
        (source,) = sources
        name, at, _ = source.partition("@")
        if name not in self.configuration.spaces:
            raise UsageError(
                f"{source} is no recorded name, so name a second source to compare it with"
            )
        snapshot = self._snapshot(name)
        return (self.read(source), snapshot) if at else (snapshot, self._running(name, snapshot))

    def read(self, source: str) -> Side:
        """Read one source.

        A URL, what exists as a path, a recorded name, NAME@REVISION, REVISION:path, owner/name: the
        first of these that it is.
        """
        if "://" not in source and not Path(source).expanduser().exists():
            if source in self.configuration.spaces:
                return self._snapshot(source)
            name, at, revision = source.partition("@")
            if at and name in self.configuration.spaces:
                folder = self.configuration.snapshot(name)
                raw = Revision(revision, self.configuration.file.parent).read_folder(folder)
                return Side(label=source, raw=raw, name=name, is_recorded=True)
            revision, colon, part = source.partition(":")
            if colon:
                raw = Revision(revision, Path.cwd()).read(part)
                name = raw.name or naming_part(PurePosixPath(part))
                return Side(label=source, raw=raw, name=snake(name))
        path = path_of(source)
        if path is not None and not path.exists():
            raise SpecError(
                f"{source}: there is no such file or folder, nor a recorded name. "
                f"A revision needs a name or a path: NAME@{source} or {source}:PATH"
            )
        raw = read_source(source, token=self.token, timeout=self.timeout)
        name = name_of_path(path, raw) if path else name_of_source(raw.source or source, raw)
        return Side(label=shown(source), raw=raw, name=name)

    def _snapshot(self, name: str) -> Side:
        raw = stored(self.configuration, name)
        return Side(label=f"{name} (snapshot)", raw=raw, name=name, is_recorded=True)

    def _running(self, name: str, before: Side) -> Side:
        source = self.configuration.spaces[name].source
        raw = fetch_recorded(
            self.configuration, name, before=before.raw, token=self.token, timeout=self.timeout
        )
        return Side(label=f"{name} ({shown(source)})", raw=raw, name=name, is_recorded=True)


def services_of(old: Side, new: Side) -> tuple[Service, Service]:
    """What both APIs say, under one name, so that only what changed differs."""
    before, after = (normalise(replace(side.raw, name=old.name)) for side in (old, new))
    if not (old.is_recorded and new.is_recorded and old.name == new.name):
        # Two places were named: that they are two is no news.
        after = replace(after, source=before.source)
    return before, after
