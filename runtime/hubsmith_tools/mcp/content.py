"""Converts results to MCP content: text, image and audio blocks, and links to files."""

from __future__ import annotations

import base64
from pathlib import Path

from hubsmith_runtime import File, FileError, HubsmithError
from hubsmith_runtime.sources import type_of
from mcp import types

from .. import ToolResult
from .files import SharedFolder, bounded

MAX_BLOCKS = 700_000
"""The most bytes of images and audio in a result. Hosts reject more than 1 MB of base64."""

MAX_FILES = 40
"""The most files of a result that are downloaded or linked."""

# Types that model APIs accept. Detected from the content, as a block of the wrong type ends a chat.
_BLOCKS = {
    "image/gif": types.ImageContent,
    "image/jpeg": types.ImageContent,
    "image/png": types.ImageContent,
    "image/webp": types.ImageContent,
    "audio/flac": types.AudioContent,
    "audio/mpeg": types.AudioContent,
    "audio/ogg": types.AudioContent,
    "audio/wav": types.AudioContent,
}


async def content_of(
    result: ToolResult, tool: str, folder: SharedFolder | None
) -> list[types.ContentBlock]:
    """Return the blocks of a result: its text, then the content of and link to each file.

    Files are saved in the folder, if there is one, else linked by URL. If a file cannot be saved,
    a text block says so, and the others are still included.
    """
    blocks: list[types.ContentBlock] = [types.TextContent(text=result.text)]
    left = MAX_BLOCKS
    for number, file in enumerate(result.files[:MAX_FILES], 1):
        path: Path | None = None
        if folder is not None:
            try:
                path = await folder.save(file, tool)
            except HubsmithError as error:
                blocks.append(_failure(number, error))
        block = await _block(file if path is None else File(path), file.mime_type, left)
        if block is not None:
            left -= len(block.data) * 3 // 4
            blocks.append(block)
        uri = path.as_uri() if path else file.url or ""
        if not uri.startswith("data:"):
            blocks.append(_link(uri, number, file, path))
    if (more := len(result.files) - MAX_FILES) > 0:
        blocks.append(types.TextContent(text=f"{more} more files are not shown."))
    return blocks


async def _block(
    file: File, kind: str | None, most: int
) -> types.ImageContent | types.AudioContent | None:
    """Return an image or audio file as a block, or `None` if too large or of another type."""
    if (kind or "").partition("/")[0] not in ("image", "audio") or (file.size or 0) > most:
        return None
    try:
        content = await bounded(file, most)
    except FileError:
        return None  # Too large or not available; there is still a link to it.
    found = type_of(content) or ""
    if found not in _BLOCKS or len(content) > most:
        return None
    return _BLOCKS[found](data=base64.b64encode(content).decode(), mime_type=found)


def _link(uri: str, number: int, file: File, path: Path | None) -> types.ResourceLink:
    name = path.name if path else f"file {number}"  # Its own name is in the structured content.
    return types.ResourceLink(uri=uri, name=name, mime_type=file.mime_type, size=file.size)


def _failure(number: int, error: HubsmithError) -> types.TextContent:
    return types.TextContent(text=f"File {number} could not be saved: {error}")
