"""Every endpoint of every recorded app is answered as declared, through that app's own client."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mock.corpus_answers import run
from tests.support import corpus

PARTS = 4

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not corpus.CORPUS.is_dir(),
        reason="the corpus of recorded apps is not there (../shared/corpus)",
    ),
]


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.filterwarnings("default")  # Of clients whose Space has outdated endpoints.
def test_every_recorded_app_is_answered(part: int, tmp_path: Path) -> None:
    apps = [*corpus.apps()]
    assert len(apps) == 182
    report = run(apps[part::PARTS], tmp_path)
    assert report.failures == []
    assert report.calls > 80
