"""A Gradio app that counts what it does; its queue and its speed are set by the environment.

Apps of one environment are one server: each file of tests has `APP_COUNTS` of its own.
"""

# Gradio reads the annotations of these functions: they must be types, not text.

import os
import threading
import time
from pathlib import Path
from typing import Any, cast

import gradio as gr

SECONDS = float(os.environ.get("APP_SECONDS", "0"))
WORKERS = int(os.environ.get("APP_WORKERS", "0")) or None
MAX_SIZE = int(os.environ.get("APP_MAX_SIZE", "0")) or None
NOTES = os.environ.get("APP_NOTES")
"""A file that gets a line with each number that is doubled: it outlives the server."""

executions = 0
lock = threading.Lock()


def double(number: int) -> int:
    """Double a number, and refuse 13."""
    global executions
    with lock:
        executions += 1
        if NOTES:
            with Path(NOTES).open("a", encoding="utf-8") as notes:
                notes.write(f"{number}\n")
    time.sleep(SECONDS)
    if number == 13:
        raise gr.Error("Thirteen brings bad luck")
    return 2 * number


def count() -> int:
    """Say how often a number was doubled."""
    return executions


def remember(number: int, seen: list[int]) -> tuple[list[int], list[int]]:
    """Return the numbers of this session so far."""
    return [*seen, number], [*seen, number]


def turn(picture: str) -> str:
    """Return a file that came."""
    return picture


def build() -> Any:
    """Build the app."""
    with gr.Blocks(title="Counting", analytics_enabled=False) as app:
        number = gr.Number(label="Number", precision=0)
        seen, listed = gr.State([]), gr.JSON()
        uploaded, returned = gr.File(label="Sent"), gr.File(label="Returned")
        button = cast(Any, gr.Button("Go"))
        button.click(double, number, number, api_name="double", concurrency_limit=WORKERS)
        button.click(count, None, number, api_name="count", queue=False)
        button.click(remember, [number, seen], [seen, listed], api_name="remember")
        button.click(turn, uploaded, returned, api_name="turn")
    app.queue(max_size=MAX_SIZE)
    return app


if __name__ == "__main__":
    build().launch(
        server_name="127.0.0.1", server_port=int(os.environ["GRADIO_SERVER_PORT"]), quiet=True
    )
