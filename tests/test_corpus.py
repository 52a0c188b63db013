"""Every recorded Gradio app gets a complete client that imports and passes pyright in strict mode."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parent
CORPUS = TESTS.parent.parent / "shared" / "corpus"

pytestmark = pytest.mark.skipif(
    not CORPUS.is_dir(), reason="the corpus of recorded apps is not there (../shared/corpus)"
)


@pytest.fixture(scope="module")
def corpus() -> ModuleType:
    spec = importlib.util.spec_from_file_location("corpus", TESTS / "corpus.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["corpus"] = module  # Its dataclasses look their module up.
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The report of the whole run, which is a process of its own."""
    file = tmp_path_factory.mktemp("corpus") / "report.json"
    done = subprocess.run(
        [sys.executable, str(TESTS / "corpus_run.py"), "--json", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert file.is_file(), done.stdout[-3000:] + done.stderr[-3000:]
    return json.loads(file.read_text(encoding="utf-8"))


def test_info_and_config_agree_on_what_is_public(corpus: ModuleType) -> None:
    # So that the rule for /config can be trusted where /info is missing.
    compared = 0
    for app in [*corpus.apps(), *corpus.versions()]:
        if {"info", "config"} <= app.documents.keys():
            info = corpus.endpoints_of_info(json.loads(app.documents["info"]))
            config = corpus.endpoints_of_config(json.loads(app.documents["config"]))
            assert info == config, str(app)
            compared += 1
    assert compared > 190


def test_no_app_crashes_the_generator(report: Any) -> None:
    assert [outcome for outcome in report["outcomes"] if outcome["crash"]] == []
    assert sum(outcome["folder"] == "apps" for outcome in report["outcomes"]) == 182


def test_no_endpoint_is_lost_without_a_warning(report: Any) -> None:
    lost = {outcome["app"]: outcome["lost"] for outcome in report["outcomes"] if outcome["lost"]}
    assert lost == {}
    assert sum(outcome["generated"] for outcome in report["outcomes"]) > 1000


def test_ruff_accepts_every_package(report: Any) -> None:
    assert report["format_errors"] == []


def test_every_package_imports(report: Any) -> None:
    assert report["import_errors"] == []


def test_every_package_passes_pyright_in_strict_mode(report: Any) -> None:
    assert report["type_errors"] == []


def test_every_package_passes_mypy_in_strict_mode(report: Any) -> None:
    assert report["mypy_errors"] == []


def test_any_stands_only_where_the_spec_has_no_type(report: Any) -> None:
    unjustified = {
        outcome["app"]: outcome["any_unjustified"]
        for outcome in report["outcomes"]
        if outcome["any_unjustified"]
    }
    assert unjustified == {}
