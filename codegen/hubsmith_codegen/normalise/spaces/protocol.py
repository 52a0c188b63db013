"""How a Space is called over plain HTTP, as its documents and its version tell."""

from __future__ import annotations

import re

from ...load import RawSpec

_PATH = re.compile(r"(?:/[\w.~-]+)*", re.ASCII)
_VERSION = re.compile(r"(\d{1,6})\.(\d{1,6})", re.ASCII)
_FIRST_BY_NAME = (6, 13)


def api_prefix(raw: RawSpec) -> str:
    """What comes before the paths of the API: nothing before Gradio 5."""
    prefix = "/gradio_api" if raw.config is None else raw.config.get("api_prefix", "")
    is_path = isinstance(prefix, str) and _PATH.fullmatch(prefix.rstrip("/"))
    return str(prefix).rstrip("/") if is_path else "/gradio_api"


def calls_by_name(raw: RawSpec) -> bool:
    """Whether plain HTTP calls pass arguments by name."""
    version = _VERSION.match(raw.gradio_version)
    is_late = version is not None and (int(version[1]), int(version[2])) >= _FIRST_BY_NAME
    return raw.generation == "call-v2" or is_late
