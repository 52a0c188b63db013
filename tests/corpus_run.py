"""Generate, import and type-check a client for every recorded app: `make corpus`.

Everything is written to build/corpus. Exit code 1: something crashed, an endpoint was lost without
a word, or what was generated does not import or does not pass pyright and mypy in strict mode.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path, PurePosixPath

from hubsmith_codegen.load import load
from hubsmith_codegen.normalise import normalise
from hubsmith_codegen.render.space import render
from hubsmith_codegen.write.formatting import format_python
from hubsmith_runtime import HubsmithError

from tests.support import corpus
from tests.support.paths import BUILD as BUILD_FOLDER, CACHE, ROOT, TESTS
from tests.support.type_checker import TypeCheckerFailed, faults_in

BUILD = BUILD_FOLDER / "corpus"
RUNTIME = ROOT / "runtime" / "hubsmith_runtime"
PART_FOR_MYPY = 4
TYPE_CHECKER = TESTS / "support" / "type_checker.py"

IMPORT_ALL = """
import importlib, sys, traceback
failed = 0
for name in sys.stdin.read().split():
    try:
        module = importlib.import_module(name)
        for export in module.__all__:
            getattr(module, export)
        importlib.import_module(name + ".models")
    except Exception:
        failed += 1
        print(name, traceback.format_exc(limit=-1).strip().replace("\\n", " | "))
sys.exit(min(failed, 1))
"""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What came of one app."""

    app: str
    folder: str
    expected: int = 0
    generated: int = 0
    omitted: int = 0
    lost: list[str] = field(default_factory=list[str])
    misordered: list[str] = field(default_factory=list[str])
    lines: int = 0
    seconds: float = 0.0
    any_open: int = 0
    any_unjustified: list[str] = field(default_factory=list[str])
    crash: str = ""


@dataclass(slots=True, kw_only=True)
class Report:
    """What came of the whole corpus; empty lists of errors mean success."""

    outcomes: list[Outcome]
    format_seconds: float = 0.0
    format_errors: list[str] = field(default_factory=list[str])
    import_errors: list[str] = field(default_factory=list[str])
    mypy_errors: list[str] = field(default_factory=list[str])
    type_errors: list[str] = field(default_factory=list[str])

    @property
    def failures(self) -> list[str]:
        """Every reason for exit code 1."""
        crashes = [f"{outcome.app}: {outcome.crash}" for outcome in self.outcomes if outcome.crash]
        lost = [f"{o.app}: lost {', '.join(o.lost)}" for o in self.outcomes if o.lost]
        written = [*self.format_errors, *self.import_errors, *self.mypy_errors]
        misordered = [
            f"{o.app}: arguments in another order: {', '.join(o.misordered)}"
            for o in self.outcomes
            if o.misordered
        ]
        return [*crashes, *lost, *misordered, *written, *self.type_errors]


def generate(app: corpus.App) -> tuple[Outcome, dict[PurePosixPath, str]]:
    """Render the client of one app, unformatted, below `<folder>/<package>/`."""
    outcome = Outcome(app=str(app), folder=app.folder)
    expected = corpus.expected_endpoints(app.documents)
    outcome.expected = len(expected)
    start = time.process_time()
    try:
        service = normalise(load(app.documents, name=app.package))
        files = render(service)
        package = GeneratedClient(files, str(service.class_name))
    except Exception:
        outcome.crash = traceback.format_exc(limit=-3)
        return outcome, {}
    outcome.seconds = time.process_time() - start
    omitted = {omission.endpoint for omission in service.omissions} - {""}
    found = set(package.methods)
    outcome.generated = len(found)
    outcome.omitted = len((expected - found) & omitted)
    outcome.lost = sorted(expected - found - omitted)
    outcome.misordered = [
        operation.endpoint
        for operation in service.operations
        if package.arguments[operation.request_class]
        != [one.identifier for one in operation.parameters]
    ]
    for endpoint, method in package.methods.items():
        count_any(outcome, app, endpoint, method)
    return outcome, {PurePosixPath(app.folder, app.package) / path: files[path] for path in files}


_GENERATED: dict[str, tuple[Outcome, dict[PurePosixPath, str]]] = {}


def generated(app: corpus.App) -> tuple[Outcome, dict[PurePosixPath, str]]:
    """Do as `generate`, once per process."""
    if (found := _GENERATED.get(str(app))) is None:
        found = _GENERATED[str(app)] = generate(app)
    return found


