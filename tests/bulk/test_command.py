"""`hubsmith map`: tables in, tables out."""

from __future__ import annotations

import csv
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hubsmith import Client, DownloadError
from hubsmith_bulk import Summary
from hubsmith_codegen.cli import main
from hubsmith_codegen.cli.mapping import progress, tables
from hubsmith_codegen.cli.mapping.progress import RunProgress, status_line

from tests.bulk.chat_server import chat_server, counts
from tests.call.terminal import run_in_terminal
from tests.support.fake_inference import FakeRouter

APP = Path(__file__).with_name("counting_app.py")


@pytest.fixture(scope="module")
def url(start_gradio: Callable[..., str]) -> str:
    return start_gradio(APP, HOST="loads", APP_WORKERS="40", APP_COUNTS="command")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "hubsmith.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def executions(url: str) -> int:
    with Client(url) as client:
        return client.predict(api_name="/count")


def write(name: str, rows: list[dict[str, Any]]) -> str:
    path = Path(name)
    match path.suffix:
        case ".jsonl":
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        case ".csv":
            with path.open("w", newline="") as stream:
                writer = csv.DictWriter(stream, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
        case _:
            parquet().write_table(arrow().Table.from_pylist(rows), path)
    return name


def read(name: str) -> list[dict[str, Any]]:
    path = Path(name)
    match path.suffix:
        case ".jsonl":
            return [json.loads(line) for line in path.read_text().splitlines()]
        case ".csv":
            with path.open(newline="") as stream:
                return list(csv.DictReader(stream))
        case _:
            return parquet().read_table(path).to_pylist()


def arrow() -> Any:
    return pytest.importorskip("pyarrow")


def parquet() -> Any:
    arrow()
    import pyarrow.parquet

    return pyarrow.parquet


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
@pytest.mark.parametrize("out", ["jsonl", "csv", "parquet"])
def test_every_kind_of_table_goes_in_and_out(url: str, kind: str, out: str) -> None:
    table = write(f"in.{kind}", [{"number": 1}, {"number": 13}, {"number": 3}])
    assert main(["map", url, "/double", table, "--out", f"out.{out}", "-q"]) == 1
    rows = read(f"out.{out}")
    numbers = [int(row["number"]) for row in rows]
    results = [row["result"] if row["result"] in (None, "") else int(row["result"]) for row in rows]
    assert numbers == [1, 13, 3]  # In the order of the input.
    assert results == [2, "" if out == "csv" else None, 6]
    assert [row["error_kind"] or None for row in rows] == [None, "AppError", None]
    assert "bad luck" in rows[1]["error"]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_cells_of_csv_may_be_separated_as_spreadsheets_do(url: str, separator: str) -> None:
    rows = ["number,note".replace(",", separator), f'1{separator}"a,\nb"', f"2{separator}"]
    Path("in.csv").write_text("\ufeff" + "\r\n".join(rows), newline="")
    assert main(["map", url, "/double", "in.csv", "--map", "note=", "--out", "o.jsonl", "-q"]) == 0
    assert [(row["note"], row["result"]) for row in read("o.jsonl")] == [("a,\nb", 2), ("", 4)]


@pytest.mark.parametrize("out", ["jsonl", "csv", "parquet"])
def test_half_of_a_character_fits_into_every_table(url: str, out: str) -> None:
    table = write("in.jsonl", [{"number": 1, "note": "\ud800"}])
    assert main(["map", url, "/double", table, "--map", "note=", "--out", f"out.{out}", "-q"]) == 0
    assert read(f"out.{out}")[0]["note"] == "?"


@pytest.mark.parametrize("out", ["jsonl", "csv", "parquet"])
def test_a_column_that_only_later_rows_have_is_kept(url: str, out: str) -> None:
    table = write("in.jsonl", [{"number": 13}, {"number": 13, "note": "a"}, {"number": 1}])
    command = ["map", url, "/double", table, "--map", "note=", "-q", "--limit", "2"]
    assert main([*command, "--out", f"out.{out}", "--failed", f"failed.{out}"]) == 1
    for name in ("out", "failed"):
        assert [row.get("note") or "" for row in read(f"{name}.{out}")] == ["", "a"]


def test_a_full_disk_keeps_the_journal(
    url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = write("in.jsonl", [{"number": 1}, {"number": 2}])
    command = ["map", url, "/double", table, "--out", "out.jsonl", "-q"]

    def full(path: Path) -> None:
        raise DownloadError(f"Cannot save {path}: No space left on device.")

    with monkeypatch.context() as patch:
        patch.setattr(tables, "atomic_file", full)
        assert main(command) == 2
    told = capsys.readouterr().err
    assert "Cannot save out.jsonl: No space left on device. out.jsonl.journal keeps" in told
    assert main([*command, "--resume"]) == 0
    assert [row["result"] for row in read("out.jsonl")] == [2, 4]


@pytest.mark.parametrize("option", ["--out", "--failed"])
def test_a_table_is_not_written_over_the_input(
    url: str, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table = write("in.jsonl", [{"number": 1}])
    before = executions(url)
    command = ["map", url, "/double", table, "--out", "out.jsonl", "--failed", "failed.jsonl"]
    assert main([*command, option, "./in.jsonl"]) == 2
    assert "name one file twice" in capsys.readouterr().err
    assert (read(table), executions(url)) == ([{"number": 1}], before)


def test_parquet_keeps_the_types_of_its_columns(url: str) -> None:
    day = date(2026, 11, 21)
    table = write("in.parquet", [{"number": 1, "day": day, "raw": b"\xff"}])
    options = ["--map", "day=", "--map", "raw=", "-q"]
    assert main(["map", url, "/double", table, "--out", "out.parquet", *options]) == 0
    assert read("out.parquet") == [
        {"number": 1, "day": day, "raw": b"\xff", "result": 2, "error": None, "error_kind": None}
    ]
    types = {one.name: str(one.type) for one in parquet().read_schema("out.parquet")}
    assert types["result"] == "int64"
    assert main(["map", url, "/double", table, "--out", "out.jsonl", *options]) == 0
    assert read("out.jsonl")[0]["day"] == "2026-11-21"


def test_parquet_without_pyarrow_names_the_extra(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = write("in.parquet", [{"number": 1}])
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    assert main(["map", url, "/double", table, "--out", "out.jsonl"]) == 2
    assert "hubsmith[parquet]" in capsys.readouterr().err
    # Not only when everything is done.
    table = write("in.jsonl", [{"number": 1}])
    before = executions(url)
    assert main(["map", url, "/double", table, "--out", "out.parquet"]) == 2
    assert "hubsmith[parquet]" in capsys.readouterr().err
    assert main(["map", url, "/double", table, "--out", "none/out.csv"]) == 2
    assert "there is no such folder" in capsys.readouterr().err
    assert executions(url) == before


def test_columns_are_renamed_and_left_out(url: str) -> None:
    table = write("in.jsonl", [{"key": "a", "n": 4, "note": "x"}, {"key": "b", "n": 5}])
    options = ["--map", "n=number", "--map", "note=", "--id", "key", "-q"]
    assert main(["map", url, "double", table, "--out", "out.jsonl", *options]) == 0
    assert [(row["key"], row["n"], row["result"]) for row in read("out.jsonl")] == [
        ("a", 4, 8),
        ("b", 5, 10),
    ]
    lines = Path("out.jsonl.journal").read_text().splitlines()
    keys = {json.loads(line).get("key") for line in lines}
    assert keys == {None, "a", "b"}  # The first line is the header.


def test_wrong_rows_are_named_before_the_first_is_sent(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = executions(url)
    rows = [{"id": "a", "number": 1}, {"id": "b", "number": "x"}, {"id": "a", "number": 2}]
    table = write("in.jsonl", [*rows, {"id": "c", "nummer": 1}, {"id": "", "number": 1}])
    assert main(["map", url, "/double", table, "--out", "out.jsonl"]) == 2
    errors = capsys.readouterr().err
    assert "in.jsonl: row 2: /double: number:" in errors
    assert "row 3: an earlier row has the id 'a'" in errors
    assert "row 4: there is no parameter 'nummer'. Did you mean number?" in errors
    assert "row 5: the column id is empty" in errors
    assert "row 1:" not in errors
    assert executions(url) == before
    assert not Path("out.jsonl").exists()
    assert not Path("out.jsonl.journal").exists()


def test_a_column_that_is_no_parameter_is_named_once(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table = write("in.jsonl", [{"number": number, "note": "x"} for number in range(50)])
    assert main(["map", url, "/double", table, "--out", "out.jsonl"]) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert "in.jsonl: row 1: there is no parameter 'note'." in error
    assert error.endswith("or leave it out with --map note=")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("in.jsonl", '{"number": 1}\n{"number"\n', "row 2 (line 2) is not JSON"),
        ("in.jsonl", "[1]\n", "row 1 (line 1) is not a JSON object"),
        ("in.csv", "number\n1,2\n", "row 1 has 2 cells, the header has 1"),
        ("in.csv", "number,number\n1,2\n", "name each column once"),
        ("in.csv", "\nnumber\n1\n", "name each column once"),
        ("in.csv", '"number\n1\n', "in.csv: line 2: unexpected end of data"),
        ("in.csv", b"number\n\xff\n", "not UTF-8"),
        ("in.parquet", "no parquet", "cannot be read"),
        ("in.txt", "1\n", "must end in .jsonl, .csv or .parquet"),
        ("in.jsonl", "", "the table has no rows"),
    ],
)
def test_a_table_that_cannot_be_read(
    url: str, name: str, content: str | bytes, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert main(["map", url, "/double", name, "--out", "out.jsonl"]) == 2
    assert words in capsys.readouterr().err


def test_a_run_goes_on_where_it_ended(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    table = write("in.jsonl", [{"number": number} for number in (10, 11, 12, 13, 14)])
    command = ["map", url, "/double", table, "--out", "out.jsonl"]
    before = executions(url)
    assert main([*command, "--limit", "2"]) == 0
    assert len(read("out.jsonl")) == 2
    assert main(command) == 2
    assert "out.jsonl.journal: there is a journal of an earlier run" in capsys.readouterr().err
    assert main([*command, "--resume", "--failed", "failed.jsonl"]) == 1
    assert executions(url) - before == 5
    assert [row["result"] for row in read("out.jsonl")] == [20, 22, 24, None, 28]
    (failed,) = read("failed.jsonl")
    assert (failed["number"], failed["error_kind"]) == (13, "AppError")
    # A failure of before is one that remains.
    assert main([*command, "--resume"]) == 1
    assert executions(url) - before == 5
    assert "5 of 5 rows, 1 failed, 5 from before" in capsys.readouterr().err
    assert main([*command, "--resume", "--retry-failed"]) == 1
    assert executions(url) - before == 6
    # The failed rows are an input as they are.
    assert main(["map", url, "/double", "failed.jsonl", "--out", "again.jsonl", "-q"]) == 1


def test_a_dry_run_sends_nothing(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = executions(url)
    table = write("in.csv", [{"number": 1}, {"number": 2}])
    assert main(["map", url, "/double", table, "--out", "out.csv", "--dry-run"]) == 0
    assert capsys.readouterr().out == "in.csv: 2 rows are valid; nothing was sent.\n"
    assert executions(url) == before
    assert sorted(path.name for path in Path().iterdir()) == ["hubsmith.toml", "in.csv"]


def test_too_many_errors_end_it(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    table = write("in.jsonl", [{"number": 13} for _ in range(300)])
    before = executions(url)
    command = ["map", url, "/double", table, "--out", "out.jsonl", "--concurrency", "2"]
    assert main([*command, "--max-errors", "5%"]) == 2
    assert 100 <= executions(url) - before <= 102
    assert "more than max_errors allows" in capsys.readouterr().err
    assert len(read("out.jsonl")) == executions(url) - before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--max-errors", "many"], "max_errors"),
        (["--map", "number"], "--map number: write COLUMN=PARAMETER"),
        (["--model", "m"], "need --task"),
        (["--concurrency", "0"], "--concurrency"),
        (["--failed", "folder.csv"], "folder.csv: it is a folder"),
    ],
)
def test_wrong_options(
    url: str, options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table = write("in.jsonl", [{"number": 1}])
    Path("folder.csv").mkdir()
    try:
        status = main(["map", url, "/double", table, "--out", "out.jsonl", *options])
    except SystemExit as ended:
        status = ended.code
    assert status == 2
    assert words in capsys.readouterr().err


def test_a_rate_spaces_the_calls_out(url: str) -> None:
    table = write("in.jsonl", [{"number": number} for number in range(100, 106)])
    start = time.monotonic()
    assert main(["map", url, "/double", table, "--out", "out.jsonl", "--rate", "20", "-q"]) == 0
    assert time.monotonic() - start >= 0.25


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_a_task_of_a_model(kind: str) -> None:
    router = FakeRouter()
    with router.running():
        table = write(f"in.{kind}", [{"text": "Lovely."}, {"text": "Well."}])
        command = ["map", "--task", "text-classification", "--model", router.url, table]
        assert main([*command, "--out", "out.jsonl", "-q"]) == 0
    assert [row["result"][0]["label"] for row in read("out.jsonl")] == ["POSITIVE"] * 2


def test_a_task_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    write("in.jsonl", [{"text": "Lovely."}])
    assert main(["map", "--task", "sing", "in.jsonl", "--out", "out.jsonl"]) == 2
    assert "there is no task 'sing'. The tasks are: " in capsys.readouterr().err


def chats(count: int) -> str:
    row = {"messages": [{"role": "user", "content": "Hello"}]}
    return write("in.jsonl", [{"id": str(number), **row} for number in range(count)])


@pytest.mark.slow
def test_ctrl_c_writes_what_is_done_and_the_run_goes_on(home: Path) -> None:
    chats(40)
    with chat_server(0.3) as url:
        command = ["map", "--task", "chat-completion", "--model", url, "in.jsonl"]
        command = [*command, "--out", "out.jsonl", "--concurrency", "4"]
        process = subprocess.Popen(
            [sys.executable, "-m", "hubsmith_codegen", *command],
            cwd=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        while counts(url)["executions"] < 8:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
        assert process.returncode == 130
        done = len(read("out.jsonl"))
        assert done == counts(url)["executions"] < 40
        assert f"out.jsonl: {done} rows." in output
        assert "Run it again with --resume." in errors
        assert main([*command, "--resume", "-q"]) == 0
        assert counts(url)["executions"] == 40
    assert [row["id"] for row in read("out.jsonl")] == [str(number) for number in range(40)]


@pytest.mark.slow
def test_a_terminal_shows_where_it_stands(home: Path) -> None:
    chats(30)
    with chat_server(0.1) as url:
        screen = run_in_terminal(
            "map", "--task", "chat-completion", "--model", url, "in.jsonl", "--out", "out.jsonl",
            "--concurrency", "2", folder=home,
        )  # fmt: skip
    assert screen.status == 0
    pattern = r"\d+ of 30 rows, 0 failed, [\d.]+ per second, 2 at a time, 0:00:\d\d left"
    assert [line for line in screen.shown if re.fullmatch(pattern, line)]
    assert len(screen.lines) == 2  # The line that changed is gone.
    assert screen.lines[0].startswith("30 of 30 rows, 0 failed")
    assert screen.lines[1] == "out.jsonl: 30 rows."


def test_a_pipe_gets_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert progress.EVERY_IN_A_PIPE == 60
    monkeypatch.setattr(progress, "EVERY_IN_A_PIPE", 0.02)
    summary = Summary(done=7, failed=1, rate=2.0, concurrency=4)
    lines: list[str] = []
    begin = time.monotonic()
    with RunProgress(lambda: summary, 3608):
        while len(lines) < 2 and time.monotonic() < begin + 60:
            time.sleep(0.02)
            lines += capsys.readouterr().err.splitlines()
    assert 2 <= len(lines) <= 1 + (time.monotonic() - begin) / 0.02
    assert set(lines) == {"8 of 3608 rows, 1 failed, 2.0 per second, 4 at a time, 0:30:00 left"}
    capsys.readouterr()
    with RunProgress(lambda: summary, 3608, is_quiet=True):
        time.sleep(0.05)
    assert capsys.readouterr().err == ""
    assert "left" not in status_line(summary, 8)
