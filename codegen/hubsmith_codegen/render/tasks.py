"""`render_tasks(Service)`: the modules of the inference tasks, and both clients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import PurePosixPath

from hubsmith_runtime.inference import Task

from ..ir.model import Alias, Operation, Service, TaskFacts
from ..ir.names import ClassName
from ..ir.spelling import spelled
from ..ir.text import Source, docstring, literal
from ..ir.types import Reference, UnionType
from . import docs
from .models import write_models
from .signature import Method, Signatures, dict_classes, method_of
from .templating import header, template

_RUNTIME = Source("hubsmith_runtime.inference")
_COMMON = "_common"
_OBJECT = ClassName("ObjectInput")
# The fields of a `Task`, in the order that they are written in.
_TASK = (
    *("name", "method", "inputs", "binary", "shapes", "one_of", "together", "text_unless"),
    *("many_if", "parsed_by", "result"),
)
# The classes of a parsed answer: the answer, its choices, and their messages.
_PARSED = ("", "Complete", "Message")


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedTasks:
    """The task half of the public package."""

    # The text of its files, not yet formatted, by their path within the package.
    files: Mapping[PurePosixPath, str]
    names: tuple[ClassName, ...]  # Every public class of the task modules, sorted.


def render_tasks(service: Service) -> RenderedTasks:
    """Render the modules of the tasks, and both clients."""
    tasks = _Tasks(service)
    files = {
        f"tasks/{module.name}.py": template("tasks/task.py").render(
            header=module.header,
            runtime=_RUNTIME,
            module=module,
            common=() if module.name == _COMMON else tasks.common,
        )
        for module in tasks.modules
    }
    first_lines = _header("specs/tasks", service.digest)
    about = "The arguments and results of every inference task, with a module per task."
    files["tasks/__init__.py"] = template("lazy/__init__.py").render(
        header=first_lines,
        doc=docstring([about], indent=0),
        modules=[(Source(f".{module.name}"), module.names) for module in tasks.modules],
    )
    for name, is_async in (("_client.py", False), ("_async_client.py", True)):
        prefix = Source("Async" if is_async else "")
        files[name] = template("tasks/client.py").render(
            header=first_lines,
            runtime=_RUNTIME,
            is_async=is_async,
            prefix=prefix,
            client=ClassName(f"{prefix}{service.class_name}"),
            async_=Source("async " if is_async else ""),
            await_=Source("await " if is_async else ""),
            methods=tuple(tasks.methods(is_async=is_async)),
            names=tasks.names,
        )
    paths = {PurePosixPath(name): text for name, text in files.items()}
    return RenderedTasks(files=paths, names=tasks.names)


def _header(source: str, digest: str) -> Source:
    return header(f"{source} (sha256:{digest})", ": change specs/, then run `make generate`")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Module:
    """One module with the classes of a task, as `Source`."""

    name: Source
    header: Source
    doc: Source
    classes: tuple[Source, ...]  # Those of objects.
    aliases: tuple[tuple[ClassName, Source], ...]  # Other names for types.
    # The classes of a parsed answer, its choices and their messages, each with its base class.
    parsed: tuple[tuple[ClassName, ClassName], ...]
    requests: tuple[Source, ...]  # The class of the request; empty for the shared module.
    names: tuple[ClassName, ...]  # Its public names, sorted.


class _Tasks:
    """What the templates print for all tasks; the first module has what several of them share."""

    def __init__(self, service: Service) -> None:
        self._service = service
        names = [one.class_name for one in service.aliases]
        dicts = dict_classes(service.definitions, names)
        unions = [one for one in service.aliases if isinstance(one.type, UnionType)]
        self._dicts = dicts | {
            str(one.class_name): ClassName(f"{one.class_name}Dict")
            for one in unions
            if _references(one) <= set(dicts)
        }
        self._written = write_models(
            service,
            self._dicts,
            base=lambda one: "TaskObject" if one.is_input else "TaskOutput",
            request="TaskRequest",
            call=lambda one: f"__task__ = {_task(one)}",
        )
        modules = [_COMMON, *(_facts(one).module for one in service.operations)]
        self.modules = tuple(self._module(name) for name in modules)
        self.common = self.modules[0].names
        self.names = tuple(sorted(name for module in self.modules for name in module.names))

    def _module(self, name: str) -> _Module:
        operations = (one for one in self._service.operations if _facts(one).module == name)
        operation = next(operations, None)
        facts = None if operation is None else _facts(operation)
        names: list[ClassName] = []
        for one in self._service.definitions:
            if one.module == name:
                names.append(one.class_name)
                names += [self._dicts[one.class_name]] if one.class_name in self._dicts else []
        bases: list[ClassName] = []
        if facts is not None and facts.call.parsed_by:
            bases = [ClassName(f"{facts.output_class}{part}") for part in _PARSED]
        parsed = {ClassName(f"Parsed{one}"): one for one in bases}
        aliases = dict(self._aliases(name))
        requests = [] if operation is None else [operation.request_class]
        return _Module(
            name=Source(name),
            header=_header("specs/tasks", self._service.digest)
            if facts is None
            else _header(f"specs/tasks/{name.replace('_', '-')}", facts.digest),
            doc=docstring([docs.module_line(operation)], indent=0),
            classes=tuple(self._written[one] for one in names),
            aliases=tuple(aliases.items()),
            parsed=tuple(parsed.items()),
            requests=tuple(self._written[one] for one in requests),
            names=tuple(sorted((*names, *aliases, *parsed, *requests))),
        )

    def _aliases(self, module: str) -> Iterator[tuple[ClassName, Source]]:
        for one in self._service.aliases:
            if one.module != module:
                continue
            yield one.class_name, spelled(one.type)
            if one.class_name in self._dicts:
                names = [self._dicts[name] for name in sorted(_references(one))]
                yield self._dicts[one.class_name], Source(" | ".join(names))
            elif isinstance(one.type, Reference) and one.type.class_name in self._dicts:
                yield ClassName(f"{one.class_name}Dict"), self._dicts[one.type.class_name]

    def methods(self, *, is_async: bool) -> Iterator[Method]:
        """The methods of a client."""
        streams = {"Stream": "AsyncStream"} if is_async else {}
        signatures = Signatures(self._dicts, _OBJECT, streams)
        for operation in self._service.operations:
            yield method_of(operation, signatures, self._service.class_name)


def _facts(operation: Operation) -> TaskFacts:
    if operation.task is None:
        raise TypeError(f"{operation.method} is no task")
    return operation.task


def _references(alias: Alias) -> set[str]:
    options = alias.type.options if isinstance(alias.type, UnionType) else ()
    return {str(one.class_name) for one in options if isinstance(one, Reference)}


def _task(operation: Operation) -> Source:
    """The `Task` that the runtime needs to make a call, as source."""
    call, defaults = _facts(operation).call, {one.name: one.default for one in fields(Task)}
    given = {name: getattr(call, name) for name in _TASK if getattr(call, name) != defaults[name]}
    parts = [
        f"{name}={value!r}" if isinstance(value, tuple) else f"{name}={literal(value)}"
        for name, value in given.items()
    ]
    return Source(f"Task({', '.join(parts)})")
