"""A Space with an endpoint for each behaviour that clients of Gradio are expected to have."""

from __future__ import annotations

import os
import time
from pathlib import Path

import gradio as gr

steps_done = 0
deleted: list[str] = []


def calculate(num1, operation, num2):
    if operation == "add":
        return num1 + num2
    if operation == "divide":
        if num2 == 0:
            raise gr.Error("Cannot divide by zero!")
        return num1 / num2
    return num1 * num2 if operation == "multiply" else num1 - num2


def increment(count):
    return count + 1, count + 1


def count_up(n):
    for number in range(int(n)):
        yield str(number)
        time.sleep(0.01)


def sleep(seconds):
    time.sleep(seconds)
    return "slept"


def iterate():
    global steps_done
    for step in range(400):
        steps_done = step + 1
        yield step
        time.sleep(0.05)


def spell(word):
    text = ""
    for letter in word:
        text += letter
        yield text
        time.sleep(0.05)


def report(text, progress=gr.Progress()):  # noqa: B008  # Gradio looks for it in the default
    for _ in progress.tqdm(range(20), unit="steps"):
        time.sleep(0.06)
    return text


def same(value):
    return value


def describe(message):
    names = [Path(file).name for file in message["files"]]
    return f"{message['text']}: {', '.join(names)}"


def name_of(file):
    return Path(file).name


def greet(name, count):
    return f"Hello {name}", count + 1, count + 1, gr.update(open=True)


def long_answer():
    for number in range(3):
        gr.Info(f"step {number}")
        time.sleep(0.3)
    return "\ta\nb" * 90000


def chat(message, history):
    history = [*history, {"role": "user", "content": message}]
    return "", [*history, {"role": "assistant", "content": f"You said {message}"}]


def selected(event: gr.SelectData):
    return {"index": event.index, "value": event.value}


def headers(request: gr.Request):
    return dict(request.headers)


def acts_for(token: gr.OAuthToken | None):
    return "nobody" if token is None else token.token


def two_states(text, first, second):
    return first + 1, text, second + 1, f"{first} {second}"


def hello(name: str, times: int = 2) -> list[str]:
    return [name] * times


def as_json(value):
    return value


with gr.Blocks() as demo:
    button = gr.Button()

    def endpoint(fn, inputs, outputs, **options):
        button.click(fn, inputs, outputs, api_name=options.pop("name", fn.__name__), **options)

    text, number, file = gr.Textbox(label="text"), gr.Number(label="number"), gr.File()
    json = gr.JSON()
    operation = gr.Radio(["add", "subtract", "multiply", "divide"], label="operation")
    first, second = gr.Number(label="num1"), gr.Number(label="num2")
    endpoint(calculate, [first, operation, second], gr.Number(label="output"), name="predict")
    endpoint(
        calculate,
        [gr.Number(10, label="num1"), gr.Radio(["add", "multiply"], value="add"), gr.Number()],
        number,
        name="with_defaults",
    )
    count = gr.State(0, delete_callback=lambda value: deleted.append(str(value)))
    endpoint(increment, count, [number, count], name="increment_with_queue")
    endpoint(increment, count, [number, count], name="increment_without_queue", queue=False)
    endpoint(increment, count, [number, count], name="private", api_visibility="private")
    endpoint(same, text, text, name="undocumented", api_visibility="undocumented")
    endpoint(lambda: list(deleted), None, json, name="deleted")
    endpoint(count_up, number, text)
    endpoint(sleep, number, text, concurrency_limit=int(os.environ.get("APP_SLEEPERS", "4")))
    endpoint(iterate, None, number)
    endpoint(lambda: steps_done, None, number, name="steps_done")
    endpoint(spell, text, text)
    endpoint(report, text, text)
    endpoint(same, text, text, name="echo")
    endpoint(same, file, gr.File(), name="file")
    endpoint(name_of, file, text)
    endpoint(describe, gr.MultimodalTextbox(), text)
    group = gr.Group()
    endpoint(lambda: gr.update(visible=True), None, group, name="show_group")
    accordion = gr.Accordion()
    endpoint(greet, [text, count], [text, number, count, accordion])
    endpoint(long_answer, None, text)
    chatbot = gr.Chatbot()
    endpoint(chat, [text, chatbot], [text, chatbot])
    endpoint(selected, None, json)
    endpoint(headers, None, json)
    endpoint(acts_for, None, text)
    endpoint(lambda: "a\x85b\u2028c", None, text, name="line_breaks")
    states = [gr.State(1), gr.State(10)]
    endpoint(two_states, [text, *states], [states[0], text, states[1], gr.Textbox()])
    endpoint(as_json, json, json)
    gr.api(hello)


if __name__ == "__main__":
    auth = ("user", "pass") if os.environ.get("APP_AUTH") else None
    size = os.environ.get("APP_MAX_FILE_SIZE")
    queue_size = os.environ.get("APP_QUEUE_SIZE")
    demo.queue(
        default_concurrency_limit=4, max_size=int(queue_size) if queue_size else None
    ).launch(auth=auth, max_file_size=int(size) if size else None)
