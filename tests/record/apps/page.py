"""An app with what a page does beside plain calls: no queue, chains, cancels, state, a private event."""

# Gradio reads the annotations of these functions: they must be types, not text.

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import gradio as gr

seen: list[list[Any]] = []


def keep(*values: Any) -> None:
    seen.append([*values])


def shout(text: str) -> str:
    keep("shout", text)
    if text == "boom":
        raise gr.Error("Too loud", title="Sorry")
    return text.upper()


def quick(text: str) -> str:
    keep("quick", text)
    return text[::-1]


def count(text: str, times: int) -> Iterator[str]:
    keep("count", text, times)
    for number in range(int(times)):
        yield " ".join([text] * (number + 1))
        time.sleep(0.02)


def slow() -> Iterator[int]:
    keep("slow")
    for number in range(2000):
        yield number
        time.sleep(0.05)


def remember(text: str, before: list[str]) -> tuple[int, list[str]]:
    keep("remember", text, list(before))
    return len(before) + 1, [*before, text]


def size_of(path: str | None) -> int:
    size = Path(path).stat().st_size if path else 0
    keep("size_of", size)
    return size


def headers(request: gr.Request) -> dict[str, str]:
    """Show what the Space is sent, as some apps do."""
    return dict(request.headers)


def asked() -> list[list[Any]]:
    """Return the calls since it was asked last."""
    found = [*seen]
    seen.clear()
    return found


def build() -> Any:
    with gr.Blocks(title="Page", analytics_enabled=False) as app:
        text, times = gr.Textbox(label="Text"), gr.Number(label="Times", precision=0, value=2)
        shown, number = gr.Textbox(label="Shown"), gr.Number(label="Number", precision=0)
        file, before, as_json = gr.File(label="File"), gr.State([]), gr.JSON(label="JSON")
        button = cast(Any, gr.Button)
        button("Shout").click(shout, text, shown, api_name="shout")
        button("Quick").click(quick, text, shown, api_name="quick", queue=False)
        button("Count").click(count, [text, times], shown, api_name="count")
        running = button("Slow").click(slow, None, number, api_name="slow")
        button("Stop").click(None, None, None, cancels=[running])
        button("Remember").click(
            remember, [text, before], [number, before], api_name="remember"
        ).then(shout, text, shown, api_name=False)
        button("Size").click(size_of, file, number, api_name="size_of")
        button("Headers").click(headers, None, as_json, api_name="headers")
        button("Asked").click(asked, None, as_json, api_name="asked")
    return app


if __name__ == "__main__":
    build().launch(
        server_name="127.0.0.1",
        server_port=int(os.environ["GRADIO_SERVER_PORT"]),
        quiet=True,
        auth=("ada", "engine") if os.environ.get("APP_LOGIN") else None,
        root_path=os.environ.get("APP_ROOT", ""),
    )
