"""An endpoint as a document describes it, before its schemas are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...ir.json_type import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class RawParameter:
    """One input, as found in the document."""

    name: str  # The name that the caller uses.
    schema: Json
    label: Json = None  # What the page shows.
    component: str = ""  # The kind of its component, in lower case; empty if unknown.
    has_default: bool = False
    default: Json = None
    # The properties of its component in `/config`: bounds, help text, custom values.
    props: Mapping[str, Json] = field(default_factory=dict[str, Json])
    example: Json = None  # The document's example value.


@dataclass(frozen=True, slots=True, kw_only=True)
class RawResult:
    """One output, as found in the document."""

    schema: Json
    label: Json = None
    component: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawOperation:
    """One endpoint, as found in the document."""

    endpoint: str  # The API name with its leading slash; empty for an unnamed function.
    fn_index: int | None = None  # The position of an unnamed function.
    description: Json = None
    parameters: tuple[RawParameter, ...] = ()
    results: tuple[RawResult, ...] = ()
    streams: bool | None = None
    # Whether the parameters are in the Space's order, which keys of a JSON object are not.
    is_ordered: bool = True
    slots: tuple[bool, ...] = ()  # Whether each input takes an argument; see `Operation.slots`.
    fault: str = ""  # Why the endpoint cannot be expressed; empty if it can.
