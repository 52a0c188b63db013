"""The user's configuration: `[tool.hubsmith]` in pyproject.toml or hubsmith.toml."""

from __future__ import annotations

import importlib
import json
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from hubsmith_runtime import HubsmithError, SpecError

from .naming import checked_name

OWN_FILE = "hubsmith.toml"
FILES = (OWN_FILE, "pyproject.toml")
_PREFIX = "tool.hubsmith.spaces"
_VENDOR = "vendor-runtime"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedSpace:
    """One Space of the configuration.

    Attributes:
        source: `owner/name`, a URL, or the path of a snapshot.
        out: The folder of its package, where it is not the common one.
        vendor_runtime: Whether its client carries the runtime.
    """

    source: str
    out: str | None = None
    vendor_runtime: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What the user settled.

    Attributes:
        file: Where it stands, or where it will once there is something to record.
        out: The folder that holds the client packages.
        snapshots: The folder that holds the snapshots; `None` for each client's own `spec`.
        spaces: The recorded Spaces, by name.
    """

    file: Path
    out: str = "clients"
    snapshots: str | None = None
    spaces: Mapping[str, RecordedSpace] = field(default_factory=dict[str, RecordedSpace])

    def folder(self, name: str) -> Path:
        """Return the folder of a client package."""
        space = self.spaces.get(name)
        return self.file.parent / (space.out if space and space.out else self.out) / name

    def snapshot(self, name: str) -> Path:
        """Return the folder of a Space's snapshot."""
        if self.snapshots is None:
            return self.folder(name) / "spec"
        return self.file.parent / self.snapshots / name


def read_configuration(start: Path) -> Configuration:
    """Read the configuration that is nearest to a folder, in it or above.

    Where no file has a `[tool.hubsmith]` table, the nearest file that could have one is meant, and
    beyond the folder of a repository none is looked for.

    Raises:
        SpecError: when a file is not valid.
    """
    start = start.resolve()
    nearest: Path | None = None
    for folder in (start, *start.parents):
        for file in (folder / name for name in FILES):
            if not file.is_file():
                continue
            table = _own_table(_parse(file), file)
            if table is not None:
                return _configuration(table, file)
            nearest = nearest or file
        if (folder / ".git").exists():
            break
    return Configuration(file=nearest or start / OWN_FILE)


def with_space(configuration: Configuration, name: str, space: RecordedSpace) -> str | None:
    """Return the text of the configuration file with a Space in it.

    Only the lines of this Space change. `None` means that it stands there already.

    Raises:
        SpecError: when the file is written in a form that cannot be changed safely.
    """
    if configuration.spaces.get(name) == space:
        return None
    file = configuration.file
    text = _text(file) if file.is_file() else ""
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = [f"source = {_quoted(space.source)}"]
    if space.out is not None:
        lines.append(f"out = {_quoted(space.out)}")
    if space.vendor_runtime:
        lines.append(f"{_VENDOR} = true")
    header = re.compile(
        rf"^[ \t]*\[[ \t]*{re.escape(_PREFIX)}[ \t]*\.[ \t]*([\"']?){re.escape(name)}\1[ \t]*\][^\n]*\n?",
        re.MULTILINE,
    )
    if found := header.search(text):
        following = re.compile(r"^[ \t]*\[", re.MULTILINE).search(text, found.end())
        end = following.start() if following else len(text)
        edited = (
            text[: found.end()] + _replaced(text[found.end() : end], lines, newline) + text[end:]
        )
    else:
        before = text if not text or text.endswith("\n") else text + newline
        gap = newline if before else ""
        key = name if name.isascii() else _quoted(name)
        edited = before + gap + newline.join([f"[{_PREFIX}.{key}]", *lines]) + newline
    _check_edit(configuration, edited, text, name, space)
    return edited


def write_configuration(file: Path, text: str) -> None:
    """Replace the configuration file at once."""
    file = file.resolve()
    unfinished = file.with_name(f".{file.name}.unfinished")
    try:
        unfinished.write_bytes(text.encode())
        if file.exists():
            shutil.copymode(file, unfinished)
        unfinished.replace(file)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise HubsmithError(f"{file} could not be written: {error.strerror or error}.") from None


