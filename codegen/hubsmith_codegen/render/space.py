"""`render(Service) -> files`: the Python of one client package.

Classes are written by `classes`, signatures by `signature` and documentation by `docs`; templates
put them together. A template can print nothing but `Source`: text from a spec that was not escaped
raises an error.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from ..ir.json_type import Json
from ..ir.model import Operation, Service
from ..ir.names import RUNTIME_FOLDER, ClassName
from ..ir.text import Source, docstring, literal, plain
from . import docs
from .models import write_models
from .signature import Signatures, dict_classes, method_of
from .templating import header, template

RUNTIME = Source("hubsmith_runtime")
VENDORED = Source(f".{RUNTIME_FOLDER}")
# Methods of the runtime's clients that an endpoint of the same name may override. Type checkers
# reject the different parameters in a subclass, but keeping the Space's own name is worth more.
_OVERRIDDEN = frozenset({"map", "run", "submit"})
_OVERRIDES = "  # type: ignore[override]\n"


def render(service: Service, *, runtime: Source = RUNTIME) -> dict[PurePosixPath, str]:
    """The files of a client package, not yet formatted; they import the runtime from `runtime`."""
    dicts = _dict_classes(service)
    models = write_models(
        service,
        dicts,
        base=lambda _: "Model",
        request="Request",
        call=lambda one: f"__endpoint__ = {_endpoint(one)}",
    )
    public = sorted(set(models) - set(dicts.values()))
    # The vendored runtime has no `map`.
    overridden = _OVERRIDDEN - {"map"} if runtime == VENDORED else _OVERRIDDEN
    about = plain(service.title) or service.class_name
    context = {
        "runtime": runtime,
        "header": header(
            f"spec/ (sha256:{service.digest})",
            ": written again by `hubsmith generate`, or `hubsmith update` when the Space changes",
        ),
        "client": service.class_name,
        "async_client": _client_names(service)[1],
        "module_doc": docstring([f"A typed client of {about}."], indent=0),
        "models": sorted(models),
        "public_models": public,
        "exports": sorted((*public, *_client_names(service))),
        "classes": models.values(),
    }
    files = {
        name: template(f"package/{name}").render(context) for name in ("__init__.py", "models.py")
    }
    for name, is_async in (("client.py", False), ("async_client.py", True)):
        client = _client(service, Signatures(dicts), overridden, is_async=is_async)
        files[name] = template("package/client.py").render(context | client)
    return {PurePosixPath(name): text for name, text in {**files, "py.typed": ""}.items()}


def signatures(service: Service) -> Signatures:
    """The writer of signatures for a Space's client."""
    return Signatures(_dict_classes(service))


def _dict_classes(service: Service) -> dict[str, ClassName]:
    taken = {*_client_names(service)}
    for operation in service.operations:
        taken |= {operation.method, *(str(one.identifier) for one in operation.parameters)}
    return dict_classes(service.definitions, taken)


def _client_names(service: Service) -> tuple[ClassName, ClassName]:
    return service.class_name, ClassName(f"Async{service.class_name}")


def _client(
    service: Service, written: Signatures, overridden: frozenset[str], *, is_async: bool
) -> dict[str, object]:
    prefix = "Async" if is_async else ""
    name = ClassName(f"{prefix}{service.class_name}")
    return {
        "is_async": is_async,
        "prefix": Source(prefix),
        "async_": Source("async " if is_async else ""),
        "await_": Source("await " if is_async else ""),
        "name": name,
        "client_doc": docstring(docs.client_lines(service, is_async=is_async), indent=4),
        "source": literal(service.source),
        "methods": [
            method_of(one, written, name, _OVERRIDES if one.method in overridden else "")
            for one in service.operations
        ],
    }


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
        name: one.default.wire
        for name, one in operation.named()
        if one.default is not None and one.default.wire is not None
    }
    if defaults:
        parts.append(f"defaults={literal(defaults)}")
    return Source(f"Endpoint({', '.join(parts)})")
