"""What is called in the differential test, and how its results are made comparable."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pydantic
from hubsmith_runtime import File

# A file of the test's own folder, as an argument; a list stays a list.
PICTURE, NOTE = Path("picture.png"), Path("note é.txt")
TURN = {"role": "user", "content": [{"type": "text", "text": "Is there soup?"}]}
RECIPE = {
    "title": "Soup",
    "ingredients": [
        {"name": "leek", "grams": 120.5, "optional": False},
        {"name": "cream", "grams": 30, "optional": True},
    ],
    "tags": ["warm"],
}


@dataclass(frozen=True, slots=True)
class Call:
    """One call.

    Attributes:
        endpoint: The API name.
        args: By position, in the order of the Space's inputs.
        kwargs: By name.
        partials: How many partial results are compared, of an endpoint that never ends.
    """

    endpoint: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    partials: int | None = None

    def __str__(self) -> str:
        return self.endpoint


def call(endpoint: str, *args: Any, **kwargs: Any) -> Call:
    return Call(endpoint, args, kwargs)


DEMO = [
    call("greet", "Bob"),
    call("greet", "Ann", style="casual", intensity=0),
    call("img", PICTURE, 0.3),
    call("img", PICTURE, strength=1),
    call("stream", 4, 0),
    call("bake", "bread", 3),
    call("count", "soup"),
    call("count", "salad"),
    call("fail", "soup"),
    call("shout", NOTE),
    call("suggest", "autumn", ["pesto"]),
    call("suggest", "winter", []),
    call("chat", "Is there soup?"),
    call("chat", "And bread?", history=[TURN]),
    call("plan", RECIPE, 4, "vegan", ["hurry"]),
    call("plan", RECIPE),
]
VERSIONS = [
    call("echo", "a\u2028b\x85c\n", 2),
    call("echo", "x"),
    call("repeat", 3, "ab"),
    call("repeat", text="ab"),
    call("choose"),
    call("choose", "red", ["a", "c"], 4.5, False),
    call("half", 5),
    call("half", -1e21),
    call("mirror", PICTURE),
    call("shout", NOTE),
    call("join_files", [NOTE, PICTURE.with_name("other.txt")]),
    call("split", "x yy zzz"),
    call("two", "x", 1),
    call("nothing", "x"),
    call("tokens", 3),
    call("atokens", 3),
    call("report", 2),
    call("log", "x"),
    call("count", 2),
    call("count", 3),
    call("refuse", "tea"),
    call("crash", "x"),
    Call("endless", partials=3),
    call("sleep", 0.1),
    call("first", 0),
    call("second", 0),
    call("update", "x"),
    call("chat", "one"),
    call("not_a_number", 1.5),
    call("line_breaks"),
    call("unqueued", "x", 3),
    call("with-dash", 4),
    call("with/slash", 6),
    call("validated", 3),
    call("typed", "ab"),
    call("typed", "ab", 1, "loud", ["x", "y"]),
    call("typed", "ab", tags=[], times=0),
]
# Of these the partial results are compared, too. Of the others gradio_client yields none.
GENERATORS = {"stream", "tokens", "atokens", "endless"}
# What another call changes is read, not compared.
NOT_COMPARED = {"count_ticks"}


def with_files(value: Any, folder: Path, take: Callable[[Path], Any]) -> Any:
    """Replace every path in the arguments by what a client takes for a file."""
    if isinstance(value, Path):
        return take(folder / value)
    if isinstance(value, list):
        return [with_files(item, folder, take) for item in cast("list[Any]", value)]
    return value


def comparable(value: Any, downloads: Path) -> Any:
    """Return a result in a form that is the same for every client.

    A file is its content. Models hold what the server sent, as dictionaries do. gradio_client
    hands over component updates as they come, which stand for their value.
    """
    if isinstance(value, File):
        return value.read()
    if isinstance(value, pydantic.BaseModel):
        fields = {**type(value).model_fields, **(value.model_extra or {})}
        return {
            name: comparable(getattr(value, name), downloads)
            for name in fields
            if name in value.model_fields_set
        }
    if isinstance(value, str) and value.startswith(f"{downloads}{os.sep}"):
        return Path(value).read_bytes()
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        if entries.get("__type__") == "update":
            return comparable(entries.get("value"), downloads)
        return {key: comparable(item, downloads) for key, item in entries.items()}
    if isinstance(value, (list, tuple)):
        items = [comparable(item, downloads) for item in cast("list[Any]", value)]
        return items if isinstance(value, list) else tuple(items) or None
    if isinstance(value, float) and math.isnan(value):
        return "not a number"
    return value


def outcome(job: Any, call: Call, downloads: Path) -> dict[str, Any]:
    """Return what became of a job: its partial results and its result, or the words of its error."""
    if call.partials is not None:
        iterator = iter(job)
        taken = [comparable(next(iterator), downloads) for _ in range(call.partials)]
        job.cancel()
        return {"partials": taken}
    partials: list[Any] = []
    try:
        if call.endpoint in GENERATORS:
            partials = [comparable(partial, downloads) for partial in job]
        return {"partials": partials, "result": comparable(job.result(), downloads)}
    except Exception as error:
        # Both clients name this class alike.
        if type(error).__name__ != "AppError":
            raise
        words = getattr(error, "message", "") or str(error)
        return {"error": "hidden" if "show_error=True" in words else words}
