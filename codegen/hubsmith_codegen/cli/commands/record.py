"""`hubsmith record`: what is clicked on the page of a Space, as a script that repeats it."""

from __future__ import annotations

import argparse
import sys
import threading
import time
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from hubsmith_runtime import HubsmithError

from ..console import is_terminal, printable, shown_path, warn
from ..display import StatusLine
from ..source import Reader, path_of
from . import NO, OK, require
from .arguments import FLAG, add

if TYPE_CHECKING:
    from hubsmith_record.recorder import Recorder
    from hubsmith_record.recording import RecordedCall, Recording

_EPILOG = """\
The page is served on this machine only, at the address that is printed. The values, results and
files of calls are kept until Ctrl-C; the script contains what was typed and chosen. Headers,
cookies and tokens are never written. If stderr is a terminal, calls are shown as they happen.

exit status: 0 a script was written, 1 no call was made, 2 the recording failed
"""
_ENDINGS = {"python": "session.py", "typescript": "session.ts", "curl": "session.sh"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EPILOG
    option = parser.add_argument
    add(parser, "source", help="owner/name, the URL of an app, or a recorded Space")
    option("--out", metavar="FILE", type=Path, help="the script (default: session.py, .ts or .sh)")
    option("--lang", choices=_ENDINGS, default="python", help="its language (default: python)")
    answers = "also write the answers, for `hubsmith mock --answers` and the pytest plugin"
    option("--fixture", metavar="FILE", type=Path, help=answers)
    option("--no-browser", help="do not open the page in a browser", **FLAG)
    add(parser, "--port", purpose="to serve the page on")
    add(parser, "--token")


def run(options: argparse.Namespace) -> int:
    """Record until Ctrl-C, then write the script."""
    require("hubsmith_record.recorder", extra="record")
    from hubsmith_record.recorder import record

    source, package = _space(options.source)
    live = _Live()
    with record(
        source,
        token=options.token,
        port=options.port,
        on_start=live.on_start,
        on_call=live.on_call,
    ) as recorder:
        live.recorder = recorder
        try:
            _wait(recorder, options)
        except KeyboardInterrupt:
            live.display.clear()
            if is_terminal(sys.stderr):
                print(file=sys.stderr)  # The terminal has printed ^C on this line.
        recording = recorder.recording()
        if not recording.calls:
            print("No call was made, so there is nothing to write.")
            return NO
        return _write(recording, options, package)


def _space(source: str) -> tuple[str, str | None]:
    """Return the Space to record, and the name of its client if the source is a recorded name."""
    if path_of(source) is None:
        return source, None
    space = Reader().configuration.space(source)
    if path_of(space.source) is not None:
        raise HubsmithError(
            f"{source}: it was added from {space.source}, which does not say where the Space runs. "
            "Give its address instead."
        )
    return space.source, source


def _wait(recorder: Recorder, options: argparse.Namespace) -> None:
    """Print the address of the page, open it, and wait for Ctrl-C."""
    print(recorder.url, flush=True)
    if is_terminal(sys.stderr):
        print(
            f"Recording {printable(options.source)}. Use the page at this address, then press "
            "Ctrl-C here to write the script.\nThe values, results and files of calls are kept. "
            "Headers, cookies and tokens are never written.\n",
            file=sys.stderr,
            flush=True,
        )
    if not options.no_browser:
        # In a thread, because a browser that runs in the terminal blocks until it is closed.
        threading.Thread(target=webbrowser.open, args=(recorder.url,), daemon=True).start()
    while True:
        time.sleep(3600)


def _write(recording: Recording, options: argparse.Namespace, package: str | None) -> int:
    from hubsmith_record.session import write_session

    out = options.out or Path(_ENDINGS[options.lang])
    written = write_session(recording, language=options.lang, out=out, package=package)
    calls = len(recording.calls)
    print(f"{shown_path(written.script)}: {calls} {'call' if calls == 1 else 'calls'} recorded.")
    if written.client is not None:
        made = "newly generated" if written.is_new_client else "unchanged"
        print(f"{shown_path(written.client)}: its typed client, {made}.")
    for file in written.files:
        print(f"{shown_path(file)}: an uploaded file.")
    if options.fixture is not None:
        from hubsmith_record.fixture import write_fixture

        answers = write_fixture(recording, options.fixture)
        print(f"{shown_path(answers)}: the recorded answers.")
    for words in dict.fromkeys([*written.comments, *recording.skipped]):
        warn(words)
    return OK


class _Live:
    """Shows calls on a terminal as they happen."""

    def __init__(self) -> None:
        self.display = StatusLine()
        self.recorder: Recorder | None = None

    def on_start(self, call: RecordedCall) -> None:
        self.display.status(f"     ...  {self._words(call)}")

    def on_call(self, call: RecordedCall) -> None:
        took = "cancelled" if call.ended is None else f"{call.ended - call.started:7.1f} s"
        self.display.status("")
        self.display.clear()
        self.display.keep(f"{took}  {self._words(call)}")

    def _words(self, call: RecordedCall) -> str:
        from hubsmith_record.live import describe

        if self.recorder is None:
            return ""
        try:
            return describe(self.recorder.recording(), call)
        except Exception:  # An error in the display must not end the recording.
            return f"call {call.fn_index}"
