"""Every benchmark in one run: `make bench`, or some of it: `make bench BENCH="--quick chat spaces"`.

Each part compares hubsmith with other libraries in turns, against one server on loopback. It ends
with one table. `--write` puts that into docs/performance.md, with a picture, and the ratios into
README. The targets are no assertions: the exit status is 0 where one is missed.
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
    """Say how busy the machine was, which the figures depend on."""
    if not hasattr(os, "getloadavg"):
        return "load unknown"
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def write(rows: list[Row], words: str) -> None:
    """Put the table into the performance page, its picture beside it, and ratios into README."""
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
    """Measure what is named, or everything."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="all unless named")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and no large files")
    parser.add_argument("--write", action="store_true", help="rewrite the pages and the picture")
    options = parser.parse_args()
    os.environ["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = "1"  # Others send it to any server.
    os.environ["HF_HUB_OFFLINE"] = "0"  # Otherwise huggingface_hub refuses loopback, too.
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
        print(f"  {row.what}, {row.peer or 'in all'}: {row.cells()[-1]}")
    if options.write:
        write(rows, words)


if __name__ == "__main__":
    main()
