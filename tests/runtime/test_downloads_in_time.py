"""A download that stalls, drips or never ends is given up; one that is slow but goes on is not."""

from __future__ import annotations

import asyncio
import itertools
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hubsmith_runtime import DownloadError, File, InferenceTimeoutError, files
from hubsmith_runtime.async_driver import AsyncDriver
from hubsmith_runtime.driver import Driver
from hubsmith_runtime.files import answered_file
from hubsmith_runtime.saving import FileOrigin
from hubsmith_runtime.transport import Origins

from tests.runtime.file_server import FileServer

TIMEOUT, GRACE = 0.3, 0.5
HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"

Answer = Callable[[socket.socket], None]
Read = Callable[[File, Path], bytes]


def drip(connection: socket.socket, content: Iterator[bytes], every: float = 0.05) -> None:
    for piece in content:
        connection.sendall(piece)
        time.sleep(every)


def dripping_headers(connection: socket.socket) -> None:
    drip(connection, itertools.chain([HEAD], itertools.repeat(b"x: y\r\n")))


def dripping_content(connection: socket.socket) -> None:
    drip(
        connection,
        itertools.chain([HEAD + b"content-length: 9999\r\n\r\n"], itertools.repeat(b"x")),
    )


def dripping_chunk_extensions(connection: socket.socket) -> None:
    drip(connection, itertools.chain([CHUNKED + b"3"], itertools.repeat(b";x")))


def chunks_without_end(connection: socket.socket) -> None:
    drip(connection, itertools.chain([CHUNKED], itertools.repeat(b"1\r\nx\r\n")))


def stalled(connection: socket.socket) -> None:
    drip(connection, iter([HEAD + b"content-length: 9999\r\n\r\nabc"]), every=3.0)


def with_asyncio(file: File, doing: str, place: Path) -> bytes:
    """Read or save as an asynchronous client does: with its driver, in its loop."""

    async def main() -> bytes:
        driver = AsyncDriver(Origins())
        file.origin = FileOrigin(file.origin.base, driver, timeout=file.origin.timeout)
        try:
            if doing == "read":
                return await file.aread()
            return (await file.asave(place)).read_bytes()
        finally:
            await driver.close()
            assert asyncio.all_tasks() == {asyncio.current_task()}

    return asyncio.run(main())


WAYS: dict[str, Read] = {
    "read": lambda file, _: file.read(),
    "save": lambda file, place: file.save(place).read_bytes(),
    "chunks": lambda file, _: b"".join(file.chunks()),
    "aread": lambda file, place: with_asyncio(file, "read", place),
    "asave": lambda file, place: with_asyncio(file, "save", place),
}


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer().running() as server:
        yield server


@pytest.fixture
def file(server: FileServer) -> Iterator[File]:
    driver = Driver(Origins())
    yield answered_file({"path": "a.txt"}, FileOrigin(f"{server.url}/api", driver, timeout=TIMEOUT))
    driver.close()


@pytest.mark.parametrize(
    "answer",
    [dripping_headers, dripping_content, dripping_chunk_extensions, chunks_without_end, stalled],
)
@pytest.mark.parametrize("way", WAYS)
def test_one_that_hardly_moves_is_given_up(
    server: FileServer, file: File, tmp_path: Path, way: str, answer: Answer
) -> None:
    server.answers["/api/file=a.txt"] = answer
    began = time.monotonic()
    with pytest.raises(InferenceTimeoutError, match=r"GET http.*file=a.txt: no answer in time"):
        WAYS[way](file, tmp_path)
    assert time.monotonic() - began < TIMEOUT + GRACE
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("way", WAYS)
def test_one_that_goes_on_may_take_longer_than_the_timeout(
    server: FileServer, file: File, tmp_path: Path, way: str
) -> None:
    pieces = [HEAD + b"content-length: 20000\r\n\r\n", *[b"x" * 2000] * 10]
    server.answers["/api/file=a.txt"] = lambda connection: drip(connection, iter(pieces), 0.1)
    assert WAYS[way](file, tmp_path) == b"x" * 20_000


def test_who_reads_it_may_take_his_time(server: FileServer, file: File) -> None:
    content = [HEAD + b"content-length: 200\r\n\r\n", b"x" * 100, b"x" * 100]
    server.answers["/api/file=a.txt"] = lambda connection: drip(connection, iter(content), 0.01)
    received = 0
    for piece in file.chunks():
        received += len(piece)
        time.sleep(TIMEOUT)
    assert received == 200


@pytest.mark.parametrize("way", ["read", "aread"])
def test_what_has_no_end_does_not_fill_the_memory(
    server: FileServer, file: File, tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(CHUNKED)
        while True:
            connection.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")

    server.answers["/api/file=a.txt"] = endless
    monkeypatch.setattr(files, "LARGEST_BODY", 1_000_000)
    with pytest.raises(DownloadError, match="larger than the 1,000,000 bytes"):
        WAYS[way](file, tmp_path)
