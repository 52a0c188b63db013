"""The lock says what made a package, the same on every machine."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import PurePosixPath

import pytest
from hubsmith_codegen.ir.model import Omission
from hubsmith_codegen.write.lock import Lock, LockedSpec, checked_path, hash_of, read_lock
from hubsmith_runtime import SpecError

LOCK = Lock(
    name="greeter",
    source="owner/greeter",
    gradio="6.31.0",
    spec=LockedSpec(
        sha256="ab" * 32, documents=("config", "openapi"), missing={"info": "answered 500"}
    ),
    generators={"hubsmith": "0.1.0", "ruff": "1.0"},
    options={"line_length": 100},
    omissions=(Omission(endpoint="/odd", reason="no such type"),),
    files={PurePosixPath("models.py"): hash_of(b"x"), PurePosixPath("client.py"): hash_of(b"y")},
)


def test_a_lock_reads_back() -> None:
    assert read_lock(LOCK.to_text().encode(), "lock") == LOCK


def test_the_order_of_files_does_not_matter() -> None:
    files = dict(reversed(LOCK.files.items()))
    assert replace(LOCK, files=files).to_text() == LOCK.to_text()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lock_version": None}, "was not written by hubsmith"),
        ({"lock_version": 99}, "written by a newer hubsmith"),
        ({"files": None}, "files: Input should be a valid dictionary"),
        ({"files": {"a.py": 1}}, "files.a.py: Input should be a valid string"),
        ({"spec": []}, "spec: Input should be"),
        ({"name": 3}, "name: Input should be .*Generate the client again"),
    ],
)
def test_a_lock_that_is_not_ours_is_refused(change: dict[str, object], message: str) -> None:
    content = json.dumps(json.loads(LOCK.to_text()) | change).encode()
    with pytest.raises(SpecError, match=message):
        read_lock(content, "hubsmith.lock")


@pytest.mark.parametrize(
    "path", ["../x.py", "/etc/passwd", "a/../../x", "C:\\x", "a\\b", "", ".", "a\0b", "a\nb"]
)
def test_paths_cannot_leave_the_package(path: str) -> None:
    with pytest.raises(SpecError, match="not a path within the package"):
        checked_path(path, "lock")
    content = json.dumps(json.loads(LOCK.to_text()) | {"files": {path: "x"}}).encode()
    with pytest.raises(SpecError):
        read_lock(content, "lock")
