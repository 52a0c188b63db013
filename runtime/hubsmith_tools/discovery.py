"""Makes tools from the request models of a generated client and the snapshot next to it."""

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

# Labels that Gradio generates, from the number of a component or for `gr.api`.
_MADE_UP = re.compile(r"(?:parameter|value)_\d+|\d+(?:st|nd|rd|th)")


@dataclass(frozen=True, slots=True)
class Offer:
    """An endpoint that can become a tool; it has no tool name yet."""

    space: BaseSpace
    package: str  # The name of the client's package.
    request: type[Request[Any]]
    about: dict[str, Any]  # The description of the endpoint in `/info`.


def offers(space: object) -> list[Offer]:
    """Return the endpoints of a generated client.

    Raises:
        ArgumentError: if `space` is not a generated client.
    """
    if not isinstance(space, BaseSpace):
        raise ArgumentError(
            f"tools_of takes generated clients of Spaces, got {type(space).__name__}. Clients with "
            "a vendored runtime are not supported."
        )
    # The class may be a subclass of a generated one.
    modules = [kind.__module__ for kind in type(space).__mro__ if "_source" in vars(kind)]
    models = next(filter(None, map(_models, modules)), None)
    if models is None:
        raise ArgumentError(
            f"{type(space).__name__} is not a generated client, so the parameters of its endpoints "
            "are unknown. Run `hubsmith add` for the Space, and pass the client that it writes."
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
    """Return the `models` module next to the module of a client, or `None` if there is none."""
    package = module.rpartition(".")[0]
    if module == BaseSpace.__module__ or not package:
        return None
    try:
        return importlib.import_module(f"{package}.models")
    except ModuleNotFoundError:
        return None


def chosen(found: Sequence[Offer], endpoints: Iterable[str] | None) -> list[Offer]:
    """Return the selected endpoints, given by name with or without slash, or as `fn_index=N`.

    Raises:
        ArgumentError: if there is no such endpoint.
    """
    if endpoints is None:
        return list(found)
    wanted = {
        one if one.startswith("fn_index=") else f"/{one.removeprefix('/')}" for one in endpoints
    }
    known = {str(one.request.__endpoint__) for one in found}
    if unknown := sorted(wanted - known):
        raise ArgumentError(
            f"There is no endpoint {', '.join(unknown)}. Available: {', '.join(sorted(known))}."
        )
    return [one for one in found if str(one.request.__endpoint__) in wanted]


def tool_of(offer: Offer, name: str) -> Tool:
    """Describe an endpoint for models."""
    endpoint, request = str(offer.request.__endpoint__), offer.request
    source = shown(offer.space._core.name)  # pyright: ignore[reportPrivateUsage]
    space = shown(offer.space._source or source)  # pyright: ignore[reportPrivateUsage]
    schema = _described(input_schema(request), offer)
    called = endpoint if re.fullmatch(r"[\w./=-]{1,80}", endpoint) else quoted(endpoint, 80)
    about = [f"Calls {called} of the Space {space}."]
    if words := offer.about.get("description"):
        about.append(said("The Space describes it as:", words))
    labels = [label for one in _entries(offer, "returns") if (label := _label(one))]
    if labels:
        about.append(f"The Space labels the result {' and '.join(labels)}.")
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
    """Add defaults and the Space's descriptions to the arguments."""
    entries = _entries(offer, "parameters")
    named = {one.get("parameter_name"): one for one in entries}
    defaults = offer.request.__endpoint__.defaults
    fields = offer.request.model_fields
    properties: Schema = {}
    for place, (name, one) in enumerate(schema["properties"].items()):
        wire_name = fields[name].alias or name
        by_place = entries[place] if len(entries) == len(fields) else {}
        entry = named.get(wire_name, by_place)
        about = [one.get("description", "")]
        default = defaults.get(wire_name, fields[name].default)
        if not fields[name].is_required() and default is not None:
            about.append(f"Default: {_shown(default)}.")
        if label := _label(entry):
            about.append(f"The Space labels it {label}.")
        # Gradio describes files for its own client, such as "a local filepath".
        general = as_object(entry.get("python_type")).get("description")
        if words := entry.get("info") or (general if one.get("format") != FILE else ""):
            about.append(said("The Space describes it as:", words))
        text = " ".join(filter(None, about))
        properties[name] = {**one, "description": text} if text else one
    return {**schema, "properties": properties}


def _entries(offer: Offer, member: str) -> list[dict[str, Any]]:
    return [as_object(one) for one in as_list(offer.about.get(member))]


def _label(entry: dict[str, Any]) -> str:
    """Return the label that the author of the Space set, quoted, or an empty text."""
    label = str(entry.get("label") or "")
    return quoted(label, 80) if label and not _MADE_UP.fullmatch(label) else ""


def _shown(value: object) -> str:
    if isinstance(value, str):
        return quoted(value, 80)
    text = json.dumps(value, default=str)  # ASCII only, so no further escaping is needed.
    return text if len(text) <= 120 else f"{text[:117]}..."