class GeneratedClient:
    """Methods by endpoint and members of classes of a generated client, read from its source."""

    def __init__(self, files: dict[PurePosixPath, str], class_name: str) -> None:
        modules = {path: ast.parse(text) for path, text in files.items() if path.suffix == ".py"}
        endpoints = dict(item for module in modules.values() for item in request_endpoints(module))
        self.methods: dict[str, ast.FunctionDef] = {}
        self.arguments = {
            node.name: [
                str(one.target.id)
                for one in node.body
                if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
            ]
            for module in modules.values()
            for node in module.body
            if isinstance(node, ast.ClassDef)
        }
        for module in modules.values():
            for node in module.body:
                if isinstance(node, ast.ClassDef) and node.name == class_name:
                    self._collect(node, endpoints)

    def _collect(self, client: ast.ClassDef, endpoints: dict[str, str]) -> None:
        for method in client.body:
            if isinstance(method, ast.FunctionDef) and not method.name.startswith("_"):
                used = {n.attr if isinstance(n, ast.Attribute) else n.id for n in names_in(method)}
                for request in sorted(used & endpoints.keys()):
                    self.methods[endpoints[request]] = method


def request_endpoints(module: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield each request model's name and the endpoint that its `__endpoint__` names."""
    for node in module.body:
        if not isinstance(node, ast.ClassDef):
            continue
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name | ast.Attribute):
                name = call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id
                given = {
                    keyword.arg: keyword.value.value
                    for keyword in call.keywords
                    if isinstance(keyword.value, ast.Constant)
                }
                if name == "Endpoint":
                    yield node.name, str(given.get("name") or f"fn_index={given.get('fn_index')}")


def names_in(node: ast.AST) -> Iterator[ast.Name | ast.Attribute]:
    """Yield every name and attribute below a node, also those inside quoted annotations."""
    for child in ast.walk(node):
        if isinstance(child, ast.Name | ast.Attribute):
            yield child


def count_any(outcome: Outcome, app: corpus.App, endpoint: str, method: ast.FunctionDef) -> None:
    """Count the annotations with `Any`, apart for those where the spec does have a type."""
    arguments = method.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    annotations = [node for node in [*(a.annotation for a in every), method.returns] if node]
    found = sum(
        any(isinstance(n, ast.Name) and n.id == "Any" for n in names_in(node))
        for node in annotations
    )
    allowed = corpus.untyped_values(app.documents, endpoint)
    surplus = 0 if allowed is None else max(0, found - allowed)
    outcome.any_open += found - surplus
    if surplus:
        outcome.any_unjustified.append(f"{endpoint}: {surplus}")


