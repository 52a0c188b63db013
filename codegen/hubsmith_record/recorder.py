"""`record`: runs a proxy for the page of a Space, and records its calls, during a `with` block."""

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
    """A recording in progress.

    Args:
        source: The Space as given by the user.
        url: The URL at which to open the page.
    """

    def __init__(self, source: str, url: str, root: str, traffic: Traffic, proxy: Proxy) -> None:
        self.source, self.url = source, url
        self._root, self._traffic, self._proxy = root, traffic, proxy

    def recording(self) -> Recording:
        """Return the recording so far. Its large files are deleted at the end of the block."""
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
    """Serve the page of a Space on loopback while the block runs, and record its calls.

    Args:
        source: `owner/name`, or the URL of the app.
        token: A Hub token, sent only to the Space and the Hub.
        port: The port to listen on; 0 picks a free one.
        timeout: Seconds to wait for the first response of the Space.
        on_start: Called with each call when the page sends it, in the thread of the proxy.
        on_call: Called with each call when it has completed, failed or been cancelled.

    Raises:
        HubsmithError: if the Space cannot be reached or is not a Gradio app, or the port is taken.
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
            server.should_exit = server.force_exit = True  # The page's streams never end.
            thread.join()


def _run(
    server: uvicorn.Server, proxy: Proxy, listener: socket.socket, ready: Future[None]
) -> None:
    async def serve() -> None:
        try:
            await proxy.learn()
            ready.set_result(None)  # The socket is already listening.
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
        log_level="critical",  # Errors are shown on the page.
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
            f"Port {port} of {HOST} cannot be used: {error.strerror or error}. "
            "Choose another --port, or leave it out to use a free one."
        ) from None
    return listener


def _connect(place: Source, origins: Origins, timeout: float) -> tuple[str, dict[str, str]]:
    """Return the URL of the Space, and the headers to add to those of the browser."""
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
                raise  # Else the app itself asks for a login, on its page.
        # Follow a redirect to the app, but do not send the credentials to another origin.
        root = answer.url.partition("?")[0].rstrip("/").removesuffix("/config")
        return root, credentials.get(origin_of(root), {})
    finally:
        driver.close()
