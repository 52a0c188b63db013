"""Provider tables as Python: a module for each, and a package that finds them by name.

What several tasks in a table have in common is written once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from ...ir.names import Identifier, identifier
from ...ir.providers.table import Operation, Poll, Provider, Table
from ...ir.text import Source, docstring, literal
from ..templating import header, template
from .functions import Function, body_of, location_of, needs_inputs, path_of, takes_urls, value_of

_RUNTIME = Source("hubsmith_runtime")
_INIT = PurePosixPath("__init__.py")
_NO_PROVIDERS = ("auto", "openai-compatible")  # Tables for the router, and for servers by URL.
_TRUE, _FALSE = Source("True"), Source("False")
_IMAGES = ("text-to-image", "image-to-image", "image-text-to-image")


def render_providers(tables: Sequence[Table]) -> dict[PurePosixPath, str]:
    """The unformatted modules of `_providers`, by path in that folder."""
    names = (table.provider.name for table in tables)
    files = {PurePosixPath(f"{table.module}.py"): _file(table) for table in tables}
    files[_INIT] = template("providers/__init__.py").render(
        header=header("the provider tables"),
        runtime=_RUNTIME,
        names=tuple(literal(name) for name in names if name not in _NO_PROVIDERS),
        modules=tuple((literal(table.provider.name), literal(table.module)) for table in tables),
    )
    return files


def _file(table: Table) -> str:
    name = table.provider.name
    return template("providers/provider.py").render(
        header=header(f"{name}.toml (sha256:{table.digest})"),
        doc=docstring([f"The provider {name}."], indent=0),
        runtime=_RUNTIME,
        module=_module_of(table),
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Module:
    """The content of a provider's module."""

    functions: Mapping[Identifier, Function]  # By name.
    constants: Mapping[Identifier, Source]  # Expressions that several tasks share, by name.
    provider: Source  # The expression for the provider.

    @property
    def has_files(self) -> bool:
        """Whether a function returns a file."""
        return any("File" in function.signature for function in self.functions.values())


def _module_of(table: Table) -> _Module:
    operations, presets = table.provider.tasks, table.presets
    members: dict[str, dict[str, Source]] = {task: {} for task in operations}
    functions: dict[Identifier, Function] = {}
    for member, compiled in (("path", path_of), ("body", body_of), ("value", value_of)):
        made = {task: compiled(operation) for task, operation in operations.items()}
        long = {task: one for task, one in made.items() if isinstance(one, Function)}
        names = _names(long, presets, member)
        functions |= {names[task]: one for task, one in long.items()}
        for task, one in made.items():
            if one is not None:
                members[task][member] = one if isinstance(one, Source) else names[task]
    polls = {task: _poll(one.poll) for task, one in operations.items() if one.poll is not None}
    inline = _operations(operations, members, polls)
    poll_names = _shared(_names(polls, presets, "POLL"), inline)
    whole = _operations(operations, members, {**polls, **poll_names})
    task_names = _shared(_names(whole, presets, "TASK"), {task: task for task in whole})
    tasks = ", ".join(
        f"{literal(task)}: {task_names.get(task, one)}" for task, one in whole.items()
    )
    return _Module(
        functions=functions,
        constants={
            **{name: polls[task] for task, name in poll_names.items()},
            **{name: whole[task] for task, name in task_names.items()},
        },
        provider=_provider(table.provider, Source(f"{{{tasks}}}")),
    )


def _names(
    made: Mapping[str, Hashable], presets: Mapping[str, str], ending: str
) -> dict[str, Identifier]:
    """Return a name for what was made from each task, the same name for equal values.

    The name comes from the preset that these tasks extend, if most users of the preset are among
    them, else from the first task. Equal values from different presets have different names.
    """
    users: dict[tuple[str, Hashable], list[str]] = {}
    for task, one in made.items():
        users.setdefault((presets.get(task, ""), one), []).append(task)
    names: dict[str, Identifier] = {}
    for (preset, _), tasks in users.items():
        is_usual = preset and 2 * len(tasks) > list(presets.values()).count(preset)
        name = f"{identifier(preset if is_usual else tasks[0], fallback='task')}_{ending}"
        name = name.upper() if ending.isupper() else name
        while name in names.values():
            name += "_"
        names |= dict.fromkeys(tasks, Identifier(name))
    return names


def _shared(
    names: Mapping[str, Identifier], within: Mapping[str, Hashable]
) -> dict[str, Identifier]:
    """Return the names, by task, of those values that several different things in `within` use."""
    holders = {
        name: {within[task] for task in names if names[task] == name} for name in names.values()
    }
    return {task: name for task, name in names.items() if len(holders[name]) > 1}


def _operations(
    operations: Mapping[str, Operation],
    members: Mapping[str, Mapping[str, Source]],
    polls: Mapping[str, Source],
) -> dict[str, Source]:
    return {
        task: _operation(task, operation, members[task], polls.get(task))
        for task, operation in operations.items()
    }


def _operation(
    task: str, operation: Operation, members: Mapping[str, Source], poll: Source | None
) -> Source:
    headers = dict(operation.headers)
    if task in _IMAGES:
        headers["accept"] = "image/png"
    stated = {
        "path": members["path"],
        "body": members["body"],
        "is_form": operation.form == "multipart" and _TRUE,
        "needs_inputs": not needs_inputs(operation) and _FALSE,
        "needs_url": operation.needs_url and _TRUE,
        "takes_urls": takes_urls(operation) and _TRUE,
        "url": operation.url and literal(operation.url),
        "routed_query": operation.routed_query and literal(operation.routed_query),
        "headers": headers and literal({**headers}),
        "poll": poll,
        "is_media": operation.result.is_media and _TRUE,
        "media": _paths(operation.result.media),
        "value": members.get("value"),
    }
    return _call("Operation", stated)


def _poll(poll: Poll) -> Source:
    default = {field.name: field.default for field in dataclasses.fields(Poll)}
    stated = {
        "location": location_of(poll.location, poll.hosts),
        "result": poll.result and location_of(poll.result, poll.hosts),
        "status": literal(poll.status),
        "position": poll.position and literal(poll.position),
        "error": _paths(poll.error),
        "done": _tuple(poll.done),
        "failed": _tuple(poll.failed),
        "interval": poll.interval != default["interval"] and literal(poll.interval),
        "limit": poll.limit != default["limit"] and literal(poll.limit),
    }
    return _call("Poll", stated)


def _provider(provider: Provider, tasks: Source) -> Source:
    stated: dict[str, Source] = {}
    for field in dataclasses.fields(Provider):
        value: Any = getattr(provider, field.name)
        if field.name != "tasks" and value not in (field.default, {}):
            stated[field.name] = literal(value)
    return _call("Provider", {**stated, "tasks": tasks})


def _call(name: str, stated: Mapping[str, object]) -> Source:
    """Return a call with those of the arguments that have a value."""
    arguments = ", ".join(f"{key}={one}" for key, one in stated.items() if isinstance(one, Source))
    return Source(f"{name}({arguments})")


def _paths(paths: Iterable[str]) -> Source | None:
    return _tuple([one for path in paths for one in path.split("|")])


def _tuple(texts: Iterable[str]) -> Source | None:
    """Return a tuple of strings; `None` for an empty one, which is left out of calls."""
    listed = [literal(text) for text in texts]
    return Source(f"({', '.join(listed)}{',' if len(listed) == 1 else ''})") if listed else None
