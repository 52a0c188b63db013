"""How long generating a client takes: `make bench`.

CPU seconds for all tasks and providers, imports and the ruff pass included; per Space in a warm
process; and for all recorded apps with the final ruff pass. The limits are aims that are printed
beside the numbers, not assertions.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
from pathlib import Path, PurePosixPath

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hubsmith_codegen.load import load
from hubsmith_codegen.normalise import normalise
from hubsmith_codegen.render.space import render
from hubsmith_codegen.write.formatting import format_python

from tests.support import corpus

TASKS_LIMIT = 3.0
SPACE_LIMIT = 0.5
TOTAL_LIMIT = 60.0


def cpu_seconds() -> float:
    """Return the CPU time of this process and of the children it has waited for."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def generate(app: corpus.App) -> dict[PurePosixPath, str]:
    """Render the client of one app, unformatted."""
    return render(normalise(load(app.documents, name=app.package)))


def tasks_and_providers() -> float:
    """Return what the public package `hubsmith` costs, generated in a process of its own."""
    start = cpu_seconds()
    script = "from hubsmith_repository.tree import public_package; public_package()"
    subprocess.run([sys.executable, "-c", script], check=True)
    return cpu_seconds() - start


def report(what: str, seconds: float, limit: float) -> None:
    """Print one number beside its limit."""
    print(
        f"{what:<44}{seconds:>8.3f} s   limit {limit:g} s   {'ok' if seconds <= limit else 'OVER'}"
    )


def main() -> None:
    """Measure and print."""
    report("all tasks and providers, in one process", tasks_and_providers(), TASKS_LIMIT)
    if not corpus.CORPUS.is_dir():
        print("skipped: the corpus is not there (expected in ../shared/corpus)")
        return
    apps = list(corpus.apps())
    start = cpu_seconds()
    # The largest one, because a Space without parameters needs no type and imports no mapper.
    generate(max(apps, key=lambda app: sum(map(len, app.documents.values()))))
    print(f"{'warm-up: the largest Space, with all imports':<44}{cpu_seconds() - start:>8.3f} s")
    files: dict[PurePosixPath, str] = {}
    spent: dict[str, float] = {}
    begin = cpu_seconds()
    for app in apps:
        start = cpu_seconds()
        rendered = generate(app)
        spent[app.package] = cpu_seconds() - start
        files.update({PurePosixPath(app.package) / path: rendered[path] for path in rendered})
    start = cpu_seconds()
    format_python(files)
    formatting = cpu_seconds() - start
    total = cpu_seconds() - begin
    slowest = max(spent, key=lambda package: spent[package])
    report("per Space, median", statistics.median(spent.values()), SPACE_LIMIT)
    report(f"per Space, slowest ({slowest})", spent[slowest], SPACE_LIMIT)
    report(f"all {len(apps)} apps, one ruff pass included", total, TOTAL_LIMIT)
    print(f"{'  of which the ruff pass':<44}{formatting:>8.3f} s")


if __name__ == "__main__":
    main()
