"""`MockSpace`: a recorded Space that answers on loopback."""

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
    """A Space made from a snapshot: the same documents and protocol, without the model.

    It answers what the snapshot declares: texts, numbers, choices and real small files, the same
    for the same seed. Leave it with `with` or `close`.

    Args:
        snapshot: A snapshot folder, a client package that holds one, or documents by name:
            `{"config": b"...", "info": b"..."}`.
        seed: Which of the possible answers are given.
        answers: Answers of your own, by endpoint, or the path of a JSON file that holds them:
            `{"/greet": [{"value": "Hello"}, {"error": "Too busy"}]}`. See `Answer`.
        host: The address to listen on; only this machine can reach the default.
        port: The port to listen on; 0 takes a free one.

    Attributes:
        url: Where the mock is.
        calls: The calls it received so far, in order.

    Raises:
        SpecError: when there is no snapshot, or it lacks what a mock needs.
        UnsupportedVersionError: when it is of a Gradio older than 4.9.
        ValidationError: when the answers do not fit it.
        HubsmithError: when the port is taken.
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
        """End pending jobs and every connection. Closing twice does no harm."""
        self._queue.close()
        self._server.close()

    def answer(self, endpoint: str, answers: AnswerSource) -> None:
        """Set what an endpoint answers from now on.

        Raises:
            ValidationError: when there is no such endpoint, or the answers do not fit it.
        """
        self._script.give(endpoint, answers)

    def add_file(self, source: str | os.PathLike[str] | bytes, name: str = "") -> JsonObject:
        """Make a file downloadable, and return the FileData that names it in an answer.

        Args:
            source: Its path or its content.
            name: Its name; that of the path by default.

        Raises:
            ValidationError: when the path cannot be read.
        """
        if not isinstance(source, bytes):
            name = name or Path(source).name
            try:
                source = Path(source).read_bytes()
            except OSError as error:
                raise ValidationError(f"Cannot read {source}: {error.strerror}.") from None
        return self._files.reference(self._files.add(source, name))

    def read_file(self, argument: object) -> bytes:
        """Return the content of an uploaded file, given the FileData or the path in an argument.

        Raises:
            ValidationError: when no such file was sent.
        """
        path = mapping(argument).get("path", argument)
        content = self._files.contents.get(path) if isinstance(path, str) else None
        if content is None:
            raise ValidationError(f"{path!r} is not a file that the mock holds.")
        return content
