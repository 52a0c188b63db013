"""Documents that were written to do harm do none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hubsmith_codegen.load import load
from hubsmith_codegen.normalise import normalise
from hubsmith_codegen.render.space import render
from hubsmith_codegen.write.syntax import check_syntax
from hubsmith_runtime import SpecError
from hypothesis import HealthCheck, given, settings, strategies as st

from tests.support.examples import examples

from .mutations import CANARY, CORPUS, hostile

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
needs_corpus = pytest.mark.skipif(
    not CORPUS.is_dir(), reason="the corpus is not there (../shared/corpus)"
)


@needs_corpus
@given(st.integers(min_value=0, max_value=2**64))
@settings(max_examples=examples(50, 200), suppress_health_check=list(HealthCheck))
def test_a_document_is_refused_or_gives_code_that_only_declares(number: int) -> None:
    try:
        files = render(normalise(load(hostile(number), name="tiny")))
    except SpecError as error:
        assert str(error).isprintable()
        return
    for path, source in files.items():
        if path.suffix == ".py":
            check_syntax(path, source)


def test_whatever_an_import_does_is_seen(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    for name in ("__init__", "models", "client", "async_client"):
        (package / f"{name}.py").write_text("")
    (package / "models.py").write_text(f"import os\nos.mkdir({CANARY!r})\nopen('x', 'w').close()\n")
    (tmp_path / "expected.json").write_text(json.dumps({"package": []}))
    importing = Path(__file__).with_name("importing.py")
    done = subprocess.run(
        [sys.executable, "-I", str(importing), str(tmp_path)],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    seen = [json.loads(line)[1] for line in done.stdout.splitlines()]
    assert [one.split()[1] for one in seen] == ["os.mkdir", "open"]


@needs_corpus
def test_300_adversarial_documents_do_nothing_but_give_clients(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    command = [sys.executable, "-m", "tests.hostile.run", "--documents", "300", "--json", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(file.read_text(encoding="utf-8"))
    assert figures["tried"] == 300
    assert figures["imported"] > 200
    assert figures["called"] > 20
