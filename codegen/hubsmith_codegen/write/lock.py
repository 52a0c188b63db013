"""`hubsmith.lock`: the generator and the spec of a client package, and a hash of every file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any

from hubsmith_runtime import SpecError
from pydantic import TypeAdapter, ValidationError

from ..ir.model import Omission
from ..load.document import parse, read_file

LOCK_FILE = "hubsmith.lock"
LOCK_VERSION = 1
MAX_LOCK_BYTES = 2**20
LOST_LOCK = (
    "Restore it from version control, or remove the folder and generate the client again: "
    "`hubsmith update`"
)
"""The advice for a client without a readable lock."""
_LONGEST_PATH = 1000
_GENERATORS = ("hubsmith", "datamodel-code-generator", "Jinja2", "ruff")


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedSpec:
    """The documents that a client was made from."""

    sha256: str  # The hash of the documents, hexadecimal.
    documents: tuple[str, ...]  # Those that were used, the fullest first.
    missing: dict[str, str]  # Why the others were not used, by document.


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """The content of `hubsmith.lock`."""

    name: str  # The package.
    source: str | None  # The Space's name or URL; `None` if the documents came without it.
    gradio: str  # The version of the server that wrote the documents; may be empty.
    spec: LockedSpec
    generators: dict[str, str]  # Versions of the packages that affect the output.
    options: dict[str, Any] = field(default_factory=dict[str, Any])  # Options affecting the output.
    omissions: tuple[Omission, ...] = ()  # Endpoints that the client cannot express.
    files: dict[PurePosixPath, str]  # sha256 of each file, by path within the package.

    def to_text(self) -> str:
        """Return the lock as it is stored."""
        content: dict[str, Any] = {"lock_version": LOCK_VERSION, **asdict(self)}
        files: dict[PurePosixPath, str] = content.pop("files")
        for key in ("generators", "options"):
            content[key] = dict(sorted(content[key].items()))
        # One line each, so that diffs of the lock are readable.
        lines = [f" {_json(key)}: {_json(value)}" for key, value in content.items()]
        rows = [f"  {_json(str(path))}: {_json(files[path])}" for path in sorted(files)]
        lines.append(' "files": {\n' + ",\n".join(rows) + "\n }")
        return "{\n" + ",\n".join(lines) + "\n}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def read_lock_file(path: Path) -> Lock:
    """Read a lock from disk, or raise a `SpecError`."""
    return read_lock(read_file(path, MAX_LOCK_BYTES), str(path))


def read_lock(content: bytes, what: str) -> Lock:
    """Parse a lock.

    Raises:
        SpecError: when hubsmith did not write it.
    """
    try:
        document = parse(content, what)
    except SpecError as error:
        raise SpecError(f"{error} {LOST_LOCK}.") from None
    version = document.get("lock_version")
    if version != LOCK_VERSION:
        if isinstance(version, int) and version > LOCK_VERSION:
            raise SpecError(f"{what} was written by a newer hubsmith: upgrade hubsmith.")
        raise SpecError(f"{what} was not written by hubsmith: it has no lock_version. {LOST_LOCK}.")
    try:
        lock = _adapter().validate_python(document)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise SpecError(f"{what}: {key}: {first['msg']}. Generate the client again.") from None
    for path in lock.files:
        checked_path(path, what)
    return lock


@cache
def _adapter() -> TypeAdapter[Lock]:
    return TypeAdapter(Lock)


def checked_path(path: str | PurePosixPath, what: str) -> PurePosixPath:
    """Return a path after checking that it stays within its package.

    Raises:
        SpecError: when it would lead out of the package on any system.
    """
    text = str(path)
    pure = PurePosixPath(text)
    is_odd = (
        len(text) > _LONGEST_PATH
        or any(character in text for character in "\\:\0\n\r")
        or not pure.parts
    )
    if is_odd or pure.is_absolute() or ".." in pure.parts:
        raise SpecError(f"{what}: {text[:100]!a} is not a path within the package.")
    return pure


def hash_of(content: bytes) -> str:
    """Return the hexadecimal sha256 of a file's content."""
    return hashlib.sha256(content).hexdigest()


@cache
def generator_versions() -> dict[str, str]:
    """Return the installed versions of the packages that affect the output."""
    versions: dict[str, str] = {}
    for distribution in _GENERATORS:
        try:
            versions[distribution.lower()] = metadata.version(distribution)
        except metadata.PackageNotFoundError:
            versions[distribution.lower()] = "unknown"
    return versions
