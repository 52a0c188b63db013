"""Hugging Face's own server package for the classical wire format, with pipelines of a few lines.

One process answers for every task, at `/<task>`: the package reads the task from its environment,
so requests are answered one after the other. Its own code reads bodies, checks inputs and
parameters, and writes answers; only the pipelines are ours, and say what they were given.
"""

from __future__ import annotations

import asyncio
import base64
import io
import os
import sys
from collections.abc import Callable
from typing import Any

import uvicorn
from api_inference_community.routes import pipeline_route
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def labels(count: int) -> list[dict[str, Any]]:
    return [{"label": f"label {n}", "score": 1 / (n + 2)} for n in range(count)]


def mask() -> str:
    buffer = io.BytesIO()
    Image.new("L", (4, 2), 255).save(buffer, format="PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def fill_mask(text: str, top_k: int = 2) -> list[dict[str, Any]]:
    filled = [text.replace("[MASK]", f"word{n}") for n in range(top_k)]
    return [
        {"sequence": whole, "score": 1 / (n + 2), "token": n, "token_str": f"word{n}"}
        for n, whole in enumerate(filled)
    ]


def zero_shot(text: str, candidate_labels: list[str], multi_label: bool = False) -> dict[str, Any]:
    names = sorted(candidate_labels)
    scores = [1 / (n + 2) for n in range(len(names))]
    return {"sequence": text, "labels": names, "scores": scores}


PIPELINES: dict[str, Callable[..., Any]] = {
    "feature-extraction": lambda text, **_: [[float(len(text)), 0.5]],
    "fill-mask": fill_mask,
    "image-classification": lambda image, top_k=3: labels(top_k),
    "image-segmentation": lambda image: [{"label": "cat", "score": 0.9, "mask": mask()}],
    "image-to-image": lambda image, prompt="": image.transpose(Image.Transpose.ROTATE_90),
    "image-to-text": lambda image: [{"generated_text": f"{image.width} by {image.height}"}],
    "object-detection": lambda image, threshold=0.5: [
        {"label": "cat", "score": threshold, "box": {"xmin": 0, "ymin": 0, "xmax": 4, "ymax": 2}}
    ],
    "question-answering": lambda inputs: {
        "answer": inputs["context"].split()[-1],
        "score": 0.5,
        "start": inputs["context"].rfind(" ") + 1,
        "end": len(inputs["context"]),
    },
    "sentence-similarity": lambda inputs: [
        float(sentence == inputs["source_sentence"]) for sentence in inputs["sentences"]
    ],
    "summarization": lambda text, **given: [{"summary_text": f"{text.split()[0]} {sorted(given)}"}],
    "table-question-answering": lambda inputs: {
        "answer": inputs["query"],
        "coordinates": [[0, 0]],
        "cells": [next(iter(inputs["table"].values()))[0]],
        "aggregator": "NONE",
    },
    "tabular-classification": lambda inputs: [1 for _ in next(iter(inputs["data"].values()))],
    "tabular-regression": lambda inputs: [
        float(value) / 2 for value in next(iter(inputs["data"].values()))
    ],
    "text-classification": lambda text, top_k=2: [labels(top_k)],
    "text-generation": lambda text, **given: [{"generated_text": f"{text} {sorted(given)}"}],
    "text-to-image": lambda text, width=4, height=2, **_: Image.new("RGB", (width, height), "red"),
    "token-classification": lambda text, aggregation_strategy="simple": [
        {"entity_group": "PER", "score": 0.9, "word": text.split()[0], "start": 0, "end": 3}
    ],
    "zero-shot-classification": zero_shot,
    "zero-shot-image-classification": lambda image, candidate_labels: [
        {"label": name, "score": 1 / (n + 2)} for n, name in enumerate(candidate_labels)
    ],
}
_one_at_a_time = asyncio.Lock()


async def answer(request: Request) -> Response:
    task = request.path_params["task"]
    async with _one_at_a_time:
        os.environ["TASK"] = task
        request.app.get_pipeline = lambda: PIPELINES[task]
        return await pipeline_route(request)


async def health(request: Request) -> Response:
    return Response("ok")


app = Starlette(routes=[Route("/", health), Route("/{task}", answer, methods=["POST"])])

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
