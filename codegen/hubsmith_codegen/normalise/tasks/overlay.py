"""What is laid over the schemas: corrections, each with its reason, and the facts of each method.

A schema stays as upstream has it. What upstream has wrong, and what no schema says (how the inputs
are called in Python, in which order parameters stand, what comes back), stands in
`specs/tasks/overlay/<task>.toml` and nowhere else.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

from hubsmith_runtime import SpecError

from ...ir.json_type import Json, Scalar
from ...load.toml import read_toml
from .registry import FILES, OVERLAY, Documents, at

Form: TypeAlias = Literal["json", "image", "bytes", "array"]
FORMS: tuple[Form, ...] = ("json", "image", "bytes", "array")
_LONGEST_REASON = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One place, or several alike, where upstream is wrong.

    Attributes:
        file: `input`, `output` or `stream_output`.
        at: JSON pointers to objects of that file.
        set: Members that they get.
        drop: Members that they lose.
        reason: Why.
    """

    file: str
    at: tuple[str, ...]
    set: Mapping[str, Json]
    drop: tuple[str, ...]
    reason: str

    def explains(self, file: str, place: str) -> bool:
        """Whether a difference at this JSON pointer of a file is one that this corrects."""
        if file != self.file:
            return False
        roots = (f"{pointer}/{key}" for pointer in self.at for key in (*self.set, *self.drop))
        return any(place == root or place.startswith(f"{root}/") for root in roots)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """What is known of one task beside its schemas.

    Attributes:
        task: The task's folder.
        hub_task: The Hub's name of the task, where that differs.
        method: The client's method.
        summary: What the method does, one line.
        returns: What it returns, one line.
        signature: The parameters in order, as huggingface_hub has them: Python names, `model`,
            `extra_body`, and `*` where the keyword-only ones begin. Those of the schema that are
            not listed follow. A last `**kwargs` takes parameters that nobody lists.
        input: The property of the request that is the input.
        names: Python names of inputs and parameters, by wire name.
        flatten: Parameters that are objects in the schema and whose members are parameters of
            their own on the wire.
        left_out: Properties of the request that are no parameters.
        defaults: Values in the signature that are not `None`, by Python name.
        classes: Python names of classes, by their title.
        aliases: Titles of unions in the arguments that get a name in Python.
        result: The form of the answer.
        shapes: Names of other forms of an answer that are understood.
        text_unless: The parameter that turns a plain text into the full result.
        many_if: The parameter that asks for several results instead of one.
        parsed_by: The parameter that takes a pydantic model class, which the answer is parsed by.
        one_of: Parameters of which at least one is needed, by Python name.
        together: Parameters that are given together or not at all, by Python name.
        corrections: What upstream has wrong.
    """

    task: str
    method: str
    summary: str
    returns: str
    signature: tuple[str, ...]
    hub_task: str = ""
    input: str = "inputs"
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    flatten: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    defaults: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])
    classes: Mapping[str, str] = field(default_factory=dict[str, str])
    aliases: tuple[str, ...] = ()
    result: Form = "json"
    shapes: tuple[str, ...] = ()
    text_unless: str = ""
    many_if: str = ""
    parsed_by: str = ""
    one_of: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()


_TEXTS = frozenset(
    {"hub_task", "method", "summary", "returns", "input", "result"}
    | {"text_unless", "many_if", "parsed_by"}
)
_LISTS = frozenset({"signature", "flatten", "left_out", "aliases", "shapes", "one_of", "together"})
_TABLES = frozenset({"names", "defaults", "classes"})
_NEEDED = frozenset({"method", "summary", "returns", "signature"})


def read_overlays(folder: Path) -> dict[str, Overlay]:
    """Read the overlay of every task.

    Args:
        folder: The folder of the tasks.

    Returns:
        By task.

    Raises:
        SpecError: when a file is not TOML, or says something that is not known.
    """
    return {path.stem: _read(path) for path in sorted((folder / OVERLAY).glob("*.toml"))}


def _read(path: Path) -> Overlay:
    content = read_toml(path)
    corrections = content.pop("correction", [])
    unknown = set(content) - _TEXTS - _LISTS - _TABLES
    missing = _NEEDED - set(content)
    if unknown or missing:
        raise SpecError(
            f"{path}: unknown keys {sorted(unknown)}, missing keys {sorted(missing)}; "
            f"known are {sorted(_TEXTS | _LISTS | _TABLES | {'correction'})}."
        )
    for key, value in content.items():
        is_right = (
            isinstance(value, str)
            if key in _TEXTS
            else isinstance(value, list) and all(isinstance(item, str) for item in value)
            if key in _LISTS
            else isinstance(value, dict)
        )
        if not is_right:
            raise SpecError(f"{path}: {key} is of the wrong type.")
    if content.get("result", "json") not in FORMS:
        raise SpecError(f"{path}: result must be one of {', '.join(FORMS)}.")
    facts = {
        key: tuple(cast("list[str]", value)) if key in _LISTS else value
        for key, value in content.items()
    }
    if not isinstance(corrections, list):
        raise SpecError(f"{path}: write corrections as [[correction]].")
    made = tuple(_correction(item, f"{path}: correction {n}") for n, item in enumerate(corrections))
    return Overlay(task=path.stem, corrections=made, **cast("dict[str, Any]", facts))


def _correction(item: Json, where: str) -> Correction:
    if not isinstance(item, dict) or set(item) - {"file", "at", "set", "drop", "reason"}:
        raise SpecError(f"{where} must be a table of file, at, set, drop and reason.")
    places = item.get("at")
    places = [places] if isinstance(places, str) else places
    match item.get("file"), places, item.get("set", {}), item.get("drop", []), item.get("reason"):
        case str(file), list(), dict(members), list(dropped), str(reason):
            if file not in FILES or not (members or dropped):
                raise SpecError(f"{where}: file must be one of {FILES}; set or drop something.")
            if not reason.strip() or len(reason) > _LONGEST_REASON:
                raise SpecError(f"{where}: give its reason, in {_LONGEST_REASON} characters.")
            return Correction(
                file=file,
                at=tuple(str(place) for place in places),
                set=members,
                drop=tuple(str(key) for key in dropped),
                reason=reason,
            )
        case _:
            raise SpecError(f"{where}: file, at or reason is missing or of the wrong type.")


def corrected(documents: Documents, overlays: Mapping[str, Overlay]) -> Documents:
    """The documents with every correction made; those given stay as they are.

    Raises:
        SpecError: when a correction leads nowhere or changes nothing any more, so that it is stale.
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
