"""The tables of the inference and providers pages, made from the code.

`python -m tests.docs.tables` writes them into the pages, between two comments that name each; a
test compares them.
"""

from __future__ import annotations

import inspect
import re
import sys
import typing
from collections.abc import Callable, Iterable
from pathlib import Path

from hubsmith import InferenceClient, _providers, tasks

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
DIFFERENCES = ROOT / "tests" / "inference" / "differences.toml"
COMMON = ("model", "timeout", "extra_headers", "extra_body")
OTHERS = ("close", "get_endpoint_info", "health_check", "map", "post")  # Methods that are no tasks.
DOMAINS = {
    "Chat and text": (
        "chat_completion", "text_generation", "feature_extraction", "fill_mask",
        "question_answering", "sentence_similarity", "summarization", "text_classification",
        "token_classification", "translation", "zero_shot_classification",
    ),
    "Images": (
        "text_to_image", "image_to_image", "image_text_to_image", "image_to_text",
        "image_classification", "image_segmentation", "object_detection", "depth_estimation",
        "document_question_answering", "visual_question_answering",
        "zero_shot_image_classification", "zero_shot_object_detection",
    ),
    "Sound": (
        "automatic_speech_recognition", "text_to_speech", "text_to_audio", "audio_classification",
        "audio_to_audio",
    ),
    "Video": ("text_to_video", "image_to_video", "image_text_to_video", "video_classification"),
    "Tables": ("table_question_answering", "tabular_classification", "tabular_regression"),
}  # fmt: skip


def methods() -> dict[str, Callable[..., object]]:
    """Return the methods of the client that are tasks."""
    found = inspect.getmembers(InferenceClient, inspect.isfunction)
    return {name: one for name, one in found if not name.startswith("_") and name not in OTHERS}


def task_table() -> str:
    """Return every method with its arguments and its result."""
    rows = [
        "| method | arguments | keyword-only arguments | returns |",
        "| --- | --- | --- | --- |",
    ]
    for domain, names in DOMAINS.items():
        rows.append(f"| **{domain}** | | | |")
        rows += [_task_row(name) for name in names]
    return "\n".join(rows)


def _task_row(name: str) -> str:
    signature = inspect.signature(methods()[name])
    parameters = [one for one in signature.parameters.values() if one.name not in ("self", *COMMON)]
    takes = [one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD]
    also = [one.name for one in parameters if one.kind is one.KEYWORD_ONLY]
    return f"| `{name}` | {_code(takes)} | {_code(also)} | {_gives(signature.return_annotation)} |"


def _gives(annotation: str) -> str:
    """Say what a method returns: of objects their members."""
    known = {
        "Array": "a numpy array of float32",
        "Image": "a PIL image",
        "bytes": "bytes",
        "list[float]": "a list of numbers",
        "list[str | int | float]": "a list of labels",
        "str": "text",
    }
    said: list[str] = []
    parts = re.split(r" \| (?![^\[]*\])", annotation)
    for part in sorted(parts, key=lambda part: part.startswith("Stream")):
        match = re.fullmatch(r"(list|Stream)\[(\w+)\]|(\w+)", part)
        assert part in known or match is not None, part
        if part in known or match is None:
            said.append(known[part])
            continue
        outer, inner = match[1], match[2] or match[3]
        fields = [inner] if inner == "str" else list(getattr(tasks, inner).model_fields)
        what = "text" if inner == "str" else _code(fields)
        said.append({"list": "a list of ", "Stream": "streamed: ", None: ""}[outer] + what)
    return "; or ".join(said)


def provider_table() -> str:
    """Return every provider with its tasks and the keys that it takes."""
    rows = ["| provider | Hub token | own key | tasks |", "| --- | --- | --- | --- |"]
    for name in typing.get_args(_providers.ProviderName):
        table = _providers.find(name)
        routed = "yes" if table.is_routed else "no"
        if not table.needs_key:
            routed += ", or none"
        own = "yes" if table.url else "no"
        does = {task for task, one in table.tasks.items() if not one.needs_url}
        rows.append(f"| `{name}` | {routed} | {own} | {_tasks(does)} |")
    return "\n".join(rows)


def request_table() -> str:
    """Return where our requests differ from huggingface_hub's on purpose, and why."""
    listed = tomllib.loads(DIFFERENCES.read_text(encoding="utf-8"))["difference"]
    cases: dict[str, list[tuple[str, str]]] = {}
    for difference in listed:
        for case in difference["cases"]:
            provider, task, _ = case.split("/", 2)
            pair = (provider, "chat" if task == "conversational" else task)
            known = cases.setdefault(difference["reason"], [])
            known += [] if pair in known else [pair]
    rows = ["| request | reason |", "| --- | --- |"]
    for reason, pairs in cases.items():
        tasks_of: dict[str, list[str]] = {}
        for provider, task in pairs:
            tasks_of.setdefault(task, []).append(provider)
        where = "; ".join(f"{task} at {', '.join(names)}" for task, names in tasks_of.items())
        rows.append(f"| {where} | {reason} |")
    return "\n".join(rows)


def _tasks(does: set[str]) -> str:
    """List tasks; where they are nearly all, those that are missing."""
    known = set(_providers.find("hf-inference").tasks)
    lacking = known - does
    listed = sorted(lacking if len(lacking) < len(does) else does)
    said = ", ".join("chat" if task == "conversational" else task for task in listed)
    return f"every task except {said}" if len(lacking) < len(does) else said


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


TABLES: dict[str, tuple[str, Callable[[], str]]] = {
    "migrating-from-huggingface-hub.md": ("requests", request_table),
    "inference.md": ("tasks", task_table),
    "providers.md": ("providers", provider_table),
}


def tabled(page: str) -> str:
    """Return a page with its table as the code has it.

    Raises:
        ValueError: when the page has no place for it.
    """
    name, make = TABLES[page]
    begin, end = f"<!-- table: {name} -->", "<!-- end -->"
    text = (DOCS / page).read_text(encoding="utf-8")
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{page} has no {begin} with {end} behind it.")
    return f"{before}{begin}\n{make()}\n{end}{after}"


if __name__ == "__main__":
    for page in TABLES:
        (DOCS / page).write_text(tabled(page), encoding="utf-8")
    sys.exit()
