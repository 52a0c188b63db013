"""Pictures in, a gallery out, and one of its pictures chosen."""

# Gradio reads the annotations of these functions: they must be types, not text.

import tempfile
from pathlib import Path
from typing import Any, Optional

import gradio as gr
from PIL import Image


def shades(picture: Optional[str], count: int) -> list[str]:  # noqa: UP045  # as Gradio 4 reads it
    """Make darker copies of a picture.

    Args:
        picture: The picture.
        count: How many copies.
    """
    if picture is None:
        raise gr.Error("There is no picture.")
    folder = Path(tempfile.mkdtemp())
    paths: list[str] = []
    with Image.open(picture) as opened:
        for number in range(int(count)):
            path = folder / f"shade-{number}.png"
            opened.convert("RGB").point(lambda value, by=number: value // (by + 1)).save(path)
            paths.append(str(path))
    return paths


def describe(picture: Optional[str]) -> str:  # noqa: UP045
    """Say how large a picture is.

    Args:
        picture: The picture.
    """
    if picture is None:
        return "nothing"
    with Image.open(picture) as opened:
        return f"{opened.width} by {opened.height}"


def choose(selected: gr.SelectData) -> str:
    """Say which picture was clicked."""
    return f"number {selected.index}"


def build() -> Any:
    with gr.Blocks(title="Pictures", analytics_enabled=False) as app:
        picture = gr.Image(label="Picture", type="filepath")
        count = gr.Slider(1, 4, value=2, step=1, label="Count")
        gallery: Any = gr.Gallery(label="Shades")
        size, chosen = gr.Textbox(label="Size"), gr.Textbox(label="Chosen")
        button: Any = gr.Button("Shade")
        button.click(shades, [picture, count], gallery, api_name="shades")
        sizes: Any = gr.Button("Measure")
        sizes.click(describe, picture, size, api_name="describe")
        gallery.select(choose, None, chosen, api_name="choose")
    return app
