"""`python -m hubsmith_repository.upstream`: are the facts of `specs/tasks` still upstream's?

The pinned package is fetched by npm, with whatever registry npm is set up for, and its integrity is
checked. Every difference is printed; the exit status is 1 where the overlay does not explain one.
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
from dataclasses import dataclass
from pathlib import Path

from hubsmith_codegen.load.toml import read_toml
from hubsmith_codegen.normalise.tasks.overlay import read_overlays
from hubsmith_codegen.normalise.tasks.registry import read_documents
from hubsmith_runtime import HubsmithError, SpecError

from .facts import Difference, differences

TASKS = Path(__file__).resolve().parents[2] / "specs" / "tasks"
PIN = "upstream.toml"
_SCHEMA = re.compile(
    r"package/src/tasks/((?:[a-z0-9-]+/spec/(?:input|output|stream_output)|common-definitions)\.json)"
)
_SECONDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """Which package the schemas were taken from."""

    package: str  # Its name.
    version: str  # Its version.
    integrity: str  # Its hash, as npm writes it.


def read_pin(folder: Path) -> Pin:
    """Read which package is pinned."""
    match read_toml(folder / PIN):
        case {"package": str(package), "version": str(version), "integrity": str(integrity)}:
            return Pin(package=package, version=version, integrity=integrity)
        case _:
            raise SpecError(f"{folder / PIN} must name package, version and integrity.")


def check_integrity(archive: Path, pin: Pin) -> None:
    """Compare the hash of an archive with the pinned one; a `HubsmithError` where it is another."""
    algorithm, _, expected = pin.integrity.partition("-")
    if algorithm != "sha512":
        raise SpecError(f"{PIN}: the integrity must be of sha512, not of {algorithm!r}.")
    digest = hashlib.sha512(archive.read_bytes()).digest()
    found = base64.b64encode(digest).decode()
    if found != expected:
        raise HubsmithError(
            f"{pin.package}@{pin.version} is not what was pinned: its hash is sha512-{found}, "
            f"pinned is {pin.integrity}. Nothing was compared."
        )


def unpack(archive: Path, folder: Path) -> Path:
    """Take the schemas out of the package, and nothing else; returns the folder of the tasks."""
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
        raise HubsmithError(f"{archive.name} holds no task schemas where they used to be.")
    return folder


def compare_with(upstream: Path, folder: Path = TASKS) -> tuple[Difference, ...]:
    """Compare the schemas of a folder, which has their overlay, with those that were unpacked."""
    return differences(
        read_documents(folder), read_documents(upstream, within="spec"), read_overlays(folder)
    )


def fetch(pin: Pin, folder: Path) -> Path:
    """Fetch the pinned package with npm into an empty folder, and check it."""
    npm = shutil.which("npm")
    if npm is None:
        raise HubsmithError("npm is not installed; it fetches the schemas to compare with.")
    command = [npm, "pack", f"{pin.package}@{pin.version}", "--ignore-scripts"]
    command.append("--loglevel=error")  # Its reason is what there is to show.
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


def main() -> int:
    """Print every difference; return 1 where one is not explained."""
    pin = read_pin(TASKS)
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