def _replaced(body: str, lines: list[str], newline: str) -> str:
    """Put the settings in place of the old ones and keep every other line, comments included."""
    kept = body.splitlines(keepends=True)
    for line in lines:
        key = line.partition(" ")[0]
        old = re.compile(
            rf"^([ \t]*){key}[ \t]*=[ \t]*(?:\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|true|false)([ \t]*(?:#[^\r\n]*)?)"
        )
        for position, text in enumerate(kept):
            if match := old.match(text):
                kept[position] = f"{match[1]}{line}{match[2]}{text[match.end() :]}"
                break
        else:
            kept.insert(0, line + newline)
    given = {line.partition(" ")[0] for line in lines}
    for key in {"out", _VENDOR} - given:
        kept = [text for text in kept if not re.match(rf"[ \t]*{key}[ \t]*=", text)]
    return "".join(kept)


def _check_edit(
    configuration: Configuration, edited: str, text: str, name: str, space: RecordedSpace
) -> None:
    file = configuration.file
    try:
        before, after = _loads(text), _loads(edited)
        recorded = _configuration(_own_table(after, file) or {}, file).spaces.get(name)
        for tree in (before, after):
            tool = tree.get("tool", {})
            own = tool.get("hubsmith", {})
            own.get("spaces", {}).pop(name, None)
            # A table that only the new entry brought into being counts as no difference.
            for parent, key in ((own, "spaces"), (tool, "hubsmith"), (tree, "tool")):
                if not parent.get(key, True):
                    del parent[key]
        is_safe = recorded == space and before == after
    except (ValueError, AttributeError, SpecError):
        is_safe = False
    if not is_safe:
        raise SpecError(
            f"{file} cannot be changed safely. Add this yourself: "
            f"[{_PREFIX}.{name}] source = {_quoted(space.source)}"
        )


def _configuration(table: Mapping[str, object], file: Path) -> Configuration:
    if unknown := sorted(set(table) - {"out", "snapshots", "spaces"}):
        raise SpecError(f"{file}: [tool.hubsmith] has no setting {unknown[0]!r}.")
    spaces = table.get("spaces", {})
    if not isinstance(spaces, dict):
        raise SpecError(f"{file}: {_PREFIX} is not a table.")
    recorded: dict[str, RecordedSpace] = {}
    for name, entry in cast("dict[str, object]", spaces).items():
        where = f"{file}: [{_PREFIX}.{name}]"
        try:
            checked_name(name)
        except SpecError as error:
            raise SpecError(f"{where}: {error}") from None
        if not isinstance(entry, dict):
            raise SpecError(f"{where} is not a table.")
        settings = cast("dict[str, object]", entry)
        source = _string(settings, "source", where)
        if source is None:
            raise SpecError(f"{where}: source is missing.")
        if unknown := sorted(set(settings) - {"source", "out", _VENDOR}):
            raise SpecError(f"{where} has no setting {unknown[0]!r}.")
        vendor_runtime = settings.get(_VENDOR, False)
        if not isinstance(vendor_runtime, bool):
            raise SpecError(f"{where}: {_VENDOR} is neither true nor false.")
        recorded[name] = RecordedSpace(
            source=source, out=_string(settings, "out", where), vendor_runtime=vendor_runtime
        )
    where = f"{file}: [tool.hubsmith]"
    return Configuration(
        file=file,
        out=_string(table, "out", where) or "clients",
        snapshots=_string(table, "snapshots", where),
        spaces=recorded,
    )


def _own_table(tree: Mapping[str, Any], file: Path) -> Mapping[str, object] | None:
    tool = tree.get("tool")
    table = cast("dict[str, object]", tool).get("hubsmith") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise SpecError(f"{file}: tool.hubsmith is not a table.")
    return cast("Mapping[str, object] | None", table)


def _string(table: Mapping[str, object], key: str, where: str) -> str | None:
    value = table.get(key)
    if value is not None and not isinstance(value, str):
        raise SpecError(f"{where}: {key} is not text.")
    return value


def _parse(file: Path) -> dict[str, Any]:
    try:
        return _loads(_text(file))
    except ValueError as error:
        raise SpecError(f"{file} is not valid TOML: {error}") from None


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode()
    except UnicodeDecodeError:
        raise SpecError(f"{file} is not UTF-8 text.") from None
    except OSError as error:
        raise SpecError(f"{file} cannot be read: {error.strerror}.") from None


def _loads(text: str) -> dict[str, Any]:
    # Python has a TOML reader since 3.11; its forerunner has the same interface.
    module = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    loads: Callable[[str], dict[str, Any]] = module.loads
    return loads(text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
