"""`record`: a proxy before a Space for as long as a block runs, and what was clicked meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import tempfile
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future
from pathlib import Path

import uvicorn
from hubsmith_codegen.load.fetch import get, required, resolve, root_of
from hubsmith_runtime import AuthenticationError, HubsmithError
from hubsmith_runtime.driver import Driver
from hubsmith_runtime.http import origin_of
from hubsmith_runtime.reading import as_object
from hubsmith_runtime.spaces.source import Source
from hubsmith_runtime.transport import Origins

from .addresses import Addresses
from .proxy import Proxy
from .recording import RecordedCall, Recording
from .traffic import Traffic

HOST = "127.0.0.1"


class Recorder:
    """A recording that is under way.

    Args:
        source: The Space as the user named it.
        url: Where the page is to be opened.
    """

    def __init__(self, source: str, url: str, root: str, traffic: Traffic, proxy: Proxy) -> None:
        self.source, self.url = source, url
        self._root, self._traffic, self._proxy = root, traffic, proxy

    def recording(self) -> Recording:
        """What has been recorded by now; large files in it are there until the block ends."""
        documents, traffic = self._proxy.documents, self._traffic
        return Recording(
            source=self.source,
            url=self._root,
            config=documents.get("config", {}),
            info=documents.get("info", {}),
            openapi=documents.get("openapi") or None,
            calls=tuple(call.recorded for call in [*traffic.calls]),
            uploads=dict(traffic.uploads),
            skipped=traffic.notes(),
        )


@contextlib.contextmanager
def record(
    source: str,
    *,
    token: str | None = None,
    port: int = 0,
    timeout: float = 10.0,
    on_start: Callable[[RecordedCall], object] = lambda call: None,
    on_call: Callable[[RecordedCall], object] = lambda call: None,
) -> Generator[Recorder, None, None]:
    """Serve the page of a Space on loopback while the block runs, and note its calls.

    Args:
        source: `owner/name`, or the URL of the app.
        token: A Hub token, which only the Space and the Hub get.
        port: The port to listen on; 0 is a free one.
        timeout: Seconds for the first answer of the Space.
        on_start: Is given each call when the page sends it, in the thread of the proxy.
        on_call: Is given each call when it is done, has failed or was cancelled.

    Raises:
        HubsmithError: when the Space cannot be reached or is no Gradio app, or the port is taken.
    """
    place = Source.parse(root_of(source), token, None)
    origins = Origins(place.credentials(None))
    root, credentials = _connect(place, origins, timeout)
    addresses = Addresses(root)
    traffic = Traffic(
        on_start=on_start, on_end=on_call, hide=lambda secret: origins.hide({"password": secret})
    )
    with (
        tempfile.TemporaryDirectory(prefix="hubsmith-record-") as folder,
        contextlib.closing(_listening(port)) as listener,
    ):
        proxy = Proxy(
            addresses=addresses,
            origins=origins,
            credentials=credentials,
            traffic=traffic,
            folder=Path(folder),
        )
        server, ready = _server(proxy), Future[None]()
        thread = threading.Thread(target=_run, args=(server, proxy, listener, ready))
        thread.start()
        try:
            ready.result()
            url = f"http://{HOST}:{listener.getsockname()[1]}{addresses.path}/"
            yield Recorder(source, url, root, traffic, proxy)
        finally:
            server.should_exit = server.force_exit = True  # Streams of the page have no end.
            thread.join()


def _run(
    server: uvicorn.Server, proxy: Proxy, listener: socket.socket, ready: Future[None]
) -> None:
    async def serve() -> None:
        try:
            await proxy.learn()
            ready.set_result(None)  # The socket listens already.
            await server.serve(sockets=[listener])
        finally:
            await proxy.aclose()

    try:
        asyncio.run(serve())
    except BaseException as error:
        if ready.done():
            raise
        ready.set_exception(error)


def _server(proxy: Proxy) -> uvicorn.Server:
    config = uvicorn.Config(
        proxy,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",  # The page shows what goes wrong.
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
    )
    return uvicorn.Server(config)


def _listening(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise HubsmithError(
            f"Port {port} of {HOST} cannot be listened on: {error.strerror or error}. "
            "Name another one by --port, or none for a free one."
        ) from None
    return listener


def _connect(place: Source, origins: Origins, timeout: float) -> tuple[str, dict[str, str]]:
    """Return where the Space runs, and the headers that it gets beside those of the browser."""
    driver = Driver(origins)
    try:
        named = place.root or resolve(driver, place, timeout)
        credentials = place.credentials(named)
        origins.allow(credentials)
        answer = get(driver, f"{named}/config", timeout)
        try:
            required(answer, place.name)
        except AuthenticationError:
            if "detail" not in as_object(answer.json()):
                raise  # An app that asks for a login says so; its page has the form for it.
        # A redirect may lead to where the app runs, but not the credentials to another origin.
        root = answer.url.partition("?")[0].rstrip("/").removesuffix("/config")
        return root, credentials.get(origin_of(root), {})
    finally:
        driver.close()
