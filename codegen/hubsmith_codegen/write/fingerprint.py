"""The generator's own code as one hash: equal ones make the same bytes of the same snapshot."""

from __future__ import annotations

import hashlib
import importlib.util
from functools import cache
from pathlib import Path

# What never shapes a byte of a Space's client.
ASIDE = frozenset({"__main__.py", "cli", "compare"})

_CODEGEN = Path(__file__).resolve().parent.parent
_SUFFIXES = frozenset({".py", ".jinja", ".txt"})


@cache
def fingerprint(*, with_runtime: bool = False) -> str:
    """Return the sha256 over the code and the templates of the generator, hexadecimal.

    Args:
        with_runtime: Take in the runtime, which a client that carries it is made from, too.
    """
    folders = [_CODEGEN]
    if with_runtime:
        spec = importlib.util.find_spec("hubsmith_runtime")
        places = spec.submodule_search_locations if spec else None
        folders += [Path(place) for place in places or ()]
    digest = hashlib.sha256()
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            path = file.relative_to(folder)
            is_aside = folder == _CODEGEN and path.parts[0] in ASIDE
            if file.suffix in _SUFFIXES and not is_aside:
                digest.update(f"{path.as_posix()}\n".encode())
                # A checkout may have changed the ends of lines.
                digest.update(file.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()
