"""`python -m hubsmith_repository.upstream`: compare `specs/tasks` with the upstream package.

npm fetches the pinned package from its configured registry, and its integrity is checked. Every
difference is printed; the exit status is 1 if the overlay does not explain one.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hubsmith_codegen.ir.checked import Checked
from hubsmith_codegen.ir.json_type import Json
from hubsmith_codegen.load.toml import read_toml
from hubsmith_codegen.load.typed import typed
from hubsmith_codegen.normalise.tasks.documents import (
    COMMON,
    OWN_ID,
    Documents,
    Overlay,
    read_documents,
    read_overlays,
)
from hubsmith_runtime import HubsmithError, SpecError

TASKS = Path(__file__).resolve().parents[2] / "specs" / "tasks"
PIN = "upstream.toml"
_SCHEMA = re.compile(
    r"package/src/tasks/((?:[a-z0-9-]+/spec/(?:input|output|stream_output)|common-definitions)\.json)"
)
_SECONDS = 300
_WORDS = frozenset({"description", "example"})  # Written by us; all other keywords are compared.
_NAMED = frozenset({"properties", "$defs", "definitions"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin(Checked):
    """The package that the schemas were taken from; the integrity is its hash in npm's format."""

    package: str
    version: str
    integrity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One fact that differs between `specs/tasks` and upstream."""

    task: str  # The task, or `common-definitions` for shared definitions.
    file: str  # `input`, `output` or `stream_output`.
    place: str  # A JSON pointer.
    here: str  # The value in `specs/tasks`, or `nothing`.
    upstream: str
    reason: str = ""  # The reason in the overlay, if there is one.

    def __str__(self) -> str:
        where = f"{self.task}/{self.file}.json#{self.place}"
        reason = self.reason or "NOT EXPLAINED"
        return f"{where}: here {self.here}, upstream {self.upstream} ({reason})"


def check_integrity(archive: Path, pin: Pin) -> None:
    """Compare the hash of an archive with the pinned one; a `HubsmithError` if it differs."""
    algorithm, _, expected = pin.integrity.partition("-")
    if algorithm != "sha512":
        raise SpecError(f"{PIN}: the integrity must be a sha512 hash, not {algorithm!r}.")
    digest = hashlib.sha512(archive.read_bytes()).digest()
    found = base64.b64encode(digest).decode()
    if found != expected:
        raise HubsmithError(
            f"{pin.package}@{pin.version} is not the pinned package: its hash is sha512-{found}, "
            f"the pin is {pin.integrity}. Nothing was compared."
        )


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack only the schemas from the package; return the folder of the tasks."""
    count = 0
    with tarfile.open(archive, "r:gz") as package:
        for member in package:
            name = _SCHEMA.fullmatch(member.name)
            content = package.extractfile(member) if name and member.isreg() else None
            if name is None or content is None:
                continue
            target = folder / name[1]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.read())
            count += 1
    if not count:
        raise HubsmithError(f"{archive.name} has no task schemas at the expected paths.")
    return folder


def fetch(pin: Pin, folder: Path) -> Path:
    """Fetch the pinned package with npm into an empty folder, and check it."""
    npm = shutil.which("npm")
    if npm is None:
        raise HubsmithError("npm is not installed. It is needed to fetch the upstream schemas.")
    command = [npm, "pack", f"{pin.package}@{pin.version}", "--ignore-scripts"]
    command.append("--loglevel=error")  # stderr is quoted in the error message.
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HubsmithError(f"npm could not be run: {error}") from None
    archives = sorted(folder.glob("*.tgz"))
    if done.returncode != 0 or len(archives) != 1:
        said = done.stderr.strip()[-400:]
        raise HubsmithError(f"npm could not fetch {pin.package}@{pin.version}: {said}")
    check_integrity(archives[0], pin)
    return archives[0]


def compare_with(upstream: Path, folder: Path = TASKS) -> tuple[Difference, ...]:
    """Compare the schemas in a folder, which has their overlays, with the unpacked ones."""
    here, there = read_documents(folder), read_documents(upstream, within="spec")
    return differences(here, there, read_overlays(folder))


def differences(
    here: Documents, upstream: Documents, overlays: Mapping[str, Overlay]
) -> tuple[Difference, ...]:
    """Compare the uncorrected facts in `specs/tasks` with those in the package.

    Our own schemas are left out unless upstream has one for the task. Differences at the places of
    corrections are explained by them.
    """
    ours, theirs = dict(here.all()), dict(upstream.all())
    found: list[Difference] = []
    for name in sorted({*ours, *theirs}):
        if name not in theirs and str(ours[name].get("$id")).startswith(OWN_ID):
            continue
        task, _, file = name.partition("/")
        corrections = overlays[task].corrections if task in overlays else ()
        for place, one, other in _differing(_facts(ours.get(name)), _facts(theirs.get(name))):
            reason = next((c.reason for c in corrections if c.explains(file, place)), "")
            found.append(
                Difference(
                    task=task,
                    file=file or COMMON,
                    place=place,
                    here=_shown(one),
                    upstream=_shown(other),
                    reason=reason,
                )
            )
    return tuple(found)


def _facts(node: Json) -> Json:
    """A schema without texts; but a property named `description` is kept, as a fact."""
    if isinstance(node, list):
        return [_facts(item) for item in node]
    if not isinstance(node, dict):
        return node
    found: dict[str, Json] = {}
    for key, value in node.items():
        if key in _NAMED and isinstance(value, dict):
            found[key] = {name: _facts(one) for name, one in value.items()}
        elif key not in _WORDS:
            found[key] = _facts(value)
    return found


def _differing(here: Json, upstream: Json, place: str = "") -> Iterator[tuple[str, Json, Json]]:
    if isinstance(here, dict) and isinstance(upstream, dict):
        for key in sorted({*here, *upstream}):
            inner = f"{place}/{key.replace('~', '~0').replace('/', '~1')}"
            if key in here and key in upstream:
                yield from _differing(here[key], upstream[key], inner)
            else:
                yield inner, here.get(key), upstream.get(key)
    elif isinstance(here, list) and isinstance(upstream, list) and len(here) == len(upstream):
        pairs = zip(_ordered(here), _ordered(upstream), strict=True)
        for number, (one, other) in enumerate(pairs):
            yield from _differing(one, other, f"{place}/{number}")
    elif type(here) is not type(upstream) or here != upstream:
        yield place, here, upstream


def _ordered(items: list[Json]) -> list[Json]:
    # The order of a list of names, such as `required`, does not matter.
    names = all(isinstance(item, str) for item in items)
    return sorted(items, key=str) if names else items


def _shown(value: Json) -> str:
    text = "nothing" if value is None else ascii(value)
    return text if len(text) <= 80 else text[:77] + "..."


def main() -> int:
    """Print every difference; return 1 if one is not explained."""
    pin = typed(read_toml(TASKS / PIN), Pin, PIN)
    with tempfile.TemporaryDirectory(prefix="hubsmith-") as temporary:
        archive = fetch(pin, Path(temporary))
        found = compare_with(unpack(archive, Path(temporary, "tasks")))
    for one in found:
        print(one)
    wrong = sum(not one.reason for one in found)
    print(f"{pin.package}@{pin.version}: {len(found)} differences, {wrong} not explained")
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except HubsmithError as error:
        sys.exit(f"hubsmith: error: {error}")
