"""Serves Gradio apps, each on a port of its own, from one process: importing Gradio takes seconds.

Lines of JSON on its input name the app to start or to stop; it answers each with one.
It ends with its input, so it never outlives the process that started it.
"""

from __future__ import annotations

import json
import os
import runpy
import socket
import sys
import traceback
from typing import Any

import gradio as gr


def _start(script: str, port: int, environment: dict[str, str]) -> gr.Blocks:
    """Run the script of an app as its user does; return the app that it has launched."""
    launched: list[gr.Blocks] = []
    launch: Any = gr.Blocks.launch

    def launch_and_go_on(app: gr.Blocks, **options: Any) -> None:
        launched.append(app)
        # Gradio would ask for the app's page, which one of the apps cannot give.
        own = {"server_port": port, "prevent_thread_lock": True, "_frontend": False}
        launch(app, **{**options, **own})
        # A thousand looks at an empty queue per second, and per app, would keep a processor busy.
        app._queue.sleep_when_free = 0.01

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
