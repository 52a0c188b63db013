"""`hubsmith.lock`: what made a client package, from what, and a hash of every file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any

from hubsmith_runtime import SpecError
from pydantic import BaseModel, ValidationError

from ..ir.json_type import Json
from ..load.document import parse
from ..load.file import read_file

LOCK_FILE = "hubsmith.lock"
LOCK_VERSION = 1
MAX_LOCK_BYTES = 2**20
LOST_LOCK = (
    "Take it back from version control, or remove the folder and write the client anew: "
    "`hubsmith update`"
)
"""What helps where a client has no lock that can be read."""
_LONGEST_PATH = 1000
_GENERATORS = ("hubsmith", "datamodel-code-generator", "Jinja2", "ruff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What `hubsmith.lock` holds.

    Attributes:
        name: The package.
        source: The Space's name or URL; `None` where the documents came without it.
        gradio: The version of the server that wrote the documents; may be empty.
        digest: sha256 over the documents, hexadecimal.
        documents: Which documents the client was made from, the fullest first.
        missing: Why others were not, by document.
        generators: Versions of what shapes the bytes, by distribution.
        options: Choices that shape the bytes.
        omissions: What the client cannot carry: endpoint and reason.
        files: sha256 of each file, by path within the package.
    """

    name: str
    source: str | None
    gradio: str
    digest: str
    documents: tuple[str, ...]
    missing: Mapping[str, str]
    generators: Mapping[str, str]
    options: Mapping[str, Json] = field(default_factory=dict[str, Json])
    omissions: tuple[tuple[str, str], ...] = ()
    files: Mapping[PurePosixPath, str]

    def to_text(self) -> str:
        """Return the lock as it is stored."""
        content: dict[str, object] = {
            "lock_version": LOCK_VERSION,
            "name": self.name,
            "source": self.source,
            "gradio": self.gradio,
            "spec": {
                "sha256": self.digest,
                "documents": list(self.documents),
                "missing": dict(sorted(self.missing.items())),
            },
            "generators": dict(sorted(self.generators.items())),
            "options": dict(sorted(self.options.items())),
            "omissions": [
                {"endpoint": endpoint, "reason": reason} for endpoint, reason in self.omissions
            ],
        }
        # One line each, so that a diff of two locks says what differs.
        lines = [f" {_json(key)}: {_json(value)}" for key, value in content.items()]
        files = [f"  {_json(str(path))}: {_json(self.files[path])}" for path in sorted(self.files)]
        lines.append(' "files": {\n' + ",\n".join(files) + "\n }")
        return "{\n" + ",\n".join(lines) + "\n}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def read_lock_file(path: Path) -> Lock:
    """Read a lock from the disk, or say in a `SpecError` why it is none."""
    return read_lock(read_file(path, MAX_LOCK_BYTES), str(path))


def read_lock(content: bytes, what: str) -> Lock:
    """Parse a lock.

    Raises:
        SpecError: when it is not one that hubsmith wrote.
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
        stored = _Stored.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise SpecError(f"{what}: {key}: {first['msg']}. Generate the client again.") from None
    return Lock(
        name=stored.name,
        source=stored.source,
        gradio=stored.gradio,
        digest=stored.spec.sha256,
        documents=stored.spec.documents,
        missing=stored.spec.missing,
        generators=stored.generators,
        options=stored.options,
        omissions=tuple((item.endpoint, item.reason) for item in stored.omissions),
        files={checked_path(path, what): digest for path, digest in stored.files.items()},
    )


class _StoredSpec(BaseModel, defer_build=True):
    sha256: str
    documents: tuple[str, ...]
    missing: dict[str, str]


class _StoredOmission(BaseModel, defer_build=True):
    endpoint: str
    reason: str


class _Stored(BaseModel, defer_build=True):
    name: str
    source: str | None
    gradio: str
    spec: _StoredSpec
    generators: dict[str, str]
    options: dict[str, Any]
    omissions: tuple[_StoredOmission, ...]
    files: dict[str, str]


def checked_path(path: str | PurePosixPath, what: str) -> PurePosixPath:
    """Return a path that stays within its package.

    Raises:
        SpecError: when it would lead out of it, on any system.
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
    """Return the sha256 of a file, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def generator_versions() -> dict[str, str]:
    """Return the installed versions of what shapes the bytes of a client."""
    return dict(_installed())


@cache
def _installed() -> Mapping[str, str]:
    versions: dict[str, str] = {}
    for distribution in _GENERATORS:
        try:
            versions[distribution.lower()] = metadata.version(distribution)
        except metadata.PackageNotFoundError:
            versions[distribution.lower()] = "unknown"
    return versions
