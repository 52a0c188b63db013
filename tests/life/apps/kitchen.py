"""A Space in two versions, chosen by `APP_VERSION`: "old", or "new" with a changed API."""

from __future__ import annotations

import os

import gradio as gr


def old() -> gr.Blocks:
    """The Space as the user meets it."""

    def greet(name: str, style: str = "casual") -> str:
        return f"{'Hi' if style == 'casual' else 'Good day'}, {name}"

    def shout(text: str) -> str:
        return text.upper()

    return _blocks(greet, ["casual", "formal"], shout)


def new() -> gr.Blocks:
    """A parameter was renamed, a choice replaced, an endpoint removed."""

    def greet(person: str, style: str = "casual") -> str:
        words = {"casual": "Hi", "pirate": "Ahoy"}
        return f"{words[style]}, {person}"

    return _blocks(greet, ["casual", "pirate"], None)


def _blocks(greet: object, styles: list[str], shout: object) -> gr.Blocks:
    with gr.Blocks(title="Kitchen") as blocks:
        name = gr.Textbox(label="Name")
        style = gr.Radio(styles, value="casual", label="Style")
        answer = gr.Textbox(label="Greeting")
        gr.Button("greet").click(greet, [name, style], answer, api_name="greet")
        if shout is not None:
            gr.Button("shout").click(shout, name, answer, api_name="shout")
    return blocks


if __name__ == "__main__":
    app = old() if os.environ["APP_VERSION"] == "old" else new()
    app.launch(quiet=True)
