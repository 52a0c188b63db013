"""What a running Space says about itself in `/config`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import EndpointNotFoundError, SpecError, UnsupportedVersionError
from ..reading import as_list, as_number, as_object, as_text, as_words

if TYPE_CHECKING:
    from .codec import Endpoint

_PROTOCOLS_WITH_DIFFS = ("sse_v2", "sse_v2.1", "sse_v3")
_NAMES_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveEndpoint:
    """One function of the running Space.

    `inputs` says for each slot whether a caller fills it, `outputs` whether it is part of the
    result: session state and layout components occupy slots, too, and are sent as null.
    """

    fn_index: int
    inputs: tuple[bool, ...]
    outputs: tuple[bool, ...]
    name: str = ""  # With its leading slash.
    is_public: bool = True  # Whether it is documented and runs on the server.
    is_generator: bool = False  # Whether its function yields its results.


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSpace:
    """The parts of `/config` that calls need."""

    prefix: str
    sends_diffs: bool
    announces_close: bool
    keeps_sessions: bool
    max_file_size: float | None
    silence: float  # The read timeout of the event stream, in seconds.
    endpoints: Mapping[str, LiveEndpoint] = field(repr=False)
    by_index: Mapping[int, LiveEndpoint] = field(repr=False)

    @classmethod
    def parse(cls, config: object, source: str) -> LiveSpace:
        document = as_object(config)
        protocol, version = as_text(document.get("protocol")), document.get("version")
        if not isinstance(document.get("dependencies"), list) or not isinstance(version, str):
            raise SpecError(f"{source}: /config is not the configuration of a Gradio Space.")
        if protocol not in ("sse_v1", *_PROTOCOLS_WITH_DIFFS):
            advice = "which is too old. Calls need Gradio 4.9 or newer: ask the author to upgrade."
            if protocol.startswith("sse_v"):
                advice = "which this client does not know. Update hubsmith."
            raise UnsupportedVersionError(
                f"{source} runs Gradio {version} with protocol {protocol!r}, {advice}"
            )
        by_index = _endpoints(document)
        by_name: dict[str, LiveEndpoint] = {}
        for endpoint in by_index.values():
            # Two functions may share a name: /info describes the last public one.
            if endpoint.name and (endpoint.is_public or endpoint.name not in by_name):
                by_name[endpoint.name] = endpoint
        prefix = as_text(document.get("api_prefix"))
        numbers = [int(digits) for digits in re.findall(r"\d{1,6}", version)[:2]]
        return cls(
            # Anything but a path could lead to another host, such as `@host`.
            prefix=prefix.rstrip("/") if prefix.startswith("/") else "",
            sends_diffs=protocol in _PROTOCOLS_WITH_DIFFS,
            announces_close=protocol == "sse_v3",
            keeps_sessions=document.get("connect_heartbeat") is True,
            max_file_size=as_number(document.get("max_file_size")),
            # Since Gradio 4.25, servers send a heartbeat every 15 s. Older ones may be silent.
            silence=60.0 if numbers >= [4, 25] else 24 * 3600.0,
            endpoints=by_name,
            by_index=by_index,
        )

    def endpoint(self, endpoint: Endpoint, source: str) -> LiveEndpoint:
        """Find the function that a generated endpoint refers to."""
        index = -1 if endpoint.fn_index is None else endpoint.fn_index
        found = self.named(endpoint.name) if endpoint.name else self.by_index.get(index)
        if found is None:
            error = self.not_found(source, str(endpoint), endpoint.name)
            raise EndpointNotFoundError(
                f"{error} Run `hubsmith update` to generate the client again."
            )
        return found

    def named(self, name: str) -> LiveEndpoint | None:
        """Find an endpoint by name; its leading slash is optional, even before another slash."""
        return self.endpoints.get(name) or self.endpoints.get(f"/{name}")

    def not_found(self, source: str, what: str, name: str = "") -> EndpointNotFoundError:
        """Return an error that lists the endpoints, and suggests the one with the closest name."""
        import difflib  # Rarely needed.

        names = [known.removeprefix("/") for known in self._documented()]  # All have a slash.
        near = difflib.get_close_matches(name.removeprefix("/"), names, 1)
        hint = f" Did you mean /{near[0]}?" if near else ""
        return EndpointNotFoundError(
            f"{source} has no endpoint {what}.{hint} It has: {self.names()}."
        )

    def names(self) -> str:
        """List the documented endpoints that have a name; only the first if there are many."""
        names = self._documented()
        shown = ", ".join(names[:_NAMES_SHOWN]) or "none with a name"
        return shown + (f" and {len(names) - _NAMES_SHOWN} more" if names[_NAMES_SHOWN:] else "")

    def _documented(self) -> list[str]:
        return [name for name, endpoint in self.endpoints.items() if endpoint.is_public]


def _endpoints(document: Mapping[str, Any]) -> dict[int, LiveEndpoint]:
    skipped = {
        as_words(component.get("id"))
        for component in map(as_object, as_list(document.get("components")))
        if component.get("skip_api", component.get("type") == "state")
    }
    found: dict[int, LiveEndpoint] = {}
    for position, function in enumerate(map(as_object, as_list(document.get("dependencies")))):
        index, name = function.get("id", position), function.get("api_name")
        shown = "undocumented" if function.get("show_api") is False else "public"
        visibility = function.get("api_visibility", "private" if name is False else shown)
        if isinstance(index, int) and visibility != "private":
            inputs, outputs = as_list(function.get("inputs")), as_list(function.get("outputs"))
            found[index] = LiveEndpoint(
                name=f"/{name}" if isinstance(name, str) else "",
                fn_index=index,
                is_public=visibility == "public" and function.get("backend_fn") is not False,
                is_generator=as_object(function.get("types")).get("generator") is True,
                inputs=tuple(as_words(one) not in skipped for one in inputs),
                outputs=tuple(as_words(one) not in skipped for one in outputs),
            )
    return found
