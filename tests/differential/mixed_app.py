"""A Space of endpoints with inputs at random, which answer with what reached their functions."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from typing import Any

import gradio as gr

NAMES = ["a", "b", "c_d", "from_", "text", "type", "fn", "job", "timeout", "x1", "Data", "id"]


def shown(value: Any) -> Any:
    """Return a value with the types of everything in it."""
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, [shown(one) for one in value]]
    if isinstance(value, dict):
        return ["dict", {key: shown(one) for key, one in value.items()}]
    return [type(value).__name__, repr(value)]


def echo(names: list[str], is_optional: list[bool]) -> Callable[..., str]:
    """Make a function with these parameters."""
    parameters = [name + "=None" * is_one for name, is_one in zip(names, is_optional, strict=True)]
    made: dict[str, Any] = {"answer": lambda values: json.dumps(shown(values))}
    exec(f"def go({', '.join(parameters)}): return answer([{', '.join(names)}])", made)
    return made["go"]


def component(draw: random.Random) -> Any:
    """Make an input, with a value at the start or without."""
    pick = draw.choice
    kinds: list[Callable[[], Any]] = [
        lambda: gr.Textbox(
            value=pick([None, "", "hi", "a\nb"]), label=pick(["Text", "class", "é"])
        ),
        lambda: gr.Number(value=pick([None, 0, 1.5]), precision=pick([None, 0, 2])),
        lambda: gr.Slider(0, 10, value=pick([None, 3, 2.5]), step=pick([1, 0.5])),
        lambda: gr.Checkbox(value=pick([False, True])),
        lambda: gr.CheckboxGroup(["a", "b", "c"], value=pick([None, ["a"]])),
        lambda: gr.Dropdown(["x", ("The last", "z")], value=pick([None, "x", "z"])),
        lambda: gr.Dropdown(["x", "y"], multiselect=True, value=pick([None, ["x"]])),
        lambda: gr.Radio([("One", 1), ("Two", 2)], value=pick([None, 1])),
        lambda: gr.JSON(value=pick([None, {"a": 1}, [1, 2.0]])),
        lambda: gr.ColorPicker(value=pick([None, "#ff0000"])),
        lambda: gr.Code(value=pick([None, "x = 1"])),
        lambda: gr.Dataframe(headers=["a", "b"], type="array", value=pick([None, [[1, "x"]]])),
        lambda: gr.DateTime(value=pick([None, "2026-01-01 00:00:00"])),
        lambda: gr.State(pick([None, 5])),
        lambda: gr.Markdown(pick(["m", ""])),
        lambda: gr.MultimodalTextbox(),
        lambda: gr.File(),
    ]
    return pick(kinds)()


draw = random.Random(int(os.environ["APP_SEED"]))
with gr.Blocks() as demo:
    button, answer = gr.Button(), gr.Textbox()
    for number in range(int(os.environ["APP_ENDPOINTS"])):
        names = draw.sample(NAMES, draw.randint(0, 5))
        required = draw.randint(0, len(names))  # Python wants those with a default last.
        go = echo(names, [position >= required for position in range(len(names))])
        button.click(go, [component(draw) for _ in names], answer, api_name=f"e{number}")

if __name__ == "__main__":
    demo.launch()
