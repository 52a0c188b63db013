"""A chat that answers word by word, as `gr.ChatInterface` makes its page."""

# Gradio reads the annotations of these functions: they must be types, not text.

import inspect
import time
from collections.abc import Iterator
from typing import Any

import gradio as gr


def answer(message: str, history: list[Any], tone: str) -> Iterator[str]:
    """Answer a message.

    Args:
        message: What was said.
        history: What was said before.
        tone: How to answer.
    """
    said = ""
    for word in f"{tone}: you said {message} after {len(history)}".split():
        said = f"{said} {word}".strip()
        yield said
        time.sleep(0.02)


def build() -> Any:
    # Gradio 6 knows no other form of history.
    has_type = "type" in inspect.signature(gr.ChatInterface.__init__).parameters
    more: dict[str, Any] = {"type": "messages"} if has_type else {}
    return gr.ChatInterface(
        answer,
        additional_inputs=[gr.Radio(["calm", "loud"], value="calm", label="Tone")],
        title="Chat",
        **more,
    )
