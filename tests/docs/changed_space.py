"""A later version of the kitchen, made by editing its snapshot: what an author may do to an API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def changed_kitchen(snapshot: Path) -> dict[str, bytes]:
    """Return its documents with a parameter renamed, a choice added and an endpoint taken away."""
    documents: dict[str, Any] = {
        kind: json.loads((snapshot / f"{kind}.json").read_bytes())
        for kind in ("config", "info", "openapi")
    }
    endpoints = documents["info"]["named_endpoints"]
    del endpoints["/suggest"]
    _, style, _ = endpoints["/greet"]["parameters"]
    style["type"]["enum"].append("rude")
    _, strength = endpoints["/img"]["parameters"]
    strength["parameter_name"] = "heat"
    for dependency in documents["config"]["dependencies"]:
        if dependency["api_name"] == "suggest":
            dependency["api_visibility"] = "private"
    paths = documents["openapi"]["paths"]
    kept = {path: paths[path] for path in paths if "suggest" not in path}
    documents["openapi"]["paths"] = kept
    for path, name, change in (("/greet", "style", _ruder), ("/img", "strength", _hotter)):
        for whole, item in kept.items():
            if whole.endswith(path) and "post" in item:
                body = item["post"]["requestBody"]["content"]["application/json"]["schema"]
                change(body["properties"], name)
    return {kind: json.dumps(document).encode() for kind, document in documents.items()}


def _ruder(properties: dict[str, Any], name: str) -> None:
    properties[name]["enum"].append("rude")


def _hotter(properties: dict[str, Any], name: str) -> None:
    properties["heat"] = properties.pop(name)
