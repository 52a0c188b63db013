"""A Space with one named endpoint, and one whose `/info` fails when `APP_BROKEN_INFO` is set."""

from __future__ import annotations

import os

import gradio as gr


def shout(text, times):
    return text.upper() * int(times)


def whisper(text):
    return text.lower()


def broken(pair: tuple) -> str:
    return str(pair)


with gr.Blocks() as demo:
    text, times = gr.Textbox(label="text"), gr.Number(2, label="times")
    gr.Button().click(shout, [text, times], gr.Textbox(label="shouted"))
    gr.Button().click(whisper, text, text, api_visibility="undocumented")
    if os.environ.get("APP_BROKEN_INFO"):
        gr.api(broken)


if __name__ == "__main__":
    demo.launch()
