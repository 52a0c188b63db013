"""Runs all benchmarks, `make bench`, or some: `make bench BENCH="--quick chat spaces"`.

Each part runs hubsmith and other libraries alternately, against one server on loopback. The output
ends with a table. `--write` puts it into docs/performance.md, with a chart, and the ratios into
README. Targets are not assertions: the exit status is 0 even if one is missed.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.picture import drawn
from benchmarks.rows import Row, markdown_table, text_table

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("spaces", "growth", "chat", "files", "startup", "generation")
SLOW = ("files",)


def load() -> str:
    """Return the load of the machine, which affects the figures."""
    if not hasattr(os, "getloadavg"):
        return "load unknown"
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def write(rows: list[Row], words: str) -> None:
    """Write the table into the performance page, its chart, and the ratios into README."""
    from tests.docs.figures import PAGE, README, filled, ratios

    pictures = ROOT / "docs" / "pictures"
    for theme in ("light", "dark"):
        picture = drawn(rows, theme)
        (pictures / f"performance-{theme}.svg").write_text(picture, encoding="utf-8")
    table = markdown_table(rows)
    content = f"{words}\n\n{table}"
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), "performance", content), "utf-8")
    README.write_text(filled(README.read_text(encoding="utf-8"), "ratios", ratios(table)), "utf-8")


def main() -> None:
    """Run the named parts, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="all by default")
    parser.add_argument("--quick", action="store_true", help="run fewer rounds, and no large files")
    parser.add_argument("--write", action="store_true", help="update the pages and the charts")
    options = parser.parse_args()
    os.environ["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = "1"  # Others send it to any server.
    os.environ["HF_HUB_OFFLINE"] = "0"  # Else huggingface_hub refuses loopback as well.
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    rows, begun = list[Row](), load()
    for name in options.parts or PARTS:
        if options.quick and name in SLOW and not options.parts:
            continue
        part = importlib.import_module(f"benchmarks.{name}")
        for row in part.rows(quick=options.quick):
            print(*[cell for cell in row.cells() if cell], sep="  ", flush=True)
            rows.append(row)
    version = ".".join(map(str, sys.version_info[:2]))
    words = f"Python {version}; {begun} at the beginning, {load()} at the end."
    print(f"\n{text_table(rows)}\n\n{words}")
    missed = [row for row in rows if not row.is_met]
    print(f"{len(missed)} of {sum(row.target is not None for row in rows)} targets missed")
    for row in missed:
        print(f"  {row.what}, {row.peer or 'absolute'}: {row.cells()[-1]}")
    if options.write:
        write(rows, words)


if __name__ == "__main__":
    main()
