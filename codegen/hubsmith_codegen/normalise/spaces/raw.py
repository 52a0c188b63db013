"""What a document says of an endpoint, before its schemas are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...ir.json_type import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class RawParameter:
    """One input, as found."""

    name: str  # The name that the caller uses.
    schema: Json
    label: Json = None  # What the page shows.
    component: str = ""  # Which component it is, in lower case; empty where the document is silent.
    has_default: bool = False
    default: Json = None
    # What `/config` knows of that component: bounds, help text, custom values.
    props: Mapping[str, Json] = field(default_factory=dict[str, Json])
    example: Json = None  # A value to try, as the document has it.


@dataclass(frozen=True, slots=True, kw_only=True)
class RawResult:
    """One output, as found."""

    schema: Json
    label: Json = None
    component: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawOperation:
    """One endpoint, as found."""

    endpoint: str  # The API name with its leading slash; empty for an unnamed function.
    fn_index: int | None = None  # The position of an unnamed function.
    description: Json = None
    parameters: tuple[RawParameter, ...] = ()
    results: tuple[RawResult, ...] = ()
    streams: bool | None = None
    # Whether the parameters are in the Space's order: the keys of a JSON object have none.
    is_ordered: bool = True
    slots: tuple[bool, ...] = ()  # Whether each input takes an argument; see `Operation.slots`.
    fault: str = ""  # Why the endpoint cannot be expressed; empty where it can.
