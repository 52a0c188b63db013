"""One Space with every form of call, on every Gradio from 4.44 on.

What a version lacks is left out of its API; `features.py` beside this file says what that is.
"""

# No `from __future__ import annotations`: Gradio reads the annotations of `gr.api` functions.

import asyncio
import inspect
import itertools
import os
import tempfile
import time
from pathlib import Path
from typing import Any, Literal

import gradio as gr

VERSION = tuple(int(part) for part in gr.__version__.split(".")[:2])
HAS_TITLES = VERSION >= (5, 2)
HAS_VALIDATORS = hasattr(gr, "validate")
HAS_VISIBILITY = VERSION >= (6, 0)
ticks = 0


def titled(title: str) -> dict[str, Any]:
    return {"title": title} if HAS_TITLES else {}


def echo(text, times):
    return text * int(times)


def repeat(times, text):
    return text * int(times)


def choose(choice, several, level, flag):
    return f"{choice} {'+'.join(several)} {level:g} {flag}"


def half(number):
    return number / 2


def mirror(image):
    from PIL import Image

    target = Path(tempfile.mkdtemp()) / "mirrored image.png"
    with Image.open(image) as picture:
        picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(target)
    return str(target)


def shout(file):
    target = Path(tempfile.mkdtemp()) / f"{Path(file).stem} #1 é.txt"
    target.write_bytes(Path(file).read_bytes().upper())
    return str(target)


def join_files(files):
    return "|".join(f"{Path(file).name}:{Path(file).read_text()}" for file in files)


def split(text):
    folder = Path(tempfile.mkdtemp())
    for number, word in enumerate(text.split()):
        (folder / f"{number}.txt").write_text(word)
    return [str(file) for file in sorted(folder.iterdir())]


def two(text, number):
    return text.upper(), number + 1


def nothing(text):
    return None


def tokens(count):
    text = ""
    for number in range(int(count)):
        text += f"t{number} "
        yield text
        time.sleep(0.02)


async def atokens(count):
    for number in range(int(count)):
        yield number, {"seen": list(range(number + 1))}
        await asyncio.sleep(0.02)


def report(steps, progress=gr.Progress()):  # noqa: B008  # Gradio looks for it in the default
    for step in range(int(steps)):
        progress((step + 1, int(steps)), desc="working", unit="steps")
        time.sleep(0.12)
    return "reported"


def log(text):
    gr.Info(f"info {text}", **titled("Note"))
    gr.Warning(f"warning {text}", **titled("Care"))
    return text


def count(add, state):
    state = (state or 0) + add
    return state, state


def refuse(text):
    raise gr.Error(f"no {text}", **titled("Refused"))


def crash(text):
    raise RuntimeError("a secret detail")


def endless():
    global ticks
    for number in itertools.count():
        ticks += 1
        yield number
        time.sleep(0.05)


def count_ticks():
    return ticks


async def sleep(seconds):
    await asyncio.sleep(seconds)
    return "slept"


def update(text):
    return gr.update(value=f"new {text}", visible=True)


def chat(message, history):
    history = list(history or [])
    return [
        *history,
        {"role": "user", "content": message},
        {"role": "assistant", "content": f"answer {len(history) // 2 + 1} to {message}"},
    ]


def not_a_number(number):
    return {"value": float("nan"), "list": [number, float("inf"), None], "text": "é\u2028\x85"}


def line_breaks():
    return "a\x85b\u2028c\u2029d\n\ne\r\nf é 漢 🎈"


def typed(
    word: str,
    times: int = 2,
    style: Literal["plain", "loud"] = "plain",
    tags: list[str] = [],  # noqa: B006  # a default that is a list, for the API to tell of
) -> dict[str, str]:
    text = word * times
    return {"text": text.upper() if style == "loud" else text, "tags": ",".join(tags)}


def old_enough(age):
    return gr.validate(age >= 3, "Age must be at least 3")


def messages(**options):
    # The one kind of chat history in 6.x, and of several before.
    takes_type = "type" in inspect.signature(gr.Chatbot.__init__).parameters
    return gr.Chatbot(**({"type": "messages"} if takes_type else {}), **options)


with gr.Blocks() as demo:
    text = gr.Textbox(label="Text")
    number = gr.Number(label="Number", value=2)
    button = gr.Button()

    def endpoint(fn, inputs, outputs, **options):
        button.click(fn, inputs, outputs, api_name=options.pop("name", fn.__name__), **options)

    endpoint(echo, [text, number], text)
    endpoint(repeat, [number, text], text)  # One that must be given, after one with a default.
    endpoint(
        choose,
        [
            gr.Dropdown(["red", "green", "blue"], value="green", label="Choice"),
            gr.CheckboxGroup(["a", "b", "c"], label="Several"),
            gr.Slider(0, 10, value=3, step=0.5, label="Level"),
            gr.Checkbox(value=True, label="Flag"),
        ],
        text,
    )
    endpoint(half, number, gr.Number(label="Halved"))
    endpoint(mirror, gr.Image(type="filepath", label="Image"), gr.Image(label="Mirrored"))
    endpoint(shout, gr.File(label="File"), gr.File(label="Shouted"))
    endpoint(join_files, gr.File(label="Files", file_count="multiple"), text)
    endpoint(split, text, gr.File(label="Words", file_count="multiple"))
    endpoint(two, [text, number], [gr.Textbox(label="Upper"), gr.Number(label="Next")])
    endpoint(nothing, text, None)
    endpoint(tokens, number, text)
    endpoint(atokens, number, [gr.Number(label="Number"), gr.JSON(label="Seen")])
    endpoint(report, number, text)
    endpoint(log, text, text)
    state = gr.State(0)
    endpoint(count, [number, state], [number, state])
    endpoint(refuse, text, text)
    endpoint(crash, text, text)
    endpoint(endless, None, number)
    endpoint(count_ticks, None, gr.Number(label="Ticks", precision=0))
    endpoint(sleep, number, text, concurrency_limit=4)
    endpoint(sleep, number, text, name="first", concurrency_id="one", concurrency_limit=1)
    endpoint(sleep, number, text, name="second", concurrency_id="one", concurrency_limit=1)
    endpoint(update, text, text)
    endpoint(chat, [gr.Textbox(label="Message"), messages(label="History", value=[])], messages())
    endpoint(not_a_number, number, gr.JSON(label="Numbers"))
    endpoint(line_breaks, None, text)
    endpoint(echo, [text, number], text, name="unqueued", queue=False)
    endpoint(half, number, number, name="with-dash")
    endpoint(half, number, number, name="with/slash")
    private = {"api_visibility": "private"} if HAS_VISIBILITY else {"name": False}
    endpoint(nothing, text, None, **{"name": "private", **private})
    if HAS_VALIDATORS:
        endpoint(lambda age: age, number, number, name="validated", validator=old_enough)
    if hasattr(gr, "api"):
        gr.api(typed, api_name="typed")


if __name__ == "__main__":
    demo.queue(default_concurrency_limit=4).launch(
        server_name="127.0.0.1",
        server_port=int(os.environ.get("GRADIO_SERVER_PORT", "7860")),
        show_error=False,
        quiet=True,
    )
