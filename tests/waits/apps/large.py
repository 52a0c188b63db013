"""A Space whose answers are as large as their caller likes."""

from __future__ import annotations

import gradio as gr


def text(size: int) -> str:
    return "word " * (size // 5)


def table(size: int) -> list:
    row = {"name": "a recipe with a name", "text": "words of its " * 20, "grams": 120.5}
    return [{**row, "number": number} for number in range(size // 330)]


with gr.Blocks() as demo:
    gr.api(text)
    gr.api(table)

if __name__ == "__main__":
    demo.launch()
