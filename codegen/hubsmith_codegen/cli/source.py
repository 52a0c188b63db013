"""A SOURCE on the command line: a Space, a URL, a snapshot, a document, or a recorded name."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from hubsmith_runtime import ConnectionFailedError, HubsmithError, SpecError

from ..load import RawSpec
from ..load.snapshot import read_snapshot
from .configuration import Configuration, read_configuration
from .console import shown_path, typed_path
from .naming import name_of_path, name_of_source


def path_of(source: str, base: Path | None = None) -> Path | None:
    """Return the path if a source is one; `None` for an owner/name or a URL.

    A relative path starts from `base`, by default the working folder.
    """
    if "://" in source:
        return None
    path = typed_path(source)
    if base is not None:
        path = base / path
    looks_like_path = source.endswith(".json") or source.startswith((".", "~", os.sep))
    if looks_like_path or path.exists() or "/" not in source:
        return path
    return None


def recorded_path(path: Path, base: Path) -> str:
    """Return a path as a configuration in the folder `base` records it: relative if possible."""
    try:
        relative = Path(os.path.relpath(path.resolve(), base.resolve())).as_posix()
    except ValueError:  # another drive
        return path.resolve().as_posix()
    # Without the dot, a path of two parts would look like an owner/name.
    is_like_name = "/" in relative and not relative.startswith((".", "/"))
    return f"./{relative}" if is_like_name else relative


def name_for(source: str, raw: RawSpec) -> str:
    """Return the client name for a source, for when the user gave none."""
    path = path_of(source)
    if path is not None:
        return name_of_path(path, raw)
    return name_of_source(raw.source or source, raw)


def address_of(source: str, raw: RawSpec, advice: str) -> str:
    """Return where the Space of a source runs; if that is unknown, the error ends in the advice."""
    from ..load.fetch import root_of

    if path_of(source) is None:
        return root_of(source)  # As it was typed: it may contain a login.
    if raw.source is None:
        raise HubsmithError(f"{source} does not say where the Space runs. {advice}")
    return raw.source


@dataclass(kw_only=True)
class Reader:
    """Reads the API documents that sources name; a `HubsmithError` says why one cannot be read."""

    token: str | None = None  # A Hub token for running Spaces.
    timeout: float = 10  # Seconds for each document of a running Space.
    # Whether the command is about one Space only. If there are several, the token is not sent to
    # those given by URL: it was hardly meant for each of them.
    is_alone: bool = True

    @cached_property
    def configuration(self) -> Configuration:
        """The configuration of the working folder."""
        return read_configuration(Path.cwd())

    def read(self, source: str, expected: str = "file or folder") -> RawSpec:
        """Read a Space, a URL, a snapshot or a document; `expected` is for the error message."""
        path = path_of(source)
        if path and not path.exists():
            raise SpecError(
                f"{source}: there is no such {expected}. Name a Space as owner/name, or by its URL "
                "with http:// or https://."
            )
        return self._fetch(source) if path is None else read_snapshot(path)

    def read_named(self, source: str) -> RawSpec:
        """Read a source; a recorded name means its snapshot, unless such a path exists."""
        if self.is_recorded(source):
            return self.snapshot(source)
        return self.read(source, "file, folder or recorded name")

    def is_recorded(self, source: str) -> bool:
        """Whether a source is the name of a recorded Space and not an existing path."""
        path = path_of(source)
        return path is not None and not path.exists() and source in self.configuration.spaces

    def snapshot(self, name: str) -> RawSpec:
        """Read the snapshot of a recorded Space, under the name of its client."""
        self.configuration.space(name)
        folder = self.configuration.snapshot(name)
        if not folder.is_dir():
            raise SpecError(
                f"{name}: there is no snapshot in {shown_path(folder)}. Run: hubsmith update {name}"
            )
        return replace(read_snapshot(folder), name=name)

    def anew(self, name: str, before: RawSpec | None) -> RawSpec:
        """Read a recorded Space again from the source that it was added from.

        If the Space temporarily fails to serve a document that the snapshot has, that is an error:
        without it, the client would lose information.
        """
        source = self.configuration.space(name).source
        path = path_of(source, self.configuration.file.parent)
        if path is not None:
            raw = read_snapshot(path)
            return replace(raw, name=name, source=raw.source or (before.source if before else None))
        from ..load.fetch import BROKEN, NO_ANSWER

        raw = replace(self._fetch(source), name=name)
        for document in before.documents if before else ():
            reason = raw.notes.get(document)
            if reason in (BROKEN, NO_ANSWER):
                raise ConnectionFailedError(
                    f"{name}: {source} did not serve its {document} document: {reason}. "
                    "Try again, or allow more time with --timeout."
                )
        return raw

    def _fetch(self, source: str) -> RawSpec:
        # Imported here, because offline commands do not need an HTTP client.
        from ..load.fetch import fetch

        token = self.token if self.is_alone or "://" not in source else None
        return fetch(source, token=token, timeout=self.timeout)
