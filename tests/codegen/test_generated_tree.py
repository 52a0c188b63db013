"""What is committed under `generated/`: it is what the specs say, and it works."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import hubsmith
import hubsmith_runtime
import pytest
from hubsmith import tasks
from hubsmith_repository import tree
from hubsmith_runtime import AsyncJobs, AsyncSpace, Jobs, Request, Space, inference

SPACES = Path(__file__).resolve().parents[2] / "generated" / "spaces"
CLIENTS = ("client", "async_client")
PACKAGES = sorted(path for path in SPACES.iterdir() if (path / "__init__.py").is_file())


@pytest.fixture(params=PACKAGES, ids=lambda path: path.name)
def package(request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    root: Path = request.param
    name = f"committed_{root.name}"
    spec = importlib.util.spec_from_file_location(
        name, root / "__init__.py", submodule_search_locations=[str(root)]
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    yield module
    for one in [one for one in sys.modules if one.partition(".")[0] == name]:
        del sys.modules[one]


def requests_of(package: ModuleType) -> list[type[Request[object]]]:
    members = [getattr(package, name) for name in package.__all__]
    return [one for one in members if issubclass(one, Request)]


def stub_classes(package: ModuleType) -> list[type]:
    """The clients and their views on jobs."""
    modules = [importlib.import_module(f"{package.__name__}.{name}") for name in CLIENTS]
    bases = (Space, AsyncSpace, Jobs, AsyncJobs)
    return [
        one
        for module in modules
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, bases) and one not in bases
    ]


def test_generated_is_what_the_specs_say(capsys: pytest.CaptureFixture[str]) -> None:
    assert tree.main(["--check"]) == 0
    assert capsys.readouterr().out == ""


def test_tree_refuses_other_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert tree.main(["--chek"]) == 2
    assert "usage" in capsys.readouterr().err


def test_hubsmith_has_the_public_names_of_the_runtime_and_those_of_inference() -> None:
    assert set(hubsmith_runtime.__all__) < set(hubsmith.__all__)
    for name in hubsmith_runtime.__all__:
        assert getattr(hubsmith, name) is getattr(hubsmith_runtime, name)
    clients = {"AsyncInferenceClient", "InferenceClient"}
    shown = {
        "AsyncStream", "InferenceApi", "InferenceProgress", "RawResponse", "Stream", "merge_chunks",
        *(name for name in inference.__all__ if name.endswith("Error")),
    }  # fmt: skip
    models = set(tasks.__all__)
    assert {*hubsmith_runtime.__all__, *clients, *shown, *models} == set(hubsmith.__all__)
    for name in clients | shown:
        assert getattr(hubsmith, name).__name__ == name
    assert {*hubsmith.__all__, "__version__"} == set(dir(hubsmith))
    with pytest.raises(AttributeError, match="no attribute 'Kitchen'"):
        hubsmith.Kitchen  # noqa: B018  # reading it is the test


def test_every_export_is_there(package: ModuleType) -> None:
    assert list(package.__all__) == sorted(package.__all__)
    for name in package.__all__:
        assert getattr(package, name).__name__ == name


def test_every_stub_has_the_parameters_of_its_request(package: ModuleType) -> None:
    classes = stub_classes(package)
    assert len(classes) == 4
    requests = {one.__name__: one for one in requests_of(package)}
    for client in classes:
        used: set[str] = set()
        for name, method in inspect.getmembers(client, inspect.isfunction):
            if name not in vars(client):
                continue
            source = ast.parse(textwrap.dedent(inspect.getsource(method)))
            (made,) = (
                node.func.id
                for node in ast.walk(source)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            )
            used.add(made)
            check_stub(method, requests[made])
        assert used == set(requests)


def check_stub(method: object, request: type[Request[object]]) -> None:
    """Fail where a stub's parameters are not the fields of what it sends."""
    assert callable(method)
    stub = list(inspect.signature(method).parameters.values())[1:]
    model = request.model_fields
    assert [one.name for one in stub] == list(model)
    for one in stub:
        field = model[one.name]
        default = one.empty if field.is_required() else field.default
        assert one.default == default and type(one.default) is type(default)
        plain = str(request.__annotations__[one.name]).replace("ListInput[", "Sequence[")
        plain = plain.replace("Real", "float")
        plain = re.sub(r"ObjectInput\[(\w+), (\w+)\]", r"\1 | \2", plain)
        assert one.annotation == plain or plain.startswith(f"Annotated[{one.annotation}, ")
