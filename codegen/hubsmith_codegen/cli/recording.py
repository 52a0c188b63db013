"""Adding Spaces to the configuration file and removing them, without touching other lines."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, TypeAlias, cast

from hubsmith_runtime import SpecError

from ..load.toml import parse_toml
from ..write.boundary import confined, write_file
from ..write.options import Language
from .configuration import SPACES_TABLE, Configuration, RecordedSpace

Setting: TypeAlias = "str | bool | list[Language]"


def with_space(configuration: Configuration, name: str, space: RecordedSpace) -> str | None:
    """Return the text of the configuration file with a Space in it.

    `None` means that it is already there. Raises a `SpecError` if the file cannot be edited safely.
    """
    if configuration.spaces.get(name) == space:
        return None
    text = _text(configuration)
    newline = "\r\n" if "\r\n" in text else "\n"
    settings: dict[str, Setting | None] = {  # `None` for a default, which is not written.
        "source": space.source,
        "out": space.out,
        "vendor-runtime": space.vendor_runtime or None,
        "outputs": space.outputs,
        "languages": None if space.languages is None else [*space.languages],
    }
    stated = {key: value for key, value in settings.items() if value is not None}
    if place := _place(text, name):
        _, start, end = place
        edited = text[:start] + _replaced(text[start:end], settings, newline) + text[end:]
    else:
        before = text if not text or text.endswith("\n") else text + newline
        key = name if name.isascii() else json.dumps(name, ensure_ascii=False)
        lines = [f"[{SPACES_TABLE}.{key}]", *(_line(key, value) for key, value in stated.items())]
        edited = before + (newline if before else "") + newline.join(lines) + newline
    advice = f"Add this yourself: [{SPACES_TABLE}.{name}] {_line('source', space.source)}"
    return _checked(configuration, text, edited, name, stated, advice)


def without_space(configuration: Configuration, name: str) -> str:
    """Return the text of the configuration file without a Space; comments stay.

    Raises a `SpecError` if the file cannot be edited safely.
    """
    text = edited = _text(configuration)
    if place := _place(text, name):
        header, start, end = place
        before = re.sub(r"(?:^|(?<=\n))[ \t]*\r?\n\Z", "", text[:header])
        for key in re.finditer(r"^[ \t]*[^\s#].*\n?", text[start:end], re.MULTILINE):
            header = start + key.end()
        edited = before + text[max(header, start) :]
    advice = f"Remove its table yourself: [{SPACES_TABLE}.{name}]"
    return _checked(configuration, text, edited, name, None, advice)


def write_configuration(configuration: Configuration, text: str) -> None:
    """Replace the configuration file atomically."""
    write_file(configuration.file, text.encode(), configuration.file.parent)


def _text(configuration: Configuration) -> str:
    file = confined(configuration.file, configuration.boundary())
    return file.read_bytes().decode() if file.is_file() else ""


def _place(text: str, name: str) -> tuple[int, int, int] | None:
    """The offsets where the table of a Space begins, its header ends, and the table ends."""
    header = re.compile(
        rf"^\ufeff?[ \t]*\[[ \t]*{re.escape(SPACES_TABLE)}[ \t]*\.[ \t]*([\"']?){re.escape(name)}\1[ \t]*\][^\n]*\n?",
        re.MULTILINE,
    )
    found = header.search(text)
    if found is None:
        return None
    following = re.compile(r"^[ \t]*\[", re.MULTILINE).search(text, found.end())
    return found.start(), found.end(), following.start() if following else len(text)


def _checked(
    configuration: Configuration,
    text: str,
    edited: str,
    name: str,
    stated: Mapping[str, Setting] | None,
    advice: str,
) -> str:
    """Return the new text, or raise a `SpecError` if more than this Space changed in it."""
    what = str(configuration.file)
    try:
        expected = parse_toml(text.encode(), what)
        own = expected.setdefault("tool", {}).setdefault("hubsmith", {})
        own.setdefault("spaces", {})[name] = stated or {}
        is_safe = _filled(parse_toml(edited.encode(), what)) == _filled(expected)
    except (AttributeError, TypeError, SpecError):
        is_safe = False
    if not is_safe:
        raise SpecError(f"{what} cannot be changed safely. {advice}")
    return edited


def _filled(value: Any) -> Any:
    """A table without its empty tables."""
    if not isinstance(value, dict):
        return value
    inner = {key: _filled(item) for key, item in cast("dict[str, Any]", value).items()}
    return {key: item for key, item in inner.items() if item != {}}


def _line(key: str, value: Setting) -> str:
    return f"{key} = {json.dumps(value, ensure_ascii=False)}"


def _replaced(body: str, settings: Mapping[str, Setting | None], newline: str) -> str:
    """Replace the settings of a table and keep every other line, comments included."""
    for key, value in settings.items():
        old = re.search(
            rf"^([ \t]*){key}[ \t]*=[ \t]*(?:\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|\[[^\]\n]*\]|true|false)(.*\n?)",
            body,
            re.MULTILINE,
        )
        if old:
            new = "" if value is None else f"{old[1]}{_line(key, value)}{old[2]}"
            body = body[: old.start()] + new + body[old.end() :]
        elif value is not None:
            body = _line(key, value) + newline + body
    return body
