"""The name of a client package: given by the user, or derived from its source."""

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
# A client with one of these names would shadow the library for all code beside it, or could not be
# a folder on Windows, where they are names of devices.
_PORTS = {f"{port}{number}" for port in ("com", "lpt") for number in range(10)}
_DEVICES = {"con", "prn", "aux", "nul", *_PORTS}
_TAKEN = frozenset(
    {"hubsmith", "hubsmith_runtime", "hubsmith_codegen", "hubsmith_testing", *_DEVICES}
)


def checked_name(name: str) -> str:
    """Return the name given by the user, or raise a `SpecError` if no package can have it."""
    is_usable = is_name(name) and unicodedata.normalize("NFKC", name) == name
    if not is_usable or name.startswith("_") or name.lower() in _TAKEN:
        raise SpecError(
            f"{name!a} cannot be the name of a client: it must be a Python identifier, "
            "such as my_space, and neither a keyword nor a reserved name."
        )
    return name


def refuse_taken(name: str, root: Path) -> None:
    """Refuse a client that would shadow a module of the standard library or an installed one.

    Modules are searched for, not imported. A client that is already in its folder keeps its name.
    A neighbour whose name differs only by case is refused, too.
    """
    beside = {path.name for path in root.parent.glob("*")}
    twin = next((one for one in sorted(beside) if one.lower() == name.lower()), name)
    if name not in beside and twin != name:
        raise SpecError(
            f"{name}: macOS and Windows do not tell it from {twin}, which is in the same folder. "
            "Choose another name with --name."
        )
    if (root / LOCK_FILE).is_file() or not _is_module(name):
        return
    suggestion = f"{name}_space"
    while _is_module(suggestion):
        suggestion += "_"
    raise SpecError(
        f"{name}: a client of this name would shadow the Python module {name}. "
        f"Choose another name, such as: --name {suggestion}"
    )


def refuse_hidden(folder: Path, project: Path) -> None:
    """Refuse a folder of clients that Python would not import, because of a module beside it."""
    module = Path(f"{folder}.py")
    if folder != project and module.is_file() and not (folder / "__init__.py").is_file():
        raise SpecError(
            f"Python imports {module} as {folder.name}, so it would find no client in the folder "
            "of that name. Choose another --out, or add an __init__.py to the folder."
        )


def _is_module(name: str) -> bool:
    if name in sys.stdlib_module_names:
        return True
    # As an import would search, except for the modules that this process has already imported.
    specs = (finder.find_spec(name, None) for finder in sys.meta_path)
    spec = next((found for found in specs if found is not None), None)
    # A folder of the project is no installed module; a spec without origin is a plain folder.
    if spec is None or spec.origin is None:
        return False
    place = Path(spec.origin)
    return (place.parent if place.stem == "__init__" else place).parent != Path.cwd()


def name_of_source(source: str, raw: RawSpec) -> str:
    """Return the name for a running Space: from its owner/name, the app's title, or the host."""
    return snake(raw.title or _host(source) if "://" in source else source.rpartition("/")[2])


def name_of_path(path: Path, raw: RawSpec) -> str:
    """Return the name for a snapshot: its recorded name, its folder's name, or the app's title."""
    path = path.resolve()
    return snake(raw.name or ("" if path.is_dir() else raw.title) or naming_part(path))


def naming_part(path: PurePath) -> str:
    """Return the part of a path that names a Space, skipping a document's name and `spec`."""
    if path.suffix == ".json":
        if path.stem not in PATHS:
            return path.stem
        path = path.parent
    return path.parent.name if path.name == "spec" else path.name


def snake(text: str) -> str:
    """Turn any text into a package name: words in lower case, joined by underscores."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", unicodedata.normalize("NFKC", text))
    return str(identifier(words.lower(), fallback=_FALLBACK, avoid=_TAKEN))


def _host(url: str) -> str:
    host = urlsplit(url).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "" if host == "localhost" else host.partition(".")[0]
    return ""
