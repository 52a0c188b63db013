"""Names and addresses of files in answers."""

from __future__ import annotations

import time

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
