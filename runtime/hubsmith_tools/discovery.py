"""The tools of a Space: its request models, and what its snapshot says of them."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from hubsmith_runtime import ArgumentError, Request
from hubsmith_runtime.http import shown
from hubsmith_runtime.reading import as_list, as_object
from hubsmith_runtime.spaces.space import BaseSpace

from .schemas import FILE, Schema, input_schema, output_schema
from .snapshot import read_snapshot
from .strictness import lax_reason
from .tool import Tool
from .words import quoted, said

# Labels that Gradio makes up from a component's number, and those of gr.api.
_MADE_UP = re.compile(r"(?:parameter|value)_\d+|\d+(?:st|nd|rd|th)")


@dataclass(frozen=True, slots=True)
class Offer:
    """An endpoint that becomes a tool once it has a name."""

    space: BaseSpace
    package: str  # The name of the client's package.
    request: type[Request[Any]]
    about: dict[str, Any]  # What `/info` says of the endpoint.


def offers(space: object) -> list[Offer]:
    """Return the endpoints of a generated client.

    Raises:
        ArgumentError: when it is none.
    """
    if not isinstance(space, BaseSpace):
        raise ArgumentError(
            f"tools_of takes generated clients of Spaces, got {type(space).__name__}. A client with a "
            "vendored runtime has no tools."
        )
    # A class of one's own may stand on a generated one.
    modules = [kind.__module__ for kind in type(space).__mro__ if "_source" in vars(kind)]
    models = next(filter(None, map(_models, modules)), None)
    if models is None:
        raise ArgumentError(
            f"{type(space).__name__} is no generated client, so nothing says what its endpoints "
            "take. Run `hubsmith add` for the Space, and pass its client."
        )
    requests = [
        cast("type[Request[Any]]", one)
        for one in vars(models).values()
        if isinstance(one, type) and issubclass(one, Request) and one is not Request
    ]
    package = models.__name__.split(".")[-2]
    known = read_snapshot(Path(models.__file__ or "").parent / "spec")
    about = {one: known.get(str(one.__endpoint__), {}) for one in requests}
    return [Offer(space, package, one, about[one]) for one in requests]


def _models(module: str) -> ModuleType | None:
    """Return the requests beside the module of a client; `None` where there are none."""
    package = module.rpartition(".")[0]
    if module == BaseSpace.__module__ or not package:
        return None
    try:
        return importlib.import_module(f"{package}.models")
    except ModuleNotFoundError:
        return None


def chosen(found: Sequence[Offer], endpoints: Iterable[str] | None) -> list[Offer]:
    """Return the endpoints that are wanted, by name with or without slash, or `fn_index=N`.

    Raises:
        ArgumentError: when there is no such endpoint.
    """
    if endpoints is None:
        return list(found)
    wanted = {
        one if one.startswith("fn_index=") else f"/{one.removeprefix('/')}" for one in endpoints
    }
    known = {str(one.request.__endpoint__) for one in found}
    if unknown := sorted(wanted - known):
        raise ArgumentError(
            f"There is no endpoint {', '.join(unknown)}. There are: {', '.join(sorted(known))}."
        )
    return [one for one in found if str(one.request.__endpoint__) in wanted]


def tool_of(offer: Offer, name: str) -> Tool:
    """Describe an endpoint for models."""
    endpoint, request = str(offer.request.__endpoint__), offer.request
    source = shown(offer.space._core.name)  # pyright: ignore[reportPrivateUsage]  # As messages name it.
    space = shown(offer.space._source or source)  # pyright: ignore[reportPrivateUsage]
    schema = _described(input_schema(request), offer)
    called = endpoint if re.fullmatch(r"[\w./=-]{1,80}", endpoint) else quoted(endpoint, 80)
    about = [f"Calls {called} of the Space {space}."]
    if words := offer.about.get("description"):
        about.append(said("The Space describes it so:", words))
    labels = [label for one in _entries(offer, "returns") if (label := _label(one))]
    if labels:
        about.append(f"The Space labels its result {' and '.join(labels)}.")
    return Tool(
        name=name,
        title=f"{space} {called}",
        description=" ".join(about),
        source=source,
        endpoint=endpoint,
        request=request,
        input_schema=schema,
        output_schema=output_schema(request),
        lax=lax_reason(schema),
    )


def _described(schema: Schema, offer: Offer) -> Schema:
    """Add to each argument what the Space says of it, and its default."""
    entries = _entries(offer, "parameters")
    named = {one.get("parameter_name"): one for one in entries}
    defaults = offer.request.__endpoint__.defaults
    fields = offer.request.model_fields
    properties: Schema = {}
    for place, (name, one) in enumerate(schema["properties"].items()):
        wire_name = fields[name].alias or name
        by_place = entries[place] if len(entries) == len(fields) else {}
        entry = named.get(wire_name, by_place)
        told = [one.get("description", "")]
        default = defaults.get(wire_name, fields[name].default)
        if not fields[name].is_required() and default is not None:
            told.append(f"Default: {_shown(default)}.")
        if label := _label(entry):
            told.append(f"The Space labels it {label}.")
        # Gradio's own words on a file, such as "a local filepath", are meant for its client.
        general = as_object(entry.get("python_type")).get("description")
        if words := entry.get("info") or (general if one.get("format") != FILE else ""):
            told.append(said("The Space says of it:", words))
        about = " ".join(filter(None, told))
        properties[name] = {**one, "description": about} if about else one
    return {**schema, "properties": properties}


def _entries(offer: Offer, member: str) -> list[dict[str, Any]]:
    return [as_object(one) for one in as_list(offer.about.get(member))]


def _label(entry: dict[str, Any]) -> str:
    """The label that the author gave, quoted; empty where there is none."""
    label = str(entry.get("label") or "")
    return quoted(label, 80) if label and not _MADE_UP.fullmatch(label) else ""


def _shown(value: object) -> str:
    if isinstance(value, str):
        return quoted(value, 80)
    text = json.dumps(value, default=str)  # Of ASCII only, so that nothing needs an escape more.
    return text if len(text) <= 120 else f"{text[:117]}..."
