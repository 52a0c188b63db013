"""The time to generate clients.

In CPU seconds: for all tasks and providers, including imports and formatting by ruff; per Space, in
a warm process; and for all recorded apps, including formatting by ruff.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import PurePosixPath

from hubsmith_codegen.load import load
from hubsmith_codegen.normalise import normalise
from hubsmith_codegen.render.space import render
from hubsmith_codegen.write.formatting import format_python

from benchmarks.rows import Row, cpu_seconds
from tests.support import corpus

TASKS_LIMIT = 3.0
SPACE_LIMIT = 0.5
TOTAL_LIMIT = 60.0


def generate(app: corpus.App) -> dict[PurePosixPath, str]:
    """Render the client of one app, unformatted."""
    return render(normalise(load(app.documents, name=app.package)))


def tasks_and_providers() -> float:
    """Return the CPU seconds to generate the public package `hubsmith` in a separate process."""
    start = cpu_seconds()
    script = "from hubsmith_repository.tree import public_package; public_package()"
    subprocess.run([sys.executable, "-c", script], check=True)
    return cpu_seconds() - start


def rows(*, quick: bool) -> Iterator[Row]:
    """Run all measurements, in CPU seconds."""
    unit = "CPU s"
    what = "all tasks and providers generated"
    yield Row(what=what, unit=unit, ours=tasks_and_providers(), target=TASKS_LIMIT)
    if quick or not corpus.CORPUS.is_dir():
        return
    apps = list(corpus.apps())
    # Warm up with the largest app, as one without parameters does not import the type mapper.
    generate(max(apps, key=lambda app: sum(map(len, app.documents.values()))))
    files: dict[PurePosixPath, str] = {}
    spent: dict[str, float] = {}
    begin = cpu_seconds()
    for app in apps:
        start = cpu_seconds()
        rendered = generate(app)
        spent[app.package] = cpu_seconds() - start
        files.update({PurePosixPath(app.package) / path: rendered[path] for path in rendered})
    format_python(files)
    total = cpu_seconds() - begin
    median = statistics.median(spent.values())
    yield Row(what="a client generated, median", unit=unit, ours=median, target=SPACE_LIMIT)
    slowest = max(spent.values())
    yield Row(what="a client generated, slowest", unit=unit, ours=slowest, target=SPACE_LIMIT)
    what = f"{len(apps)} clients generated and formatted"
    yield Row(what=what, unit=unit, ours=total, target=TOTAL_LIMIT)
