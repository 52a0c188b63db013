"""Call every endpoint of every recorded app on its mock: `make mock-corpus`.

Each app's own generated client sends example values, and its result must be of the declared type.
What could not be answered is printed as a table; exit code 1 where it is not empty.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import random
import ssl
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from hubsmith_codegen.ir.model import Operation, Service
from hubsmith_codegen.ir.types import bounds_of
from hubsmith_codegen.load import load
from hubsmith_codegen.pipeline import Target, draft
from hubsmith_runtime import File, HubsmithError, Request, Space, ValidationError
from hubsmith_testing import MockSpace
from hubsmith_testing.examples import Examples
from hubsmith_testing.snapshot import RecordedEndpoint

from tests.support import corpus
from tests.support.generated_client import imported

PACKAGE = "mocked_clients"
BOUNDS = {"minimum", "maximum"}
# Reading the certificates of this machine once per client would take most of the time.
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A call that was not answered as declared."""

    app: str
    endpoint: str
    reason: str

    def __str__(self) -> str:
        return f"{self.app:<36} {self.endpoint:<28} {self.reason}"


@dataclass(slots=True, kw_only=True)
class Report:
    """What came of the calls."""

    apps: int = 0
    calls: int = 0
    partials: int = 0
    files: int = 0
    failures: list[Failure] = field(default_factory=list[Failure])


def run(apps: Iterable[corpus.App], folder: Path, seeds: Iterable[int] = (0,)) -> Report:
    """Call every endpoint of the apps; their clients are generated into a folder."""
    chosen = list(apps)
    root = folder / PACKAGE
    services: list[Service] = []
    for app in chosen:
        package = draft(Target(raw=load(app.documents), root=root / app.folder / app.package))
        services.append(package.service)
        # As it is rendered: how it is formatted changes nothing of what it does.
        for path in (path for path in package.files if path.suffix == ".py"):
            target = package.target.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(package.files[path], encoding="utf-8")
    report = Report()
    with imported(PACKAGE, folder):
        for app, service in zip(chosen, services, strict=True):
            report.apps += 1
            for seed in seeds:
                call_app(app, service, seed, report)
    return report


def call_app(app: corpus.App, service: Service, seed: int, report: Report) -> None:
    """Call every endpoint of one app on its mock."""
    name = f"{PACKAGE}.{app.folder}.{app.package}"
    client: type[Space] = getattr(importlib.import_module(name), service.class_name)
    models = importlib.import_module(f"{name}.models")
    with (
        MockSpace(app.documents, seed=seed) as mock,
        client(mock.url, timeout=20, ssl_verify=_NO_CERTIFICATES) as space,
    ):
        for operation in service.operations:
            report.calls += 1
            try:
                call(mock, space, models, operation, seed, report)
            except Exception as error:
                reason = str(error) if isinstance(error, HubsmithError) else repr(error)
                where = operation.endpoint or f"fn_index={operation.fn_index}"
                report.failures.append(Failure(app=str(app), endpoint=where, reason=reason))


def call(
    mock: MockSpace,
    space: Space,
    models: ModuleType,
    operation: Operation,
    seed: int,
    report: Report,
) -> None:
    """Make one call, and read every file of its result."""
    endpoint = mock.snapshot.find(operation.endpoint or f"fn_index={operation.fn_index}")
    assert endpoint is not None
    request = request_for(getattr(models, operation.request_class), operation, endpoint, seed)
    result: Any
    if operation.streams:
        with_partials = space.submit(request)
        partials = list(with_partials)
        assert partials, "a streaming endpoint gave no partial result"
        report.partials += len(partials)
        result = with_partials.result()
    else:
        result = space.run(request)
    if operation.results:
        assert result is not None, "the result is missing"
    for file in files_in(result):
        content = file.read()
        assert content and len(content) == file.size, f"{file} is not as long as it says"
        report.files += 1


def request_for(
    request_class: type[Request[Any]], operation: Operation, endpoint: RecordedEndpoint, seed: int
) -> Request[Any]:
    """Fill a request with the example values of the document, or with ones made from the types.

    The document's own come first; Gradio writes `...` where it has none.
    """
    if not seed:
        with contextlib.suppress(ValidationError):
            return request_class(**arguments(operation, endpoint, None))
    return request_class(**arguments(operation, endpoint, seed))


def arguments(operation: Operation, endpoint: RecordedEndpoint, seed: int | None) -> dict[str, Any]:
    """Return arguments by name: made by chance from a seed, or without one those of the document."""
    chance = random.Random(f"{seed} {endpoint}")
    values: dict[str, Any] = {}
    for parameter, recorded in zip(operation.parameters, endpoint.parameters, strict=True):
        component = str(recorded.get("component", "")).lower()
        examples = Examples(chance, lambda kind, _: {"path": f"{kind}.bin"}, component)
        example = recorded.get("example_input")
        if seed is not None or example is None:
            schema = recorded.get("type")
            if isinstance(schema, dict):
                # They come from /config, and stand in no recorded schema.
                bounds = [one for one in bounds_of(parameter.type) if one[0] in BOUNDS]
                schema = {**schema, **dict(bounds)}
            example = examples.value(schema)
        values[parameter.identifier] = sent(example)
    return values


def sent(value: Any) -> Any:
    """Return an example as a caller gives it: a file by its content."""
    if isinstance(value, dict):
        is_file = "path" in value and not isinstance(value["path"], dict)
        return (
            File(b"content", name="example.bin")
            if is_file
            else {key: sent(one) for key, one in value.items()}
        )
    return [sent(one) for one in value] if isinstance(value, list) else value


def files_in(value: Any) -> Iterator[File]:
    """Yield the files of a result."""
    if isinstance(value, File):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from files_in(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from files_in(one)
    elif hasattr(value, "model_fields_set"):
        yield from files_in(dict(value))


def main() -> int:
    """Run the corpus and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="the apps whose name contains this text")
    parser.add_argument("--seeds", type=int, default=3, help="how many seeds to try (default: 3)")
    parser.add_argument("--json", type=Path, help="also write the counts to this file")
    options = parser.parse_args()
    if not corpus.CORPUS.is_dir():
        print("skipped: the corpus is not there (expected in ../shared/corpus)")
        return 0
    start = time.perf_counter()
    chosen = [app for app in [*corpus.apps(), *callable_versions()] if options.only in str(app)]
    with tempfile.TemporaryDirectory() as folder:
        report = run(chosen, Path(folder), range(options.seeds))
    print(
        f"{report.apps} apps, {report.calls} calls, {report.partials} partial results, "
        f"{report.files} files, {time.perf_counter() - start:.0f} s"
    )
    print(f"not answered as declared: {len(report.failures)}")
    for failure in report.failures:
        print(failure)
    if options.json:
        counts = {
            "apps": report.apps,
            "calls": report.calls,
            "failures": list(map(str, report.failures)),
        }
        options.json.write_text(json.dumps(counts, indent=1), encoding="utf-8")
    return 1 if report.failures else 0


def callable_versions() -> Iterator[corpus.App]:
    """Yield the test apps of every Gradio version whose protocol is supported."""
    for app in corpus.versions():
        if json.loads(app.documents["config"])["protocol"] != "sse":
            yield app


if __name__ == "__main__":
    sys.exit(main())
