"""Documents of tiny Spaces, and what the generator makes of them, for the tests beside this."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any

from hubsmith_codegen.ir.model import Operation, Service
from hubsmith_codegen.load import RawSpec, load
from hubsmith_codegen.normalise import normalise
from hubsmith_codegen.render.space import render
from hubsmith_codegen.write.formatting import format_python

Files = Mapping[PurePosixPath, str]

FILE_DATA = {
    "type": "object",
    "title": "FileData",
    "properties": {
        "path": {"type": "string"},
        "url": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "orig_name": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "mime_type": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "meta": {"const": {"_type": "gradio.FileData"}},
    },
}


def parameter(schema: object, *, name: object = "x", **more: object) -> dict[str, Any]:
    """A parameter as `/info` has it."""
    return {"parameter_name": name, "type": schema, **more}


def with_default(schema: object, default: object, **more: object) -> dict[str, Any]:
    """A parameter that may be left out."""
    return parameter(schema, parameter_has_default=True, parameter_default=default, **more)


def result(schema: object, *, label: object = "Answer", **more: object) -> dict[str, Any]:
    """A result as `/info` has it."""
    return {"label": label, "type": schema, **more}


def endpoint(*parameters: object, returns: object = (), **more: object) -> dict[str, Any]:
    """An endpoint as `/info` has it."""
    return {"parameters": parameters, "returns": returns, **more}


def info_of(named: Mapping[str, object], unnamed: Mapping[str, object] | None = None) -> Any:
    """The document `/info`."""
    return {"named_endpoints": named, "unnamed_endpoints": unnamed or {}}


def config_of(components: object, *functions: object, **more: object) -> Any:
    """The document `/config`."""
    return {"version": "6.31.0", "components": components, "dependencies": functions, **more}


def function(name: object, inputs: object = (), outputs: object = (), **more: object) -> Any:
    """A function as `/config` has it."""
    return {"api_name": name, "inputs": inputs, "outputs": outputs, "backend_fn": True, **more}


def service_of(
    *, source: str | None = None, name: str | None = "tiny", **documents: object
) -> Service:
    """What the generator understands of documents, given as `info=`, `config=`, `openapi=`."""
    return normalise(raw_of(source=source, name=name, **documents))


def raw_of(*, source: str | None = None, name: str | None = "tiny", **documents: object) -> RawSpec:
    """Documents, given as `info=`, `config=`, `openapi=`, as they are loaded."""
    content = {kind: json.dumps(document).encode() for kind, document in documents.items()}
    return load(content, source=source, name=name)


def of_endpoint(described: object, *, path: str = "/go", config: object = None) -> Operation:
    """The only operation of a Space with one endpoint."""
    more = {} if config is None else {"config": config}
    service = service_of(info=info_of({path: described}), **more)
    assert service.omissions == ()
    (operation,) = service.operations
    return operation


def signatures(service: Service) -> dict[str, str]:
    """The stubs of the blocking client, by name: parameters and result as Python has them."""
    module = ast.parse(render(service)[PurePosixPath("client.py")])
    (client,) = (
        node
        for node in module.body
        if isinstance(node, ast.ClassDef) and node.name == service.class_name
    )
    return {
        node.name: f"({ast.unparse(node.args)}) -> {ast.unparse(node.returns)}"
        for node in client.body
        if isinstance(node, ast.FunctionDef) and node.returns and node.name != "jobs"
    }


def fields(service: Service) -> dict[str, dict[str, str]]:
    """The classes of `models.py`: the annotation, and default, of every field, by its name."""
    module = ast.parse(render(service)[PurePosixPath("models.py")])
    return {
        node.name: {
            field.target.id: ast.unparse(field).partition(": ")[2]
            for field in node.body
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        }
        for node in module.body
        if isinstance(node, ast.ClassDef)
    }


def argument(schema: object, config: object = None, **more: object) -> str:
    """How the signature takes a parameter with this schema."""
    described = endpoint({**parameter(schema), **more})
    documents = {} if config is None else {"config": config}
    found = signatures(service_of(info=info_of({"/go": described}), **documents))["go"]
    return found.removeprefix("(self, ").removesuffix(") -> None").removeprefix("x: ")


def returned(schema: object) -> str:
    """How the signature returns a result with this schema."""
    service = service_of(info=info_of({"/go": endpoint(returns=[result(schema)])}))
    return signatures(service)["go"].removeprefix("(self) -> ")


@contextmanager
def imported(files: Files, folder: Path, name: str = "tiny") -> Iterator[ModuleType]:
    """Format, write and import a package; its modules are forgotten afterwards."""
    root = folder / name
    root.mkdir()
    for path, text in format_python(files).items():
        (root / path).write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(
        name, root / "__init__.py", submodule_search_locations=[str(root)]
    )
    assert spec is not None and spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    try:
        spec.loader.exec_module(package)
        for module in ("models", "client", "async_client"):
            importlib.import_module(f"{name}.{module}")
        yield package
    finally:
        for module in [one for one in sys.modules if one == name or one.startswith(f"{name}.")]:
            del sys.modules[module]
