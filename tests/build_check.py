"""`make build-check`: what is in the archives that users install.

The wheel is unpacked and used from there, so that what it lacks cannot be found elsewhere.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from email import message_from_string
from pathlib import Path

LICENCES = ("LICENSE", "NOTICE", "specs/tasks/LICENSE")
PACKAGES = {
    "hubsmith",
    "hubsmith_bulk",
    "hubsmith_codegen",
    "hubsmith_record",
    "hubsmith_runtime",
    "hubsmith_testing",
    "hubsmith_tools",
}
URLS = {"Homepage", "Documentation", "Changelog", "Source", "Issues"}
USE = """
import hubsmith_codegen, hubsmith
from hubsmith_codegen.render.vendor import vendored_runtime
from hubsmith_codegen.render.typescript import runtime_files
assert "index.ts" in map(str, runtime_files())
assert __import__("pathlib").Path(hubsmith_codegen.__file__).parent.joinpath("typescript_runtime").is_dir()
assert __import__("pathlib").Path(hubsmith_codegen.__file__).is_relative_to({folder!r})
assert "Copyright 2026 The hubsmith authors" in next(
    text for path, text in vendored_runtime().items() if path.name == "LICENSE"
)
"""


def problems_of_the_sdist(archive: Path) -> Iterator[str]:
    """Yield what the source archive lacks, or has and should not."""
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    for name in (
        *LICENCES,
        "README.md",
        "SECURITY.md",
        "pyproject.toml",
        "specs/providers/auto.toml",
    ):
        if name not in names:
            yield f"{archive.name} lacks {name}"
    if any(name.startswith("tests/") for name in names):
        yield f"{archive.name} has tests"


def problems_of_the_wheel(archive: Path) -> Iterator[str]:
    """Yield what the wheel lacks, or has and should not."""
    with zipfile.ZipFile(archive) as opened:
        names = opened.namelist()
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        about = message_from_string(opened.read(metadata).decode())
        with tempfile.TemporaryDirectory() as folder:
            opened.extractall(folder)
            # Without `-S` what is installed comes later, which is where the dependencies are.
            environment = {**os.environ, "PYTHONPATH": folder}
            used = subprocess.run(
                [sys.executable, "-c", USE.format(folder=folder)], cwd=folder, env=environment
            )
    if used.returncode:
        yield f"{archive.name} does not work by itself"
    tops = {name.partition("/")[0] for name in names} - {metadata.partition("/")[0]}
    if tops != PACKAGES:
        yield f"{archive.name} has {sorted(tops)} instead of {sorted(PACKAGES)}"
    for name in LICENCES:
        if metadata.replace("METADATA", f"licenses/{name}") not in names:
            yield f"{archive.name} lacks {name}"
    if set(about.get_all("License-File", [])) != set(LICENCES):
        yield f"{archive.name} does not name its licences"
    urls = {url.partition(",")[0] for url in about.get_all("Project-URL", [])}
    if urls != URLS or not about["Keywords"] or not about.get_all("Classifier"):
        yield f"{archive.name} lacks URLs, keywords or classifiers"
    if relative := re.findall(r"\]\((?!https?://|#)([^)]+)\)", str(about.get_payload())):
        yield f"its description links to {relative[0]}, which a package index has not"


def main(folder: Path) -> int:
    """Print every problem; return 1 where there is one."""
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    problems = [*problems_of_the_sdist(sdist), *problems_of_the_wheel(wheel)]
    print("\n".join(problems) or f"{sdist.name} and {wheel.name} are complete")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
