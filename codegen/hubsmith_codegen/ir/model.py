"""The intermediate representation: what a spec says, freed from how it says it.

`normalise` builds these values and `render` reads them. Everything is frozen; text that a stranger
wrote is a `SpecText` and reaches generated Python by the doors of `text` and `names` only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from .json_schema import json_schema
from .json_type import Json, Scalar
from .names import ClassName, Identifier
from .text import NO_TEXT, SpecText
from .types import Type

__all__ = [
    "Default",
    "Definition",
    "Json",
    "Member",
    "Omission",
    "Operation",
    "Parameter",
    "Result",
    "Scalar",
    "Schema",
    "Service",
]

Schema: TypeAlias = Mapping[str, Json]
"""A normalised JSON schema: allow-listed keywords only, `$ref` only to `#/$defs/<ClassName>`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Default:
    """The value of a parameter that the caller leaves out.

    Attributes:
        value: What stands in the signature.
        wire: The Space's own value where a signature cannot hold it (objects, arrays, files); it is
            sent when the argument is `None`.
    """

    value: Scalar
    wire: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One argument of an operation.

    Attributes:
        wire_name: The name in the spec.
        identifier: The name in Python.
        label: What the Space shows beside the input; empty where the spec has none.
        description: One line of help; empty where the spec has none.
        type: What it takes.
        default: Absent for a required parameter.
        component: Which component it is on the page, in lower case; empty where the spec is silent.
        example: A value that the spec gives as one to try; it need not fit the schema.
    """

    wire_name: SpecText
    identifier: Identifier
    label: SpecText
    description: SpecText
    type: Type
    default: Default | None = None
    component: SpecText = NO_TEXT
    example: Json = None

    @property
    def schema(self) -> Schema:
        return json_schema(self.type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One value that an operation returns."""

    identifier: Identifier
    label: SpecText
    type: Type

    @property
    def schema(self) -> Schema:
        return json_schema(self.type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One endpoint of a service.

    Attributes:
        endpoint: The API name with its leading slash; empty for an unnamed function.
        fn_index: The function's position, for an unnamed function only.
        method: The name of the stub.
        request_class: The name of the request model.
        result_class: The name of the named tuple, where there are several results.
        streams: Whether the endpoint yields partial results; `None` where the spec is silent.
        is_ordered: Whether the order of the parameters is that of the Space. Where it is not, they
            are passed by keyword and the running Space is asked for the order.
    """

    endpoint: SpecText
    fn_index: int | None = None
    method: Identifier
    request_class: ClassName
    result_class: ClassName
    description: SpecText
    parameters: tuple[Parameter, ...]
    results: tuple[Result, ...]
    streams: bool | None = None
    is_ordered: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One named member of an object type; `default` counts where it is not required."""

    wire_name: SpecText
    identifier: Identifier
    type: Type
    description: SpecText
    is_required: bool
    default: Scalar = None

    @property
    def schema(self) -> Schema:
        return json_schema(self.type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A named object type that several operations may share."""

    class_name: ClassName
    description: SpecText
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Omission:
    """Something of the spec that the client cannot carry, and why."""

    endpoint: str
    reason: str

    def __str__(self) -> str:
        return f"{self.endpoint}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A whole API: what one generated client package is made from.

    Attributes:
        package: The name of the client package.
        class_name: The client class.
        source: The Space's name or URL; `None` where the document does not say.
        title: What the Space calls itself; may be empty.
        platform_version: The Gradio version that served the spec; may be empty.
        digest: sha256 of the spec, hexadecimal.
        documents: Which documents the facts were taken from, in order of trust.
        omissions: What was left out, one entry each.
    """

    package: Identifier
    class_name: ClassName
    source: str | None
    title: SpecText
    platform_version: str
    digest: str
    documents: tuple[Literal["info", "config", "openapi"], ...]
    operations: tuple[Operation, ...]
    definitions: tuple[Definition, ...]
    omissions: tuple[Omission, ...] = field(default=())