def write(files: dict[PurePosixPath, str]) -> None:
    """Write the formatted packages to build/corpus, which is emptied first."""
    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True)
    for path, text in files.items():
        target = BUILD / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def import_all(packages: Sequence[str]) -> list[str]:
    """Import every package in one fresh process; return one line per failure."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL],
        input="\n".join(packages),
        cwd=BUILD,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    if done.returncode and not lines:
        lines = [done.stderr.strip()[-2000:]]
    return [f"import: {line}" for line in lines]


def check_types(report: Report, packages: Sequence[str], *, again: bool) -> None:
    """Run pyright and mypy, both strict, over the packages.

    Packages that passed before, word for word, are left out unless they are to be checked `again`;
    of those that are left, mypy then has one in four. `make corpus` leaves nothing out.
    """
    cache = CACHE / "corpus-types.json"
    state = state_of_checkers()
    passed: dict[str, str] = {}
    if cache.is_file() and not again:
        known = json.loads(cache.read_text(encoding="utf-8"))
        passed = known["passed"] if known["state"] == state else {}
    folders = {name: name.replace(".", "/") for name in packages}
    now = {
        name: digest(path.read_bytes() for path in sorted((BUILD / folder).glob("*.py")))
        for name, folder in folders.items()
    }
    unchecked = [name for name in packages if passed.get(name) != now[name]]
    if not unchecked:
        return
    with ThreadPoolExecutor(2) as pool:
        chosen = [folders[name] for name in unchecked]
        mypy, pyright = (
            pool.submit(check_with_mypy, chosen if again else chosen[::PART_FOR_MYPY]),
            pool.submit(check_with_pyright, chosen),
        )
        report.mypy_errors, report.type_errors = mypy.result(), pyright.result()
    errors = [*report.mypy_errors, *report.type_errors]
    for name in unchecked:
        if not any(folders[name] in error for error in errors):
            passed[name] = now[name]
    cache.parent.mkdir(exist_ok=True)
    content = {"state": state, "passed": passed}
    cache.write_text(json.dumps(content, indent=1, sort_keys=True), encoding="utf-8")


def state_of_checkers() -> str:
    """Return what the outcome of a check depends on, besides what is checked."""
    sources = [*sorted(RUNTIME.rglob("*.py")), Path(__file__), TYPE_CHECKER]
    checkers = (f"{name} {metadata.version(name)}" for name in ("pyright", "mypy", "pydantic"))
    return ", ".join([*checkers, digest(path.read_bytes() for path in sources)])


def check_with_mypy(folders: Sequence[str]) -> list[str]:
    """Run mypy, strict and without a plugin; return one line per error."""
    cache = BUILD.parent / "mypy"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--python-version", "3.10"),
            # Packages of one name stand in several folders, which are no packages.
            *("--explicit-package-bases", f"--cache-dir={cache}", "--no-error-summary", *folders),
        ],
        cwd=BUILD,
        capture_output=True,
        text=True,
        check=False,
    )
    return [f"mypy: {line}" for line in (done.stdout + done.stderr).splitlines()]


def check_with_pyright(folders: Sequence[str]) -> list[str]:
    """Run pyright, strict; return one line per error."""
    try:
        return [str(fault) for fault in faults_in(BUILD, include=folders)]
    except TypeCheckerFailed as error:
        return [f"pyright: {error}"]


def digest(parts: Iterable[bytes]) -> str:
    """Return what tells texts apart from others."""
    found = hashlib.sha256()
    for part in parts:
        found.update(hashlib.sha256(part).digest())
    return found.hexdigest()


def table(report: Report) -> Iterator[str]:
    """Yield the lines of the table: one row per set of apps, and the total."""
    heads = ("set", "apps", "expected", "generated", "omitted", "lost", "lines")
    more = ("cpu s", "errors", "Any: open", "Any: typed")
    form = "{:<16}{:>6}{:>10}{:>11}{:>9}{:>6}{:>9}{:>8}{:>8}{:>11}{:>12}"
    yield form.format(*heads, *more)
    folders = list(dict.fromkeys(outcome.folder for outcome in report.outcomes))
    for folder in [*folders, "total"]:
        rows = [o for o in report.outcomes if folder in ("total", o.folder)]
        yield form.format(
            folder,
            len(rows),
            sum(o.expected for o in rows),
            sum(o.generated for o in rows),
            sum(o.omitted for o in rows),
            sum(len(o.lost) for o in rows),
            sum(o.lines for o in rows),
            f"{sum(o.seconds for o in rows):.1f}",
            sum(bool(o.crash) for o in rows),
            sum(o.any_open for o in rows),
            sum(len(o.any_unjustified) for o in rows),
        )
    yield f"one ruff pass over everything: {report.format_seconds:.1f} s"
    yield f"import errors: {len(report.import_errors)}; mypy: {len(report.mypy_errors)}"
    yield f"pyright: {len(report.type_errors)}"


def run(chosen: Iterable[corpus.App], *, types: bool = True, again: bool = True) -> Report:
    """Generate, import and type-check the chosen apps."""
    report = Report(outcomes=[])
    files: dict[PurePosixPath, str] = {}
    for app in chosen:
        outcome, rendered = generated(app)
        report.outcomes.append(outcome)
        files.update(rendered)
    start = time.perf_counter()
    try:
        files = format_python(files)
    except HubsmithError as error:
        report.format_errors = [f"format: {error}"]
    report.format_seconds = time.perf_counter() - start
    for outcome in report.outcomes:
        folder = PurePosixPath(outcome.app.replace(".", "/"))
        outcome.lines = sum(
            text.count("\n") for path, text in files.items() if folder in path.parents
        )
    write(files)
    made = [outcome.app for outcome in report.outcomes if not outcome.crash]
    report.import_errors = import_all(made)
    if types and made:
        check_types(report, made, again=again)
    return report


def main() -> int:
    """Run the corpus and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="the apps whose name contains this text")
    parser.add_argument("--no-types", action="store_true", help="leave pyright out")
    parser.add_argument("--json", type=Path, help="also write the report to this file")
    parser.add_argument(
        "--changed", action="store_true", help="type-check only what has not passed before"
    )
    options = parser.parse_args()
    if not corpus.CORPUS.is_dir():
        print("skipped: the corpus is not there (expected in ../shared/corpus)")
        return 0
    every = [*corpus.apps(), *corpus.versions()]
    chosen = [app for app in every if options.only in str(app)]
    report = run(chosen, types=not options.no_types, again=not options.changed)
    print("\n".join(table(report)))
    for outcome in report.outcomes:
        for entry in outcome.any_unjustified:
            print(f"Any although the spec has a type: {outcome.app} {entry}")
    for failure in report.failures:
        print(failure)
    if options.json:
        content = {**asdict(report), "failures": report.failures}
        options.json.write_text(json.dumps(content, indent=1), encoding="utf-8")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
