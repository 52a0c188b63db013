"""Serves MCP over stdio, or over HTTP on this machine."""

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
_GRACE = 2  # Seconds for open connections to finish at shutdown.


async def serve_stdio(server: Server[Any]) -> None:
    """Serve one client over stdin and stdout until it closes stdin, or until SIGTERM.

    Stdout is reserved for the protocol: anything printed meanwhile goes to stderr.
    """
    with _ended_by_signal():
        lines: Any = Lines()
        async with stdio_server(stdin=lines) as (read, write):
            with contextlib.redirect_stdout(sys.stderr):
                await server.run(read, write, server.create_initialization_options())


async def serve_http(server: Server[Any], port: int, on_start: Callable[[str], object]) -> None:
    """Serve clients on this machine over streamable HTTP until a signal stops the server.

    Requests whose `Host` or `Origin` is not this address are refused, so that web pages cannot call
    the server, even through DNS rebinding.

    Args:
        server: The server to run.
        port: The port to listen on, on 127.0.0.1; 0 picks a free one.
        on_start: Called with the URL.

    Raises:
        HubsmithError: if the port cannot be used, for example because it is taken.
    """
    import uvicorn

    with socket.socket() as listener:
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((_HOST, port))
            listener.listen()  # Clients may connect as soon as they get the URL.
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
        # Otherwise uvicorn logs a traceback for each call interrupted at shutdown.
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="critical",
            proxy_headers=False,
            timeout_graceful_shutdown=_GRACE,
        )
        on_start(f"http://{_HOST}:{port}{PATH}")
        before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
        try:
            # uvicorn raises SIGTERM again when it shuts down, which would end the process before
            # the jobs on Spaces are cancelled.
            await uvicorn.Server(config).serve(sockets=[listener])
        finally:
            signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _ended_by_signal() -> Generator[None, None, None]:
    """Cancel the current task at SIGTERM, which also cancels its jobs on Spaces."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    if task is None or sys.platform == "win32":
        yield
        return
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
