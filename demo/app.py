"""Kitchen: a small Gradio app with one endpoint for each feature that real Spaces use.

Run it with `python demo/app.py`. It only listens on 127.0.0.1, on the port in the environment
variable GRADIO_SERVER_PORT (7860 by default).
"""

# No `from __future__ import annotations`: Gradio reads the annotations of these functions when it
# builds the app, and those of `gr.api` functions must be types then, not strings.

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, cast

import gradio as gr
import numpy as np
import numpy.typing as npt

# Before Python 3.12, pydantic does not accept typing.TypedDict.
from typing_extensions import TypedDict

Pixels = npt.NDArray[np.uint8]

SAUCES = ["tomato", "pesto", "cream"]
SEASONS = {"spring": "asparagus", "summer": "tomato", "autumn": "pumpkin", "winter": "cabbage"}


class Ingredient(TypedDict):
    """One line of a recipe."""

    name: str
    grams: float
    optional: bool


class Recipe(TypedDict):
    """What to cook."""

    title: str
    ingredients: list[Ingredient]
    tags: list[str]


def greet(name: str, style: str, intensity: float) -> str:
    """Greet a guest at the door.

    Args:
        name: Who to greet, as they like to be called.
        style: The tone of the greeting.
        intensity: How many exclamation marks to end with, 0 to 10.

    Returns:
        The greeting.
    """
    opening = "Good evening" if style == "formal" else "Hi"
    return f"{opening}, {name}" + "!" * int(intensity)


def img(im: Pixels | None, strength: float) -> tuple[Pixels, dict[str, float]]:
    """Toast a picture and judge how dark it became.

    Args:
        im: The picture to toast.
        strength: How long it stays in the toaster: 0 changes nothing, 1 burns it black.

    Returns:
        The toasted picture, and how sure we are that it is done.
    """
    if im is None:
        raise gr.Error("There is no picture to toast.", title="Empty toaster")
    toasted = (im.astype(np.float64) * (1 - strength)).astype(np.uint8)
    darkness = 1 - float(toasted.mean()) / 255
    return toasted, {"toasted": round(darkness, 3), "raw": round(1 - darkness, 3)}


def stream(n: float, delay: float) -> Iterator[str]:
    """Count the dumplings aloud while they are dropped into the pot.

    Args:
        n: How many dumplings there are.
        delay: Seconds between two dumplings.
    """
    counted = ""
    for number in range(1, int(n) + 1):
        if delay:
            time.sleep(delay)
        counted += f"{number} "
        yield counted.strip()


def bake(dish: str, minutes: float, progress: gr.Progress = gr.Progress()) -> str:  # noqa: B008
    """Bake a dish, reporting progress minute by minute.

    Args:
        dish: What goes into the oven.
        minutes: How long it bakes; one minute takes a twentieth of a second here.
    """
    for minute in range(int(minutes)):
        progress((minute, int(minutes)), desc=f"baking {dish}", unit="minutes")
        time.sleep(0.05)
    return f"{dish}, baked for {int(minutes)} minutes"


def count(order: str, orders: list[str]) -> tuple[int, list[str]]:
    """Take an order and say how many this guest has placed in this session.

    Args:
        order: What the guest would like.
        orders: What the guest has ordered so far.
    """
    orders = [*orders, order]
    return len(orders), orders


def fail(dish: str) -> str:
    """Order something that is sold out: always an error, with a title and a reason.

    Args:
        dish: What you would like to have.
    """
    raise gr.Error(f"There is no more {dish} today.", title="Sold out")


def shout(recipe: str | None) -> str:
    """Copy a recipe card in capital letters, for cooks who left their glasses at home.

    Args:
        recipe: A text file.

    Returns:
        A text file with the same recipe in capitals.
    """
    if recipe is None:
        raise gr.Error("There is no recipe to copy.", title="Empty card")
    source = Path(recipe)
    target = Path(tempfile.mkdtemp()) / f"{source.stem}-shouted.txt"
    target.write_text(source.read_text(encoding="utf-8").upper(), encoding="utf-8")
    return str(target)


def suggest(season: str, avoid: list[str]) -> tuple[str, list[str]]:
    """Suggest what to cook in a season.

    Args:
        season: The season to cook for.
        avoid: Sauces that nobody at the table likes.

    Returns:
        The vegetable of the season and the sauces that remain.
    """
    return SEASONS[season], [sauce for sauce in SAUCES if sauce not in avoid]


