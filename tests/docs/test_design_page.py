"""What the page about the design says of the code: sizes, and modules that are there."""

from __future__ import annotations

import re
from pathlib import Path

from tests.docs.page import ROOT, page_path
from tests.docs.tables import methods

TEXT = page_path("design").read_text(encoding="utf-8")
RUNTIME, GENERATED = ROOT / "runtime" / "hubsmith_runtime", ROOT / "generated" / "hubsmith"
CODEGEN = ROOT / "codegen" / "hubsmith_codegen"
PARTS = (
    [*RUNTIME.glob("*.py"), *(RUNTIME / "spaces").glob("*.py")],
    (RUNTIME / "inference").rglob("*.py"),
    (ROOT / "runtime" / "hubsmith_bulk").rglob("*.py"),
    (ROOT / "runtime" / "hubsmith_tools").rglob("*.py"),
    (ROOT / "runtime" / "hubsmith_testing").rglob("*.py"),
    (ROOT / "codegen" / "hubsmith_record").rglob("*.py"),
    CODEGEN.rglob("*.py"),
    GENERATED.rglob("*.py"),
)  # The rows of the table, in its order.


def lines_of(file: Path) -> int:
    return len(file.read_text(encoding="utf-8").splitlines())


def test_the_sizes_are_about_right() -> None:
    said = [int(one.replace(",", "")) for one in re.findall(r"\| about ([\d,]+) \|", TEXT)]
    real = [sum(map(lines_of, part)) for part in PARTS]
    assert len(said) == len(real)
    for told, true in zip(said, real, strict=True):
        assert 0.85 <= told / true <= 1.15, (said, real)


def test_the_number_of_methods_is_right() -> None:
    assert f"the {len(methods())} methods" in TEXT


def test_every_module_that_is_named_is_there() -> None:
    known = {file.name for folder in (RUNTIME, CODEGEN) for file in folder.rglob("*")}
    named = set(re.findall(r"\b([a-z_]+\.py(?:\.jinja)?)\b", TEXT))
    assert named > {"classes.py", "polling.py"}
    assert named <= known, named - known
