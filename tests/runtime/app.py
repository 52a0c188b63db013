"""A Space with one endpoint for each thing that a client must cope with."""

from __future__ import annotations

import os
import time
from pathlib import Path

import gradio as gr


def echo(text, times=2.0):
    return text * int(times)


def steps(count):
    return [type(count).__name__, list(range(count))]


def two(a, b):
    return a + b, f"{a}-{b}"


def nothing(text):
    return None


def tokens(count):
    text = ""
    for number in range(int(count)):
        text += f"t{number} "
        yield text
        time.sleep(0.02)


def structures(count):
    for number in range(int(count)):
        yield {"items": list(range(number + 1)), "last": {"n": number}}, "x" * number


def slow(seconds):
    time.sleep(seconds)
    return "done"


def endless():
    number = 0
    while True:
        yield number
        number += 1
        time.sleep(0.05)


def refuse(text):
    raise gr.Error(f"no {text}", title="Refused")


def crash(text):
    raise RuntimeError("secret detail")


def crash_midway(text):
    yield "one"
    raise gr.Error("boom")


def quota(text):
    raise gr.Error("You have exceeded your free ZeroGPU quota", title="ZeroGPU quota exceeded")


def report(text, progress=gr.Progress()):  # noqa: B008  # Gradio looks for it in the default
    gr.Info("for your information", title="Note")
    gr.Warning("careful")
    for step in range(3):
        progress((step + 1, 3), desc="working", unit="steps")
        time.sleep(0.06)
    return text


def count(add, state):
    state = (state or 0) + add
    return state, state


def upper_file(file):
    out = Path(file).with_name("out put#1é.txt")
    out.write_bytes(Path(file).read_bytes().upper())
    return str(out)


def original_name(file):
    return Path(file).name


def many_files(files):
    return [Path(file).read_text() for file in files]


def picture(image):
    return image


def update(text):
    return gr.update(value="new " + text, visible=True)


def skip(text):
    return gr.skip()


def line_breaks():
    return "a\x85b\u2028c\n\nd\r\ne é 漢"


def old_enough(age):
    return gr.validate(age >= 3, "Age must be at least 3")


def headers(request: gr.Request):
    return dict(request.headers)


with gr.Blocks() as demo:
    text = gr.Textbox(label="Text")
    number = gr.Number(label="Number", value=2)
    state = gr.State(0)
    file = gr.File(label="File")
    files = gr.File(label="Files", file_count="multiple")
    image = gr.Image(label="Image", type="filepath")
    as_json = gr.JSON()
    button = gr.Button()

    def endpoint(fn, inputs, outputs, **options):
        button.click(fn, inputs, outputs, api_name=options.pop("name", fn.__name__), **options)

    endpoint(echo, [text, number], text)
    endpoint(steps, number, as_json)
    endpoint(two, [text, gr.Textbox()], [text, gr.Textbox()])
    endpoint(nothing, text, None)
    endpoint(tokens, number, text)
    endpoint(structures, number, [as_json, text])
    endpoint(slow, number, text, concurrency_limit=3)
    endpoint(lambda seconds: slow(seconds), number, text, name="one_by_one", concurrency_limit=1)
    endpoint(endless, None, number)
    endpoint(refuse, text, text)
    endpoint(crash, text, text)
    endpoint(crash_midway, text, text)
    endpoint(quota, text, text)
    endpoint(report, text, text)
    endpoint(count, [number, state], [number, state])
    endpoint(upper_file, file, gr.File())
    endpoint(original_name, file, text)
    endpoint(many_files, files, as_json)
    endpoint(picture, image, gr.Image(type="filepath"))
    endpoint(update, text, text)
    endpoint(skip, text, text)
    endpoint(line_breaks, None, text)
    endpoint(lambda age: age, number, number, name="validated", validator=old_enough)
    endpoint(headers, None, as_json)
    endpoint(echo, [text, number], text, name="unqueued", queue=False)


if __name__ == "__main__":
    auth = ("user", "pass") if os.environ.get("APP_AUTH") else None
    size = int(os.environ["APP_MAX_FILE_SIZE"]) if "APP_MAX_FILE_SIZE" in os.environ else None
    demo.queue(default_concurrency_limit=4).launch(auth=auth, max_file_size=size, show_error=False)
