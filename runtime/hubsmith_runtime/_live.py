"""What a running Space says about itself in `/config`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from ._errors import EndpointNotFoundError, SpecError, UnsupportedVersionError

if TYPE_CHECKING:
    from ._endpoint import Endpoint

_PROTOCOLS_WITH_DIFFS = ("sse_v2", "sse_v2.1", "sse_v3")
_PROTOCOLS = ("sse_v1", *_PROTOCOLS_WITH_DIFFS)
_HEARTBEAT_SECONDS = 15.0
_NAMES_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveEndpoint:
    """One function of the running Space.

    Per input slot, whether a caller fills it, and per output slot, whether it belongs to the
    result: session state and layout components occupy slots too, and are sent as null.
    """

    fn_index: int
    inputs: tuple[bool, ...]
    outputs: tuple[bool, ...]
    name: str = ""  # With its slash.
    is_public: bool = True  # Whether it is documented and runs on the server.


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSpace:
    """The parts of `/config` that calls need."""

    version: str
    prefix: str
    sends_diffs: bool
    announces_close: bool
    keeps_sessions: bool
    max_file_size: int | None
    silence_limit: float | None
    endpoints: Mapping[str, LiveEndpoint] = field(repr=False)
    by_index: Mapping[int, LiveEndpoint] = field(repr=False)

    @classmethod
    def parse(cls, config: object, source: str) -> LiveSpace:
        """Read a parsed `/config` document."""
        document = _mapping(config)
        dependencies, version = document.get("dependencies"), document.get("version")
        if not isinstance(dependencies, list) or not isinstance(version, str):
            raise SpecError(f"{source}: /config is not the configuration of a Gradio Space.")
        protocol = document.get("protocol")
        if protocol not in _PROTOCOLS:
            advice = "which is too old. Calls need Gradio 4.9 or newer: ask the author to upgrade."
            if isinstance(protocol, str) and protocol.startswith("sse_v"):
                advice = "which this client does not know. Update hubsmith."
            raise UnsupportedVersionError(
                f"{source} runs Gradio {version} with protocol {protocol!r}, {advice}"
            )
        skipped = _skipped(document.get("components"))
        endpoints: dict[str, LiveEndpoint] = {}
        by_index: dict[int, LiveEndpoint] = {}
        for position, item in enumerate(cast("list[object]", dependencies)):
            dependency = _mapping(item)
            index = dependency.get("id", position)
            if not isinstance(index, int):
                continue
            name, visibility = dependency.get("api_name"), _visibility(dependency)
            if visibility == "private":
                continue
            endpoint = LiveEndpoint(
                name=f"/{name.removeprefix('/')}" if isinstance(name, str) else "",
                fn_index=index,
                is_public=visibility == "public" and dependency.get("backend_fn") is not False,
                inputs=_slots(dependency.get("inputs"), skipped),
                outputs=_slots(dependency.get("outputs"), skipped),
            )
            by_index[index] = endpoint
            # Two functions may have one name: /info describes the last that the public sees.
            if endpoint.name and (endpoint.is_public or endpoint.name not in endpoints):
                endpoints[endpoint.name] = endpoint
        prefix, size = document.get("api_prefix"), document.get("max_file_size")
        return cls(
            version=version,
            # Anything but a path would lead to another host: `@host`, for example.
            prefix=prefix.rstrip("/") if isinstance(prefix, str) and prefix[:1] == "/" else "",
            sends_diffs=protocol in _PROTOCOLS_WITH_DIFFS,
            announces_close=protocol == "sse_v3",
            keeps_sessions=document.get("connect_heartbeat") is True,
            max_file_size=int(size) if isinstance(size, (int, float)) else None,
            silence_limit=4 * _HEARTBEAT_SECONDS if _has_heartbeat(version) else None,
            endpoints=endpoints,
            by_index=by_index,
        )

    def endpoint(self, endpoint: Endpoint, source: str) -> LiveEndpoint:
        """Find the function that a generated endpoint means."""
        if endpoint.name:
            found = self.endpoints.get(f"/{endpoint.name.removeprefix('/')}")
        else:
            found = self.by_index.get(-1 if endpoint.fn_index is None else endpoint.fn_index)
        if found is not None:
            return found
        raise EndpointNotFoundError(
            f"{source} has no endpoint {endpoint}. It has: {self.names()}. "
            "Run `hubsmith update` to generate the client again."
        )

    def names(self) -> str:
        """List the named endpoints, or some where they are many."""
        names = list(self.endpoints)
        shown = ", ".join(names[:_NAMES_SHOWN]) or "none with a name"
        return shown + (f" and {len(names) - _NAMES_SHOWN} more" if names[_NAMES_SHOWN:] else "")


def _mapping(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _visibility(dependency: Mapping[str, Any]) -> object:
    if "api_visibility" in dependency:
        return dependency["api_visibility"]
    if dependency.get("api_name") is False:
        return "private"
    return "undocumented" if dependency.get("show_api") is False else "public"


def _skipped(components: object) -> set[Any]:
    skipped: set[Any] = set()
    for item in cast("list[object]", components) if isinstance(components, list) else ():
        component = _mapping(item)
        if component.get("skip_api", component.get("type") == "state"):
            skipped.add(component.get("id"))
    return skipped


def _slots(ids: object, skipped: set[Any]) -> tuple[bool, ...]:
    if not isinstance(ids, list):
        return ()
    return tuple(
        not (isinstance(identifier, (int, str)) and identifier in skipped)
        for identifier in cast("list[object]", ids)
    )


def _has_heartbeat(version: str) -> bool:
    """Servers send a heartbeat every 15 s since Gradio 4.25; before that, silence says nothing."""
    numbers = [int(digits) for digits in re.findall(r"\d+", version)[:2]]
    return numbers >= [4, 25]
