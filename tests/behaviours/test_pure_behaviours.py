"""Those of the numbered behaviours that need no server: how an answer is read."""

from __future__ import annotations

from hubsmith_runtime.files import FileOrigin, answered_file
from hubsmith_runtime.spaces.edits import Accumulator


def test_38_a_stream_is_fetched_as_one_file_and_a_file_by_its_path() -> None:
    origin = FileOrigin("http://space/gradio_api")
    described = {"url": "http://wrong/elsewhere", "meta": {"_type": "gradio.FileData"}}
    plain = answered_file({**described, "path": "/tmp/a b#.wav"}, origin)
    assert plain.url == "http://space/gradio_api/file=/tmp/a%20b%23.wav"
    stream = answered_file(
        {**described, "path": "session/run/7/playlist.m3u8", "is_stream": True}, origin
    )
    assert stream.url == "http://space/gradio_api/stream/session/run/7/playlist-file"


def test_43_several_deletions_in_one_diff() -> None:
    values = Accumulator()
    values.add([["a", "b", "c", "d"]], is_diff=False)
    edits = [["delete", [3], None], ["delete", [1], None]]
    assert values.add([edits], is_diff=True) == [["a", "c"]]
