"""The documents of a recorded Space, and the endpoints that they describe."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from hubsmith_runtime import SpecError
from hubsmith_runtime.spaces.live import LiveEndpoint, LiveSpace
from hubsmith_runtime.spaces.signature import described, info_of_config, read_info

from .json import JsonObject, items, mapping, parse_object

SnapshotSource: TypeAlias = "str | os.PathLike[str] | Mapping[str, bytes]"
"""A snapshot folder, a client package that contains one, or documents by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEndpoint:
    """An endpoint of a recorded Space."""

    live: LiveEndpoint  # Its name, number and slots.
    parameters: Sequence[JsonObject]  # The `/info` description of each argument.
    results: Sequence[JsonObject]  # That of each result, without session state.
    streams: bool  # Whether it sends partial results.
    is_pushed: bool  # Whether these are always complete, not diffs, as for media streams.

    def __str__(self) -> str:
        return self.live.name or f"fn_index={self.live.fn_index}"

    def slots(self, values: list[Any]) -> list[Any]:
        """Put values into the output slots, leaving those of session state empty."""
        given = iter(values)
        return [next(given, None) if is_value else None for is_value in self.live.outputs]

    @property
    def names(self) -> list[str]:
        """The names of the parameters."""
        return [one.get("parameter_name") or f"param_{n}" for n, one in enumerate(self.parameters)]

    @property
    def defaults(self) -> JsonObject:
        """The values that clients send for arguments that are left out."""
        return {
            name: one.get("parameter_default")
            for name, one in zip(self.names, self.parameters, strict=True)
            if one.get("parameter_has_default")
        }

    def arguments(self, values: list[Any]) -> JsonObject:
        """Return the arguments by name from the values of the input slots."""
        return dict(zip(self.names, itertools.compress(values, self.live.inputs), strict=False))


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A recorded Space."""

    name: str  # Its name in messages.
    documents: Mapping[str, bytes]  # As recorded: `config`, `info`, `openapi`.
    config: JsonObject  # The parsed `/config`.
    live: LiveSpace  # The same as the runtime reads it.
    endpoints: Mapping[int, RecordedEndpoint]  # All callable endpoints, by number.

    @classmethod
    def read(cls, source: SnapshotSource) -> Snapshot:
        """Read a snapshot.

        Raises:
            SpecError: if there is none, or it is not that of a Gradio Space.
            UnsupportedVersionError: if the Space ran a Gradio version older than 4.9.
        """
        if isinstance(source, Mapping):
            name, documents = "The snapshot", dict(source)
        else:
            name, documents = str(source), _documents(Path(source))
        parsed: dict[str, JsonObject] = {}
        for kind, content in documents.items():
            try:
                parsed[kind] = parse_object(content)
            except ValueError as error:
                raise SpecError(f"{name}: {kind}.json is not a JSON object: {error}.") from None
        info = read_info(parsed.get("info"))
        if "config" in parsed:
            config = parsed["config"]
        elif info is not None:
            config = _config_of_info(info)
        else:
            raise SpecError(
                f"{name}: a mock needs config.json or info.json; openapi.json alone lacks the "
                "order of values. Record the Space with `hubsmith add`."
            )
        live = LiveSpace.parse(config, name)
        endpoints = _endpoints(config, live, info)
        return cls(name=name, documents=documents, config=config, live=live, endpoints=endpoints)

    def find(self, name: str) -> RecordedEndpoint | None:
        """Return an endpoint by name, with or without slash, or by `fn_index=N`."""
        number = name.removeprefix("fn_index=")
        if number != name and number.isdecimal():
            return self.endpoints.get(int(number))
        found = self.live.named(name)
        return None if found is None else self.endpoints[found.fn_index]


def _documents(path: Path) -> dict[str, bytes]:
    if not path.exists():
        raise SpecError(f"{path}: there is no such folder.")
    for folder in (path, path / "spec"):
        files = {kind: folder / f"{kind}.json" for kind in ("config", "info", "openapi")}
        try:
            found = {kind: file.read_bytes() for kind, file in files.items() if file.is_file()}
        except OSError as error:
            raise SpecError(f"{error.filename} cannot be read: {error.strerror}.") from None
        if found:
            return found
    raise SpecError(f"{path}: the folder has no config.json, info.json or openapi.json.")


def _endpoints(
    config: JsonObject, live: LiveSpace, info: JsonObject | None
) -> dict[int, RecordedEndpoint]:
    dependencies = {
        dependency.get("id", place): dependency
        for place, dependency in enumerate(map(mapping, items(config.get("dependencies"))))
    }
    # If `/info` is missing or does not match, the components describe the values.
    sources = [info or {}, info_of_config(config, list(live.by_index.values()))]
    return {
        number: RecordedEndpoint(
            live=endpoint,
            parameters=_first(described(info, endpoint, "parameters") for info in sources),
            results=_first(described(info, endpoint, "returns") for info in sources),
            streams=mapping(dependencies[number].get("types")).get("generator") is True,
            is_pushed=dependencies[number].get("connection") == "stream",
        )
        for number, endpoint in live.by_index.items()
    }


def _first(found: Iterable[list[JsonObject] | None]) -> list[JsonObject]:
    return next((one for one in found if one is not None), list[JsonObject]())


def _config_of_info(info: JsonObject) -> JsonObject:
    """Make a `/config` for a Space of which only `/info` was recorded."""
    components: list[JsonObject] = []
    dependencies: list[JsonObject] = []

    def add_components(described: object) -> list[int]:
        first = len(components)
        for number, one in enumerate(map(mapping, items(described)), first):
            kind, props = str(one.get("component", "")).lower(), {"label": one.get("label")}
            component = {"id": number, "type": kind, "props": props, "api_info": one.get("type")}
            components.append(component)
        return [*range(first, len(components))]

    def add_dependency(number: int, name: object, endpoint: JsonObject) -> None:
        public = {"api_visibility": "public", "backend_fn": True}
        inputs = add_components(endpoint.get("parameters"))
        outputs = add_components(endpoint.get("returns"))
        slots = {"inputs": inputs, "outputs": outputs}
        dependencies.append({"id": number, "api_name": name, **public, **slots})

    unnamed = mapping(info.get("unnamed_endpoints"))
    free = (number for number in itertools.count() if str(number) not in unnamed)
    for name, endpoint in mapping(info.get("named_endpoints")).items():
        add_dependency(next(free), name.lstrip("/"), endpoint)
    for number in filter(str.isdecimal, unnamed):
        add_dependency(int(number), False, unnamed[number])
    protocol = {"version": "6.0.0", "protocol": "sse_v3", "api_prefix": "/gradio_api"}
    return {**protocol, "components": components, "dependencies": dependencies}
