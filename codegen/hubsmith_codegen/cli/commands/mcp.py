"""`hubsmith mcp`: an MCP server that offers the endpoints of Spaces as tools."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hubsmith_runtime import HubsmithError

from ..console import printable
from ..source import Reader
from . import OK, require
from .arguments import PORT, add, positive_number

if TYPE_CHECKING:
    from hubsmith_tools import AsyncTools, Tool

    from ..serving import ServedSpace

_EPILOG = """\
The server speaks MCP over stdin and stdout, for hosts that start it themselves; with --http it
listens on 127.0.0.1. The tools of a recorded Space are those in its snapshot. If the Space has
changed since, its tools cannot be called until you run `hubsmith update` and restart the server.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EPILOG
    option = parser.add_argument
    add(parser, "spaces")
    add(parser, "--endpoint", help="offer only this endpoint, such as /predict; may be repeated")
    http = "listen on this port of 127.0.0.1 instead; 0 picks a free one"
    option("--http", type=PORT, metavar="PORT", help=http)
    files = "the only folder to send files from; files of results are saved there too"
    option("--files", metavar="DIR", type=Path, help=files)
    option("--timeout", type=positive_number, metavar="S", help="seconds that a call may take")
    add(parser, "--token")


def run(options: argparse.Namespace) -> int:
    """Serve until the client disconnects, or until Ctrl-C."""
    require("hubsmith_tools.mcp", extra="mcp", what="the package mcp, 2.3 or newer")
    from ..serving import importable

    if sys.stdin is None and options.http is None:
        raise HubsmithError("stdin is closed: MCP needs it. A host starts this command, or --http.")
    with importable() as folder:
        # Nothing printed meanwhile may reach stdout, which carries the protocol.
        with contextlib.redirect_stdout(sys.stderr):
            spaces = _spaces(options, folder)
        with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
            asyncio.run(_serve(options, spaces))
    return OK


def _spaces(options: argparse.Namespace, folder: Path) -> list[ServedSpace]:
    from ..serving import served

    # With several Spaces, the token is not sent to a URL: it was meant for one of them.
    reader = Reader(token=options.token, is_alone=len({*options.spaces}) == 1)
    return served(options.spaces, reader, folder, options.timeout)


async def _serve(options: argparse.Namespace, spaces: list[ServedSpace]) -> None:
    from hubsmith_tools import tools_of
    from hubsmith_tools.mcp import SharedFolder, serve_http, serve_stdio, server_of

    from ...ir.version import VERSION

    folder = SharedFolder(options.files) if options.files else None
    async with contextlib.AsyncExitStack() as stack:
        for one in spaces:
            await stack.enter_async_context(one.space)
        tools: AsyncTools = tools_of(
            *(one.space for one in spaces),
            endpoints=options.endpoint,
            open_file=folder.open if folder else None,
        )

        async def check(tool: Tool) -> str | None:
            module = tool.request.__module__
            one = next(one for one in spaces if module.startswith(f"{one.module}."))
            try:
                return await one.check()
            except HubsmithError as error:
                return str(error)

        server = server_of(tools, version=VERSION, folder=folder, check=check)
        names = ", ".join(tool.name for tool in tools)
        if options.http is not None:

            def on_start(url: str) -> None:
                print(url, flush=True)
                _tell(f"Serving {names}. Press Ctrl-C to stop.")

            await serve_http(server, options.http, on_start)
            return
        if sys.stdin.isatty():
            _tell(
                f"Serving {names} to an MCP host, which is expected on stdin. Press Ctrl-C to stop."
            )
        await serve_stdio(server)


def _tell(text: str) -> None:
    print(printable(text), file=sys.stderr, flush=True)
