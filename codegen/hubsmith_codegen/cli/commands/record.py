"""`hubsmith record`: what is clicked on the page of a Space, as a script that does it again."""

from __future__ import annotations

import argparse
import contextlib
import signal
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
The page is served on this machine only, at an address that is printed. What is kept until Ctrl-C are
the values, results and files of calls; the script has what was typed and chosen. No header, cookie
or token is written. Calls are shown as they happen where the error stream is a terminal.

exit status: 0 a script was written, 1 no call was made, 2 it could not be done
"""
_ENDINGS = {"python": "session.py", "typescript": "session.ts", "curl": "session.sh"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EPILOG
    option = parser.add_argument
    add(parser, "source", help="owner/name, the URL of an app, or a recorded Space")
    option("--out", metavar="FILE", type=Path, help="the script (default: session.py, .ts or .sh)")
    option("--lang", choices=_ENDINGS, default="python", help="of the script (default: python)")
    answers = "also write the answers, for `hubsmith mock --answers` and the pytest plugin"
    option("--fixture", metavar="FILE", type=Path, help=answers)
    option("--no-browser", help="do not open the page in a browser", **FLAG)
    add(parser, "--port", purpose="of the page")
    add(parser, "--token")


def run(options: argparse.Namespace) -> int:
    """Record until it is interrupted, then write what was recorded."""
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
                print(file=sys.stderr)  # Below the ^C of the terminal.
        recording = recorder.recording()
        if not recording.calls:
            print("No call was made: there is nothing to write.")
            return NO
        return _write(recording, options, package)


def _space(source: str) -> tuple[str, str | None]:
    """Return where a source is to be recorded, and the recorded client that it names."""
    if path_of(source) is None:
        return source, None
    space = Reader().configuration.space(source)
    if path_of(space.source) is not None:
        raise HubsmithError(
            f"{source}: it was added from {space.source}, which does not say where the Space runs. "
            "Name its address instead."
        )
    return space.source, source


def _wait(recorder: Recorder, options: argparse.Namespace) -> None:
    """Say where the page is, open it, and wait until it is enough."""
    for name in ("SIGTERM", "SIGHUP"):  # These end a recording as Ctrl-C does.
        if hasattr(signal, name):
            with contextlib.suppress(ValueError):  # Not in the main thread.
                signal.signal(getattr(signal, name), signal.default_int_handler)
    print(recorder.url, flush=True)
    if is_terminal(sys.stderr):
        print(
            f"Recording {printable(options.source)}. Use its page at this address, then press "
            "Ctrl-C here: the script is written then.\nKept are the values, results and files of "
            "its calls. No header, cookie or token is written.\n",
            file=sys.stderr,
            flush=True,
        )
    if not options.no_browser:
        # In a thread of its own, as a browser in the terminal returns when it ends.
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
        made = "made for it" if written.is_new_client else "as it was"
        print(f"{shown_path(written.client)}: its typed client, {made}.")
    for file in written.files:
        print(f"{shown_path(file)}: a file that was uploaded.")
    if options.fixture is not None:
        from hubsmith_record.fixture import write_fixture

        answers = write_fixture(recording, options.fixture)
        print(f"{shown_path(answers)}: the answers.")
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
        except Exception:  # Whatever it is, the call itself goes on.
            return f"call {call.fn_index}"
