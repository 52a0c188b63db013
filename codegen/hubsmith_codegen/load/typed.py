"""The content of a TOML file as a frozen dataclass, every key and value checked by pydantic."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from hubsmith_runtime import SpecError
from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")

_KINDS = {
    "string_type": "a string",
    "bool_type": "true or false",
    "float_type": "a number",
    "tuple_type": "a list",
    "dict_type": "a table",
    "mapping_type": "a table",
    "dataclass_type": "a table",
}


def typed(content: Mapping[str, Any], kind: type[T], where: str) -> T:
    """Return a table as a dataclass; a `SpecError` names the wrong key and what it must be."""
    try:
        # In JSON mode, strict validation accepts a list as a tuple and an integer as a float.
        return _adapter(kind).validate_json(json.dumps(content, default=str))
    except ValidationError as error:
        first = error.errors()[0]
    *parents, name = map(str, first["loc"] or ("",))
    table = f"{where}: {'.'.join(parents)}" if parents else where
    key = f"{where}: {'.'.join([*parents, name])}" if name else where
    reason, value = first["msg"].removeprefix("Value error, "), ascii(first["input"])
    match first["type"]:
        case "missing":
            problem = f"{table}: {name} is missing"
        case "unexpected_keyword_argument":
            problem = f"{table}: there is no key {name!r}"
        case "literal_error":
            expected = str(first.get("ctx", {}).get("expected")).replace("'", "")
            problem = f"{key} must be {expected.replace(', ', ' or ')}, not {value}"
        case known if known in _KINDS:
            problem = f"{key} must be {_KINDS[known]}, not {value}"
        case _ if reason.startswith("must "):
            problem = f"{key} {reason}"
        case _:
            problem = f"{key}: {reason}"
    raise SpecError(f"{problem}.")


@cache
def _adapter(kind: type[T]) -> TypeAdapter[T]:
    return TypeAdapter(kind)
