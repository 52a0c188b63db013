"""Files that a Space names: how they are fetched, kept, and given up."""

from __future__ import annotations

import asyncio
import copy
import gc
import gzip
import os
import pickle
import socket
import stat
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pydantic
import pytest
from hubsmith_runtime import DownloadError, File
from hubsmith_runtime.async_driver import AsyncDriver
from hubsmith_runtime.driver import Driver
from hubsmith_runtime.errors import InferenceTimeoutError
from hubsmith_runtime.files import FileInput, answered_file
from hubsmith_runtime.http import origin_of
from hubsmith_runtime.saving import FileOrigin
from hubsmith_runtime.transport import Origins

from tests.runtime.file_server import FileServer, whole

SECRET = {"authorization": "Bearer secret", "cookie": "session=secret"}

Read = Callable[[File], bytes]


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer().running() as server:
        server.answers["/api/file=a.txt"] = whole(b"abc")
        yield server


@pytest.fixture
def elsewhere() -> Iterator[FileServer]:
    with FileServer().running() as server:
        yield server


@pytest.fixture
def driver(server: FileServer) -> Iterator[Driver]:
    driver = Driver(Origins({origin_of(server.url): SECRET}))
    yield driver
    driver.close()


@pytest.fixture
def origin(server: FileServer, driver: Driver) -> FileOrigin:
    return FileOrigin(f"{server.url}/api", driver)


@pytest.fixture
def file(origin: FileOrigin) -> File:
    return answered_file({"path": "a.txt"}, origin)


def read_async(file: File) -> bytes:
    return asyncio.run(file.aread())


def save(file: File) -> bytes:
    with FileOrigin().new_folder() as place:
        try:
            return file.save(place).read_bytes()
        finally:
            assert len(list(place.iterdir())) <= 1


def open_path(file: File) -> bytes:
    return Path(file).read_bytes()


WAYS: list[Read] = [
    File.read,
    save,
    open_path,
    read_async,
    lambda file: b"".join(file.chunks()),
]


# Whole or not at all


def short(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc")


def cut(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (short, "is incomplete"),
        (cut, "is incomplete"),
        (whole(b"abc", "206 Partial Content"), "status 206"),
        (whole(b"", "204 No Content"), "status 204"),
        (whole(b"gone", "404 Not Found"), "status 404"),
    ],
    ids=["short", "cut", "part", "none", "gone"],
)
@pytest.mark.parametrize("read", WAYS, ids=["read", "save", "path", "async", "chunks"])
def test_a_download_is_whole_or_an_error_and_leaves_nothing(
    server: FileServer, driver: Driver, tmp_path: Path, read: Read, answer: Any, reason: str
) -> None:
    server.answers["/api/file=a.txt"] = answer
    origin = FileOrigin(f"{server.url}/api", driver, tmp_path)
    file = answered_file({"path": "a.txt"}, origin)
    with pytest.raises(DownloadError, match=reason):
        read(file)
    assert list(tmp_path.iterdir()) == []
    assert not file.is_local
    server.answers["/api/file=a.txt"] = whole(b"abc")
    assert read(file) == b"abc"


def test_a_compressed_file_is_as_long_as_it_is(server: FileServer, file: File) -> None:
    packed = gzip.compress(b"abc" * 1000)
    server.answers["/api/file=a.txt"] = whole(packed, content_encoding="gzip")
    assert file.read() == b"abc" * 1000


@pytest.mark.parametrize("read", WAYS, ids=["read", "save", "path", "async", "chunks"])
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_a_compressed_file_that_is_cut_is_an_error(
    server: FileServer, driver: Driver, tmp_path: Path, read: Read, encoding: str
) -> None:
    packed = zlib.compress(b"abc" * 1000) if encoding == "deflate" else gzip.compress(b"abc" * 1000)
    server.answers["/api/file=a.txt"] = whole(packed[:-9], content_encoding=encoding)
    origin = FileOrigin(f"{server.url}/api", driver, tmp_path)
    file = answered_file({"path": "a.txt"}, origin)
    with pytest.raises(DownloadError, match=r"is incomplete|not requested"):
        read(file)
    assert list(tmp_path.iterdir()) == []
    assert "accept-encoding: identity" in server.heads[-1]


