"""The figures of the performance page and of README, filled by running the benchmarks.

`python -m tests.docs.figures` runs those that the page has a place for, or those that are named,
such as `chat`, and writes what they print into the page. README's ratios are taken from there.
"""

from __future__ import annotations

import re
import subprocess
import sys

from tests.docs.page import ROOT, page_path

PAGE, README = page_path("performance"), page_path("README")
RATIO = re.compile(r"^hubsmith / (.+?) +([\d.]+)\b", re.MULTILINE)
END = "<!-- end -->"


def measured(name: str) -> str:
    """Run a benchmark, showing what it prints, and return its printout."""
    command = [sys.executable, str(ROOT / "benchmarks" / f"{name}.py")]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
    print(done.stdout, flush=True)
    return f"```text\n{done.stdout.strip()}\n```"


def inside(text: str, name: str) -> str:
    """Return what a page has between the marks of some figures."""
    return text.partition(f"<!-- figures: {name} -->")[2].partition(END)[0].strip()


def filled(text: str, name: str, content: str) -> str:
    """Return a page with other figures between the marks."""
    begin = f"<!-- figures: {name} -->"
    before, _, rest = text.partition(begin)
    return f"{before}{begin}\n\n{content}\n\n{END}{rest.partition(END)[2]}"


def ratios(page: str) -> str:
    """Return README's table, from the printouts of the performance page."""
    # The first printout counts: streams with several events at a time, and calls one by one.
    streams = dict(reversed(RATIO.findall(inside(page, "chat"))))
    calls = dict(reversed(RATIO.findall(inside(page, "calls"))))
    rows = [
        ("chunks of a streamed chat per CPU second", "huggingface_hub", streams),
        ("", "openai", streams),
        ("", "iter_lines + json.loads", streams),
        ("time of a call that does nothing in a Space", "gradio_client", calls),
        ("", "bare httpx", calls),
    ]
    table = [f"| {what} | {peer} | {float(known[peer]):.2g} × |" for what, peer, known in rows]
    return "\n".join(
        ["| measured | other | hubsmith, of the other |", "| --- | --- | --- |", *table]
    )


def main(wanted: list[str]) -> None:
    """Run the benchmarks and rewrite both pages."""
    text = PAGE.read_text(encoding="utf-8")
    for name in re.findall(r"<!-- figures: (\w+) -->", text):
        if not wanted or name in wanted:
            text = filled(text, name, measured(name))
            PAGE.write_text(text, encoding="utf-8")
    readme = filled(README.read_text(encoding="utf-8"), "ratios", ratios(text))
    README.write_text(readme, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
