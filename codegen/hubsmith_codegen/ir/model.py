"""The intermediate representation: what a spec says, freed from how it says it.

`normalise` builds these values, and every later step reads them. Text of a spec is a `SpecText`: it
reaches generated Python through the functions of `text` and `names` only.
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

    value: Scalar  # What stands in the signature.
    # The Space's own value where a signature cannot hold it: sent when the argument is `None`.
    wire: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One argument of an operation."""

    wire_name: SpecText  # The name in the spec.
    identifier: Identifier  # The name in Python.
    label: SpecText  # What the Space shows at the input; empty where the spec has none.
    description: SpecText  # One line of help; empty where the spec has none.
    type: Type
    default: Default | None = None  # Absent for a required parameter.
    component: SpecText = NO_TEXT  # What it is on the page, in lower case; may be empty.
    example: Json = None  # A value that the spec gives as one to try; it need not fit the type.
    step: float | None = None  # In what steps a number goes, where the page has such steps.
    server_default: Scalar = None  # What the server takes where it is left out, if that is known.
    is_option: bool = False  # One of the client's own, such as `timeout`: not in the request.


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One value that an operation returns."""

    identifier: Identifier
    label: SpecText
    type: Type


@dataclass(frozen=True, slots=True, kw_only=True)
class Overload:
    """One way to call a method that returns a type of its own."""

    types: Mapping[str, Type]  # The parameters that differ then, by identifier.
    required: frozenset[str] = frozenset()  # Those of them that have no default then.
    result: Type


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFacts:
    """What only an inference task has."""

    module: Identifier
    digest: str  # sha256 of the specs that it was made from, hexadecimal.
    call: Task  # What the runtime is given to make a call.
    output_class: ClassName | None = None  # The class of one result, where it is one.
    chunk_class: ClassName | None = None  # The class of a piece of a stream, where it streams.


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One endpoint of a Space, or one inference task."""

    endpoint: SpecText  # `/name`, empty for an unnamed function; of a task the Hub's name.
    fn_index: int | None = None  # The function's position, for an unnamed function only.
    method: Identifier
    request_class: ClassName
    result_class: ClassName  # The name of the named tuple, where there are several results.
    description: SpecText  # What it does; may have paragraphs.
    returns: SpecText = NO_TEXT  # What it returns, in words; may be empty.
    parameters: tuple[Parameter, ...]  # The arguments in the order of the signature.
    by_position: int  # How many of them may be given by position; the others go by keyword.
    takes_more: bool = False  # Whether arguments that nobody lists are taken, too, as `**kwargs`.
    results: tuple[Result, ...]  # What it returns, value by value.
    overloads: tuple[Overload, ...] = ()  # None where there is one way to call it.
    streams: bool | None = None  # Whether it yields partial results, if the spec says so.
    # Parameters that are not in the Space's order go by keyword, and the running Space is asked.
    is_ordered: bool = True
    # Which inputs of the function take an argument; a call leaves the others, session state, empty.
    slots: tuple[bool, ...] = ()
    task: TaskFacts | None = None  # What only a task has; absent for an endpoint of a Space.

    def named(self) -> list[tuple[str, Parameter]]:
        """Its parameters by wire name, or by identifier where labels stand in for names and are equal."""
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
    """One named member of an object type; `default` counts where it is not required."""

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
    module: str = ""  # That of a task's class; empty for a Space, which has one of all models.


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """Another name for a type.

    It is a union's only name, or what huggingface_hub calls a class that several tasks share: an
    `ImageClassificationOutputElement` is the `ClassificationOutputElement` of every classification.
    """

    class_name: ClassName
    type: Type  # What it stands for; for a shared class the reference to it.
    module: str = ""  # The task's module that has it.


def definitions_in(types: Iterable[Type], definitions: Iterable[Definition]) -> list[Definition]:
    """The classes that types speak of, and those inside them, sorted by name."""
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
    """Something of the spec that the client cannot carry, and why."""

    endpoint: str
    reason: str

    def __str__(self) -> str:
        return f"{self.endpoint}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A whole API: what one generated client package is made from."""

    package: Identifier
    class_name: ClassName  # That of the client.
    source: str | None  # The Space's name or URL; `None` where the document does not say.
    title: SpecText  # What the Space calls itself; may be empty.
    platform_version: str  # The Gradio version that served the spec; may be empty.
    digest: str  # sha256 of the spec, hexadecimal.
    documents: tuple[Literal["info", "config", "openapi"], ...]  # Its sources, by their trust.
    operations: tuple[Operation, ...]
    definitions: tuple[Definition, ...]  # Every class that a type refers to, each once.
    api_prefix: str = "/gradio_api"  # What comes before the paths of its API.
    calls_by_name: bool = True  # Plain HTTP calls do, from Gradio 6.13 on.
    aliases: tuple[Alias, ...] = ()  # A `Reference` may be to one that names a union.
    omissions: tuple[Omission, ...] = ()
    disagreements: tuple[str, ...] = ()  # Where two documents say different things, one line each.
