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
from hubsmith_codegen.load.fetch import root_of
from hubsmith_runtime import AuthenticationError, HubsmithError, SpaceUnavailableError, SpecError
from hubsmith_runtime.driver import Driver
from hubsmith_runtime.effects import Effects, Send
from hubsmith_runtime.http import HttpRequest, Response, origin_of, shown
from hubsmith_runtime.reading import as_object
from hubsmith_runtime.spaces.source import Source
from hubsmith_runtime.transport import Origins

from .addresses import Addresses
from .proxy import Proxy
from .recording import RecordedCall, Recording
from .traffic import Traffic

HOST = "127.0.0.1"

_LARGEST_DOCUMENT = 64 << 20


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
            calls=tuple(call.recorded() for call in [*traffic.calls]),
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
    addresses, traffic = Addresses(root), Traffic(on_start=on_start, on_end=on_call)
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
        log_level="critical",  # Of what goes wrong the page is told.
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
        named = place.root
        if named is None:
            named = place.read_host(_get(driver, place.hub_request("host").url, timeout))
        credentials = place.credentials(named)
        origins.allow(credentials)
        answer = _get(driver, f"{named}/config", timeout)
        _check(answer, place.name)
        # A redirect may lead to where the app runs, but not the credentials to another origin.
        root = answer.url.partition("?")[0].rstrip("/").removesuffix("/config")
        return root, credentials.get(origin_of(root), {})
    finally:
        driver.close()


def _get(driver: Driver, url: str, timeout: float) -> Response:
    def call() -> Effects[Response]:
        return (yield Send(HttpRequest(method="GET", url=url, largest=_LARGEST_DOCUMENT)))

    return driver.run(call(), timeout)


def _check(answer: Response, name: str) -> None:
    """Refuse what is no Gradio app; one that asks for a login is, as its page has the form for it."""
    where, said = f"{name}: GET {shown(answer.url)}", as_object(answer.json())
    if answer.status == 200 and isinstance(said.get("dependencies"), list):
        return
    if answer.status in (401, 403):
        if "detail" in said:
            return
        raise AuthenticationError(
            f"{where} answered {answer.status}. If the Space is private, pass --token."
        )
    if answer.status >= 500:
        raise SpaceUnavailableError.of(
            f"{where} answered {answer.status}: the Space does not run, or is starting. "
            "Open its page to see, then try again.",
            answer.status,
        )
    raise SpecError(
        f"{where} answered {answer.status} and not the configuration of a Gradio app. Is the "
        "address right? A private Space needs --token."
    )
