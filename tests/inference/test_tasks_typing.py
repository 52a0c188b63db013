"""pyright, strict, over `typing_tasks.py`: what every method returns, and what it refuses."""

from __future__ import annotations

import ast
import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hubsmith import AsyncInferenceClient, InferenceClient

HERE = Path(__file__).parent
SETTINGS = {
    "pythonVersion": "3.10",
    "typeCheckingMode": "strict",
    # Each `pyright: ignore` in the file stands where a mistake must be found.
    "reportUnnecessaryTypeIgnoreComment": "error",
}


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


def test_every_method_returns_what_its_type_says(tmp_path: Path) -> None:
    settings = {**SETTINGS, "include": [str(HERE / "typing_tasks.py")]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "-p", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert "0 errors, 0 warnings" in done.stdout, done.stdout + done.stderr
