"""Reading provider tables from TOML, with a check of every key and value.

A table has the keys of `Provider`, and each of its tasks the keys of `Operation`. In addition:

    [presets.NAME]      keys that several tasks share; `presets.toml` beside the tables has those
                        that several providers share
    extends = "NAME"    takes over the keys of a preset; the task's own keys override them
"""

from __future__ import annotations

import hashlib
import keyword
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, cast

from hubsmith_runtime import SpecError

from ...ir.providers.table import Provider, Table
from ...load.toml import parse_toml
from ...load.typed import typed

_PRESETS = "presets"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def load_providers(folder: Path, tasks: Collection[str] | None = None) -> tuple[Table, ...]:
    """Read every table in a folder, sorted by name; without `tasks`, any task name is accepted.

    A `SpecError` names the file, the wrong key and what it must be.
    """
    contents = {file.stem: file.read_bytes() for file in sorted(folder.glob("*.toml"))}
    common = contents.pop(_PRESETS, b"")
    presets = parse_toml(common, f"{_PRESETS}.toml")
    tables: dict[str, Table] = {}
    for name, content in contents.items():
        table = _table(name, parse_toml(content, f"{name}.toml"), presets, common + content)
        if unknown := sorted(set(table.provider.tasks) - set(tasks or table.provider.tasks)):
            raise SpecError(f"{name}.toml: tasks.{unknown[0]}: the Hub has no task of this name.")
        if table.module in tables:
            raise SpecError(f"{name}.toml and another table would become the same module.")
        tables[table.module] = table
    return tuple(tables.values())


def _table(name: str, table: dict[str, Any], presets: Mapping[str, Any], content: bytes) -> Table:
    where = f"{name}.toml"
    if not _NAME.fullmatch(name):
        raise SpecError(f"{where}: the name must consist of lower-case letters, digits and '-'.")
    presets = {**presets, **table.pop(_PRESETS, {})}
    extended: dict[str, str] = {}
    tasks = table.get("tasks")
    for task, entries in cast("dict[str, Any]", tasks).items() if isinstance(tasks, dict) else ():
        if isinstance(entries, dict) and "extends" in entries:
            own = cast("dict[str, Any]", entries)
            preset = extended[task] = own.pop("extends")
            if preset not in presets:
                raise SpecError(
                    f"{where}: tasks.{task}.extends: there is no preset {preset!r}. "
                    f"The presets are: {', '.join(presets)}."
                )
            table["tasks"][task] = {**presets[preset], **own}
    provider = typed(table, Provider, where)
    if provider.name != name:
        raise SpecError(f"{where}: name must be {name!r}, like the file.")
    return Table(
        provider=provider,
        presets=extended,
        module=name.replace("-", "_") + ("_" if keyword.iskeyword(name) else ""),
        digest=hashlib.sha256(content).hexdigest(),
    )
