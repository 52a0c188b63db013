"""The task schemas as they are on disk, found by task, by file and by `$id`.

Upstream refers to a schema by its `$id`, an absolute path, whatever folder it lies in. No reference
leads anywhere but into the documents read here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hubsmith_runtime import SpecError

from ...ir.json_type import Json
from ...load.document import parse

COMMON = "common-definitions"
OVERLAY = "overlay"
OWN_ID = "/hubsmith/"
FILES = ("input", "output", "stream_output")


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """Every schema document."""

    # By task, then by file without its ending: `input`, `output`, `stream_output`.
    tasks: Mapping[str, Mapping[str, dict[str, Json]]]
    common: dict[str, Json]  # The definitions that several tasks share.

    def all(self) -> Iterator[tuple[str, dict[str, Json]]]:
        """Every document with its name, such as `fill-mask/input`."""
        yield COMMON, self.common
        for task, files in self.tasks.items():
            for file, document in files.items():
                yield f"{task}/{file}", document


def read_documents(folder: Path, within: str = "") -> Documents:
    """Read the schemas of every task, which lie `within` the task's folder."""
    tasks: dict[str, dict[str, dict[str, Json]]] = {}
    for path in sorted(folder.iterdir()):
        place = path / within
        if path.name in (OVERLAY, "placeholder") or not place.is_dir():
            continue
        files = {file: place / f"{file}.json" for file in FILES}
        found = {file: _read(path) for file, path in files.items() if path.is_file()}
        if found:
            tasks[path.name] = found
    return Documents(tasks=tasks, common=_read(folder / f"{COMMON}.json"))


def _read(path: Path) -> dict[str, Json]:
    try:
        return dict(parse(path.read_bytes(), str(path)))
    except OSError as error:
        raise SpecError(f"{path} cannot be read: {error.strerror}.") from None


class Registry:
    """Resolves references between documents."""

    def __init__(self, documents: Documents) -> None:
        self._by_id: dict[str, dict[str, Json]] = {}
        for name, document in documents.all():
            identity = document.get("$id")
            if not isinstance(identity, str) or identity in self._by_id:
                raise SpecError(f"{name}.json has no $id of its own (found {identity!r}).")
            self._by_id[identity] = document

    def resolve(self, reference: str, document: Mapping[str, Json]) -> dict[str, Json]:
        """What a `$ref`, such as `#/$defs/FillMaskParameters`, of a document leads to."""
        identity, _, pointer = reference.partition("#")
        start = self._by_id.get(identity) if identity else document
        found = None if start is None else at(start, pointer)
        if not isinstance(found, dict):
            raise SpecError(f"{document.get('$id')}: the reference {reference!r} leads to nothing.")
        return found


def at(document: Json | Mapping[str, Json], pointer: str) -> Json | Mapping[str, Json]:
    """What a JSON pointer leads to; `None` where that is nothing."""
    found = document
    for step in pointer.split("/")[1:]:
        part = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, list) and part.isdecimal() and int(part) < len(found):
            found = found[int(part)]
        elif isinstance(found, Mapping):
            found = found.get(part)
        else:
            return None
    return found
