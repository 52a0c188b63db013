"""Provider tables read from TOML, every key and value checked.

A table has the keys of `Provider`, and each of its tasks those of `Operation`; beside these:

    [shapes.NAME]    keys that several tasks share; `shapes.toml` beside the tables holds those that
                     several providers share
    like = "NAME"    takes a shape's keys over; a key that the task has itself replaces the shape's
"""

from __future__ import annotations

import hashlib
import importlib
import keyword
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from hubsmith_runtime import SpecError

from .check import check_provider
from .table import Provider
from .typed import tables, typed

_SHAPES = "shapes"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One provider's table.

    Attributes:
        provider: What it says.
        shapes: The name of the shape that a task took over, where it did, by the task.
        module: The name of the module that it becomes.
        digest: sha256 of what it was read from, hexadecimal.
    """

    provider: Provider
    shapes: Mapping[str, str]
    module: str
    digest: str


def load_providers(folder: Path) -> tuple[Table, ...]:
    """Read every table of a folder, sorted by name.

    Raises:
        SpecError: naming the file, the key and what it must be.
    """
    files = sorted(folder.glob("*.toml"))
    contents = {file.stem: _read(file) for file in files}
    common = contents.pop(_SHAPES, b"")
    shapes = tables(_parse(common, f"{_SHAPES}.toml"), f"{_SHAPES}.toml")
    found: list[Table] = []
    modules: dict[str, str] = {}
    for name, content in contents.items():
        module = name.replace("-", "_") + ("_" if keyword.iskeyword(name) else "")
        if (other := modules.setdefault(module, name)) != name:
            raise SpecError(f"{name}.toml and {other}.toml would become the same module.")
        digest = hashlib.sha256(common + content).hexdigest()
        parsed = _parse(content, f"{name}.toml")
        found.append(_table(parsed, name, shapes, module=module, digest=digest))
    return tuple(found)


def _table(
    table: dict[str, Any],
    name: str,
    shapes: Mapping[str, Mapping[str, Any]],
    *,
    module: str,
    digest: str,
) -> Table:
    where = f"{name}.toml"
    if not _NAME.fullmatch(name):
        raise SpecError(f"{where}: a provider's name is of lower-case letters, digits and '-'.")
    own = {**shapes, **tables(table.pop("shapes", {}), f"{where}: shapes")}
    tasks = tables(table.get("tasks", {}), f"{where}: tasks")
    table["tasks"] = {
        task: _like(entries, own, f"{where}: tasks.{task}") for task, entries in tasks.items()
    }
    provider = cast("Provider", typed(table, Provider, where))
    if provider.name != name:
        raise SpecError(f"{where}: name must be {name!r}, like the file.")
    check_provider(provider, where)
    like = {task: entries["like"] for task, entries in tasks.items() if "like" in entries}
    return Table(provider=provider, shapes=like, module=module, digest=digest)


def _like(
    table: Mapping[str, Any], shapes: Mapping[str, Mapping[str, Any]], where: str
) -> dict[str, Any]:
    """Lay a task's own keys over those of its shape."""
    own = dict(table)
    name = own.pop("like", None)
    if name is None:
        return own
    if name not in shapes:
        raise SpecError(f"{where}.like: there is no shape {name!r}: known are {', '.join(shapes)}.")
    return {**shapes[name], **own}


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise SpecError(f"{file.name} cannot be read: {error.strerror}.") from None


def _parse(content: bytes, where: str) -> dict[str, Any]:
    # Python has a TOML reader since 3.11; its forerunner has the same interface.
    module = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    loads: Callable[[str], dict[str, Any]] = module.loads
    try:
        return loads(content.decode())
    except ValueError as error:
        raise SpecError(f"{where} is not valid TOML: {error}") from None
