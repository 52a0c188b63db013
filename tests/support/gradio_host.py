"""Serves Gradio apps, each on a port of its own, from one process: importing Gradio takes seconds.

Lines of JSON on its input name the app to start or to stop; it answers each with one.
It ends with its input, so it never outlives the process that started it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import runpy
import socket
import sys
import time
import traceback
from typing import Any

import gradio as gr
import uvicorn
from gradio import queueing
from gradio.queueing import Queue
from gradio.state_holder import StateHolder

_AWHILE = 0.5
"""Seconds after which a queue that has nothing to do will hardly get something at once."""


class _UntilWork(float):
    """What a queue without work sleeps: so many seconds at most, and until there is some."""

    def __new__(cls, work: asyncio.Event) -> _UntilWork:
        pause = super().__new__(cls, 1.0)
        pause.work = work
        return pause

    work: asyncio.Event


class _Asyncio:
    """What Gradio's queue sees of asyncio: all of it."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        if not isinstance(seconds, _UntilWork):
            await asyncio.sleep(seconds)
            return
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(seconds.work.wait(), seconds)


def _pause(queue: Any) -> float:
    """How long the loops of a queue sleep: briefly while there is work, or was a moment ago."""
    now = time.monotonic()
    if len(queue) > 0 or any(queue.active_jobs):
        queue.last_work = now
    if now - getattr(queue, "last_work", 0) < _AWHILE:
        return 0.01
    queue.work = getattr(queue, "work", None) or asyncio.Event()
    return _UntilWork(queue.work)


async def _push(queue: Any, *request: Any, **named: Any) -> Any:
    """Take a call, and wake the loops of the queue."""
    queue.last_work = time.monotonic()
    try:
        return await _take(queue, *request, **named)
    finally:
        if work := getattr(queue, "work", None):
            queue.work = None
            work.set()


_take = Queue.push


def _delete_expired_state(states: StateHolder) -> None:
    """Do as Gradio does each second, but pass over thousands of sessions that have no state."""
    for key, session in list(states.session_data.items()):
        if session.state_data:
            states.delete_state(key, expired_only=True)


async def _serve(server: Any) -> None:
    """Look twice per second whether the server is to end, where uvicorn looks ten times."""
    while not await server.on_tick(0):
        await asyncio.sleep(0.5)


def _spare_the_processor() -> None:
    """Let Gradio do nothing where there is nothing to do.

    Two loops of each queue look for work a thousand and a hundred times per second: with dozens of
    apps they would keep a processor busy.
    """
    setattr(queueing, "asyncio", _Asyncio())  # noqa: B010  # no type fits one of these
    setattr(Queue, "push", _push)  # noqa: B010
    for name in ("sleep_when_free", "progress_update_sleep_when_free"):
        # A queue sets it when it is made: that does not count.
        setattr(Queue, name, property(_pause, lambda queue, seconds: None))
    setattr(StateHolder, "delete_all_expired_state", _delete_expired_state)  # noqa: B010
    setattr(uvicorn.Server, "main_loop", _serve)  # noqa: B010


def _start(script: str, port: int, environment: dict[str, str]) -> gr.Blocks:
    """Run the script of an app as its user does; return the app that it has launched."""
    launched: list[gr.Blocks] = []
    launch: Any = gr.Blocks.launch

    def launch_and_go_on(app: gr.Blocks, **options: Any) -> None:
        launched.append(app)
        # Gradio would ask for the app's page, which one of the apps cannot give.
        own = {"server_port": port, "prevent_thread_lock": True, "_frontend": False}
        launch(app, **{**options, **own})

    before = dict(os.environ)
    os.environ.update(environment, GRADIO_SERVER_PORT=str(port))
    setattr(gr.Blocks, "launch", launch_and_go_on)  # noqa: B010  # no type fits the wrapper
    try:
        runpy.run_path(script, run_name="__main__")
    finally:
        setattr(gr.Blocks, "launch", launch)  # noqa: B010
        os.environ.clear()
        os.environ.update(before)
    (app,) = launched
    return app


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # What apps print goes to the log.
    _spare_the_processor()
    running: dict[str, gr.Blocks] = {}
    for line in sys.stdin:
        order = json.loads(line)
        try:
            if "stop" in order:
                running.pop(order["stop"]).close()
                answer = {"url": order["stop"]}
            else:
                port = order["port"] or _free_port()
                url = f"http://127.0.0.1:{port}"
                running[url] = _start(order["script"], port, order["environment"])
                answer = {"url": url}
        except BaseException:  # also SystemExit of the app's script
            answer = {"problem": traceback.format_exc()}
        print(json.dumps(answer), file=answers, flush=True)
    os._exit(0)  # The threads of the apps would go on.


if __name__ == "__main__":
    main()
