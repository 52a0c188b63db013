"""The sizes of the parts compared with their limits: `make sizes`. Lines as counted by `wc -l`."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from hubsmith_codegen.render.vendor import vendored_runtime

ROOT = Path(__file__).resolve().parent.parent
RUNTIME = ROOT / "runtime" / "hubsmith_runtime"
TYPESCRIPT = ROOT / "runtime" / "typescript"
TESTING = ROOT / "runtime" / "hubsmith_testing"
BULK = ROOT / "runtime" / "hubsmith_bulk"
TOOLS = ROOT / "runtime" / "hubsmith_tools"
CODEGEN = ROOT / "codegen"
RECORDER = CODEGEN / "hubsmith_record"
KITCHEN = ROOT / "generated" / "spaces" / "kitchen"

LIMITS = {
    "runtime": 6500,
    "Spaces with the shared part": 3800,
    "a vendored client": 3200,
    "hubsmith_bulk": 3500,
    "hubsmith_testing": 1500,
    "hubsmith_tools": 2100,
    "hubsmith_record": 3000,
    "largest module": 300,
    "longest function": 50,
    "generator and command": 10500,
    "the example client": 802,
    "TypeScript runtime": 700,
}


def lines(file: Path) -> int:
    """Count the lines of a file."""
    return file.read_text(encoding="utf-8").count("\n")


def functions(file: Path) -> Iterator[tuple[str, int]]:
    """Yield the name and the number of lines of each function, without decorators."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def sizes() -> dict[str, tuple[int, str]]:
    """Return each size and a note by name; for maxima, the note says what is the largest."""
    modules = sorted(RUNTIME.rglob("*.py"))
    inference = [file for file in modules if file.is_relative_to(RUNTIME / "inference")]
    whole, half = sum(map(lines, modules)), sum(map(lines, inference))
    vendored = sum(text.count("\n") for path, text in vendored_runtime().items() if path.suffix)
    largest = max(
        [*modules, *(f for part in (TESTING, BULK, TOOLS) for f in part.rglob("*.py"))], key=lines
    )
    recorder = [*RECORDER.rglob("*.py")]
    written = [file for kind in ("*.py", "*.jinja*", "*.txt") for file in CODEGEN.rglob(kind)]
    written = [file for file in written if not file.is_relative_to(RECORDER)]
    client = [file for file in KITCHEN.iterdir() if file.is_file()]
    longest = max(
        (size, f"{file.stem}.{name}") for file in modules for name, size in functions(file)
    )
    return {
        "runtime": (whole, f"inference {half}"),
        "Spaces with the shared part": (whole - half, ""),
        "a vendored client": (vendored, "without its licence text"),
        "hubsmith_bulk": (sum(map(lines, BULK.rglob("*.py"))), "with Ray"),
        "hubsmith_testing": (sum(map(lines, TESTING.rglob("*.py"))), ""),
        "hubsmith_tools": (sum(map(lines, TOOLS.rglob("*.py"))), "with the MCP server"),
        "hubsmith_record": (sum(map(lines, recorder)), ""),
        "largest module": (lines(largest), largest.relative_to(ROOT / "runtime").as_posix()),
        "longest function": longest,
        "generator and command": (sum(map(lines, written)), "with templates"),
        "the example client": (sum(map(lines, client)), "without its snapshot"),
        "TypeScript runtime": (sum(map(lines, TYPESCRIPT.glob("*.ts"))), "comments included"),
    }


def main() -> None:
    """Print the sizes; exit with status 1 if any is over its limit."""
    is_over = False
    for name, (size, note) in sizes().items():
        limit = LIMITS[name]
        is_over = is_over or size > limit
        verdict = "ok" if size <= limit else "OVER"
        print(f"{name:<30}{size:>7,}   limit {limit:>6,}   {verdict:<5} {note}".rstrip())
    sys.exit(is_over)


if __name__ == "__main__":
    main()
