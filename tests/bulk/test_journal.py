"""A journal: what a run writes, and how the next one goes on from it."""

from __future__ import annotations

import json
import resource
import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hubsmith import AppError, File
from hubsmith_bulk import JournalError, RunError, read_journal
from hubsmith_bulk.journal import Journal
from hubsmith_bulk.rows import KeyIndex
from hubsmith_codegen.cli.mapping.results import write_results

from tests.bulk.scripted_caller import ScriptedCaller, rows, run

ABOUT = {"source": "owner/kitchen", "endpoint": "/greet", "spec": "sha256:1", "versions": {}}


def entries(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_header_says_what_the_run_is_about(tmp_path: Path) -> None:
    path = tmp_path / "a" / "run.jsonl"
    run(ScriptedCaller(), rows("a"), checkpoint=path)
    header, line = entries(path)
    assert header["hubsmith_journal"] == 1
    assert (header["source"], header["endpoint"], header["spec"]) == (
        "scripted",
        "/upper",
        "sha256:1",
    )
    assert set(header["versions"]) == {"hubsmith", "python"}
    assert (line["index"], line["value"], line["attempts"]) == (0, "A", 1)


def test_a_second_run_skips_what_is_done(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    run(ScriptedCaller(), rows("a", "b"), checkpoint=path)
    caller = ScriptedCaller()
    done, engine = run(caller, rows("b", "c", "a", "a"), checkpoint=path)
    assert sorted(one.value for one in done) == ["A", "C"]  # A second "a" is another row.
    assert engine.summary().skipped == 2
    assert len(entries(path)) == 1 + 4


def test_failed_rows_are_tried_again_when_that_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    run(ScriptedCaller(lambda _: AppError("Sold out")), rows("a"), checkpoint=path)
    assert entries(path)[1]["error"] == {"kind": "AppError", "text": "Sold out"}
    caller = ScriptedCaller()
    run(caller, rows("a"), checkpoint=path)
    assert not caller.calls
    done, _ = run(caller, rows("a"), checkpoint=path, retry_failed=True)
    assert [one.value for one in done] == ["A"]
    assert [one.get("value") for one in read_journal(path)] == ["A"]  # Each row once.


def test_half_a_line_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    run(ScriptedCaller(), rows("a", "b"), checkpoint=path, concurrency=1)
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    assert len(list(read_journal(path))) == 1
    caller = ScriptedCaller()
    run(caller, rows("a", "b"), checkpoint=path)
    assert dict(caller.calls) == {"b": 1}
    assert [one["value"] for one in read_journal(path)] == ["A", "B"]


@pytest.mark.parametrize("name", ["source", "endpoint", "spec"])
def test_the_journal_of_another_run_is_refused_by_name(
    tmp_path: Path, name: str, index: KeyIndex
) -> None:
    path = tmp_path / "run.jsonl"
    Journal(path, ABOUT, index).close()
    before = path.read_bytes()
    with pytest.raises(JournalError, match=f"its {name} is"):
        Journal(path, {**ABOUT, name: "another"}, index)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", ["", "{}\n", "[]\n", '{"rows": 1}\n{"a": 2}\n', "name,age\n"])
def test_a_file_that_is_no_journal_is_left_alone(
    tmp_path: Path, content: str, index: KeyIndex
) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text(content)
    if not content:  # An empty file is as good as none.
        Journal(path, ABOUT, index).close()
        return
    with pytest.raises(JournalError, match=r"run\.jsonl"):
        Journal(path, ABOUT, index)
    assert path.read_text() == content


def test_two_writers_are_one_too_many(tmp_path: Path, index: KeyIndex) -> None:
    path = tmp_path / "run.jsonl"
    first = Journal(path, ABOUT, index)
    with pytest.raises(JournalError, match="another run is writing"):
        Journal(path, ABOUT, index)
    first.close()
    Journal(path, ABOUT, index).close()


def test_a_link_is_not_followed(tmp_path: Path, index: KeyIndex) -> None:
    target = tmp_path / "mine.txt"
    target.write_text("mine")
    (tmp_path / "run.jsonl").symlink_to(target)
    with pytest.raises(JournalError):
        Journal(tmp_path / "run.jsonl", ABOUT, index)
    assert target.read_text() == "mine"


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="needs a limit of file sizes")
def test_a_full_disk_ends_the_run_with_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, before[1]))
    try:
        with pytest.raises(JournalError, match=r"run\.jsonl.*cannot be written"):
            run(ScriptedCaller(), rows(*map(str, range(200))), checkpoint=path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert path.read_bytes().endswith(b"\n")
    kept = len(list(read_journal(path)))
    assert 0 < kept < 200
    caller = ScriptedCaller()
    run(caller, rows(*map(str, range(200))), checkpoint=path)
    assert caller.calls.total() == 200 - kept
    assert len(list(read_journal(path))) == 200


def test_files_of_results_are_kept_beside_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    caller = ScriptedCaller(lambda name: File(name.encode(), name="a.txt"))
    run(caller, rows("a"), checkpoint=path)
    assert [file.name for file in caller.fetched] == ["a.txt"]
    (stored,) = [one["value"] for one in read_journal(path)]
    assert (tmp_path / stored["file"]).read_bytes() == b"a"


def test_text_that_utf8_has_no_form_for_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    run(ScriptedCaller(lambda name: f"{name}\ud800\n"), rows("a"), checkpoint=path)
    assert [one["value"] for one in read_journal(path)] == ["a\ud800\n"]


def test_no_secret_is_in_a_journal(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    run(ScriptedCaller(), rows("a"), checkpoint=path)
    assert "token" not in path.read_text()
    assert path.stat().st_size < 500


def test_a_full_temporary_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect

    def small(*arguments: Any, **options: Any) -> sqlite3.Connection:
        database = connect(*arguments, **options)
        database.execute("PRAGMA max_page_count = 8")
        return database

    journal = tmp_path / "run.jsonl"
    run(ScriptedCaller(lambda row: "x" * 100_000), rows("a"), checkpoint=journal)
    monkeypatch.setattr(sqlite3, "connect", small)
    with pytest.raises(RunError, match=r"temporary folder cannot be used: .* is full"):
        write_results(tmp_path / "out.jsonl", journal, lambda: iter([("a", {})]), ["name"])
    with pytest.raises(RunError, match=r"temporary folder cannot be used: .* is full"):
        run(ScriptedCaller(), rows(*map(str, range(2_000))))
