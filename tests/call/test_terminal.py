"""`hubsmith call` on a terminal: progress while it waits, results for people."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hubsmith_runtime import Client

from tests.call.terminal import run_in_terminal

pytestmark = pytest.mark.slow

FORMER_BAR = "baking rye [##########..........] 4/8 minutes"


def test_shows_a_progress_bar_and_takes_it_away(kitchen_url: str, home: Path) -> None:
    screen = run_in_terminal("call", kitchen_url, "bake", "dish=rye", "minutes=8", folder=home)
    assert screen.status == 0
    assert screen.lines == ["rye, baked for 8 minutes"]
    bars = [piece for piece in screen.shown if piece.startswith("baking rye [")]
    assert bars and all(piece.endswith("/8 minutes") for piece in bars)


def test_text_grows_where_it_stands(kitchen_url: str, home: Path) -> None:
    screen = run_in_terminal("call", kitchen_url, "stream", "n=4", "delay=0.1", folder=home)
    assert screen.status == 0
    assert screen.lines == ["1 2 3 4"]
    assert screen.raw.endswith("1 2 3 4\r\n")


def test_log_lines_stay_and_steer_nothing(counter_url: str, home: Path) -> None:
    screen = run_in_terminal("call", counter_url, "talk", "--number=2", folder=home)
    assert screen.status == 1  # The parameter has the name of the function's argument.
    screen = run_in_terminal("call", counter_url, "talk", "times=2", folder=home)
    assert screen.lines == [
        "info: News: step 0\\x1b[2J",
        "info: News: step 1\\x1b[2J",
        "warning: that was all",
        "done",
    ]


def test_results_steer_nothing(counter_url: str, home: Path) -> None:
    screen = run_in_terminal("call", counter_url, "steer", "text=x", folder=home)
    assert screen.lines == ["\\x1b[2Jx", "second  line".replace("  ", "\t")]


def test_several_results_stand_below_each_other(kitchen_url: str, home: Path) -> None:
    screen = run_in_terminal("call", kitchen_url, "suggest", "avoid=cream", folder=home)
    assert screen.lines == ["vegetable: tomato", "sauces:", "[", '  "tomato",', '  "pesto"', "]"]


def test_a_file_is_where_it_was_saved(kitchen_url: str, home: Path) -> None:
    (home / "card.txt").write_text("salt")
    words = ["call", kitchen_url, "shout", "recipe=card.txt"]
    assert run_in_terminal(*words, "--out", "o", folder=home).lines == ["o/card-shouted.txt"]
    (address,) = run_in_terminal(*words, folder=home).lines
    assert address.startswith(f"{kitchen_url}/gradio_api/file=")


def test_a_plot_does_not_fill_the_terminal(counter_url: str, home: Path) -> None:
    screen = run_in_terminal("call", counter_url, "draw", folder=home)
    assert '  "plot": "data:image/png;base64,iVBORw0KGgoAAAAA... (--out saves it)"' in screen.lines
    screen = run_in_terminal("call", counter_url, "draw", "--out", "o", folder=home)
    assert '    "path": "o/plot.png",' in screen.lines
    assert (home / "o" / "plot.png").is_file()


@pytest.mark.parametrize("columns", ["30", "0"])
def test_the_line_that_moves_is_as_wide_as_columns_says(
    columns: str, kitchen_url: str, home: Path
) -> None:
    words = ["call", kitchen_url, "bake", "dish=rye", "minutes=8"]
    screen = run_in_terminal(*words, folder=home, COLUMNS=columns)
    bars = [piece for piece in screen.shown if piece.startswith("baking rye [")]
    widest = max(map(len, bars))
    assert widest == (29 if columns == "30" else len(FORMER_BAR))


def test_json_on_a_terminal_when_asked_for(kitchen_url: str, home: Path) -> None:
    screen = run_in_terminal("call", kitchen_url, "greet", "name=Bob", "--json", folder=home)
    assert screen.lines == ['"Good evening, Bob!!!"']


def test_shows_the_place_in_the_queue(counter_url: str, home: Path) -> None:
    with Client(counter_url) as other:
        # Two are before it: the first runs, the second is the first in the queue.
        before = [other.submit(60, api_name="/wait") for _ in range(2)]
        while not any(job.status().stage == "running" for job in before):
            time.sleep(0.01)

        def let_go() -> None:
            other.predict(api_name="/let_go")

        shown = ("In the queue: position ", let_go)
        words = ["call", counter_url, "wait", "seconds=60"]
        screen = run_in_terminal(*words, folder=home, when=shown)
        assert [job.result() for job in before] == ["waited"] * 2
    assert screen.lines == ["waited"]
    assert any(piece.startswith("In the queue: position ") for piece in screen.shown), screen.raw


@pytest.mark.parametrize("words", [["--quiet"], []])
def test_quiet_or_on_a_plain_terminal_nothing_moves(
    words: list[str], kitchen_url: str, home: Path
) -> None:
    term = "xterm" if words else "dumb"
    screen = run_in_terminal("call", kitchen_url, "bake", *words, folder=home, TERM=term)
    assert screen.raw == "bread, baked for 10 minutes\r\n"


def test_an_interruption_cancels_the_job(counter_url: str, home: Path) -> None:
    screen = run_in_terminal("call", counter_url, "forever", folder=home, interrupt_when="line 3")
    assert screen.status == 130
    assert screen.lines[-1] == "hubsmith: error: interrupted; the job was cancelled."
    # The only place of the endpoint is free again.
    again = run_in_terminal("call", counter_url, "forever", folder=home, interrupt_when="line 2")
    assert again.status == 130