def chat(message: str, history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Ask the cook a question.

    Args:
        message: The question.
        history: What was said before.

    Returns:
        What was said before, with the question and its answer at the end.
    """
    said = sum(1 for turn in history if turn["role"] == "user")
    return [
        *history,
        {"role": "user", "content": message},
        {"role": "assistant", "content": f"Question {said + 1} was: {message}"},
    ]


def plan(
    recipe: Recipe,
    servings: int = 2,
    diet: Literal["any", "vegetarian", "vegan"] = "any",
    notes: list[str] | None = None,
) -> list[dict[str, str | float]]:
    """Turn a recipe into a shopping list.

    Args:
        recipe: What to cook, with its ingredients for one serving.
        servings: For how many guests.
        diet: What the guests eat.
        notes: Remarks that are added to the end of the list.
    """
    lines: list[dict[str, str | float]] = [
        {"item": ingredient["name"], "grams": ingredient["grams"] * servings}
        for ingredient in recipe["ingredients"]
        if not (ingredient["optional"] and diet == "vegan")
    ]
    lines.extend({"item": note, "grams": 0.0} for note in notes or [])
    return lines


def build() -> gr.Blocks:
    """Build the app: one tab per endpoint, and `plan` as an API endpoint without a tab."""
    with gr.Blocks(title="Kitchen", analytics_enabled=False) as app:
        gr.Markdown("# Kitchen\nA small app with one endpoint for each thing that Spaces do.")
        with gr.Tab("Greet"):
            name = gr.Textbox(label="Name", info="Who to greet")
            style = gr.Dropdown(["formal", "casual"], value="formal", label="Style")
            intensity = gr.Slider(0, 10, value=3, step=1, label="Intensity")
            greeting = gr.Textbox(label="Greeting")
            gr.Button("Greet").click(greet, [name, style, intensity], greeting, api_name="greet")
        with gr.Tab("Toast"):
            picture = gr.Image(label="Input image")
            strength = gr.Slider(0, 1, value=0, step=0.05, label="Strength")
            toasted = gr.Image(label="Toasted image")
            verdict = gr.Label(label="Verdict")
            gr.Button("Toast").click(img, [picture, strength], [toasted, verdict], api_name="img")
        with gr.Tab("Stream"):
            dumplings = gr.Number(label="Dumplings", precision=0, minimum=1, maximum=100)
            delay = gr.Number(value=0.05, label="Delay", minimum=0, maximum=5)
            counted = gr.Textbox(label="Counted")
            gr.Button("Count").click(stream, [dumplings, delay], counted, api_name="stream")
        with gr.Tab("Bake"):
            dish = gr.Textbox(label="Dish", value="bread")
            minutes = gr.Slider(1, 100, value=10, step=1, label="Minutes")
            baked = gr.Textbox(label="Baked")
            gr.Button("Bake").click(bake, [dish, minutes], baked, api_name="bake")
        with gr.Tab("Order"):
            order = gr.Textbox(label="Order")
            orders = gr.State([])
            placed = gr.Number(label="Orders so far", precision=0)
            gr.Button("Order").click(count, [order, orders], [placed, orders], api_name="count")
            gr.Button("Order what is sold out").click(fail, order, greeting, api_name="fail")
        with gr.Tab("Recipe card"):
            card = gr.File(label="Recipe card", file_types=[".txt"])
            shouted = gr.File(label="Shouted card")
            gr.Button("Copy").click(shout, card, shouted, api_name="shout")
        with gr.Tab("Suggest"):
            season = gr.Radio(list(SEASONS), value="summer", label="Season")
            avoid = gr.CheckboxGroup(SAUCES, value=[], label="Avoid")
            vegetable = gr.Dropdown(list(SEASONS.values()), label="Vegetable")
            sauces = gr.CheckboxGroup(SAUCES, label="Sauces")
            gr.Button("Suggest").click(
                suggest, [season, avoid], [vegetable, sauces], api_name="suggest"
            )
        with gr.Tab("Chat"):
            question = gr.Textbox(label="Message")
            history = gr.Chatbot(value=[], label="History")
            question.submit(chat, [question, history], history, api_name="chat")
        cast(Any, gr).api(plan, api_name="plan")  # Gradio's own annotations are incomplete.
    return app


def main() -> None:
    """Serve the app on 127.0.0.1 until the process ends."""
    port = int(os.environ.get("GRADIO_SERVER_PORT", "7860"))
    app = cast(Any, build())
    app.queue(default_concurrency_limit=4)
    app.launch(server_name="127.0.0.1", server_port=port, share=False, quiet=True)


if __name__ == "__main__":
    main()
