"""What the documents and the overlay of one task mean, ready to be rendered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...ir.json_type import Scalar
from ...ir.model import Definition, Parameter
from ...ir.names import ClassName, Identifier
from ...ir.text import SpecText
from ...ir.types import Type
from .overlay import Overlay

CONTENT_INPUT = "ContentInput"
IMAGE = "Image"
BASE64_BYTES = "Base64Bytes"
MEDIA = (BASE64_BYTES, CONTENT_INPUT, IMAGE)
"""Classes of the runtime that a schema may refer to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskParameter:
    """One argument of a method.

    Attributes:
        parameter: Its name, type and help; the default is that of the signature.
        server_default: What the Hub's own servers take where it is left out, if that is known.
        is_file: Whether its value is an image, audio or video.
    """

    parameter: Parameter
    server_default: Scalar = None
    is_file: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOperation:
    """One task.

    Attributes:
        overlay: The facts that no schema says.
        digest: sha256 of the specs that it was made from, hexadecimal.
        hub_task: The Hub's name of the task.
        module: The name of its module.
        method: The client's method.
        request_class: The request model.
        parameters: The arguments, in the order of the schema.
        inputs: The field that is the input, or the field for each member of the input.
        result: The type of the answer; `None` where the form says it.
        output_class: The class of one result, where it is one.
        chunk_class: The class of a piece of a stream, where the task streams.
        arguments: The classes of the arguments, each behind those it refers to.
        aliases: The unions among the arguments that have a name, by it.
        outputs: The classes of the answer, likewise.
    """

    overlay: Overlay
    digest: str
    hub_task: SpecText
    module: Identifier
    method: Identifier
    request_class: ClassName
    parameters: tuple[TaskParameter, ...]
    inputs: str | Mapping[str, str]
    result: Type | None
    output_class: ClassName | None
    chunk_class: ClassName | None
    arguments: tuple[Definition, ...]
    aliases: Mapping[str, Type]
    outputs: tuple[Definition, ...]

    @property
    def classes(self) -> tuple[ClassName, ...]:
        """Every class of the task's module."""
        definitions = (*self.arguments, *self.outputs)
        aliases = (ClassName(name) for name in self.aliases)
        return (*(one.class_name for one in definitions), *aliases, self.request_class)
