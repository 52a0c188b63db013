"""Reads the descriptions of endpoints from the snapshot next to a client."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

from hubsmith_runtime import HubsmithError
from hubsmith_runtime.reading import as_list, as_object, as_words
from hubsmith_runtime.spaces.live import LiveSpace
from hubsmith_runtime.spaces.signature import info_of_config, read_info

Entry = dict[str, Any]


def read_snapshot(folder: Path) -> dict[str, Entry]:
    """Return the `/info` description of each endpoint, by name or `fn_index=N`.

    Each parameter gets an `info` member, the help text of its component. Empty without a snapshot.
    """
    config, info = _read(folder / "config.json"), read_info(_read(folder / "info.json"))
    try:
        live = [*LiveSpace.parse(config, str(folder)).by_index.values()]
    except HubsmithError:
        live = []
    info = info or info_of_config(config, live)
    found: dict[str, Entry] = {**info["named_endpoints"]}
    found |= {f"fn_index={number}": one for number, one in info["unnamed_endpoints"].items()}
    helps = _helps(config)
    for endpoint in live:
        about = found.get(endpoint.name or f"fn_index={endpoint.fn_index}", {})
        inputs = itertools.compress(helps.get(str(endpoint.fn_index), []), endpoint.inputs)
        for parameter, help_ in zip(as_list(about.get("parameters")), inputs, strict=False):
            as_object(parameter)["info"] = help_
    return found


def _read(path: Path) -> Entry:
    try:
        return as_object(json.loads(path.read_bytes()))
    except (OSError, ValueError, RecursionError):
        return {}


def _helps(config: Entry) -> dict[str, list[str]]:
    """Return the help texts of each function's input components, by the number of the function."""
    components = {
        as_words(one.get("id")): as_words(as_object(one.get("props")).get("info"))
        for one in map(as_object, as_list(config.get("components")))
    }
    functions = map(as_object, as_list(config.get("dependencies")))
    return {
        as_words(one.get("id", place)): [
            components.get(as_words(number), "") for number in as_list(one.get("inputs"))
        ]
        for place, one in enumerate(functions)
    }
