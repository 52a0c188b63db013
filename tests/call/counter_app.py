"""An app whose endpoints queue, talk, return odd things and name their parameters oddly."""

# Gradio reads the annotations of these functions: they must be types, not text.

import os
import threading
import time
from collections.abc import Iterator
from typing import Any, cast

import gradio as gr
from gradio.components.plot import PlotData

PIXEL = "iVBORw0KGgo" + "A" * 201


def talk(times: int) -> str:
    """Say something in the log, again and again."""
    for number in range(times):
        gr.Info(f"step {number}\x1b[2J", title="News")
        time.sleep(0.2)
    gr.Warning("that was all")
    return "done"


let_go = threading.Event()


def wait(seconds: float) -> str:
    """Take until it is let go: one caller at a time."""
    let_go.wait(seconds)
    return "waited"


def forever() -> Iterator[str]:
    """Count until somebody stops it."""
    number = 0
    while True:
        number += 1
        time.sleep(0.05)
        yield f"line {number}"


def reveal(timeout: str, headers: list[str], event_data: dict[str, Any]) -> dict[str, Any]:
    """Return what came in; the parameters are named as those of the client's own method."""
    return {"timeout": timeout, "headers": headers, "event_data": event_data}


def steer(text: str) -> str:
    """Return what would steer a terminal."""
    return f"\x1b[2J{text}\nsecond\tline"


def nothing() -> None:
    """Return nothing."""


def pictures() -> tuple[str, str]:
    """Return two files of the same name."""
    names: list[str] = []
    for folder in ("a", "b"):
        os.makedirs(os.path.join(os.environ["GRADIO_TEMP_DIR"], folder), exist_ok=True)  # noqa: PTH103, PTH118
        names.append(os.path.join(os.environ["GRADIO_TEMP_DIR"], folder, "same.txt"))  # noqa: PTH118
        with open(names[-1], "w") as file:  # noqa: PTH123
            file.write(folder)
    return names[0], names[1]


def draw() -> tuple[PlotData, list[str]]:
    """Return a plot as one of matplotlib comes out, and texts of which one is no picture."""
    plot = PlotData(type="matplotlib", plot=f"data:image/png;base64,{PIXEL}")
    return plot, ["data: none", "data:image/png;base64,?"]


def build() -> Any:
    """Build the app."""
    with gr.Blocks(title="Counter", analytics_enabled=False) as app:
        text = gr.Textbox(label="Text")
        number = gr.Number(label="Number", value=3, precision=0)
        button = gr.Button("Go")
        cast(Any, button).click(wait, number, text, api_name="wait", concurrency_limit=1)
        cast(Any, button).click(let_go.set, None, None, api_name="let_go", queue=False)
        cast(Any, button).click(talk, number, text, api_name="talk")
        cast(Any, button).click(forever, None, text, api_name="forever")
        cast(Any, button).click(steer, text, text, api_name="steer")
        cast(Any, button).click(nothing, None, None, api_name="nothing")
        files = [gr.File(label="First"), gr.File(label="Second")]
        cast(Any, button).click(pictures, None, files, api_name="pictures")
        drawn = [gr.Plot(label="Chart"), gr.JSON(label="Others")]
        cast(Any, button).click(draw, None, drawn, api_name="draw")
        cast(Any, gr).api(reveal, api_name="reveal")
    return app


if __name__ == "__main__":
    build().launch(
        server_name="127.0.0.1", server_port=int(os.environ["GRADIO_SERVER_PORT"]), quiet=True
    )
