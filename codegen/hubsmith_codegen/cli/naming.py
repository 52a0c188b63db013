"""The name of a client package: given by the user, or made from its source."""

from __future__ import annotations

import ipaddress
import re
import sys
import unicodedata
from pathlib import Path, PurePath
from urllib.parse import urlsplit

from hubsmith_runtime import SpecError

from ..ir.names import identifier, is_name
from ..load import RawSpec
from ..load.document import PATHS
from ..write.lock import LOCK_FILE

_FALLBACK = "space"
# A client of such a name would hide the library from all code next to it, or could not be a
# folder on Windows, where devices have these names.
_PORTS = {f"{port}{number}" for port in ("com", "lpt") for number in range(10)}
_DEVICES = {"con", "prn", "aux", "nul", *_PORTS}
_TAKEN = frozenset(
    {"hubsmith", "hubsmith_runtime", "hubsmith_codegen", "hubsmith_testing", *_DEVICES}
)


def checked_name(name: str) -> str:
    """Return a name that the user gave, or raise a `SpecError` where it cannot be a package's."""
    is_usable = is_name(name) and unicodedata.normalize("NFKC", name) == name
    if not is_usable or name.startswith("_") or name.lower() in _TAKEN:
        raise SpecError(
            f"{name!a} cannot be the name of a client: it must be a Python identifier, "
            "such as my_space, that no keyword or library takes."
        )
    return name


def refuse_taken(name: str, root: Path) -> None:
    """Refuse a client that would hide a module, of the standard library or installed.

    Nothing is imported: modules are only looked for. A client that is in its folder already keeps
    its name.
    """
    if (root / LOCK_FILE).is_file() or not _is_module(name):
        return
    suggestion = f"{name}_space"
    while _is_module(suggestion):
        suggestion += "_"
    raise SpecError(
        f"{name}: there is a Python module of this name, which a client would hide. "
        f"Choose another one, such as: --name {suggestion}"
    )


def _is_module(name: str) -> bool:
    if name in sys.stdlib_module_names:
        return True
    # As an import would look, but not among what this process has imported.
    specs = (finder.find_spec(name, None) for finder in sys.meta_path)
    spec = next((found for found in specs if found is not None), None)
    # A folder of the project is no installed module, and what has no origin is only a folder.
    if spec is None or spec.origin is None:
        return False
    place = Path(spec.origin)
    return (place.parent if place.stem == "__init__" else place).parent != Path.cwd()


def name_of_source(source: str, raw: RawSpec) -> str:
    """Return the name for a running Space: that of the Space, the title of the app, or the host."""
    return snake(raw.title or _host(source) if "://" in source else source.rpartition("/")[2])


def name_of_path(path: Path, raw: RawSpec) -> str:
    """Return the name for a snapshot: its own, that of its folder, or its title."""
    path = path.resolve()
    return snake(raw.name or ("" if path.is_dir() else raw.title) or naming_part(path))


def naming_part(path: PurePath) -> str:
    """Return the part of a path that names a Space: not that of a document, nor `spec`."""
    if path.suffix == ".json":
        if path.stem not in PATHS:
            return path.stem
        path = path.parent
    return path.parent.name if path.name == "spec" else path.name


def snake(text: str) -> str:
    """Make any text a name for a package: words in lower case, joined by underscores."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", unicodedata.normalize("NFKC", text))
    return str(identifier(words.lower(), fallback=_FALLBACK, avoid=_TAKEN))


def _host(url: str) -> str:
    host = urlsplit(url).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "" if host == "localhost" else host.partition(".")[0]
    return ""
