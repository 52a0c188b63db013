"""A snapshot of a Space: its API documents in a folder, small enough to keep in version control."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from hubsmith_runtime import SpecError

from ..ir.json_type import Json
from . import canonical
from .document import PATHS, parse, read_file
from .spec import RawSpec, load, load_document

SOURCE_FILE = "source.json"
_SOURCE = re.compile(r"[\w.-]+/[\w.-]+|https?://[^\s@?#\"'<>\\]+")


def snapshot_files(raw: RawSpec) -> dict[str, str]:
    """Return the files of a snapshot by name; equal specs give equal bytes."""
    files = {
        f"{kind}.json": canonical.to_text(document) for kind, document in raw.documents.items()
    }
    about: dict[str, Json] = {
        "source": raw.source,
        "name": raw.name,
        "gradio": raw.gradio_version,
        "notes": dict(raw.notes),
    }
    files[SOURCE_FILE] = canonical.to_text(about)
    return files


def read_snapshot(path: Path) -> RawSpec:
    """Read a snapshot folder, the folder of a generated client, or a single document."""
    if path.is_file():
        return load_document(read_file(path), what=str(path))
    if not path.is_dir():
        raise SpecError(f"{path}: there is no such file or folder.")
    found = {kind: path / f"{kind}.json" for kind in PATHS if (path / f"{kind}.json").is_file()}
    if not found:
        if (path / "spec").is_dir():
            return read_snapshot(path / "spec")
        raise SpecError(
            f"{path}: the folder holds none of openapi.json, info.json and config.json."
        )
    names = [file.name for file in found.values()] + [SOURCE_FILE]
    files = {name: read_file(path / name) for name in names if (path / name).is_file()}
    return snapshot_of(files, str(path))


def snapshot_of(files: Mapping[str, bytes], folder: str) -> RawSpec:
    """Read a snapshot from the content of its files by name; `folder` is for messages."""
    about: Mapping[str, Json] = {}
    if SOURCE_FILE in files:
        about = parse(files[SOURCE_FILE], f"{folder}/{SOURCE_FILE}")
    documents = {kind: files[f"{kind}.json"] for kind in PATHS if f"{kind}.json" in files}
    notes = about.get("notes")
    return load(
        documents,
        source=_text(about, "source", f"{folder}/{SOURCE_FILE}"),
        name=_text(about, "name", f"{folder}/{SOURCE_FILE}"),
        notes={
            key: value
            for key, value in (notes if isinstance(notes, dict) else {}).items()
            if isinstance(value, str)
        },
        folder=folder,
    )


def _text(about: Mapping[str, Json], key: str, where: str) -> str | None:
    value = about.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise SpecError(f"{where}: {key} is not a string.")
    if key == "source" and not _SOURCE.fullmatch(value):
        raise SpecError(f"{where}: source is neither owner/name nor an http(s) URL.")
    return value
