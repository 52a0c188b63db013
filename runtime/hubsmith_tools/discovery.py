"""The tools of a Space: its request models, and what its snapshot says of them."""

from __future__ import annotations

import hashlib
import importlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from hubsmith_runtime import ArgumentError, HubsmithError, Request
from hubsmith_runtime.http import shown
from hubsmith_runtime.reading import as_list, as_object
from hubsmith_runtime.spaces.live import LiveSpace
from hubsmith_runtime.spaces.signature import info_of_config, read_info
from hubsmith_runtime.spaces.space import BaseSpace

from .schemas import Schema, input_schema, output_schema
from .strictness import lax_reason
from .tool import Tool
from .words import quoted

_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True, kw_only=True)
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
    kinds = (one for one in type(space).__mro__ if vars(one).get("_source"))
    module = next(kinds, BaseSpace).__module__.rpartition(".")[0]
    try:
        models = importlib.import_module(f"{module}.models")
    except ImportError:
        raise ArgumentError(
            f"{type(space).__name__} is no generated client, so nothing says what its endpoints "
            "take. Run `hubsmith add` for the Space, and pass its client."
        ) from None
    info = _info(models)
    return [
        Offer(
            space=space, package=module.rpartition(".")[2], request=kind, about=_about(info, kind)
        )
        for kind in vars(models).values()
        if isinstance(kind, type) and issubclass(kind, Request) and "__endpoint__" in vars(kind)
    ]


def _info(models: ModuleType) -> dict[str, Any]:
    """Return what the snapshot beside a client says of its endpoints, as `/info` has it."""
    folder = Path(models.__file__ or "").parent / "spec"
    documents: dict[str, Any] = {}
    for kind in ("info", "config"):
        try:
            documents[kind] = json.loads((folder / f"{kind}.json").read_bytes())
        except (OSError, ValueError, RecursionError):
            continue
    if (info := read_info(documents.get("info"))) is not None:
        return info
    try:
        live = LiveSpace.parse(documents.get("config", {}), str(folder))
    except HubsmithError:
        return {}
    return info_of_config(documents["config"], list(live.by_index.values()))


def _about(info: dict[str, Any], request: type[Request[Any]]) -> dict[str, Any]:
    endpoint = request.__endpoint__
    if endpoint.name:
        return as_object(as_object(info.get("named_endpoints")).get(endpoint.name))
    return as_object(as_object(info.get("unnamed_endpoints")).get(str(endpoint.fn_index)))


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


def names_of(found: Sequence[Offer]) -> list[str]:
    """Return a name for each endpoint, unique, and within the limits of every host."""
    names = [_name(one.request) for one in found]
    for add in (lambda one, name: f"{one.package}_{name}", lambda one, name: name):
        twice = {name for name in names if names.count(name) > 1}
        names = [
            add(one, name) if name in twice else name
            for one, name in zip(found, names, strict=True)
        ]
    taken: set[str] = set()
    unique: list[str] = []
    for name in names:
        number, free = 1, _within(name)
        while free in taken:
            number += 1
            free = _within(name, f"_{number}")
        taken.add(free)
        unique.append(free)
    return unique


def _name(request: type[Request[Any]]) -> str:
    name = str(request.__endpoint__).removeprefix("/")
    if re.fullmatch(r"[a-zA-Z0-9_-]+", name):
        return name
    # The name of the class is made of ASCII letters, whatever the Space's are.
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", request.__name__.removesuffix("Request"))
    return re.sub(r"[^a-zA-Z0-9_-]+", "_", words).lower() or "endpoint"


def _within(name: str, ending: str = "") -> str:
    """Cut a name so that it keeps to the limit; what is lost is told apart by a digest."""
    if len(name) + len(ending) <= _LONGEST_NAME:
        return name + ending
    ending = f"_{hashlib.sha256(name.encode()).hexdigest()[:8]}{ending}"
    return name[: _LONGEST_NAME - len(ending)] + ending


def tool_of(offer: Offer, name: str) -> Tool:
    """Describe an endpoint for models."""
    endpoint, request = str(offer.request.__endpoint__), offer.request
    source = shown(offer.space._core.name)  # pyright: ignore[reportPrivateUsage]  # As messages name it.
    space = str(offer.space._source or source)  # pyright: ignore[reportPrivateUsage]
    schema = _described(input_schema(request), offer)
    about = [f"Calls {endpoint} of the Space {space}."]
    if words := offer.about.get("description"):
        about.append(f"The Space describes it so: {quoted(words)}.")
    labels = [
        quoted(one.get("label"), 80) for one in _entries(offer, "returns") if one.get("label")
    ]
    if labels:
        about.append(f"The Space labels its result {' and '.join(labels)}.")
    return Tool(
        name=name,
        title=f"{space} {endpoint}",
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
        said = [one.get("description", "")]
        default = defaults.get(wire_name, fields[name].default)
        if not fields[name].is_required() and default is not None:
            said.append(
                f"Default: {quoted(json.dumps(default, ensure_ascii=False, default=str), 80)[1:-1]}."
            )
        if label := entry.get("label"):
            said.append(f"The Space labels it {quoted(label, 80)}.")
        if words := as_object(entry.get("python_type")).get("description"):
            said.append(f"The Space says of it: {quoted(words)}.")
        about = " ".join(filter(None, said))
        properties[name] = {**one, "description": about} if about else one
    return {**schema, "properties": properties}


def _entries(offer: Offer, member: str) -> list[dict[str, Any]]:
    return [as_object(one) for one in as_list(offer.about.get(member))]
