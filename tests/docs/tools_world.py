"""The world of the page about tools: the demo app, and a model that asks for one call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.docs.world import World
from tests.tools.scripted_model import ScriptedModel, calls
from tests.waits.scripted_http import Answer, Asked, Loopback
from tests.waits.scripted_inference import completion


class GreetingModel(ScriptedModel):
    """Asks for a greeting of Bob, and tells how it went."""

    def answer(self, asked: Asked) -> Answer:
        if asked.path.endswith("/chat/completions"):
            messages: list[dict[str, Any]] = asked.json()["messages"]
            if messages[-1]["role"] == "tool":
                return Answer(completion(f"Bob was greeted: {messages[-1]['content']}"))
            return Answer(calls(("greet", {"name": "Bob", "style": "casual", "intensity": None})))
        return super().answer(asked)


@pytest.fixture
def tools_world(kitchen_world: World) -> Iterator[World]:
    """The demo app is the Space, and a model server runs on port 8080."""
    pytest.importorskip("openai")
    model = GreetingModel()
    (kitchen_world.folder / "shared").mkdir()
    with Loopback().running() as loopback:
        loopback.start(model)
        spelling = {**kitchen_world.spelling, "http://127.0.0.1:8080": model.url}
        yield replace(kitchen_world, spelling=spelling)
