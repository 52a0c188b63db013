"""`render(Service) -> files`: the Python of one client package.

Classes are written by `classes`, signatures by `signature`, words by `docs`, and the templates put
them in place. A template can print nothing but `Source`: text of a spec that was not escaped
raises.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from ..ir.json_type import Json
from ..ir.model import Operation, Service
from ..ir.names import RUNTIME_FOLDER, ClassName
from ..ir.text import Source, docstring, literal, plain
from . import docs
from .classes import Class, write_classes
from .models import definition_classes, named_tuple, request_class
from .signature import Signatures, dict_classes, method_of
from .templating import header, template

RUNTIME = Source("hubsmith_runtime")
VENDORED = Source(f".{RUNTIME_FOLDER}")
# Methods of the runtime's clients whose names an endpoint may take. Its parameters are others than
# theirs, which type checkers refuse in a subclass: the Space's own name counts for more.
_OVERRIDDEN = frozenset({"map", "run", "submit"})
_OVERRIDES = "  # type: ignore[override]\n"


def render(service: Service, *, runtime: Source = RUNTIME) -> dict[PurePosixPath, str]:
    """The files of a client package, not yet formatted; they import the runtime from `runtime`."""
    models = _Models(service)
    public = tuple(sorted(set(models.names) - set(models.dicts.values())))
    # The copied runtime has no `map`.
    overridden = _OVERRIDDEN - {"map"} if runtime == VENDORED else _OVERRIDDEN
    clients = {one: _client(service, models, overridden, is_async=one) for one in (False, True)}
    context = {
        "runtime": runtime,
        "header": header(
            f"spec/ (sha256:{service.digest})",
            ": change the Space or the configuration, then run `hubsmith generate`",
        ),
        "client": service.class_name,
        "async_client": _client_names(service)[1],
        "module_doc": docstring([_module_line(service)], indent=0),
        "models": tuple(sorted(models.names)),
        "public_models": public,
        "exports": tuple(sorted((*public, *_client_names(service)))),
        "classes": tuple(models.sources()),
    }
    files = {
        name: template(f"package/{name}").render(context) for name in ("__init__.py", "models.py")
    }
    for is_async, client in clients.items():
        name = "async_client.py" if is_async else "client.py"
        files[name] = template("package/client.py").render({**context, **client})
    return {PurePosixPath(name): text for name, text in files.items()} | {
        PurePosixPath("py.typed"): ""
    }


def signatures(service: Service) -> Signatures:
    """What writes the signatures of a Space's client."""
    return _Models(service).signatures


def _module_line(service: Service) -> str:
    return f"A typed client of {plain(service.title) or service.class_name}."


def _client_names(service: Service) -> tuple[ClassName, ClassName]:
    return service.class_name, ClassName(f"Async{service.class_name}")


def _client(
    service: Service, models: _Models, overridden: frozenset[str], *, is_async: bool
) -> dict[str, object]:
    prefix = "Async" if is_async else ""
    name = f"{prefix}{service.class_name}"
    return {
        "is_async": is_async,
        "prefix": Source(prefix),
        "async_": Source("async " if is_async else ""),
        "await_": Source("await " if is_async else ""),
        "name": ClassName(name),
        "client_doc": docstring(docs.client_lines(service, is_async=is_async), indent=4),
        "source": literal(service.source),
        "methods": tuple(
            method_of(one, models.signatures, name, _OVERRIDES if one.method in overridden else "")
            for one in service.operations
        ),
    }


class _Models:
    """The classes of `models.py`."""

    def __init__(self, service: Service) -> None:
        self._service = service
        tuples = [one.result_class for one in service.operations if len(one.results) > 1]
        requests = [one.request_class for one in service.operations]
        clients = _client_names(service)
        taken = {*tuples, *requests, *clients, *(f"{one}Jobs" for one in clients)}
        for operation in service.operations:
            taken |= {operation.method, *(str(one.identifier) for one in operation.parameters)}
        self.dicts = dict_classes(service.definitions, taken)
        self.signatures = Signatures(self.dicts)
        definitions = [one.class_name for one in service.definitions]
        self.names = (*definitions, *self.dicts.values(), *tuples, *requests)

    def sources(self) -> Iterator[Source]:
        """Every class: objects, their dictionaries, then each endpoint's results and request."""
        classes: list[Class] = []
        for one in self._service.definitions:
            classes += definition_classes(one, self.dicts, Source("Model"))
        for operation in self._service.operations:
            if len(operation.results) > 1:
                classes.append(named_tuple(operation))
            call = Source(f"__endpoint__ = {_endpoint(operation)}")
            classes.append(request_class(operation, self.dicts, Source("Request"), call))
        written = write_classes(classes)
        return (written[one.name] for one in classes)


def _endpoint(operation: Operation) -> Source:
    parts: list[str] = []
    if operation.endpoint:
        parts.append(f"name={literal(operation.endpoint)}")
    else:
        parts.append(f"fn_index={literal(operation.fn_index)}")
    if len(operation.results) != 1:
        parts.append(f"outputs={literal(len(operation.results))}")
    if not operation.is_ordered:
        parts.append("is_ordered=False")
    defaults: dict[str, Json] = {
        str(one.wire_name): one.default.wire
        for one in operation.parameters
        if one.default is not None and one.default.wire is not None
    }
    if defaults:
        parts.append(f"defaults={literal(defaults)}")
    return Source(f"Endpoint({', '.join(parts)})")
