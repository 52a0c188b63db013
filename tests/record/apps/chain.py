"""Events that follow each other, session state, a page that loads, and what no API has."""

# Gradio reads the annotations of these functions: they must be types, not text.

from typing import Any

import gradio as gr


def greeting() -> str:
    """Greet whoever opens the page."""
    return "Welcome"


def draft(topic: str, past: list[str]) -> tuple[str, list[str]]:
    """Write a first draft.

    Args:
        topic: What it is about.
    """
    return f"{topic}, draft {len(past) + 1}", [*past, topic]


def polish(text: str) -> str:
    """Polish a text.

    Args:
        text: The text.
    """
    return text.capitalize() + "."


def check(text: str) -> str:
    """Check a text; it may not be long."""
    if len(text) > 60:
        raise gr.Error("That is too long.")
    return "fine"


def clear() -> tuple[str, list[str]]:
    return "", []


def build() -> Any:
    with gr.Blocks(title="Chain", analytics_enabled=False) as app:
        welcome = gr.Textbox(label="Welcome line")
        topic, text = gr.Textbox(label="Topic"), gr.Textbox(label="Draft")
        verdict, past = gr.Textbox(label="Verdict"), gr.State([])
        write: Any = gr.Button("Write")
        write.click(draft, [topic, past], [text, past], api_name="draft").then(
            polish, text, text, api_name="polish"
        ).success(check, text, verdict, api_name="check")
        reset: Any = gr.Button("Reset")
        reset.click(clear, None, [text, past], api_name=False)
        name: Any = gr.Button("Name the page")
        name.click(None, None, None, js="() => { document.title = 'Named'; }")
        loaded: Any = app.load
        loaded(greeting, None, welcome, api_name="greeting")
    return app
