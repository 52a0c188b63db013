"""The facts of schemas, which are upstream's, apart from the words, which are our own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hubsmith_codegen.ir.json_type import Json
from hubsmith_codegen.normalise.tasks.overlay import Overlay
from hubsmith_codegen.normalise.tasks.registry import COMMON, OWN_ID, Documents, pointer_of

_WORDS = frozenset({"description", "example"})
_NAMED = frozenset({"properties", "$defs", "definitions"})
_ABSENT = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One fact that is not the same here and upstream."""

    task: str  # The task; that of shared definitions is `common-definitions`.
    file: str  # `input`, `output` or `stream_output`.
    place: str  # A JSON pointer.
    here: str  # What stands in `specs/tasks`; a missing one is written `nothing`.
    upstream: str  # What stands there.
    reason: str = ""  # Why, where the overlay says so; else empty.

    def __str__(self) -> str:
        where = f"{self.task}/{self.file}.json#{self.place}"
        reason = self.reason or "NOT EXPLAINED"
        return f"{where}: here {self.here}, upstream {self.upstream} ({reason})"


def differences(
    here: Documents, upstream: Documents, overlays: Mapping[str, Overlay]
) -> tuple[Difference, ...]:
    """Compare the facts of `specs/tasks`, not corrected, with those of the package.

    Schemas of our own are left out as long as upstream has none for their task. Corrections of the
    overlays explain the differences at their places.
    """
    ours, theirs = dict(_files(here)), dict(_files(upstream))
    found: list[Difference] = []
    for key in sorted({*ours, *theirs}):
        task, file = key
        overlay = overlays.get(task)
        corrections = overlay.corrections if overlay else ()
        one, other = ours.get(key), theirs.get(key)
        if other is None and one is not None and str(one.get("$id")).startswith(OWN_ID):
            continue
        for place, left, right in _differing(one, other, ()):
            reasons = (c.reason for c in corrections if c.explains(file, place))
            found.append(
                Difference(
                    task=task,
                    file=file,
                    place=place,
                    here=left,
                    upstream=right,
                    reason=next(reasons, ""),
                )
            )
    return tuple(found)


def _files(documents: Documents) -> Iterator[tuple[tuple[str, str], dict[str, Json]]]:
    yield (COMMON, COMMON), _facts(documents.common)
    for task, files in documents.tasks.items():
        for file, document in files.items():
            yield (task, file), _facts(document)


def _facts(node: dict[str, Json]) -> dict[str, Json]:
    """A schema without words. A property may be called `description`; that is a fact."""
    found: dict[str, Json] = {}
    for key, value in node.items():
        if key in _NAMED and isinstance(value, dict):
            found[key] = {name: _fact(one) for name, one in value.items()}
        elif key not in _WORDS:
            found[key] = _fact(value)
    return found


def _fact(value: Json) -> Json:
    if isinstance(value, list):
        return [_fact(item) for item in value]
    return _facts(value) if isinstance(value, dict) else value


def _differing(
    here: Json, upstream: Json, parts: tuple[str, ...]
) -> Iterator[tuple[str, str, str]]:
    if isinstance(here, dict) and isinstance(upstream, dict):
        for key in sorted({*here, *upstream}):
            place = (*parts, key)
            if key not in here or key not in upstream:
                left, right = (_shown(one, key) for one in (here, upstream))
                yield pointer_of(place), left, right
            else:
                yield from _differing(here[key], upstream[key], place)
    elif isinstance(here, list) and isinstance(upstream, list) and len(here) == len(upstream):
        pairs = zip(_ordered(here), _ordered(upstream), strict=True)
        for place, (one, other) in enumerate(pairs):
            yield from _differing(one, other, (*parts, str(place)))
    elif type(here) is not type(upstream) or here != upstream:
        yield pointer_of(parts), _text(here), _text(upstream)


def _ordered(items: list[Json]) -> list[Json]:
    # A list of names, such as `required`, is a set of facts.
    names = all(isinstance(item, str) for item in items)
    return sorted(items, key=str) if names else items


def _shown(node: dict[str, Json], key: str) -> str:
    return _text(node[key]) if key in node else _ABSENT


def _text(value: Json) -> str:
    if value is None:
        return _ABSENT
    text = ascii(value)
    return text if len(text) <= 80 else text[:77] + "..."