@pytest.mark.parametrize("read", WAYS, ids=["read", "save", "path", "async", "chunks"])
def test_a_download_without_end_stops_at_the_declared_size(
    server: FileServer, driver: Driver, tmp_path: Path, read: Read
) -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"400\r\n" + b"x" * 1024 + b"\r\n")

    server.answers["/api/file=a.txt"] = endless
    origin = FileOrigin(f"{server.url}/api", driver, tmp_path)
    file = answered_file({"path": "a.txt", "size": 10_000}, origin)
    with pytest.raises(DownloadError, match="10,000 bytes"):
        read(file)
    assert list(tmp_path.iterdir()) == []
    # Spaces are wrong now and then: an answer that has a length is taken as it is.
    server.answers["/api/file=a.txt"] = whole(b"x" * 20_000)
    assert len(read(file)) == 20_000


def test_a_file_in_a_folder_is_not_replaced_unless_the_caller_says_so(
    file: File, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_bytes(b"mine")
    with pytest.raises(DownloadError, match="overwrite=True"):
        file.save(tmp_path)
    with pytest.raises(DownloadError, match="overwrite=True"):
        asyncio.run(file.asave(tmp_path))
    assert (tmp_path / "a.txt").read_bytes() == b"mine"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert file.save(tmp_path, overwrite=True).read_bytes() == b"abc"
    (tmp_path / "a.txt").write_bytes(b"mine")
    assert file.save(tmp_path / "a.txt").read_bytes() == b"abc"  # The caller named it.


def test_a_download_that_takes_too_long_leaves_nothing(
    server: FileServer, driver: Driver, tmp_path: Path
) -> None:
    def stall(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc")
        time.sleep(2)

    server.answers["/api/file=a.txt"] = stall
    origin = FileOrigin(f"{server.url}/api", driver, tmp_path)
    file = answered_file({"path": "a.txt"}, origin)
    guest = Driver(Origins())
    for call in (file.cache, file.load):
        began = time.monotonic()
        with pytest.raises(InferenceTimeoutError):
            guest.run(call(), 0.3)
        assert time.monotonic() - began < 0.8
    guest.close()

    async def cancelled() -> None:
        driver = AsyncDriver(Origins())
        with pytest.raises(InferenceTimeoutError):
            await driver.run(file.cache(), 0.3)
        await driver.close()

    asyncio.run(cancelled())
    assert list(tmp_path.iterdir()) == []


def test_pieces_are_given_as_they_come(server: FileServer, file: File) -> None:
    goes_on = threading.Event()

    def slow(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nabc")
        assert goes_on.wait(5)
        connection.sendall(b"def")

    server.answers["/api/file=a.txt"] = slow
    pieces = file.chunks()
    assert next(pieces) == b"abc"
    goes_on.set()
    assert list(pieces) == [b"def"]


def test_a_download_that_is_not_read_on_is_closed(server: FileServer, file: File) -> None:
    closed = threading.Event()

    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nabc")
        assert connection.recv(1) == b""
        closed.set()

    server.answers["/api/file=a.txt"] = endless
    pieces = file.chunks()
    assert next(pieces) == b"abc"
    pieces.close()  # pyright: ignore  # a generator
    assert closed.wait(5)


# Who may see what


@pytest.mark.parametrize("read", WAYS, ids=["read", "save", "path", "async", "chunks"])
def test_only_files_of_the_space_itself_are_fetched_with_its_credentials(
    server: FileServer, elsewhere: FileServer, driver: Driver, origin: FileOrigin, read: Read
) -> None:
    # The Hub is one of the hosts that a client has a token for.
    driver.origins.allow({origin_of(elsewhere.url): {"authorization": "Bearer hub"}})
    named = f"{elsewhere.url}/owner/private/resolve/main/a.txt"
    elsewhere.answers["/owner/private/resolve/main/a.txt"] = whole(b"abc")
    assert read(answered_file({"path": "", "url": named}, origin)) == b"abc"
    beside = f"{server.url}/other/a.txt"
    server.answers["/other/a.txt"] = whole(b"abc")
    assert read(answered_file({"path": "", "url": beside}, origin)) == b"abc"
    assert not any("secret" in head or "bearer" in head for head in elsewhere.heads + server.heads)
    assert read(answered_file({"path": "a.txt"}, origin)) == b"abc"
    assert "authorization: bearer secret\r\ncookie: session=secret" in server.heads[-1]


@pytest.mark.parametrize("is_closed", [False, True])
@pytest.mark.parametrize("read", WAYS, ids=["read", "save", "path", "async", "chunks"])
def test_a_file_of_an_async_client_is_read_in_any_way(
    server: FileServer, read: Read, is_closed: bool
) -> None:
    driver = AsyncDriver(Origins({origin_of(server.url): SECRET}))
    if is_closed:
        asyncio.run(driver.close())
    file = answered_file({"path": "a.txt"}, FileOrigin(f"{server.url}/api", driver))
    assert read(file) == b"abc"
    assert "authorization: bearer secret" in server.heads[-1]
    assert "cookie: session=secret" in server.heads[-1]


def test_cookies_that_the_space_set_go_with_its_files(
    server: FileServer, file: File, driver: Driver
) -> None:
    server.answers["/api/file=a.txt"] = whole(b"abc", set_cookie="session=newer; path=/")
    file.read()
    driver.close()
    file.read()
    assert "cookie: session=newer" in server.heads[-1]
    guest = Driver(Origins())
    guest.run(file.load())
    guest.close()
    assert "cookie: session=newer" in server.heads[-1]
    assert "authorization: bearer secret" in server.heads[-1]


def test_another_client_fetches_a_file_with_the_credentials_of_its_own_space(
    server: FileServer, elsewhere: FileServer, file: File
) -> None:
    guest = Driver(Origins({origin_of(server.url): {"authorization": "Bearer guest"}}))
    guest.run(file.cache())
    assert file.read() == b"abc"
    assert "authorization: bearer secret" in server.heads[-1]
    assert "guest" not in server.heads[-1]
    elsewhere.answers["/b.txt"] = whole(b"abc")
    server.answers["/api/file=b.txt"] = whole(b"", "302 Found", location=f"{elsewhere.url}/b.txt")
    guest.run(answered_file({"path": "b.txt"}, file.origin).load())
    assert "secret" not in elsewhere.heads[-1]
    guest.close()


def test_a_public_space_names_no_private_address(elsewhere: FileServer) -> None:
    public = FileOrigin("https://owner-space.hf.space/gradio_api")
    for address in (f"{elsewhere.url}/a.txt", "http://169.254.169.254/a?key=secret", "http://db/a"):
        file = answered_file({"path": "", "url": address}, public)
        for use in (file.read, file.open, lambda file=file: list(file.chunks())):
            with pytest.raises(DownloadError, match="private network") as caught:
                use()
            assert "secret" not in str(caught.value)
        copied = pickle.loads(pickle.dumps(file))
        with pytest.raises(DownloadError, match="private network"):
            copied.read()
    assert elsewhere.heads == []
    # A caller may name any address.
    elsewhere.answers["/a.txt"] = whole(b"abc")
    assert File(f"{elsewhere.url}/a.txt").read() == b"abc"


# What is kept, and how long


def test_a_client_has_one_temporary_folder_that_goes_with_it(
    origin: FileOrigin, server: FileServer
) -> None:
    server.answers["/api/file=b.txt"] = whole(b"def")
    files = [answered_file({"path": name}, origin) for name in ("a.txt", "b.txt")]
    paths = [Path(file) for file in files]
    assert [path.name for path in paths] == ["a.txt", "b.txt"]
    (folder,) = {path.parent.parent for path in paths}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    origin.cleanup()
    assert not folder.exists()
    # Whoever still has a file fetches it again.
    assert not files[0].is_local
    assert [file.read() for file in files] == [b"abc", b"def"]
    with files[0].open() as stream:
        assert stream.read() == b"abc"
    again = Path(files[0]).parent.parent
    assert again.exists()
    del files, origin
    gc.collect()


def test_a_temporary_folder_goes_with_the_last_who_knows_it(server: FileServer) -> None:
    file = answered_file({"path": "a.txt"}, FileOrigin(f"{server.url}/api"))
    path = Path(file)
    assert path.exists()
    del file
    gc.collect()
    assert not path.parent.parent.exists()


def test_temporary_folders_go_with_the_process_that_made_them(server: FileServer) -> None:
    code = f"""
import os
from hubsmith_runtime import File
remote, local = File({server.url + "/api/file=a.txt"!r}), File(b"x", name="b.txt")
print(os.fspath(remote)), print(os.fspath(local), flush=True)
if os.fork() == 0:
    raise SystemExit  # A fork ends as well, and removes nothing.
os.wait()
assert os.path.exists(remote) and os.path.exists(local)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    paths = [Path(line) for line in done.stdout.split()]
    assert [path.name for path in paths] == ["file=a.txt", "b.txt"]
    assert not any(path.parent.parent.exists() for path in paths)


def test_an_own_folder_is_made_and_stays(
    server: FileServer, driver: Driver, tmp_path: Path
) -> None:
    origin = FileOrigin(f"{server.url}/api", driver, tmp_path / "a" / "b")
    path = Path(answered_file({"path": "a.txt"}, origin))
    origin.cleanup()
    assert path.read_bytes() == b"abc"
    assert path.parent.parent == tmp_path / "a" / "b"


def test_a_saved_file_has_the_permissions_of_any_new_file(
    file: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "any").touch()
    expected = (tmp_path / "any").stat().st_mode
    # Other threads may make files while another umask is set.
    monkeypatch.setattr(os, "umask", lambda mask: pytest.fail("the umask was changed"))
    assert file.save(tmp_path / "a.txt").stat().st_mode == expected
    assert File(b"x").save(tmp_path / "b.txt").stat().st_mode == expected


def test_what_cannot_be_written_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "x").touch()
    with pytest.raises(DownloadError, match="Cannot save"):
        File(b"x", name="a" * 120).save(tmp_path / ("b" * 300))
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


# Copies


def test_a_file_of_an_answer_is_pickled_with_its_address_and_without_credentials(
    file: File, origin: FileOrigin, server: FileServer
) -> None:
    Path(file)
    pickled = pickle.dumps(file)
    assert b"secret" not in pickled
    copied = pickle.loads(pickled)
    assert (copied.url, copied.name, copied.answer) == (file.url, "a.txt", {"path": "a.txt"})
    assert not copied.is_local
    assert copied.reference(f"{server.url}/api") == file.reference(f"{server.url}/api")
    assert copied.read() == b"abc"
    assert "authorization" not in server.heads[-1]


def test_a_copy_in_the_same_process_keeps_the_client(file: File, server: FileServer) -> None:
    class Held(pydantic.BaseModel):
        file: FileInput

    held = Held(file=file).model_copy(deep=True)
    for copied in (copy.copy(file), copy.deepcopy(file), held.file):
        assert isinstance(copied, File)
        assert copied.read() == b"abc"
        assert "authorization: bearer secret" in server.heads[-1]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda file: pickle.loads(pickle.dumps(file))])
def test_a_local_file_is_copied_whole(tmp_path: Path, copied: Callable[[File], File]) -> None:
    (tmp_path / "a.txt").write_bytes(b"abc")
    for source in (b"abc", tmp_path / "a.txt"):
        file = copied(File(source, name="b.txt"))
        assert (file.read(), file.name, file.size) == (b"abc", "b.txt", 3)

    async def main() -> None:
        with (tmp_path / "a.txt").open("rb") as stream:
            stream.seek(1)
            assert copied(File(stream)).read() == b"bc"

    asyncio.run(main())


# Event loops


def test_an_event_loop_reads_and_writes_in_threads(
    file: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_bytes(b"abc")
    readers: list[threading.Thread] = []
    original = Path.open

    def noting(path: Path, mode: str = "r", *args: Any) -> Any:
        if mode == "rb":
            readers.append(threading.current_thread())
        return original(path, mode, *args)

    class Slow:
        def read(self) -> bytes:
            readers.append(threading.current_thread())
            return b"abc"

    async def main() -> None:
        local, stream, lazy = File(tmp_path / "a.txt"), File(Slow()), File(Slow())
        assert await local.aread() == b"abc"
        assert await stream.aread() == b"abc"
        saved = [await local.asave(tmp_path / "b.txt"), await file.asave(tmp_path / "c.txt")]
        driver = AsyncDriver(Origins())
        assert lazy.size is None
        await driver.run(lazy.cache())
        assert (lazy.size, lazy.read()) == (3, b"abc")
        await driver.run(local.load())
        await driver.close()
        assert len(readers) == 5
        assert threading.current_thread() not in readers
        assert [path.read_bytes() for path in saved] == [b"abc", b"abc"]

    monkeypatch.setattr(Path, "open", noting)
    asyncio.run(main())


# Answers


def test_a_path_of_any_characters_is_an_address(origin: FileOrigin) -> None:
    file = answered_file({"path": "\ud800 #?é.txt", "size": float("nan")}, origin)
    assert file.url == f"{origin.base}/file=%3F%20%23%3F%C3%A9.txt"
    assert (file.name, file.size) == ("#_é.txt", None)
