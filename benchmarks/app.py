"""The Gradio app that the benchmarks call."""

# No `from __future__ import annotations`: Gradio reads the annotations of functions.

import tempfile
from pathlib import Path

import gradio as gr


def half(number):
    return number / 2


def count(number):
    yield from range(int(number))


def measure(file):
    return Path(file).stat().st_size


def make(size):
    path = Path(tempfile.mkdtemp()) / "made.bin"
    with path.open("wb") as output:
        output.truncate(int(size))
    return str(path)


with gr.Blocks() as demo:
    number, file, button = gr.Number(), gr.File(), gr.Button()
    button.click(half, number, gr.Number(), api_name="half", concurrency_limit=None)
    button.click(count, number, gr.Number(), api_name="count")
    button.click(measure, file, gr.Number(), api_name="measure")
    button.click(make, number, gr.File(), api_name="make")

demo.launch()
