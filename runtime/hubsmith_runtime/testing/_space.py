"""`MockSpace`: a recorded Space that answers on loopback."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._errors import ValidationError
from ._answers import Answers, AnswerSource
from ._book import AnswerBook
from ._calls import Calls
from ._files import FileStore
from ._http import Server, ServerRequest
from ._jobs import Queue
from ._json import JsonObject, mapping
from ._routes import Routes
from ._snapshot import RecordedEndpoint, Snapshot, SnapshotSource

if TYPE_CHECKING:
    from typing_extensions import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedCall:
    """A call that a mock was sent.

    Attributes:
        endpoint: Its name, such as `/predict`; `fn_index=N` for one without a name.
        arguments: What it was called with, as JSON, by the names of the parameters.
        session: The session it belongs to; empty where it has none.
        headers: The headers of the request, in lower case.
    """

    endpoint: str
    arguments: Mapping[str, Any]
    session: str
    headers: Mapping[str, str] = field(repr=False)


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
        calls: What it was asked so far, in order.

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
        self.calls: list[ReceivedCall] = []
        self.snapshot = Snapshot.read(snapshot)
        self._files = FileStore()
        self._queue = Queue()
        self._book = AnswerBook(self.snapshot, self._files, seed, answers)
        calls = Calls(snapshot=self.snapshot, book=self._book, queue=self._queue, notice=self._note)
        routes = Routes(self.snapshot, self._files, calls)
        self._server = Server(host, port, routes)
        self.url = routes.root = self._server.url
        self._files.base = self.url + self.snapshot.live.prefix
        self._server.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"MockSpace({self.url!r})"

    def close(self) -> None:
        """End pending jobs, connections and threads. Closing twice does no harm."""
        self._queue.close()
        self._server.close()

    def answer(self, endpoint: str, answers: AnswerSource) -> None:
        """Settle what an endpoint answers from now on.

        Raises:
            ValidationError: when there is no such endpoint, or the answers do not fit it.
        """
        self._book.plan(endpoint, answers)

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
        file = self._files.get(path) if isinstance(path, str) else None
        if file is None:
            raise ValidationError(f"{path!r} is not a file that the mock holds.")
        return file.content

    def _note(
        self,
        endpoint: RecordedEndpoint,
        arguments: dict[str, Any],
        session: str,
        request: ServerRequest,
    ) -> None:
        self.calls.append(
            ReceivedCall(
                endpoint=str(endpoint),
                arguments=arguments,
                session=session,
                headers=request.headers,
            )
        )
