"""Names and addresses of files in answers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pydantic
import pytest
from hubsmith_runtime import File
from hubsmith_runtime.files import answered_file
from hubsmith_runtime.saving import FileOrigin, safe_name


def test_an_answer_without_an_address_is_refused() -> None:
    for answer in (
        {},
        {"path": ""},
        {"path": "a.txt"},
        {"path": "/etc/passwd", "url": "/etc/passwd"},
    ):
        with pytest.raises(ValueError, match="neither a path nor a URL"):
            answered_file(answer, FileOrigin())


def test_a_string_in_an_answer_names_no_file() -> None:
    adapter = pydantic.TypeAdapter(File)
    with pytest.raises(pydantic.ValidationError, match="not a file object"):
        adapter.validate_python("/etc/passwd", context=FileOrigin("http://a.b/c"))


def test_a_long_name_is_cut_in_time_and_keeps_its_ending() -> None:
    began = time.monotonic()
    name = safe_name("é" * 1_000_000 + ".tar.gz")
    assert time.monotonic() - began < 1
    assert name.startswith("éé")
    assert name.endswith(".gz")
    assert len(name.encode()) <= 120
    assert safe_name("CON") == "_CON"
    assert safe_name("lpt1.txt") == "_lpt1.txt"


def test_a_name_that_the_file_system_cannot_hold_is_replaced(tmp_path: Path) -> None:
    # Python decides when it starts which names it can write.
    code = (
        "import sys; from hubsmith_runtime import File; "
        "print(File(b'x', name='gr\\xfcn.txt').save(sys.argv[1]).name)"
    )
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-c", code, str(tmp_path)]
    made = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert made.stdout.strip() == ("gr_n.txt" if sys.platform == "linux" else "gr\xfcn.txt")
