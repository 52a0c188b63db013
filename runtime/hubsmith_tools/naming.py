"""Names of tools: unique, and within the limits of all hosts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from hubsmith_runtime import Request

LONGEST = 64


def names_of(found: Sequence[tuple[str, type[Request[Any]]]]) -> list[str]:
    """Return a name for each endpoint, given the package of its client and its request.

    The name is that of the endpoint. If several share it, the package name is put in front, and a
    number is appended if that is still not unique.
    """
    names = [_name(request) for _, request in found]
    taken: set[str] = set()
    unique: list[str] = []
    for (package, _), own in zip(found, names, strict=True):
        name = own if names.count(own) == 1 else f"{package}_{own}"
        number, free = 1, _within(name)
        while free in taken:
            number += 1
            free = _within(name, f"_{number}")
        taken.add(free)
        unique.append(free)
    return unique


def _name(request: type[Request[Any]]) -> str:
    name = str(request.__endpoint__).removeprefix("/")
    if re.fullmatch(r"[a-zA-Z0-9_-]+", name):
        return name
    # Class names are ASCII even if the names of the Space are not.
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", request.__name__.removesuffix("Request"))
    return re.sub(r"[^a-zA-Z0-9_-]+", "_", words).lower() or "endpoint"


def _within(name: str, ending: str = "") -> str:
    """Cut a name to the limit, ending it in a digest to keep it unique."""
    if len(name) + len(ending) <= LONGEST:
        return name + ending
    ending = f"_{hashlib.sha256(name.encode()).hexdigest()[:8]}{ending}"
    return name[: LONGEST - len(ending)] + ending
