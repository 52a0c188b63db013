"""The task schemas as they are on disk, and what is laid over them.

A schema stays as upstream has it. What upstream has wrong, and what no schema says (how the inputs
are called in Python, in which order parameters stand, what comes back), stands in
`specs/tasks/overlay/<task>.toml` and nowhere else.

Upstream refers to a schema by its `$id`, an absolute path, whatever folder it lies in. No reference
leads anywhere but into the documents read here.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction(Checked):
    """One place, or several alike, where upstream is wrong."""

    file: Literal["input", "output", "stream_output"]  # The document.
    at: tuple[str, ...]  # JSON pointers to objects of that file.
    set: Mapping[str, Any] = field(default_factory=dict[str, Any])  # Members that they get.
    drop: tuple[str, ...] = ()  # Members that they lose.
    reason: str

    def explains(self, file: str, place: str) -> bool:
        """Whether a difference at this JSON pointer of a file is one that this corrects."""
        if file != self.file:
            return False
        roots = (f"{pointer}/{key}" for pointer in self.at for key in (*self.set, *self.drop))
        return any(place == root or place.startswith(f"{root}/") for root in roots)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay(Checked):
    """What is known of one task that its schemas do not say."""

    task: str  # The task's folder.
    method: str  # The client's method.
    summary: str  # What the method does, one line.
    returns: str  # What it returns, one line.
    # The parameters in order, as huggingface_hub has them: Python names, `model`, and `*` where the
    # keyword-only ones begin. Those of the schema that are not listed follow, then the options that
    # every method has. A last `**kwargs` takes parameters that nobody lists.
    signature: tuple[str, ...]
    hub_task: str = ""  # The Hub's name of the task, where that differs.
    input: str = "inputs"  # The property of the request that is the input.
    # Python names of inputs and parameters, by wire name.
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    # Parameters that are objects in the schema; on the wire their members stand in their place.
    flatten: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()  # Properties of the request that are no parameters.
    # Values in the signature that are not `None`, by Python name.
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    # Python names of classes, by their title.
    classes: Mapping[str, str] = field(default_factory=dict[str, str])
    # Classes that other tasks have, too, by the name that huggingface_hub gives this task's own.
    shared: Mapping[str, str] = field(default_factory=dict[str, str])
    aliases: tuple[str, ...] = ()  # Titles of unions in the arguments that get a name in Python.
    result: Literal["json", "image", "bytes", "array"] = "json"  # The form of the answer.
    answer_forms: tuple[str, ...] = ()  # Names of other forms of an answer that are understood.
    returns_text_unless: str = ""  # The parameter that turns a plain text into the full result.
    returns_list_if: str = ""  # The parameter that asks for several results instead of one.
    # The parameter that takes a pydantic model class, which the answer is parsed by.
    parsed_by: str = ""
    any_of: tuple[str, ...] = ()  # Parameters of which at least one is needed, by Python name.
    # Parameters that are given together or not at all, by Python name.
    required_together: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()  # What upstream has wrong.


def read_overlays(folder: Path) -> dict[str, Overlay]:
    """Read the overlay of every task of a folder, by task."""
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
            raise SpecError(f"{where}: give its reason, in {_LONGEST_REASON} characters.")
    return overlay


def corrected(documents: Documents, overlays: Mapping[str, Overlay]) -> Documents:
    """The documents with every correction made; those given stay as they are.

    A correction that leads nowhere or changes nothing any more is stale: a `SpecError`.
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
        raise SpecError(f"{where}: the correction at {pointer!r} leads to no object.")
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
