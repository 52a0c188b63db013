"""`operations(folder)`: every task of a folder of schemas, in the intermediate representation."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

from hubsmith_runtime import SpecError

from ...ir.json_type import Json, Scalar
from ...ir.model import Default, Parameter
from ...ir.names import ClassName, class_name, identifier
from ...ir.text import NO_TEXT, plain
from ...ir.types import ListType, Reference, Type, holds_file, optional
from .model import TaskOperation, TaskParameter
from .overlay import Overlay, corrected, read_overlays
from .registry import COMMON, OVERLAY, Registry, read_documents
from .schema import Classes

PARAMETERS = "parameters"
COMMON_ARGUMENTS = ("model", "timeout", "extra_headers", "extra_body")
"""What every method takes besides."""


def operations(folder: Path) -> tuple[TaskOperation, ...]:
    """Read every task.

    Args:
        folder: Schemas, a folder per task, and `overlay` beside them.

    Raises:
        SpecError: when schema and overlay do not fit each other.
    """
    overlays = read_overlays(folder)
    documents = read_documents(folder)
    if odd := set(documents.tasks) ^ set(overlays):
        raise SpecError(f"{folder}: schemas or overlay are missing for {', '.join(sorted(odd))}.")
    documents = corrected(documents, overlays)
    registry = Registry(documents)
    return tuple(
        _Reader(overlays[task], files, registry, _digest(folder, task)).operation()
        for task, files in documents.tasks.items()
    )


def _digest(folder: Path, task: str) -> str:
    """sha256 of everything that one task is made from."""
    files = [*sorted((folder / task).glob("*.json")), folder / OVERLAY / f"{task}.toml"]
    digest = hashlib.sha256()
    for path in (*files, folder / f"{COMMON}.json"):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


class _Reader:
    """Reads one task."""

    def __init__(
        self,
        overlay: Overlay,
        files: Mapping[str, dict[str, Json]],
        registry: Registry,
        digest: str,
    ) -> None:
        self._overlay = overlay
        self._digest = digest
        self._files = files
        self._registry = registry
        self._task_class = str(class_name(overlay.task, fallback="Task"))
        self._arguments = self._classes("input", "Input")

    def _classes(self, file: str, kind: str) -> Classes:
        return Classes(
            self._files[file],
            self._registry,
            replace(self._overlay, shared={}),
            "argument" if kind == "Input" else "result",
        )

    def operation(self) -> TaskOperation:
        overlay = self._overlay
        parameters = tuple(self._parameters())
        names = [str(one.parameter.identifier) for one in parameters]
        self._check(names)
        outputs = self._classes("output", "Output")
        result, output_class = self._result(outputs)
        definitions = {one.class_name: one for one in outputs.definitions.values()}
        chunk_class: ClassName | None = None
        if "stream_output" in self._files:
            chunks = self._classes("stream_output", "Output")
            chunk_class = _target(chunks.type(self._files["stream_output"], ""))
            definitions |= {one.class_name: one for one in chunks.definitions.values()}
        return TaskOperation(
            overlay=overlay,
            digest=self._digest,
            hub_task=plain(overlay.hub_task or overlay.task),
            module=identifier(overlay.task, fallback="task"),
            method=identifier(overlay.method, fallback="call"),
            request_class=ClassName(f"{self._task_class}Request"),
            parameters=parameters,
            inputs=self._inputs(),
            result=result,
            output_class=output_class,
            chunk_class=chunk_class,
            arguments=tuple(self._arguments.definitions.values()),
            aliases={name: one.type for name, one in self._arguments.aliases.items()},
            outputs=tuple(definitions.values()),
        )

    def _python(self, wire_name: str) -> str:
        return self._overlay.names.get(wire_name, wire_name)

    def _input(self) -> dict[str, Json]:
        properties = self._files["input"].get("properties")
        found = properties.get(self._overlay.input) if isinstance(properties, dict) else None
        if found is None:
            raise SpecError(f"{self._overlay.task}: there is no input {self._overlay.input!r}.")
        return self._arguments.resolved(found)

    def _inputs(self) -> str | dict[str, str]:
        members = self._input().get("properties")
        if isinstance(members, dict):
            return {name: self._python(name) for name in members}
        return self._python(self._overlay.input)

    def _parameters(self) -> Iterator[TaskParameter]:
        document = self._files["input"]
        whole = self._input()
        if isinstance(whole.get("properties"), dict):
            yield from self._members(whole)
        else:
            yield self._parameter(self._overlay.input, whole, _required(document))
        properties = cast("dict[str, Json]", document["properties"])
        rest = {name: node for name, node in properties.items() if name != self._overlay.input}
        if (parameters := rest.pop(PARAMETERS, None)) is not None:
            yield from self._members(self._arguments.resolved(parameters))
        yield from self._members({**document, "properties": rest})

    def _members(self, node: Mapping[str, Json]) -> Iterator[TaskParameter]:
        properties = node.get("properties")
        for name, schema in properties.items() if isinstance(properties, dict) else ():
            if name in self._overlay.exclude:
                continue
            if name in self._overlay.flatten:
                yield from self._members(self._arguments.resolved(schema))
            else:
                yield self._parameter(name, schema, _required(node))

    def _parameter(self, name: str, node: Json, required: set[str]) -> TaskParameter:
        resolved = self._arguments.resolved(node)
        python = identifier(self._python(name), fallback="argument")
        type_ = self._arguments.type(node, str(class_name(name, fallback="Value")))
        is_required = name in required
        default: Scalar = self._overlay.defaults.get(python)
        server = resolved.get("default")
        return TaskParameter(
            parameter=Parameter(
                wire_name=plain(name),
                identifier=python,
                label=NO_TEXT,
                description=plain(resolved.get("description")),
                type=type_ if is_required else optional(type_),
                default=None if is_required else Default(value=default),
            ),
            server_default=None if isinstance(server, (dict, list)) else server,
            is_file=holds_file(type_),
        )

    def _result(self, outputs: Classes) -> tuple[Type | None, ClassName | None]:
        if self._overlay.result != "json":
            return None, None
        document = self._files["output"]
        if "items" in document:
            # An element may be a type that several tasks share; here it has the task's own name.
            element = outputs.resolved(document["items"])
            element = {key: value for key, value in element.items() if key != "title"}
            document: dict[str, Json] = {**document, "items": element}
        result = outputs.type(document, f"{self._task_class}OutputElement")
        return result, _target(result.item if isinstance(result, ListType) else result)

    def _check(self, names: list[str]) -> None:
        overlay = self._overlay
        marks = {"*", "**kwargs", *COMMON_ARGUMENTS}
        facts = {*overlay.signature, *overlay.defaults, *overlay.any_of, *overlay.required_together}
        facts |= {overlay.returns_text_unless, overlay.returns_list_if, overlay.parsed_by} - {""}
        if unknown := facts - marks - set(names):
            raise SpecError(
                f"{overlay.task}: the overlay names {', '.join(sorted(unknown))}, "
                f"which is no parameter; there are {', '.join(names)}."
            )
        if len(set(names)) != len(names) or set(names) & set(COMMON_ARGUMENTS):
            raise SpecError(f"{overlay.task}: two parameters have one name: {', '.join(names)}.")


def _required(node: Mapping[str, Json]) -> set[str]:
    required = node.get("required")
    return {str(name) for name in required} if isinstance(required, list) else set()


def _target(type_: Type) -> ClassName | None:
    return type_.class_name if isinstance(type_, Reference) else None
