"""What rows are known by, and how their results are kept."""

from __future__ import annotations

import errno
import io
import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hubsmith import (
    DownloadError,
    File,
    InferenceClient,
    InferenceError,
    SessionLostError,
    ValidationError,
    tasks,
)
from hubsmith_bulk import DuplicateIdError, JournalError, ServerAwayError, read_journal
from hubsmith_bulk.failures import CallError
from hubsmith_bulk.journal import Journal
from hubsmith_bulk.rows import KeyIndex, content_key

from tests.bulk.scripted_caller import ScriptedCaller, rows, run
from tests.support.recorder import Answer, Recorder, Seen


def picture(colour: str = "red") -> Any:
    image = pytest.importorskip("PIL.Image")
    return image.new("RGB", (2, 2), colour)


def test_pictures_and_bytes_of_results_are_kept_as_files(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    sound = b"fLaC" + bytes(range(64))
    results = {"a": picture(), "b": sound, "c": [{"mask": picture("blue")}, "text"]}
    done, _ = run(
        ScriptedCaller(results.__getitem__),
        [(name, {"name": name}) for name in "abc"],
        checkpoint=path,
    )
    assert {one.key: one.value for one in done} == results  # The caller gets them as they came.
    kept = {entry["key"]: entry["value"] for entry in read_journal(path)}
    image = pytest.importorskip("PIL.Image")
    assert image.open(tmp_path / kept["a"]["file"]).getpixel((0, 0)) == (255, 0, 0)
    assert (tmp_path / kept["b"]["file"]).read_bytes() == sound
    assert kept["b"]["name"] == "result.flac"
    mask, text = kept["c"]
    assert image.open(tmp_path / mask["mask"]["file"]).getpixel((0, 0)) == (0, 0, 255)
    assert text == "text"
    folder = tmp_path / "run.jsonl.files"
    assert sorted(folder.iterdir()) == sorted(
        tmp_path / one["file"] for one in (kept["a"], kept["b"], mask["mask"])
    )
    assert path.stat().st_size < 2_000


def test_a_picture_of_a_real_client_is_a_file(tmp_path: Path) -> None:
    content = io.BytesIO()
    picture().save(content, "PNG")

    class Painter(Recorder):
        def answer(self, seen: Seen) -> Answer:
            return 200, {"content-type": "image/png"}, content.getvalue()

    painter, path = Painter(), tmp_path / "run.jsonl"
    with painter.running(), InferenceClient(painter.url) as client:
        request = tasks.TextToImageRequest(prompt="a red square")
        (done,) = client.map([request], checkpoint=path)
        assert done.value.getpixel((0, 0)) == (255, 0, 0)
    (entry,) = read_journal(path)
    assert (tmp_path / entry["value"]["file"]).read_bytes()[:4] == b"\x89PNG"


def test_a_file_that_is_in_memory_outlives_the_process(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    run(ScriptedCaller(lambda name: File(name.encode(), name="a.txt")), rows("a"), checkpoint=path)
    (entry,) = read_journal(path)
    assert entry["value"]["file"].startswith("run.jsonl.files/")
    assert (tmp_path / entry["value"]["file"]).read_bytes() == b"a"


def test_a_full_disk_while_a_file_is_kept_ends_the_run(tmp_path: Path) -> None:
    class Full(ScriptedCaller):
        async def fetch(self, file: Any) -> None:
            raise DownloadError("Cannot save") from OSError(errno.ENOSPC, "No space left")

    caller = Full(lambda name: File(name.encode(), name="a.txt"))
    with pytest.raises(JournalError, match="the disk is full"):
        run(caller, rows(*"abcdefgh"), checkpoint=tmp_path / "run.jsonl", concurrency=1)
    assert caller.calls.total() == 1
    assert list(read_journal(tmp_path / "run.jsonl")) == []


def test_arrays_of_results_are_whole(tmp_path: Path) -> None:
    numpy = pytest.importorskip("numpy")
    path = tmp_path / "run.jsonl"
    run(ScriptedCaller(lambda _: numpy.arange(3000.0)), rows("a"), checkpoint=path)
    (entry,) = read_journal(path)
    assert entry["value"] == [float(number) for number in range(3000)]


def test_large_arrays_are_known_by_what_is_in_them() -> None:
    numpy = pytest.importorskip("numpy")
    first, second = numpy.zeros(5000), numpy.zeros(5000)
    second[2500] = 1.0  # In the middle, which a printed array leaves out.
    assert repr(first) == repr(second)
    keys = {content_key("/a", {"x": one}) for one in (first, second, first.copy())}
    assert len(keys) == 2


def test_pictures_are_known_by_what_is_in_them() -> None:
    keys = {content_key("/a", [one]) for one in (picture(), picture(), picture("blue"))}
    assert len(keys) == 2


def test_a_set_is_known_in_every_process() -> None:
    code = "from hubsmith_bulk.rows import content_key; print(content_key('/a', {'x': {'a', 'b', 'c', 'd'}}))"
    keys = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }  # fmt: skip
    assert len(keys) == 1


def test_what_no_later_run_would_know_again_needs_an_id() -> None:
    with pytest.raises(ValidationError, match="give each row an id"):
        content_key("/a", {"x": object()})
    odd = {"name": "b", "x": object()}
    done, _ = run(ScriptedCaller(), [*rows("a"), odd, ("b", odd)])
    assert sorted((one.index, type(one.error).__name__) for one in done) == [
        (0, "NoneType"),
        (1, "ValidationError"),
        (2, "NoneType"),
    ]


def test_a_wrong_row_has_one_line_however_often_the_run_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    for _ in range(3):
        run(ScriptedCaller(), [*rows("a"), "nothing"], checkpoint=path)
    assert len(list(read_journal(path))) == 2
    assert len(path.read_text().splitlines()) == 3
    run(ScriptedCaller(), [*rows("a"), "nothing"], checkpoint=path, retry_failed=True)
    assert len(list(read_journal(path))) == 2


def test_ids_like_those_of_twins_stay_apart(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    items = [(name, {"name": name}) for name in ("x", "x#2", "x")]
    done, _ = run(ScriptedCaller(), items, checkpoint=path, concurrency=1)
    assert len({one.key for one in done}) == 3
    assert [type(one.error) for one in done] == [type(None), type(None), DuplicateIdError]
    assert {one["key"]: one.get("value") for one in read_journal(path)} == {
        "x": "X",
        "x#2": "X#2",
        "x#3": None,
    }


@pytest.mark.parametrize("content", [b"precious", b'{"a": 1}', b'{"hubsmith_journey": 1}'])
def test_a_file_of_one_line_that_is_no_journal_is_left_alone(
    tmp_path: Path, content: bytes, index: KeyIndex
) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(content)
    about = {"source": "a", "endpoint": "/a", "spec": "", "versions": {}}
    with pytest.raises(JournalError, match="not a journal entry"):
        Journal(path, about, index)
    assert path.read_bytes() == content
    path.write_bytes(b'{"hubsmith_jour')  # Whoever began it was killed.
    Journal(path, about, index).close()
    assert json.loads(path.read_text())["endpoint"] == "/a"


def test_a_row_that_a_server_fails_at_is_given_up() -> None:
    error = InferenceError("CUDA error", status=500)
    caller = ScriptedCaller(
        lambda name: CallError(error, may_have_run=False) if name == "bad" else name
    )
    done, engine = run(caller, rows("bad", *map(str, range(20))), patience=30)
    assert [one.row["name"] for one in done if one.error] == ["bad"]
    assert caller.calls["bad"] == 4
    assert engine.summary().done == 20


def test_losses_are_counted_apart_from_refusals() -> None:
    refused = CallError(InferenceError("busy", status=429), may_have_run=False)
    answers: list[Any] = [refused, refused, refused, SessionLostError("gone"), "a"]
    done, _ = run(ScriptedCaller(lambda _: answers.pop(0)), rows("a"), repeat_lost=True)
    assert done[0].value == "a"


def test_patience_begins_with_the_first_refusal() -> None:
    refusals = Counter[str]()

    def items() -> Any:
        yield from rows("a")
        time.sleep(0.2)  # Nothing happens for longer than patience.
        yield from rows("b")

    def script(name: str) -> Any:
        refusals[name] += 1
        is_refused = name == "b" and refusals[name] == 1
        return (
            CallError(InferenceError("busy", status=503), may_have_run=False)
            if is_refused
            else name
        )

    done, _ = run(ScriptedCaller(script), items(), patience=0.15)
    assert sorted(one.value for one in done) == ["a", "b"]


def test_a_server_that_wants_more_time_than_there_is_ends_the_run() -> None:
    error = InferenceError("busy", status=429)
    error.retry_after = 7200.0
    caller = ScriptedCaller(lambda _: CallError(error, may_have_run=False))
    with pytest.raises(ServerAwayError, match="asked to wait 2 h") as raised:
        run(caller, rows("a"))
    assert raised.value.retry_after == 7200.0


def test_an_error_of_the_program_itself_stops_no_other_row() -> None:
    caller = ScriptedCaller(
        lambda name: CallError(TypeError("no"), may_have_run=True) if name == "b" else name
    )
    done, _ = run(caller, rows("a", "b", "c"))
    assert sorted(type(one.error).__name__ for one in done) == ["NoneType", "NoneType", "TypeError"]
