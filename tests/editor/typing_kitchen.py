"""Objects as arguments of a Space's client; `test_editor` runs pyright over it. Never executed."""

from __future__ import annotations

from clients.kitchen import Kitchen, Message, PlanRecipe, PlanRecipeIngredients
from clients.kitchen.models import MessageDict, PlanRecipeDict
from typing_extensions import assert_type


def objects_as_dicts(kitchen: Kitchen) -> None:
    shopping = kitchen.plan(
        {
            "title": "Soup",
            "tags": ["hot"],
            "ingredients": [
                {"name": "leek", "grams": 200, "optional": False},
                PlanRecipeIngredients(name="salt", grams=1, optional=True),
            ],
        },
        servings=4,
    )
    assert_type(shopping, list[dict[str, str | float]])
    recipe: PlanRecipeDict = {"title": "Soup", "tags": [], "ingredients": []}
    kitchen.plan(recipe)
    kitchen.plan(PlanRecipe(title="Soup", tags=[], ingredients=[]))
    kitchen.jobs.plan({"title": "Soup", "tags": [], "ingredients": []})
    answer = kitchen.chat(
        "And then?", history=[{"role": "user", "content": [{"text": "Hi", "type": "text"}]}]
    )
    assert_type(answer, list[Message])
    kitchen.chat("And then?", history=answer)
    said: MessageDict = {"role": "user", "content": [{"text": "Hi"}]}
    kitchen.chat("And then?", history=[*answer, said])
    kitchen.suggest("spring", avoid=["pesto"])


def wrong(kitchen: Kitchen) -> None:
    kitchen.plan({"title": "Soup"})  # pyright: ignore[reportArgumentType]  # two keys are missing
    kitchen.plan({"titel": "Soup", "tags": [], "ingredients": []})  # pyright: ignore[reportArgumentType]  # misspelt
    kitchen.plan({"title": 1, "tags": [], "ingredients": []})  # pyright: ignore[reportArgumentType]  # no text
    kitchen.plan("Soup")  # pyright: ignore[reportArgumentType]  # no object
    kitchen.suggest("spring", avoid=["cheese"])  # pyright: ignore[reportArgumentType]  # no such choice
