"""README's figures are those of the performance page, which are those of the benchmarks."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from benchmarks.picture import drawn
from benchmarks.rows import Row, in_turns, markdown_table, text_table
from tests.docs.figures import PAGE, README, filled, inside, ratios
from tests.docs.page import DOCS

STREAM = "a streamed chat, several events at a time"
ROWS = [
    Row(what="a call that does nothing", unit="ms", ours=9.1, peer="gradio_client", theirs=88.4,
        target=0.12),
    Row(what="a call that does nothing", unit="ms", ours=9.1, peer="httpx", theirs=7.0, target=1.05,
        why="it is checked"),
    Row(what=STREAM, unit="chunks / CPU s", ours=183_271, peer="openai", theirs=10_768, target=15.0,
        more=True),
    Row(what="1 GiB up, memory", unit="MiB", ours=40.2, target=32.0),
    Row(what="a client generated, median", unit="CPU s", ours=0.12),
]  # fmt: skip


def test_a_row_says_whether_its_target_is_met_and_why_not() -> None:
    assert [row.is_met for row in ROWS] == [True, False, True, False, True]
    assert ROWS[1].cells() == [
        "a call that does nothing", "9.1 ms", "httpx  7 ms", "1.30", "≤ 1.05", "missed by 24 %: it is checked"
    ]  # fmt: skip
    assert ROWS[3].cells()[2:] == ["", "", "≤ 32 MiB", "missed by 26 %"]
    assert "183,271 chunks / CPU s  openai  10,768 chunks / CPU s  17.02" in text_table(ROWS)


def test_readme_has_the_ratios_of_the_page() -> None:
    page, readme = (path.read_text(encoding="utf-8") for path in (PAGE, README))
    assert inside(readme, "ratios") == ratios(page), "Run `make bench BENCH=--write`."


def test_ratios_are_read_from_the_table() -> None:
    table = ratios(
        filled("<!-- figures: performance -->\n<!-- end -->", "performance", markdown_table(ROWS))
    )
    assert table.splitlines()[2:] == [
        "| time of a call that does nothing in a Space | gradio_client | 0.1 × |",
        "|  | httpx | 1.3 × |",
        "| chunks of a streamed chat per CPU second | openai | 17 × |",
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_picture_has_a_bar_for_every_row_with_a_peer(theme: str) -> None:
    picture = ElementTree.fromstring(drawn(ROWS, theme))
    assert len(picture.findall("{*}rect")) == 3
    words = "".join(picture.itertext())
    assert "openai" in words
    assert "GiB" not in words
    assert (DOCS / "pictures" / f"performance-{theme}.svg").is_file()


def test_the_median_counts_and_nobody_is_always_first() -> None:
    order: list[str] = []
    seconds = iter([9.0, 1.0, 2.0, 3.0, 4.0, 9.0])

    def run(name: str) -> float:
        order.append(name)
        return next(seconds)

    taken = in_turns({name: lambda name=name: run(name) for name in "ab"}, 2, float, warm_up=1)
    assert order == ["b", "a", "a", "b", "b", "a"]
    assert taken == {"a": 5.5, "b": 3.5}
