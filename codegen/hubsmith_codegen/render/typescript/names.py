"""From the identifiers of the intermediate representation to names in TypeScript."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from ...ir.names import ClassName, Identifier

# Members of the client itself, and of every object.
METHODS = frozenset(
    [
        "close",
        "jobs",
        "constructor",
        "prototype",
        "then",
        "hasOwnProperty",
        "isPrototypeOf",
        "propertyIsEnumerable",
        "toJSON",
        "toLocaleString",
        "toString",
        "valueOf",
    ]
)
# Types that generated files use, and those of the runtime that `index.ts` exports.
TYPES = frozenset(
    [
        "AppError",
        "AuthenticationError",
        "CallOptions",
        "Endpoint",
        "FileData",
        "FileInput",
        "Job",
        "JobCancelledError",
        "JobEvent",
        "Json",
        "ProgressUnit",
        "QueueFullError",
        "ResultError",
        "SessionLostError",
        "Shape",
        "Shapes",
        "SpaceChangedError",
        "SpaceClient",
        "SpaceError",
        "SpaceFile",
        "SpaceOptions",
        "SpaceUnavailableError",
        "TimeoutError",
        "ValidationError",
        "Array",
        "Blob",
        "Error",
        "File",
        "Object",
        "Promise",
        "String",
        "Symbol",
        "URL",
        "Uint8Array",
    ]
)


def camel(identifier: str) -> str:
    """`greet_user`, `greetUser` and `Greet_user` as `greetUser`."""
    first, *rest = [part for part in identifier.split("_") if part] or [identifier]
    if first.isupper():
        first = first.lower()
    else:
        first = re.sub(r"^[A-Z]+(?=[A-Z][a-z])|^[A-Z]", lambda found: found[0].lower(), first)
    return first + "".join(part[0].upper() + part[1:] for part in rest)


def camels(names: Sequence[Identifier], avoid: frozenset[str] = frozenset()) -> list[Identifier]:
    """A distinct name in camel case for each identifier.

    If two would get the same name, an identifier that is already in camel case keeps it, and the
    others stay unchanged, since identifiers are distinct.
    """
    rivals = Counter(map(camel, names))
    found: dict[str, str] = {}
    taken: set[str] = set(avoid)
    # Names that need no change come first, independent of their order in the spec.
    for name in sorted(names, key=lambda name: (camel(name) != name, name)):
        short = camel(name)
        made = short if rivals[short] == 1 or short == name else str(name)
        while made in taken:
            made += "_"
        taken.add(made)
        found[name] = made
    return [Identifier(found[name]) for name in names]


def distinct_types(wanted: Iterable[str]) -> list[ClassName]:
    """A name for each type: the wanted one, with underscores appended if that is taken."""
    found: list[ClassName] = []
    taken = set(TYPES)
    for name in wanted:
        while name in taken:
            name += "_"
        taken.add(name)
        found.append(ClassName(name))
    return found


def client_class(name: ClassName) -> ClassName:
    """The name of a client's class, from its name in Python."""
    return distinct_types([name])[0]
