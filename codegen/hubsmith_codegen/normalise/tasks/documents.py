"""The task schemas as they are on disk, and their overlays.

Schemas are kept as upstream has them. Corrections, and what schemas do not say (the Python names of
inputs, the order of parameters, the type of the result), are in `specs/tasks/overlay/<task>.toml`
and nowhere else.

Upstream refers to a schema by its `$id`, an absolute path that is independent of its folder.
References can only lead into the documents read here.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from hubsmith_runtime import SpecError

from ...ir.checked import Checked
from ...ir.json_type import Json
from ...load.document import parse
from ...load.toml import read_toml
from ...load.typed import typed

COMMON = "common-definitions"
OVERLAY = "overlay"
OWN_ID = "/hubsmith/"
FILES = ("input", "output", "stream_output")
_LONGEST_REASON = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """Every schema document."""

    # By task, then by file without its suffix: `input`, `output`, `stream_output`.
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
        found = {file: _read_document(path) for file, path in files.items() if path.is_file()}
        if found:
            tasks[path.name] = found
    return Documents(tasks=tasks, common=_read_document(folder / f"{COMMON}.json"))


def _read_document(path: Path) -> dict[str, Json]:
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
        """The schema that a `$ref` in a document leads to, such as `#/$defs/FillMaskParameters`."""
        identity, _, pointer = reference.partition("#")
        start = self._by_id.get(identity) if identity else document
        found = None if start is None else at(start, pointer)
        if not isinstance(found, dict):
            raise SpecError(f"{document.get('$id')}: cannot resolve the reference {reference!r}.")
        return found


def at(document: Json | Mapping[str, Json], pointer: str) -> Json | Mapping[str, Json]:
    """The value that a JSON pointer leads to; `None` if there is none."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction(Checked):
    """A correction of upstream, at one place or at several similar ones."""

    file: Literal["input", "output", "stream_output"]  # The document.
    at: tuple[str, ...]  # JSON pointers to objects in that file.
    set: Mapping[str, Any] = field(default_factory=dict[str, Any])  # Members to add or replace.
    drop: tuple[str, ...] = ()  # Members to remove.
    reason: str

    def explains(self, file: str, place: str) -> bool:
        """Whether a difference at this JSON pointer in a file is due to this correction."""
        if file != self.file:
            return False
        roots = (f"{pointer}/{key}" for pointer in self.at for key in (*self.set, *self.drop))
        return any(place == root or place.startswith(f"{root}/") for root in roots)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay(Checked):
    """What is known about one task beyond its schemas."""

    task: str  # The task's folder.
    method: str  # The client's method.
    summary: str  # What the method does, in one line.
    returns: str  # What it returns, in one line.
    # The parameters in huggingface_hub's order: Python names, `model`, and `*` before the
    # keyword-only ones. Unlisted parameters of the schema follow, then the options of every method.
    # A final `**kwargs` accepts parameters that are not in the schema.
    signature: tuple[str, ...]
    hub_task: str = ""  # The Hub's name for the task, if it differs.
    input: str = "inputs"  # The property of the request that is the input.
    # Python names of inputs and parameters, by wire name.
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    # Object parameters in the schema whose members become parameters themselves.
    flatten: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()  # Properties of the request that are not parameters.
    # Defaults in the signature other than `None`, by Python name.
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    # Python names of classes, by their title.
    classes: Mapping[str, str] = field(default_factory=dict[str, str])
    # Classes shared with other tasks, by huggingface_hub's name for this task's own class.
    shared: Mapping[str, str] = field(default_factory=dict[str, str])
    aliases: tuple[str, ...] = ()  # Titles of unions in the arguments that get a name in Python.
    result: Literal["json", "image", "bytes", "array"] = "json"  # The form of the answer.
    answer_forms: tuple[str, ...] = ()  # Names of further forms of the answer that are accepted.
    returns_text_unless: str = ""  # The parameter that asks for the full result instead of text.
    returns_list_if: str = ""  # The parameter that asks for several results instead of one.
    # The parameter that takes a pydantic model class to parse the answer with.
    parsed_by: str = ""
    any_of: tuple[str, ...] = ()  # Parameters of which at least one is needed, by Python name.
    # Parameters that must be given together or not at all, by Python name.
    required_together: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()  # Corrections of the upstream schemas.


def read_overlays(folder: Path) -> dict[str, Overlay]:
    """Read the overlays in a folder, by task."""
    return {path.stem: _read_overlay(path) for path in sorted((folder / OVERLAY).glob("*.toml"))}


def _read_overlay(path: Path) -> Overlay:
    content = read_toml(path)
    content |= {"task": path.stem, "corrections": content.pop("correction", [])}
    overlay = typed(content, Overlay, str(path))
    for place, correction in enumerate(overlay.corrections):
        where = f"{path}: correction {place}"
        if not (correction.set or correction.drop):
            raise SpecError(f"{where}: set or drop something.")
        if not correction.reason.strip() or len(correction.reason) > _LONGEST_REASON:
            raise SpecError(f"{where}: give a reason of at most {_LONGEST_REASON} characters.")
    return overlay


def corrected(documents: Documents, overlays: Mapping[str, Overlay]) -> Documents:
    """Return a copy of the documents with every correction made.

    A stale correction, which leads nowhere or changes nothing, raises a `SpecError`.
    """
    documents = copy.deepcopy(documents)
    for overlay in overlays.values():
        for correction in overlay.corrections:
            document = documents.tasks.get(overlay.task, {}).get(correction.file)
            for pointer in correction.at:
                _correct(document, pointer, correction, f"{overlay.task}/{correction.file}")
    return documents


def _correct(
    document: dict[str, Json] | None, pointer: str, correction: Correction, where: str
) -> None:
    target = None if document is None else at(document, pointer)
    if not isinstance(target, dict):
        raise SpecError(f"{where}: the correction at {pointer!r} does not lead to an object.")
    stale = [key for key in correction.drop if key not in target]
    stale += [
        key
        for key, value in correction.set.items()
        if key in target and target[key] == value and type(target[key]) is type(value)
    ]
    if stale:
        raise SpecError(f"{where}{pointer}: the correction of {', '.join(stale)} changes nothing.")
    for key in correction.drop:
        del target[key]
    # A copy: several places share the value.
    target.update(copy.deepcopy(dict(correction.set)))
