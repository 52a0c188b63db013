"""What a user names as a SOURCE: a Space, a URL, a snapshot, a document, or a recorded name."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from hubsmith_runtime import ConnectionFailedError, SpecError

from ..load import RawSpec
from ..load.fetch import BROKEN, NO_ANSWER, fetch
from ..load.snapshot import read_snapshot
from .configuration import Configuration, read_configuration
from .console import shown_path
from .naming import name_of_path, name_of_source


def path_of(source: str, base: Path | None = None) -> Path | None:
    """Return the path that a source is; the owner/name of a Space and URLs are none.

    Args:
        source: What the user wrote.
        base: The folder that a relative path starts from; default: the working folder.
    """
    if "://" in source:
        return None
    path = Path(source).expanduser()
    if base is not None:
        path = base / path
    looks_like_path = source.endswith(".json") or source.startswith((".", "~", os.sep))
    if looks_like_path or path.exists() or "/" not in source:
        return path
    return None


def recorded_path(path: Path, base: Path) -> str:
    """Return how a configuration in the folder `base` names a path: relative, where it can."""
    try:
        relative = Path(os.path.relpath(path.resolve(), base.resolve())).as_posix()
    except ValueError:  # another drive
        return path.resolve().as_posix()
    # Without the dot, two parts would read like the owner and the name of a Space.
    is_like_name = "/" in relative and not relative.startswith((".", "/"))
    return f"./{relative}" if is_like_name else relative


def name_for(source: str, raw: RawSpec) -> str:
    """Return the name of the client that a source gives, where the user gave none."""
    path = path_of(source)
    if path is not None:
        return name_of_path(path, raw)
    return name_of_source(raw.source or source, raw)


def token_for(source: str, token: str | None, *, is_alone: bool) -> str | None:
    """Return the token that a user gave, where it is meant for this Space.

    Args:
        source: Where the Space is.
        token: What the user gave.
        is_alone: Whether the command is about this Space only. Of several, those with a plain
            address do not get it: it was hardly meant for each of them.
    """
    return token if is_alone or "://" not in source else None


def read_source(source: str, *, token: str | None = None, timeout: float = 10) -> RawSpec:
    """Read the API documents that a source names.

    Args:
        source: `owner/name`, a URL, a snapshot folder or an openapi.json file. The name of a
            recorded Space means its snapshot, where no such path exists.
        token: A Hub token, for a running Space.
        timeout: Seconds for each document of a running Space.

    Raises:
        HubsmithError: when there is nothing there, or it is no API of a Space.
    """
    path = path_of(source)
    if path is None:
        return fetch(source, token=token, timeout=timeout)
    if not path.exists():
        configuration = read_configuration(Path.cwd())
        if source in configuration.spaces:
            return stored(configuration, source)
    return read_snapshot(path)


def stored(configuration: Configuration, name: str) -> RawSpec:
    """Read the snapshot of a recorded Space.

    Raises:
        SpecError: when it is not recorded, or there is no snapshot.
    """
    configuration.space(name)
    folder = configuration.snapshot(name)
    if not folder.is_dir():
        raise SpecError(
            f"{name}: there is no snapshot in {shown_path(folder)}. Run: hubsmith update {name}"
        )
    return read_snapshot(folder)


def fetch_recorded(
    configuration: Configuration,
    name: str,
    *,
    before: RawSpec | None = None,
    token: str | None = None,
    timeout: float = 10,
) -> RawSpec:
    """Read the documents of a recorded Space anew, from where it was added.

    Args:
        configuration: Where it is recorded.
        name: Its name.
        before: The documents at hand. One of them that the Space just did not manage to serve is
            an error then, because without it the client would lose what it knows.
        token: A Hub token, for a running Space.
        timeout: Seconds for each document of a running Space.

    Raises:
        HubsmithError: when they cannot be read.
    """
    source = configuration.space(name).source
    path = path_of(source, configuration.file.parent)
    if path is not None:
        raw = read_snapshot(path)
        return raw if raw.source else replace(raw, source=before.source if before else None)
    raw = fetch(source, token=token, timeout=timeout)
    for document in before.documents if before else ():
        reason = raw.notes.get(document)
        if reason in (BROKEN, NO_ANSWER):
            raise ConnectionFailedError(
                f"{name}: {source} did not serve its {document} document: {reason}. "
                "Try again, or allow more time with --timeout."
            )
    return raw
