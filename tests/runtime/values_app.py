"""A Space that tells which values arrived, and leaves outputs as they were."""

from __future__ import annotations

import gradio as gr
from PIL import Image


def seen(number, whole, slider, anything):
    return repr([number, whole, slider, anything])


def plain(a: float, b: float, pair: list[float], c: float = 3.0, d: float = 3, e: int = 3.0) -> str:
    return repr([a, b, pair, c, d, e])


def rows(rows: list[list[float]], words: list[str]) -> str:
    return repr([rows, words])


def frame(table):
    kinds = [type(cell).__name__ for cell in table.iloc[0]] if len(table) else []
    return repr([list(table.columns), table.to_numpy().tolist(), kinds])


def described(file):
    file = gr.FileData(path=file, orig_name="note.txt", meta={"_type": "gradio.FileData"})
    return {"files": [file.model_dump()], "path": "a/b"}


def talk(words):
    picture = gr.Gallery([(Image.new("RGB", (2, 3)), words)])
    return [{"role": "assistant", "content": picture}]


def checked(words, number):
    return [gr.validate(len(words) < 3, "too long"), gr.validate(number > 0, "too small")]


def empty():
    return
    yield


def parts():
    yield "a", gr.skip()
    yield gr.skip(), gr.update(value="b", label="L")
    yield gr.update(label="M"), gr.skip()


with gr.Blocks() as demo:
    number, whole = gr.Number(label="Number", value=3.0), gr.Number(value=3.0, precision=0)
    slider, anything = gr.Slider(0, 10, value=2, label="Slider"), gr.JSON({"a": [3.0, 3]})
    text, other = gr.Textbox(label="Text"), gr.Textbox(label="Other")
    choice, table = gr.Dropdown(["a"], label="Choice"), gr.Dataframe(label="Table")
    button = gr.Button()

    def endpoint(name, fn, inputs, outputs, **options):
        button.click(fn, inputs, outputs, api_name=name, **options)

    endpoint("seen", seen, [number, whole, slider, anything], text)
    endpoint("frame", frame, table, text)
    endpoint("empty", empty, None, text)
    endpoint("empty_pair", empty, None, [text, other])
    endpoint("empty_none", empty, None, None)
    endpoint("skip", lambda: gr.skip(), None, text)
    endpoint("none", lambda: None, None, text)
    endpoint("skip_both", lambda: gr.skip(), None, [text, other])
    endpoint("skip_one", lambda: {text: "x"}, None, [text, other])
    endpoint(
        "update",
        lambda: gr.update(choices=["p", ("Q", 2)], value="p", visible=False),
        None,
        choice,
    )
    endpoint("choices", lambda: gr.update(choices=["p"]), None, choice)
    endpoint("component", lambda: gr.Dropdown(choices=["p"], value="p"), None, choice)
    endpoint("emptied", lambda: gr.update(value=None), None, choice)
    endpoint("file", lambda: gr.update(value=__file__, label="F"), None, gr.File())
    endpoint("parts", parts, None, [text, other])
    endpoint("hidden", seen, [number, whole, slider, anything], text, api_visibility="undocumented")
    endpoint("private", seen, [number, whole, slider, anything], text, api_visibility="private")
    endpoint("described", described, gr.File(), gr.JSON())
    endpoint("talk", talk, text, talked := gr.Chatbot(label="Talk"))
    endpoint("count", lambda history: len(history[0]["content"]), talked, gr.Number(precision=0))
    endpoint("/slash", lambda words: words, text, text)
    endpoint("refused", lambda first, second: first, [text, number], text, validator=checked)
    gr.api(plain)
    gr.api(rows)

if __name__ == "__main__":
    demo.launch()
