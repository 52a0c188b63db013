"""`hubsmith mock`: a server that answers as a snapshot describes, until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from hubsmith_runtime import SpecError
from hubsmith_testing import MockSpace

from ...ir.json_type import Json
from ...load import RawSpec
from ...normalise.spaces.from_openapi import operations_of_openapi
from ..console import printable, typed_path
from ..source import Reader
from . import OK
from .arguments import add

_ANSWERS = """\
a file of answers has one answer, or several in turn, for each endpoint; the last is repeated:
  {"/greet": {"value": "Hello"},
   "/count": [{"stream": ["1", "1 2"]}, {"error": "Too busy", "title": "Sorry"}]}

  value     the result; a list of values if the endpoint has several
  stream    partial results before it
  error     fail with this message, under the heading `title`
  status    refuse the call with this HTTP status
  delay     seconds to wait before each message
  logs, progress   reported before the result: log lines, and shares from 0 to 1
  arguments   answer only calls with these, as `hubsmith record --fixture` writes them
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _ANSWERS
    option = parser.add_argument
    source = "a snapshot folder, a client package, an openapi.json file or a recorded Space"
    add(parser, "source", metavar="PATH|NAME", help=source)
    add(parser, "--port", purpose="to listen on")
    seed = "selects among the possible answers (default: 0)"
    option("--seed", type=int, default=0, help=seed)
    answers = "JSON file with your own answers by endpoint, or with recorded ones"
    option("--answers", "--fixture", metavar="FILE", help=answers)
    host = "address to listen on (default: 127.0.0.1, which only this machine can reach)"
    option("--host", default="127.0.0.1", help=host)


def run(options: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    snapshot = _snapshot(options.source)
    seed, host, port = options.seed, options.host, options.port
    with MockSpace(snapshot, seed=seed, answers=options.answers, host=host, port=port) as space:
        print(space.url, flush=True)
        names = printable(space.snapshot.live.names())
        print(f"Serving {names}. Press Ctrl-C to stop.", file=sys.stderr, flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            print(file=sys.stderr)
    return OK


def _snapshot(source: str) -> Path | Mapping[str, bytes]:
    """Find what to serve: the folder of a snapshot, or documents."""
    path = typed_path(source)
    if not path.exists():
        if "://" in source or "/" in source:
            raise SpecError(
                f"{source}: there is no such file or folder. `mock` serves snapshots: run "
                "`hubsmith add` for this Space, then give its name."
            )
        configuration = Reader().configuration
        configuration.space(source)
        path = configuration.snapshot(source)
    if path.is_dir() and any((path / f"{kind}.json").exists() for kind in ("config", "info")):
        return path
    return _documents(Reader().read(str(path.absolute())))


def _documents(raw: RawSpec) -> dict[str, bytes]:
    """Return the documents of a spec; if only openapi.json is there, with an `info` made of it."""
    documents: dict[str, Mapping[str, Json]] = {**raw.documents}
    if raw.config is None and raw.info is None:
        named: dict[str, Json] = {
            operation.endpoint: {
                "parameters": [
                    {
                        "parameter_name": parameter.name,
                        "parameter_has_default": False,
                        "label": parameter.name,
                        "type": parameter.schema,
                    }
                    for parameter in operation.parameters
                ],
                "returns": [
                    {"label": result.label, "type": result.schema, "component": ""}
                    for result in operation.results
                ],
            }
            for operation in operations_of_openapi(raw.openapi or {}, raw.generation)
        }
        documents["info"] = {"named_endpoints": named, "unnamed_endpoints": {}}
    return {kind: json.dumps(document).encode() for kind, document in documents.items()}
