"""A Gradio app that counts what it does, and how much of it at the same time."""

# Gradio reads the annotations of these functions: they must be types, not text.

import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, cast

import gradio as gr

SECONDS = float(os.environ.get("APP_SECONDS", "0"))
REFUSED = 13  # Of every hundred numbers, one is.

counts = {"executions": 0, "under_way": 0, "at_once": 0}
lock = threading.Lock()


def square(number: int) -> int:
    """Square a number; one of a hundred is refused."""
    with lock:
        counts["executions"] += 1
        counts["under_way"] += 1
        counts["at_once"] = max(counts["at_once"], counts["under_way"])
    try:
        time.sleep(SECONDS)
        if number % 100 == REFUSED:
            raise gr.Error(f"{number} brings bad luck")
        return number * number
    finally:
        with lock:
            counts["under_way"] -= 1


def describe(name: str, times: int, loud: bool) -> tuple[str, float, bool, dict[str, Any], str]:
    """Return a result of each kind."""
    text = " ".join([name.upper() if loud else name] * int(times))
    path = Path(tempfile.mkdtemp()) / "name.txt"
    path.write_text(name, encoding="utf-8")
    return text, times / 2, loud, {"letters": list(name)}, str(path)


def quota(number: int) -> int:
    """Refuse every call beyond the first three as ZeroGPU does."""
    with lock:
        counts["executions"] += 1
    if number >= 3:
        raise gr.Error("You have exceeded your GPU quota (60s requested vs. 0s left).")
    return number


def count() -> dict[str, int]:
    """Return the counts, and begin anew."""
    with lock:
        found = dict(counts)
        counts.update(executions=0, at_once=0)
    return found


def build() -> Any:
    """Build the app."""
    with gr.Blocks(title="Counting", analytics_enabled=False) as app:
        number, name, times = (
            gr.Number(label="Number", precision=0),
            gr.Textbox(label="Name"),
            gr.Number(label="Times", precision=0, value=1),
        )
        loud, shown = gr.Checkbox(label="Loud"), gr.JSON(label="Shown")
        text, half, file = gr.Textbox(label="Text"), gr.Number(label="Half"), gr.File(label="File")
        button = cast(Any, gr.Button("Go"))
        button.click(square, number, number, api_name="square", concurrency_limit=None)
        button.click(
            describe, [name, times, loud], [text, half, loud, shown, file], api_name="describe"
        )
        button.click(quota, number, number, api_name="quota")
        button.click(count, None, shown, api_name="count", queue=False)
    return app


if __name__ == "__main__":
    build().launch(
        server_name="127.0.0.1", server_port=int(os.environ["GRADIO_SERVER_PORT"]), quiet=True
    )
