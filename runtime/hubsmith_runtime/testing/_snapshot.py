"""The documents of a recorded Space, and what they say of its endpoints."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, cast

from .._errors import SpecError
from .._live import LiveEndpoint, LiveSpace
from .._signature import info_of_config, parameters_of, read_info
from ._json import JsonObject, items, mapping

SnapshotSource: TypeAlias = "str | os.PathLike[str] | Mapping[str, bytes]"
"""A snapshot folder, a client package that holds one, or documents by name."""

_KINDS = ("config", "info", "openapi")
_LARGEST = 64 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedResult:
    """One value that an endpoint returns: its JSON schema, and the component that shows it."""

    schema: Any
    component: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEndpoint:
    """One endpoint.

    Attributes:
        live: Its name, its number and its slots.
        parameters: What `/info` says of each argument.
        results: Its values; session state is not among them.
        streams: Whether it gives partial results.
        is_pushed: Whether its partial results are always whole, as those of media streams are.
    """

    live: LiveEndpoint
    parameters: tuple[JsonObject, ...]
    results: tuple[RecordedResult, ...]
    streams: bool
    is_pushed: bool

    def __str__(self) -> str:
        return self.live.name or f"fn_index={self.live.fn_index}"

    def slots(self, values: list[Any]) -> list[Any]:
        """Put values into the output slots; those of session state stay empty."""
        given = iter(values)
        return [next(given) if is_value else None for is_value in self.live.outputs]

    def arguments(self, values: list[Any]) -> dict[str, Any]:
        """Return the arguments among the values of the input slots, by name."""
        chosen = itertools.compress(values, self.live.inputs)
        return {
            str(parameter.get("parameter_name") or f"param_{place}"): value
            for place, (parameter, value) in enumerate(zip(self.parameters, chosen, strict=False))
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A recorded Space.

    Attributes:
        name: What messages call it.
        documents: The documents as they were recorded, by kind.
        config: The parsed `/config`.
        live: What the runtime reads in it.
        endpoints: Every endpoint that can be called, by number.
    """

    name: str
    documents: Mapping[str, bytes]
    config: JsonObject = field(repr=False)
    live: LiveSpace = field(repr=False)
    endpoints: Mapping[int, RecordedEndpoint] = field(repr=False)

    @classmethod
    def read(cls, source: SnapshotSource) -> Snapshot:
        """Read a snapshot.

        Raises:
            SpecError: when there is none, or it is not one of a Gradio Space.
            UnsupportedVersionError: when the Space ran a Gradio older than 4.9.
        """
        if isinstance(source, Mapping):
            name, documents = "The snapshot", dict(source)
        else:
            name, documents = str(source), _documents(Path(source))
        parsed = {
            kind: _parse(content, f"{name}: {kind}.json") for kind, content in documents.items()
        }
        info = read_info(parsed.get("info"))
        if "config" in parsed:
            config = parsed["config"]
        elif info is not None:
            config = _config_of_info(info)
        else:
            raise SpecError(
                f"{name}: a mock needs config.json or info.json; openapi.json alone does not say "
                "in which order values are sent. Record the Space with `hubsmith add`."
            )
        live = LiveSpace.parse(config, name)
        found = {
            dependency.get("id", place): mapping(dependency)
            for place, dependency in enumerate(map(mapping, items(config.get("dependencies"))))
        }
        own = info_of_config(config, list(live.by_index.values()))
        endpoints = {
            number: _endpoint(endpoint, info, own, found.get(number, {}))
            for number, endpoint in live.by_index.items()
        }
        return cls(name=name, documents=documents, config=config, live=live, endpoints=endpoints)

    def find(self, name: str) -> RecordedEndpoint | None:
        """Return the endpoint of a name, with or without its slash, or of `fn_index=N`."""
        place = name.removeprefix("fn_index=")
        if place != name and place.isdecimal():
            return self.endpoints.get(int(place))
        found = self.live.endpoints.get(f"/{name.removeprefix('/')}")
        return None if found is None else self.endpoints[found.fn_index]


def _documents(path: Path) -> dict[str, bytes]:
    if not path.exists():
        raise SpecError(f"{path}: there is no such folder.")
    for folder in (path, path / "spec"):
        found = {kind: folder / f"{kind}.json" for kind in _KINDS}
        there = {kind: file for kind, file in found.items() if file.is_file()}
        if there:
            return {kind: _content(file) for kind, file in there.items()}
    raise SpecError(f"{path}: the folder holds none of config.json, info.json and openapi.json.")


def _content(file: Path) -> bytes:
    try:
        if file.stat().st_size > _LARGEST:
            raise SpecError(f"{file} is larger than {_LARGEST // 2**20} MiB.")
        return file.read_bytes()
    except OSError as error:
        raise SpecError(f"{file} cannot be read: {error.strerror}.") from None


def _parse(content: bytes, what: str) -> JsonObject:
    try:
        document: object = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SpecError(f"{what} is not JSON: {error}.") from None
    if not isinstance(document, dict):
        raise SpecError(f"{what} is not a JSON object.")
    return mapping(cast("object", document))


def _endpoint(
    live: LiveEndpoint, info: JsonObject | None, own: JsonObject, dependency: JsonObject
) -> RecordedEndpoint:
    described = _described(own, live)
    parameters = parameters_of(own, live) or []
    if info is not None:
        parameters = parameters_of(info, live) or parameters
        told = _described(info, live)
        if len(items(told.get("returns"))) == sum(live.outputs):
            described = told
    return RecordedEndpoint(
        live=live,
        parameters=tuple(parameters),
        results=tuple(
            RecordedResult(
                schema=result.get("type"), component=str(result.get("component", "")).lower()
            )
            for result in map(mapping, items(described.get("returns")))
        ),
        streams=mapping(dependency.get("types")).get("generator") is True,
        is_pushed=dependency.get("connection") == "stream",
    )


def _described(info: JsonObject, live: LiveEndpoint) -> JsonObject:
    group = mapping(info.get("named_endpoints" if live.name else "unnamed_endpoints"))
    return mapping(group.get(live.name or str(live.fn_index)))


def _config_of_info(info: JsonObject) -> JsonObject:
    """Make the `/config` of a Space of which only `/info` was recorded."""
    components: list[JsonObject] = []

    def component(value: Any) -> int:
        described = mapping(value)
        components.append(
            {
                "id": len(components),
                "type": str(described.get("component", "")).lower(),
                "props": {"label": described.get("label")},
                "api_info": described.get("type"),
            }
        )
        return len(components) - 1

    def dependency(number: int, name: str | bool, endpoint: Any) -> JsonObject:
        described = mapping(endpoint)
        return {
            "id": number,
            "api_name": name,
            "show_api": True,
            "backend_fn": True,
            "api_visibility": "public",
            "inputs": [component(one) for one in items(described.get("parameters"))],
            "outputs": [component(one) for one in items(described.get("returns"))],
        }

    unnamed = mapping(info.get("unnamed_endpoints"))
    numbers = {int(key): unnamed[key] for key in unnamed if key.isdecimal()}
    free = (number for number in itertools.count() if number not in numbers)
    named = mapping(info.get("named_endpoints"))
    dependencies = [dependency(next(free), name.lstrip("/"), named[name]) for name in named]
    dependencies += [dependency(number, False, endpoint) for number, endpoint in numbers.items()]
    return {
        "version": "6.0.0",
        "protocol": "sse_v3",
        "api_prefix": "/gradio_api",
        "components": components,
        "dependencies": dependencies,
    }
