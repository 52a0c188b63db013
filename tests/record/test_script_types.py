"""Scripts for recorded apps of every kind type-check, in one run of pyright.

`make test-record` takes all apps, other runs one in four.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hubsmith_codegen.load import load
from hubsmith_codegen.normalise.spaces import normalise
from hubsmith_codegen.snippets.examples import Example, ExampleFile, Examples
from hubsmith_record.session import write_session
from hubsmith_testing.answers import Script
from hubsmith_testing.files import FileStore
from hubsmith_testing.snapshot import Snapshot

from tests.record.by_hand import Clicks
from tests.support.corpus import App, apps
from tests.support.type_checker import faults_in
from tests.typescript import project

pytestmark = pytest.mark.slow

IS_WHOLE = os.environ.get("HUBSMITH_RECORD") == "all"


def recorded() -> list[App]:
    """The apps that `/info` and `/config` were kept of, or one in four of them."""
    found = [app for app in apps() if {"info", "config"} <= app.documents.keys()]
    return found if IS_WHOLE else found[::4]


def clicks_on(app: App) -> Clicks:
    """Call every endpoint of an app twice: with examples, and with what its mock answered."""
    documents = {kind: app.documents[kind] for kind in ("info", "config")}
    config, info = (json.loads(documents[kind]) for kind in ("config", "info"))
    clicks = Clicks(config, info, "http://127.0.0.1:1")
    # What a folder is called tells the apps of one title apart.
    config["title"] = app.package
    service = normalise(load(documents, source="http://127.0.0.1:1"))
    snapshot = Snapshot.read(documents)
    script, examples = Script(snapshot, FileStore(), 0, None), Examples(service.definitions)

    def wire(value: Example) -> Any:
        match value:
            case ExampleFile(name=name):
                return clicks.upload(f"/tmp/gradio/{name}", b"content")
            case list() | tuple():
                return [wire(one) for one in value]
            case dict():
                return {key: wire(one) for key, one in value.items()}
            case _:
                return value

    shown: dict[Any, Any] = {}
    for again in (False, True):
        for operation in service.operations:
            endpoint = snapshot.find(str(operation.endpoint))
            function = clicks.functions.get(str(operation.endpoint).removeprefix("/"))
            if endpoint is None or function is None:
                continue
            given = iter([wire(examples.value(one)) for one in operation.parameters])
            data = [next(given, None) if one else None for one in endpoint.live.inputs]
            if again:  # The page shows results in components that later calls take.
                data = [
                    shown.get(key, one) for key, one in zip(function["inputs"], data, strict=True)
                ]
            outputs: Any = script.next(endpoint, {}).value
            clicks.call(operation.endpoint.removeprefix("/"), data, outputs, trigger_id=1)
            shown |= dict(zip(function["outputs"], outputs, strict=True))
    return clicks


def test_scripts_of_recorded_apps_type_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = 0
    for app in recorded():
        clicks = clicks_on(app)
        session = write_session(
            clicks.recording(), language="python", out=tmp_path / app.package / "session.py"
        )
        made += len(clicks.calls)
        left = [one for one in session.comments if "the client does not accept its" in one]
        assert len(left) <= len(clicks.calls) / 2, (app, left)
    assert made > (300 if IS_WHOLE else 75)
    faults = faults_in(
        tmp_path,
        include=[f"{app.package}/session.py" for app in recorded()],
        projects=[app.package for app in recorded()],
    )
    assert list(map(str, faults)) == []


@project.needs_npm
def test_typescript_modules_of_recorded_apps_type_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for app in recorded()[:50]:
        out = tmp_path / app.package / "session.ts"
        write_session(clicks_on(app).recording(), language="typescript", out=out)
    project.configure(tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    (tmp_path / "node_modules").symlink_to(project.HERE / "node_modules")
    assert project.tsc(tmp_path) == []
