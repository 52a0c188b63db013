"""The rules of the house: who may import whom, and how large a module may grow."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
RUNTIME = ROOT / "runtime" / "hubsmith_runtime"
GENERATOR = ROOT / "codegen" / "hubsmith_codegen"
GENERATED = ROOT / "generated"
OURS = {"hubsmith", "hubsmith_runtime", "hubsmith_codegen"}
LINES = 500
# What only some results and only tests need. The first is imported for its types alone.
OPTIONAL = {
    "runtime/hubsmith_runtime/inference/_media.py": ["PIL", "numpy"],
    "runtime/hubsmith_runtime/testing/pytest.py": ["pytest"],
}


def modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def imports(file: Path) -> Iterator[str]:
    """Yield the top-level packages that a module imports by absolute name, wherever it does."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            match node.args[:1]:
                case [ast.Constant(value=str(name))] if not name.startswith("."):
                    yield name.partition(".")[0]
                case _:
                    pass


def importers(folder: Path, allowed: set[str]) -> dict[str, list[str]]:
    """Return the modules of a folder that import something else than the standard library."""
    found = {
        file.relative_to(ROOT).as_posix(): sorted(
            set(imports(file)) - sys.stdlib_module_names - allowed
        )
        for file in modules(folder)
    }
    return {file: names for file, names in found.items() if names}


def test_the_runtime_needs_httpx_and_pydantic_and_nothing_of_ours() -> None:
    allowed = {"httpx", "pydantic", "pydantic_core", "typing_extensions", "hubsmith_runtime"}
    assert importers(RUNTIME, allowed) == OPTIONAL


def test_httpx_is_imported_in_one_module_only() -> None:
    users = [file.name for file in modules(RUNTIME) if "httpx" in set(imports(file))]
    assert len(users) == 1, users


def test_generated_code_imports_the_runtime_only() -> None:
    allowed = {"hubsmith", "hubsmith_runtime", "pydantic", "typing_extensions"}
    assert importers(GENERATED, allowed) == {}


def test_the_generator_never_imports_generated_code() -> None:
    users = {
        file.name: sorted(set(imports(file)) & (OURS - {"hubsmith_runtime", "hubsmith_codegen"}))
        for file in modules(GENERATOR)
    }
    assert {file: names for file, names in users.items() if names} == {}


@pytest.mark.parametrize("folder", [RUNTIME, GENERATOR], ids=["runtime", "generator"])
def test_modules_stay_small(folder: Path) -> None:
    sizes = {f.name: len(f.read_text(encoding="utf-8").splitlines()) for f in modules(folder)}
    assert {name: size for name, size in sizes.items() if size > LINES} == {}


@pytest.mark.parametrize(
    "folder", [RUNTIME, GENERATOR, GENERATED], ids=["runtime", "generator", "generated"]
)
def test_exports_are_sorted(folder: Path) -> None:
    unsorted: list[str] = []
    for file in modules(folder):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            target = node.targets[0] if isinstance(node, ast.Assign) else None
            target = node.target if isinstance(node, ast.AnnAssign) else target
            if not (isinstance(target, ast.Name) and target.id == "__all__"):
                continue
            value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
            if isinstance(value, ast.List | ast.Tuple):
                names = [ast.literal_eval(item) for item in value.elts]
                # The order of ruff's RUF022: constants, classes, then functions.
                order = sorted(names, key=lambda name: (kind_of(name), name))
                if names not in (sorted(names), order):
                    unsorted.append(file.relative_to(ROOT).as_posix())
    assert unsorted == []


def kind_of(name: str) -> int:
    if name.isupper():
        return 0
    return 1 if name[:1].isupper() else 2
