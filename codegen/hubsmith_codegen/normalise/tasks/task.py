"""One task: from its schemas and its overlay to an operation and its classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from hubsmith_runtime import SpecError
from hubsmith_runtime.inference import Task

from ...ir.json_type import Json, mapping
from ...ir.model import Default, Operation, Parameter, Result, TaskFacts
from ...ir.names import ClassName, Identifier, class_name, identifier
from ...ir.text import NO_TEXT, plain
from ...ir.types import TEXT, FileType, ListType, Reference, Type, holds_file, optional, union
from .documents import Overlay, Registry
from .schema import Classes, required_of
from .signature import KWARGS, MARK, MODEL_CLASS, OPTIONS, overloads, signature

_PARAMETERS = "parameters"


def read_task(
    overlay: Overlay, files: Mapping[str, dict[str, Json]], registry: Registry, digest: str
) -> tuple[Operation, list[Classes]]:
    """Read one task from its corrected schemas, of which `stream_output` exists if it streams.

    Returns it with its classes. Raises a `SpecError` if schema and overlay contradict each other.
    """
    arguments = Classes(files["input"], registry, overlay, "argument")
    outputs = Classes(files["output"], registry, overlay, "result")
    request = _Request(files["input"], overlay, arguments)
    own = {str(parameter.identifier): parameter for parameter in request.parameters()}
    _check(overlay, list(own))
    parameters, by_position = signature(overlay, own)
    result, output_class = _result(overlay, files["output"], outputs)
    classes = [arguments, outputs]
    chunk_class: ClassName | None = None
    if "stream_output" in files:
        chunks = Classes(files["stream_output"], registry, overlay, "result")
        chunk_class = _target(chunks.type(files["stream_output"], ""))
        classes.append(chunks)
    task_class = class_name(overlay.task, fallback="Task")
    endpoint = plain(overlay.hub_task or overlay.task)
    facts = TaskFacts(
        module=identifier(overlay.task, fallback="task"),
        digest=digest,
        call=Task(
            name=endpoint,
            method=overlay.method,
            inputs=request.inputs(),
            binary=tuple(name for name, one in own.items() if holds_file(one.type)),
            result=overlay.result,
            shapes=overlay.answer_forms,
            text_unless=overlay.returns_text_unless,
            many_if=overlay.returns_list_if,
            parsed_by=overlay.parsed_by,
            one_of=overlay.any_of,
            together=overlay.required_together,
        ),
        output_class=output_class,
        chunk_class=chunk_class,
    )
    operation = Operation(
        endpoint=endpoint,
        method=identifier(overlay.method, fallback="call"),
        request_class=ClassName(f"{task_class}Request"),
        result_class=ClassName(f"{task_class}Result"),
        description=plain(overlay.summary),
        returns=plain(overlay.returns),
        parameters=parameters,
        by_position=by_position,
        takes_more=KWARGS in overlay.signature,
        results=(Result(identifier=Identifier("result"), label=NO_TEXT, type=result),),
        overloads=overloads(facts, own, result),
        streams=chunk_class is not None,
        task=facts,
    )
    return operation, classes


class _Request:
    """The document of a task's request."""

    def __init__(self, document: dict[str, Json], overlay: Overlay, classes: Classes) -> None:
        self._document = document
        self._overlay = overlay
        self._classes = classes
        self._properties = mapping(document.get("properties"))
        if overlay.input not in self._properties:
            raise SpecError(f"{overlay.task}: there is no input {overlay.input!r}.")
        self._input = classes.resolved(self._properties[overlay.input])

    def inputs(self) -> str | dict[str, str]:
        """The Python name of the input, or the Python names of its members by wire name."""
        members = {name: self._python(name) for name in mapping(self._input.get("properties"))}
        return members or self._python(self._overlay.input)

    def parameters(self) -> Iterator[Parameter]:
        """The input or its members, then the parameters, then the rest of the request."""
        if "properties" in self._input:
            yield from self._members(self._input)
        else:
            yield self._parameter(self._overlay.input, self._input, required_of(self._document))
        rest = {
            name: node for name, node in self._properties.items() if name != self._overlay.input
        }
        if (parameters := rest.pop(_PARAMETERS, None)) is not None:
            yield from self._members(self._classes.resolved(parameters))
        yield from self._members({**self._document, "properties": rest})

    def _members(self, node: Mapping[str, Json]) -> Iterator[Parameter]:
        for name, schema in mapping(node.get("properties")).items():
            if name in self._overlay.exclude:
                continue
            if name in self._overlay.flatten:
                yield from self._members(self._classes.resolved(schema))
            else:
                yield self._parameter(name, schema, required_of(node))

    def _parameter(self, name: str, node: Json, required: set[str]) -> Parameter:
        resolved = self._classes.resolved(node)
        python = identifier(self._python(name), fallback="argument")
        type_ = self._classes.type(node, class_name(name, fallback="Value"))
        if python == self._overlay.parsed_by:
            type_ = union([MODEL_CLASS, type_])
        is_required = name in required
        server_default = resolved.get("default")
        return Parameter(
            wire_name=plain(name),
            identifier=python,
            label=NO_TEXT,
            description=plain(resolved.get("description")),
            type=type_ if is_required else optional(type_),
            default=None if is_required else Default(value=self._overlay.defaults.get(python)),
            server_default=None if isinstance(server_default, dict | list) else server_default,
        )

    def _python(self, wire_name: str) -> str:
        return self._overlay.names.get(wire_name, wire_name)


def _result(
    overlay: Overlay, document: dict[str, Json], classes: Classes
) -> tuple[Type, ClassName | None]:
    """What a call returns, and the class of a single result, if it has one."""
    match overlay.result:
        case "image":
            return FileType(form="Image"), None
        case "bytes":
            return Reference(class_name=ClassName("bytes")), None
        case "array":
            return Reference(class_name=ClassName("Array")), None
        case "json":
            pass
    if "items" in document:
        # Several tasks may share the type of the elements; without its title, each names it.
        element = classes.resolved(document["items"])
        element = {key: value for key, value in element.items() if key != "title"}
        document = cast("dict[str, Json]", {**document, "items": element})
    found = classes.type(document, "OutputElement")
    output_class = _target(found.item if isinstance(found, ListType) else found)
    if overlay.returns_text_unless:
        found = union([TEXT, found])
    if overlay.returns_list_if:
        found = union([found.item, found] if isinstance(found, ListType) else [found])
    return found, output_class


def _check(overlay: Overlay, names: list[str]) -> None:
    facts = {*overlay.signature, *overlay.defaults, *overlay.any_of, *overlay.required_together}
    facts |= {overlay.returns_text_unless, overlay.returns_list_if, overlay.parsed_by} - {""}
    if unknown := facts - {MARK, KWARGS} - set(OPTIONS) - set(names):
        raise SpecError(
            f"{overlay.task}: the overlay names {', '.join(sorted(unknown))}, "
            f"which is not a parameter. The parameters are: {', '.join(names)}."
        )
    if len(set(names)) != len(names) or set(names) & set(OPTIONS):
        raise SpecError(f"{overlay.task}: two parameters have the same name: {', '.join(names)}.")


def _target(type_: Type) -> ClassName | None:
    return type_.class_name if isinstance(type_, Reference) else None
