"""Every recorded Gradio app gets a complete client that imports and passes pyright in strict mode."""

from __future__ import annotations

import json

import pytest

from tests.corpus_run import Report, run
from tests.support import corpus

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not corpus.CORPUS.is_dir(),
        reason="the corpus of recorded apps is not there (../shared/corpus)",
    ),
]


@pytest.fixture(scope="module")
def report() -> Report:
    """What came of the whole corpus."""
    return run([*corpus.apps(), *corpus.versions()], again=False)


def test_info_and_config_agree_on_what_is_public() -> None:
    # So that the rule for /config can be trusted where /info is missing.
    compared = 0
    for app in [*corpus.apps(), *corpus.versions()]:
        if {"info", "config"} <= app.documents.keys():
            info = corpus.endpoints_of_info(json.loads(app.documents["info"]))
            config = corpus.endpoints_of_config(json.loads(app.documents["config"]))
            assert info == config, str(app)
            compared += 1
    assert compared > 190


def test_no_app_crashes_the_generator(report: Report) -> None:
    assert [outcome for outcome in report.outcomes if outcome.crash] == []
    assert sum(outcome.folder == "apps" for outcome in report.outcomes) == 182


def test_no_endpoint_is_lost_without_a_warning(report: Report) -> None:
    lost = {outcome.app: outcome.lost for outcome in report.outcomes if outcome.lost}
    assert lost == {}
    assert sum(outcome.generated for outcome in report.outcomes) > 1000


def test_a_request_has_its_arguments_in_the_order_of_the_space(report: Report) -> None:
    assert [outcome for outcome in report.outcomes if outcome.misordered] == []


def test_ruff_accepts_every_package(report: Report) -> None:
    assert report.format_errors == []


def test_every_package_imports(report: Report) -> None:
    assert report.import_errors == []


def test_every_package_passes_pyright_in_strict_mode(report: Report) -> None:
    assert report.type_errors == []


def test_every_package_passes_mypy_in_strict_mode(report: Report) -> None:
    assert report.mypy_errors == []


def test_any_stands_only_where_the_spec_has_no_type(report: Report) -> None:
    unjustified = {
        outcome.app: outcome.any_unjustified
        for outcome in report.outcomes
        if outcome.any_unjustified
    }
    assert unjustified == {}
