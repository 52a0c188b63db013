"""An MCP server for tools of Spaces, over stdio and HTTP. Requires the extra `mcp`."""

from __future__ import annotations

from .files import SharedFolder
from .server import Check, server_of
from .transports import serve_http, serve_stdio

__all__ = ["Check", "SharedFolder", "serve_http", "serve_stdio", "server_of"]
