"""`typing_tasks.py` has every method of the inference clients; `test_types` runs pyright over it."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest
from hubsmith import AsyncInferenceClient, InferenceClient

HERE = Path(__file__).parent


def called(client: str) -> set[str]:
    """The methods that the file calls of a client."""
    tree = ast.parse((HERE / "typing_tasks.py").read_text(encoding="utf-8"))
    return {
        node.func.attr
        for function in tree.body
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        and ast.unparse(function.args.args[0]) == f"client: {client}"
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func.value) == "client"
    }


@pytest.mark.parametrize("client", [InferenceClient, AsyncInferenceClient])
def test_every_method_is_in_the_file(client: type) -> None:
    public = {name for name in dir(client) if inspect.isfunction(getattr(client, name))}
    public = {name for name in public if not name.startswith("_")} - {"close"}
    assert called(client.__name__) == public
