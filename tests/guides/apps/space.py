"""The Spaces that the guide calls: a translator, a story teller and a transcriber.

`APP_KIND=audio` takes a file instead of a text. Public URLs, which the Space fetches itself, are
answered from here, because tests stay on loopback.
"""

from __future__ import annotations

import os
from pathlib import Path

import gradio as gr
import httpx
from gradio import processing_utils

FRENCH = {"Hello, world!": "Bonjour, le monde!"}


async def answer_public_url(url: str) -> httpx.Response:
    return httpx.Response(
        200, content=f"words of {url}".encode(), request=httpx.Request("GET", url)
    )


processing_utils.async_ssrf_protected_get = answer_public_url


def translate(text, request: gr.Request):
    visitor = request.headers.get("x-ip-token")
    said = FRENCH.get(text, text)
    return f"{said} for {visitor}" if visitor else said


def generate(prompt):
    for words in ("Once", "Once upon", "Once upon a time"):
        yield f"{prompt}: {words}"


def transcribe(audio):
    return Path(audio).read_text()


with gr.Blocks() as demo:
    button, text = gr.Button(), gr.Textbox(label="text")
    if os.environ.get("APP_KIND") == "audio":
        button.click(transcribe, gr.File(label="audio"), text, api_name="predict")
    else:
        button.click(translate, text, text, api_name="predict")
        button.click(generate, gr.Textbox(label="prompt"), text, api_name="generate")


if __name__ == "__main__":
    demo.launch()
