"""A Space that notes every run of an endpoint, by the name that its caller gives it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import gradio as gr

RUNS = Path(os.environ["APP_RUNS"])


def note(name):
    with RUNS.open("a", encoding="utf-8") as runs:
        runs.write(f"{name}\n")


def echo(name):
    note(name)
    return name


def parts(name):
    note(name)
    for number in range(3):
        yield f"{name} {number}"
        time.sleep(0.02)


def upper(file, name):
    note(name)
    out = Path(file).with_name("out put.txt")
    out.write_bytes(Path(file).read_bytes().upper())
    return str(out)


def report(name, progress=gr.Progress()):  # noqa: B008  # Gradio looks for it in the default
    note(name)
    gr.Info("for your information")
    for step in range(2):
        progress((step + 1, 2), desc="working")
        time.sleep(0.02)
    return name


def refuse(name):
    note(name)
    raise gr.Error("Sold out")


def last(name):
    note(name)
    for number in range(200):
        yield f"{name} {number}"
        time.sleep(0.05)


with gr.Blocks() as demo:
    text, button = gr.Textbox(), gr.Button()
    for function in (echo, parts, report, refuse, last):
        name = function.__name__
        button.click(function, text, gr.Textbox(), api_name=name, concurrency_limit=None)
    button.click(upper, [gr.File(), text], gr.File(), api_name="upper", concurrency_limit=None)

if __name__ == "__main__":
    demo.queue().launch(show_error=True)
