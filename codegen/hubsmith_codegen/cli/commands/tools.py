"""`hubsmith tools`: the endpoints of Spaces as tool definitions, for a request to a model."""

from __future__ import annotations

import argparse
import json

from ..console import warn
from ..source import Reader, path_of
from . import OK
from .arguments import FLAG, add

_FORMATS = ("openai", "openai-responses", "anthropic", "mcp")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    add(parser, "spaces")
    whose = "format of the definitions (default: openai, for chat completions)"
    option("--format", choices=_FORMATS, default="openai", help=whose)
    add(parser, "--endpoint", help="only this endpoint, such as /predict; may be repeated")
    option("-q", "--quiet", help="do not report which tools are not strict, and why", **FLAG)
    add(parser, "--token")


def run(options: argparse.Namespace) -> int:
    """Print the definitions as one JSON array, and on stderr why some are not strict."""
    from hubsmith_tools import tools_of

    from ..serving import importable, served

    # With several running Spaces, the token is not sent to a URL: it was meant for one of them.
    is_alone = [path_of(source) for source in options.spaces].count(None) < 2
    reader = Reader(token=options.token, is_alone=is_alone)
    with importable() as folder:
        spaces = [one.space for one in served(options.spaces, reader, folder, None)]
        tools = tools_of(*spaces, endpoints=options.endpoint)
    print(json.dumps(tools.definitions(options.format), indent=2))
    for tool in tools:
        if tool.lax and not options.quiet and options.format != "mcp":
            warn(f"{tool.name}: not strict: {tool.lax}")
    return OK
