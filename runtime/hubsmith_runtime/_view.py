"""A Space's endpoints as a table to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ._errors import shorten
from ._signature import Info, mapping, name_of


def render(info: Info, source: str, *, all_endpoints: bool | None = None) -> str:
    """Describe the endpoints: how each is called, and its parameters and results, one per line."""
    named, unnamed = info["named_endpoints"], info["unnamed_endpoints"]
    lines = [f"{source}: {len(named)} endpoints with a name"]
    for name, endpoint in named.items():
        lines += _endpoint(f"api_name={_plain(repr(name))}", endpoint)
    if all_endpoints or (all_endpoints is None and not named):
        lines += ["", f"{len(unnamed)} endpoints without a name"]
        for index, endpoint in unnamed.items():
            lines += _endpoint(f"fn_index={_plain(index)}", endpoint)
    elif unnamed:
        lines += ["", f"{len(unnamed)} more have no name: view_api(all_endpoints=True) shows them."]
    return "\n".join(lines) + "\n"


def _endpoint(address: str, endpoint: Mapping[str, Any]) -> list[str]:
    parameters, returns = endpoint.get("parameters", []), endpoint.get("returns", [])
    rows: list[tuple[str, ...]] = []
    call: list[str] = []
    for place, parameter in enumerate(parameters):
        name = _plain(name_of(parameter, place))
        default = shorten(parameter.get("parameter_default"))
        is_optional = parameter.get("parameter_has_default")
        call.append(f"{name}={default}" if is_optional else name)
        rows.append((name, *_kind(parameter), f"default {default}" if is_optional else "required"))
    lines = ["", f"predict({', '.join([*call, address])})"]
    lines += _table(rows)
    results = [(f"-> {_plain(str(value.get('label', '')))}", *_kind(value)) for value in returns]
    lines += _table(results or [("-> nothing",)])
    if endpoint.get("oauth_token"):
        lines.append("    Takes your Hub token if you give one: Client(oauth_token=...)")
    return lines


def _kind(described: Mapping[str, Any]) -> tuple[str, str]:
    kind = mapping(described.get("python_type")).get("type", "Any")
    return _plain(str(kind)), _plain(str(described.get("component", "")))


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["    " + "  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def _plain(text: str) -> str:
    """Keep a stranger's text on one line, and away from the terminal's controls."""
    return "".join(character if character.isprintable() else " " for character in text)
