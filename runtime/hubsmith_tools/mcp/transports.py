"""How a server is reached: over stdio, or over HTTP on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Callable, Generator
from typing import Any

from hubsmith_runtime import HubsmithError
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings

from .server import MAX_ARGUMENTS
from .stdin import Lines

PATH = "/mcp"
_HOST = "127.0.0.1"
_GRACE = 2  # Seconds for connections to end when the server does.


async def serve_stdio(server: Server[Any]) -> None:
    """Serve one client over stdin and stdout until it closes them, or until SIGTERM.

    Meanwhile stdout carries the protocol alone: what anything else prints goes to stderr.
    """
    with _ended_by_signal():
        lines: Any = Lines()
        async with stdio_server(stdin=lines) as (read, write):
            with contextlib.redirect_stdout(sys.stderr):
                await server.run(read, write, server.create_initialization_options())


async def serve_http(server: Server[Any], port: int, on_start: Callable[[str], object]) -> None:
    """Serve clients of this machine over streamable HTTP until a signal ends it.

    A request is refused whose `Host` or `Origin` is another than that of this address: a page of
    a web site cannot call it, whatever name it has for this machine.

    Args:
        server: What is served.
        port: Where it listens on 127.0.0.1; 0 takes a free port.
        on_start: Called with the URL.

    Raises:
        HubsmithError: when the port is taken.
    """
    import uvicorn

    with socket.socket() as listener:
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((_HOST, port))
            listener.listen()  # Who reads the URL may call at once.
        except OSError as error:
            raise HubsmithError(f"Port {port} of {_HOST}: {error.strerror}.") from None
        port = listener.getsockname()[1]
        hosts = [f"{_HOST}:{port}", f"localhost:{port}"]
        app = server.streamable_http_app(
            streamable_http_path=PATH,
            max_request_body_size=MAX_ARGUMENTS,
            transport_security=TransportSecuritySettings(
                allowed_hosts=hosts, allowed_origins=[f"http://{host}" for host in hosts]
            ),
        )
        # It would log a traceback for each call that is cut off when it ends.
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="critical",
            proxy_headers=False,
            timeout_graceful_shutdown=_GRACE,
        )
        on_start(f"http://{_HOST}:{port}{PATH}")
        await uvicorn.Server(config).serve(sockets=[listener])


@contextlib.contextmanager
def _ended_by_signal() -> Generator[None, None, None]:
    """Cancel this task at SIGTERM, so that the jobs it has on Spaces are cancelled."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    if task is None or sys.platform == "win32":
        yield
        return
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
