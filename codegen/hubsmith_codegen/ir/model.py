"""The intermediate representation: what a spec says, freed from how it says it.

`normalise` builds these values, and every later step reads them. Text of a spec is a `SpecText`: it
reaches generated Python through the functions of `text` and `names` only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from .json_type import Json, Scalar
from .names import ClassName, Identifier
from .text import NO_TEXT, SpecText
from .types import NULL, Reference, Type, inside


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
        label: What the Space shows at the input; empty where the spec has none.
        description: One line of help; empty where the spec has none.
        type: What it takes.
        default: Absent for a required parameter.
        component: Which component it is on the page, in lower case; empty where the spec is silent.
        example: A value that the spec gives as one to try; it need not fit the type.
        step: In what steps a number goes, where the page has such steps.
        server_default: What the server takes where it is left out, if that is known.
        is_option: Whether it is one of the client's own, such as `timeout`, and no part of the
            request.
    """

    wire_name: SpecText
    identifier: Identifier
    label: SpecText
    description: SpecText
    type: Type
    default: Default | None = None
    component: SpecText = NO_TEXT
    example: Json = None
    step: float | None = None
    server_default: Scalar = None
    is_option: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One value that an operation returns."""

    identifier: Identifier
    label: SpecText
    type: Type


@dataclass(frozen=True, slots=True, kw_only=True)
class Overload:
    """One way to call a method that returns a type of its own.

    Attributes:
        types: The parameters that differ then, by identifier.
        required: Those of them that have no default then.
        result: What is returned.
    """

    types: Mapping[str, Type]
    required: frozenset[str] = frozenset()
    result: Type


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFacts:
    """What only an inference task has.

    Attributes:
        module: The name of its module.
        digest: sha256 of the specs that it was made from, hexadecimal.
        inputs: The field that is the input, or the field for each member of the input.
        form: The form of the answer.
        answer_forms: Names of other forms of an answer that are understood.
        any_of: Parameters of which at least one is needed.
        required_together: Parameters that are given together or not at all.
        returns_text_unless: The parameter that turns a plain text into the full result.
        returns_list_if: The parameter that asks for several results instead of one.
        parsed_by: The parameter that takes a pydantic model class, which the answer is parsed by.
        output_class: The class of one result, where it is one.
        chunk_class: The class of a piece of a stream, where the task streams.
    """

    module: Identifier
    digest: str
    inputs: str | Mapping[str, str]
    form: Literal["json", "image", "bytes", "array"] = "json"
    answer_forms: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    required_together: tuple[str, ...] = ()
    returns_text_unless: str = ""
    returns_list_if: str = ""
    parsed_by: str = ""
    output_class: ClassName | None = None
    chunk_class: ClassName | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One endpoint of a Space, or one inference task.

    Attributes:
        endpoint: The API name with its leading slash, empty for an unnamed function; of a task
            the Hub's name of it.
        fn_index: The function's position, for an unnamed function only.
        method: The name of the method.
        request_class: The name of the request model.
        result_class: The name of the named tuple, where there are several results.
        description: What it does; may have paragraphs.
        returns: What it returns, in words; may be empty.
        parameters: The arguments in the order of the signature.
        by_position: How many of them may be given by position; the others go by keyword.
        takes_more: Whether arguments that nobody lists are taken, too, as `**kwargs`.
        results: What it returns, value by value.
        overloads: The ways to call it that return types of their own; none where there is one way.
        streams: Whether the endpoint yields partial results; `None` where the spec is silent.
        is_ordered: Whether the order of the parameters is that of the Space. Where it is not, they
            are passed by keyword and the running Space is asked for the order.
        slots: Whether each input of the function takes an argument; the others hold session state,
            which a call leaves empty. Empty where the spec is silent.
        task: What only a task has; absent for an endpoint of a Space.
    """

    endpoint: SpecText
    fn_index: int | None = None
    method: Identifier
    request_class: ClassName
    result_class: ClassName
    description: SpecText
    returns: SpecText = NO_TEXT
    parameters: tuple[Parameter, ...]
    by_position: int
    takes_more: bool = False
    results: tuple[Result, ...]
    overloads: tuple[Overload, ...] = ()
    streams: bool | None = None
    is_ordered: bool = True
    slots: tuple[bool, ...] = ()
    task: TaskFacts | None = None

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
    """A named object type that several operations may share.

    Attributes:
        is_input: Whether an argument may be one.
        is_result: Whether a result may be one.
        module: The module of a task's class, `_common` for one that several tasks share; empty for
            a Space, which has one module of models.
    """

    class_name: ClassName
    description: SpecText
    members: tuple[Member, ...]
    is_input: bool = False
    is_result: bool = False
    module: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """Another name for a type.

    It is a union's only name, or what huggingface_hub calls a class that several tasks share: an
    `ImageClassificationOutputElement` is the `ClassificationOutputElement` of every classification.

    Attributes:
        class_name: The name.
        type: What it stands for; for a shared class the reference to it.
        module: The task's module that has it.
    """

    class_name: ClassName
    type: Type
    module: str = ""


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
    """A whole API: what one generated client package is made from.

    Attributes:
        package: The name of the client package.
        class_name: The client class.
        source: The Space's name or URL; `None` where the document does not say.
        title: What the Space calls itself; may be empty.
        platform_version: The Gradio version that served the spec; may be empty.
        api_prefix: What comes before the paths of its API.
        calls_by_name: Whether plain HTTP calls pass arguments by name, as from Gradio 6.13 on.
        digest: sha256 of the spec, hexadecimal.
        documents: Which documents the facts were taken from, in order of trust.
        definitions: Every class that a type refers to, each once.
        aliases: Other names of types; a `Reference` may be to one that names a union.
        omissions: What was left out, one entry each.
        disagreements: Where two documents say different things, one line each.
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
    api_prefix: str = "/gradio_api"
    calls_by_name: bool = True
    aliases: tuple[Alias, ...] = ()
    omissions: tuple[Omission, ...] = ()
    disagreements: tuple[str, ...] = ()
