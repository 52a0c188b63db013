"""A Space whose job notes every step, by the name that its caller gives it: one job runs at a time."""

from __future__ import annotations

import os
import time
from pathlib import Path

import gradio as gr

STEPS = Path(os.environ["APP_STEPS"])


def last(name):
    for number in range(600):
        with STEPS.open("a", encoding="utf-8") as steps:
            steps.write(f"{name}\n")
        yield f"{name} {number}"
        time.sleep(0.05)


def size(file):
    return Path(file).stat().st_size


def large(name):
    path = STEPS.with_name(f"{name}.bin")
    path.write_bytes(b"x" * 20_000_000)
    return str(path)


with gr.Blocks() as demo:
    text, button = gr.Textbox(), gr.Button()
    button.click(last, text, gr.Textbox(), api_name="last", concurrency_limit=1)
    button.click(size, gr.File(), gr.Number(), api_name="size")
    button.click(large, text, gr.File(), api_name="large")

if __name__ == "__main__":
    demo.queue().launch(allowed_paths=[str(STEPS.parent)])
