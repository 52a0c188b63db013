"""The intermediate representation: the content of a spec, independent of its format.

`normalise` builds these values, and every later step reads them. Text from a spec is a `SpecText`:
it reaches generated Python only through the functions in `text` and `names`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .json_type import Json, Scalar
from .names import ClassName, Identifier
from .text import NO_TEXT, SpecText
from .types import NULL, Reference, Type, inside

if TYPE_CHECKING:
    from hubsmith_runtime.inference import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Default:
    """The value of a parameter that the caller leaves out."""

    value: Scalar  # The default in the signature.
    # The Space's default, if a signature cannot contain it: sent when the argument is `None`.
    wire: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One argument of an operation."""

    wire_name: SpecText  # The name in the spec.
    identifier: Identifier  # The name in Python.
    label: SpecText  # What the Space shows beside the input; may be empty.
    description: SpecText  # One line of help; may be empty.
    type: Type
    default: Default | None = None  # `None` for a required parameter.
    component: SpecText = NO_TEXT  # The Gradio component, in lower case; may be empty.
    example: Json = None  # An example value from the spec; it need not fit the type.
    step: float | None = None  # The step of a number, if the page has one.
    server_default: Scalar = None  # The server's default if it is left out, where known.
    is_option: bool = False  # An option of the client, such as `timeout`: not in the request.


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One value that an operation returns."""

    identifier: Identifier
    label: SpecText
    type: Type


@dataclass(frozen=True, slots=True, kw_only=True)
class Overload:
    """One way to call a method, with its own return type."""

    types: Mapping[str, Type]  # The types of the parameters that differ, by identifier.
    required: frozenset[str] = frozenset()  # Those of them that have no default in this overload.
    result: Type


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFacts:
    """What only an inference task has."""

    module: Identifier
    digest: str  # sha256 of the specs that it was made from, hexadecimal.
    call: Task  # What the runtime needs to make a call.
    output_class: ClassName | None = None  # The class of a single result, if it has one.
    chunk_class: ClassName | None = None  # The class of a chunk, if the task streams.


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One endpoint of a Space, or one inference task."""

    endpoint: SpecText  # `/name`, empty for an unnamed function; for a task, its name at the Hub.
    fn_index: int | None = None  # The function's position, for an unnamed function only.
    method: Identifier
    request_class: ClassName
    result_class: ClassName  # The name of the named tuple, if there are several results.
    description: SpecText  # What it does; may have paragraphs.
    returns: SpecText = NO_TEXT  # What it returns, in words; may be empty.
    parameters: tuple[Parameter, ...]  # The arguments in the order of the signature.
    by_position: int  # How many of them may be positional; the others are keyword-only.
    takes_more: bool = False  # Whether it also takes unlisted arguments, as `**kwargs`.
    results: tuple[Result, ...]  # The values that it returns.
    overloads: tuple[Overload, ...] = ()  # Empty if there is only one way to call it.
    streams: bool | None = None  # Whether it yields partial results; `None` if unknown.
    # Whether their order is the Space's. If not, they are keyword-only; the Space knows the order.
    is_ordered: bool = True
    # Which inputs of the function take an argument; the others, session state, are sent as null.
    slots: tuple[bool, ...] = ()
    task: TaskFacts | None = None  # What only a task has; `None` for an endpoint of a Space.

    def named(self) -> list[tuple[str, Parameter]]:
        """Its parameters by wire name, or by identifier if several have the same wire name."""
        names = Counter(one.wire_name for one in self.parameters)
        return [
            (str(one.identifier if names[one.wire_name] > 1 else one.wire_name), one)
            for one in self.parameters
        ]

    @property
    def result(self) -> Type:
        """What a call returns as a whole."""
        match self.results:
            case ():
                return NULL
            case (one,):
                return one.type
            case _:
                return Reference(class_name=self.result_class)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One named member of an object type; `default` applies if it is not required."""

    wire_name: SpecText
    identifier: Identifier
    type: Type
    description: SpecText
    is_required: bool
    default: Scalar = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A named object type that several operations may share."""

    class_name: ClassName
    description: SpecText
    members: tuple[Member, ...]
    is_input: bool = False  # Whether an argument may be one.
    is_result: bool = False  # Whether a result may be one.
    module: str = ""  # The module of a task's class; empty for a Space, which has only one.


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """Another name for a type.

    It names a union, or is huggingface_hub's name for a class that several tasks share:
    `ImageClassificationOutputElement` is the `ClassificationOutputElement` of all classifications.
    """

    class_name: ClassName
    type: Type  # What it stands for: a union, or a reference to the shared class.
    module: str = ""  # The module of the task that it belongs to.


def definitions_in(types: Iterable[Type], definitions: Iterable[Definition]) -> list[Definition]:
    """The classes that types refer to, directly or through other classes, sorted by name."""
    by_name = {one.class_name: one for one in definitions}
    found: dict[ClassName, Definition] = {}
    waiting = list(types)
    while waiting:
        for one in inside(waiting.pop()):
            name = one.class_name if isinstance(one, Reference) else None
            if name is not None and name in by_name and name not in found:
                found[name] = by_name[name]
                waiting += [member.type for member in found[name].members]
    return [found[name] for name in sorted(found)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Omission:
    """An endpoint of the spec that the client cannot express, and why."""

    endpoint: str
    reason: str

    def __str__(self) -> str:
        return f"{self.endpoint}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A whole API: what one generated client package is made from."""

    package: Identifier
    class_name: ClassName  # The class of the client.
    source: str | None  # The Space's name or URL; `None` if the documents do not say.
    title: SpecText  # What the Space calls itself; may be empty.
    platform_version: str  # The Gradio version that served the spec; may be empty.
    digest: str  # sha256 of the spec, hexadecimal.
    documents: tuple[Literal["info", "config", "openapi"], ...]  # Used ones, most trusted first.
    operations: tuple[Operation, ...]
    definitions: tuple[Definition, ...]  # Every class that a type refers to, each once.
    api_prefix: str = "/gradio_api"  # What comes before the paths of its API.
    calls_by_name: bool = True  # Whether plain HTTP calls use names: from Gradio 6.13 on.
    aliases: tuple[Alias, ...] = ()  # A `Reference` can name one of a union.
    omissions: tuple[Omission, ...] = ()
    disagreements: tuple[str, ...] = ()  # Where two documents differ, one line each.
