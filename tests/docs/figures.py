"""The tables of the performance page, filled by running the benchmarks: `python -m tests.docs.figures`.

Names of benchmarks may be given, such as `chat`; all that the page has a place for are run otherwise.
"""

from __future__ import annotations

import re
import subprocess
import sys

from tests.docs.page import ROOT, page_path

PAGE = page_path("performance")


def measured(name: str) -> str:
    """Run a benchmark, showing what it prints, and return its printout."""
    command = [sys.executable, str(ROOT / "benchmarks" / f"{name}.py")]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
    print(done.stdout, flush=True)
    return done.stdout.strip()


def filled(text: str, name: str, printed: str) -> str:
    """Return the page with the printout of a benchmark in its place."""
    begin, end = f"<!-- figures: {name} -->", "<!-- end -->"
    before, _, rest = text.partition(begin)
    return f"{before}{begin}\n\n```text\n{printed}\n```\n\n{end}{rest.partition(end)[2]}"


def main(wanted: list[str]) -> None:
    """Run the benchmarks and rewrite the page."""
    text = PAGE.read_text(encoding="utf-8")
    for name in re.findall(r"<!-- figures: (\w+) -->", text):
        if not wanted or name in wanted:
            text = filled(text, name, measured(name))
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
