"""Who may import whom, and how large a module may grow."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
RUNTIME = ROOT / "runtime" / "hubsmith_runtime"
TESTING = ROOT / "runtime" / "hubsmith_testing"
GENERATOR = ROOT / "codegen" / "hubsmith_codegen"
GENERATED = ROOT / "generated"
BULK = ROOT / "runtime" / "hubsmith_bulk"
TOOLS = ROOT / "runtime" / "hubsmith_tools"
RECORDER = ROOT / "codegen" / "hubsmith_record"
OURS = {
    "hubsmith",
    "hubsmith_bulk",
    "hubsmith_codegen",
    "hubsmith_record",
    "hubsmith_runtime",
    "hubsmith_testing",
    "hubsmith_tools",
}
LINES = {RUNTIME: 300, TESTING: 300, BULK: 300, TOOLS: 300, RECORDER: 300, GENERATOR: 500}
FUNCTION_LINES = 50
# By folder of the generator: those that it may import from. The commands may import all of them.
STEPS = {
    "ir": set[str](),
    "load": {"ir"},
    "normalise": {"ir", "load"},
    "render": {"ir"},
    "write": {"ir", "load"},
    "compare": {"ir", "write"},
    "snippets": {"ir", "render"},
}
# What only some results and only tests need. Pillow and pandas are imported for their types alone.
OPTIONAL = {
    "runtime/hubsmith_runtime/content.py": ["PIL", "pandas"],
    "runtime/hubsmith_runtime/inference/media.py": ["PIL", "numpy"],
    "runtime/hubsmith_testing/pytest.py": ["pytest"],
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


def relative_imports(file: Path) -> set[str]:
    """Return the first parts of the names that a module imports from the packages around it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            found |= {(node.module or alias.name).partition(".")[0] for alias in node.names}
    return found


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
    optional = {file: names for file, names in OPTIONAL.items() if "hubsmith_runtime" in file}
    # The methods `map`, which a vendored client does not have.
    mapped = ("inference/client.py", "spaces/client.py", "spaces/space.py")
    optional |= {f"runtime/hubsmith_runtime/{file}": ["hubsmith_bulk"] for file in mapped}
    assert importers(RUNTIME, allowed) == optional


def test_the_mock_stands_on_the_runtime_and_nothing_stands_on_the_mock() -> None:
    allowed = {"hubsmith_runtime", "hubsmith_testing", "pydantic", "typing_extensions"}
    optional = {file: names for file, names in OPTIONAL.items() if "hubsmith_testing" in file}
    assert importers(TESTING, allowed) == optional
    for folder in (RUNTIME, GENERATED):
        assert not [file for file in modules(folder) if "hubsmith_testing" in set(imports(file))]
    private = {
        file.name
        for file in modules(TESTING)
        if re.search(r"from hubsmith_runtime\.", file.read_text(encoding="utf-8"))
    }
    assert private == {"snapshot.py", "files.py", "json.py"}


def test_the_halves_of_the_runtime_stand_on_the_shared_part_only() -> None:
    parts = {"spaces": "inference", "inference": "spaces"}
    for part, other in parts.items():
        for file in modules(RUNTIME / part):
            assert other not in relative_imports(file), file
    for file in RUNTIME.glob("*.py"):
        if file.name != "__init__.py":
            assert not relative_imports(file) & set(parts), file


def test_httpx_is_imported_in_one_module_only() -> None:
    users = [file.name for file in modules(RUNTIME) if "httpx" in set(imports(file))]
    assert len(users) == 1, users


def test_generated_code_imports_the_runtime_only() -> None:
    allowed = {"hubsmith", "hubsmith_runtime", "pydantic", "typing_extensions"}
    fronts = {
        "generated/hubsmith/__main__.py": ["hubsmith_codegen"],  # `python -m hubsmith`
        "generated/hubsmith/ray.py": ["hubsmith_bulk"],
        "generated/hubsmith/tools.py": ["hubsmith_tools"],
    }
    assert importers(GENERATED, allowed) == fronts


def test_the_generator_never_imports_generated_code() -> None:
    users = {file.name: sorted(set(imports(file)) & {"hubsmith"}) for file in modules(GENERATOR)}
    # `hubsmith map --task` calls models by their generated client.
    assert {file: names for file, names in users.items() if names} == {"targets.py": ["hubsmith"]}


def steps_imported(file: Path) -> set[str]:
    """Return the folders of the generator that a module imports from, beside its own."""
    above = file.relative_to(GENERATOR).parts[:-1]
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            named = (node.module or node.names[0].name).split(".")
            found.add([*above[: len(above) + 1 - node.level], *named][0])
    return found - {above[0]}


def test_data_goes_one_way_through_the_generator() -> None:
    for step, allowed in STEPS.items():
        for file in modules(GENERATOR / step):
            assert steps_imported(file) <= allowed, file
    for file in modules(GENERATOR / "compare" / "api"):
        assert steps_imported(file) <= {"ir"}, file
    pipeline = GENERATOR / "pipeline.py"
    assert relative_imports(pipeline) == {*STEPS} - {"compare"}
    assert len([path for path in GENERATOR.iterdir() if path.name != "__pycache__"]) <= 12


@pytest.mark.parametrize("folder", LINES, ids=lambda folder: folder.name)
def test_modules_stay_small(folder: Path) -> None:
    sizes = {f.name: len(f.read_text(encoding="utf-8").splitlines()) for f in modules(folder)}
    assert {name: size for name, size in sizes.items() if size > LINES[folder]} == {}


@pytest.mark.parametrize(
    "folder", [RUNTIME, TESTING, BULK, TOOLS, RECORDER], ids=lambda folder: folder.name
)
def test_functions_stay_small(folder: Path) -> None:
    long = {
        f"{file.name}: {node.name}"
        for file in modules(folder)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES
    }
    assert long == set()
