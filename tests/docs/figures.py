"""The figures of the performance page and of README, which `make bench BENCH=--write` fills in."""

from __future__ import annotations

from tests.docs.page import page_path

PAGE, README = page_path("performance"), page_path("README")
END = "<!-- end -->"
IN_README = {
    "a streamed chat, several events at a time": "chunks of a streamed chat per CPU second",
    "a call that does nothing": "time of a call that does nothing in a Space",
    "a process to its first result": "time of a process to the first result of a Space",
}


def inside(text: str, name: str) -> str:
    """Return what a page has between the marks of some figures."""
    return text.partition(f"<!-- figures: {name} -->")[2].partition(END)[0].strip()


def filled(text: str, name: str, content: str) -> str:
    """Return a page with other figures between the marks."""
    begin = f"<!-- figures: {name} -->"
    before, _, rest = text.partition(begin)
    return f"{before}{begin}\n\n{content}\n\n{END}{rest.partition(END)[2]}"


def ratios(page: str) -> str:
    """Return README's table, from that of the performance page."""
    table = ["| measurement | compared with | hubsmith / other |", "| --- | --- | --- |"]
    before = ""
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if cells[0] in IN_README:
            what = "" if cells[0] == before else IN_README[cells[0]]
            before, peer = cells[0], cells[2].partition("  ")[0]
            table.append(f"| {what} | {peer} | {float(cells[3]):.2g} × |")
    return "\n".join(table)
