"""A server of OpenAI's chat completions whose answers, calls of tools among them, a test writes."""

from __future__ import annotations

import json
from typing import Any

from tests.waits.scripted_http import Answer, Asked
from tests.waits.scripted_inference import ScriptedInference, completion


def calls(*wanted: tuple[str, Any]) -> dict[str, Any]:
    """Return an answer that asks for calls; arguments are a text or become one."""
    made = completion()
    asked = [
        {
            "id": f"call_{number}",
            "type": "function",
            "function": {
                "name": name,
                "arguments": given if isinstance(given, str) else json.dumps(given),
            },
        }
        for number, (name, given) in enumerate(wanted)
    ]
    message = {"role": "assistant", "content": None, "tool_calls": asked}
    made["choices"] = [{"index": 0, "finish_reason": "tool_calls", "message": message}]
    return made


class ScriptedModel(ScriptedInference):
    """Gives the answers of `script`, one after the other; `bodies` are what it was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.script: list[dict[str, Any]] = []
        self.bodies: list[dict[str, Any]] = []
        self.space = ""  # Where the Space of the tools runs.

    def answer(self, asked: Asked) -> Answer:
        if asked.path.endswith("/chat/completions"):
            self.bodies.append(asked.json())
            return Answer(self.script.pop(0))
        return super().answer(asked)

    @property
    def told(self) -> list[dict[str, Any]]:
        """The results that the model was given last."""
        return [one for one in self.bodies[-1]["messages"] if one["role"] == "tool"]
