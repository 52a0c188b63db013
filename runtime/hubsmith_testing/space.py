"""`MockSpace`: serves a recorded Space on loopback."""

from __future__ import annotations

import os
from pathlib import Path

from hubsmith_runtime import ValidationError
from typing_extensions import Self

from .answers import Answers, AnswerSource, Script
from .files import FileStore
from .json import JsonObject, mapping
from .routes import Routes
from .server import Server
from .snapshot import Snapshot, SnapshotSource


class MockSpace:
    """A mock of a Space: the documents and protocol of its snapshot, without the model.

    By default, its answers are generated from the declared types: texts, numbers, choices and small
    files, the same for the same seed. Use it as a context manager, or call `close`.

    Args:
        snapshot: A snapshot folder, a client package that contains one, or documents by name:
            `{"config": b"...", "info": b"..."}`.
        seed: The seed of generated answers.
        answers: Your own answers by endpoint, or the path of a JSON file with them:
            `{"/greet": [{"value": "Hello"}, {"error": "Too busy"}]}`. See `Answer`.
        host: The address to listen on. The default can only be reached from this machine.
        port: The port to listen on; 0 picks a free one.

    Attributes:
        url: The URL of the mock.
        calls: The calls received so far, in order.

    Raises:
        SpecError: if there is no snapshot, or it lacks what a mock needs.
        UnsupportedVersionError: if it is from a Gradio version older than 4.9.
        ValidationError: if the answers do not fit the snapshot.
        HubsmithError: if the port cannot be used, for example because it is taken.
    """

    def __init__(
        self,
        snapshot: SnapshotSource,
        *,
        seed: int = 0,
        answers: Answers | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.snapshot = Snapshot.read(snapshot)
        self._files = FileStore()
        self._script = Script(self.snapshot, self._files, seed, answers)
        routes = Routes(self.snapshot, self._files, self._script)
        self.calls = routes.calls
        self._queue = routes.queue
        self._server = Server(host, port, routes)
        self.url = self._server.url
        self._files.root = self.url + self.snapshot.live.prefix
        self._server.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"MockSpace({self.url!r})"

    def close(self) -> None:
        """End pending jobs, and close all connections. Can be called more than once."""
        self._queue.close()
        self._server.close()

    def answer(self, endpoint: str, answers: AnswerSource) -> None:
        """Set the answers of an endpoint from now on.

        Raises:
            ValidationError: if there is no such endpoint, or the answers do not fit it.
        """
        self._script.give(endpoint, answers)

    def add_file(self, source: str | os.PathLike[str] | bytes, name: str = "") -> JsonObject:
        """Make a file downloadable, and return the FileData to reference it in an answer.

        Args:
            source: The path or the content of the file.
            name: The name of the file; by default, that of the path.

        Raises:
            ValidationError: if the path cannot be read.
        """
        if not isinstance(source, bytes):
            name = name or Path(source).name
            try:
                source = Path(source).read_bytes()
            except OSError as error:
                raise ValidationError(f"Cannot read {source}: {error.strerror}.") from None
        return self._files.reference(self._files.add(source, name))

    def read_file(self, argument: object) -> bytes:
        """Return the content of an uploaded file, given its FileData or path in an argument.

        Raises:
            ValidationError: if there is no such file.
        """
        path = mapping(argument).get("path", argument)
        content = self._files.contents.get(path) if isinstance(path, str) else None
        if content is None:
            raise ValidationError(f"{path!r} is not a file of this mock.")
        return content
