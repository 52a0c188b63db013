"""Same spec, same bytes: whatever the order of keys and the hash seed."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hubsmith_codegen.load import load
from hubsmith_codegen.pipeline import Target, draft, finish

ROOT = Path(__file__).resolve().parents[2]
KITCHEN = ROOT / "generated" / "spaces" / "kitchen" / "spec"
CORPUS = ROOT.parent / "shared" / "corpus"
KINDS = ("info", "config", "openapi")
SOURCES = {
    "kitchen": (KITCHEN, ""),
    "chatbot": (CORPUS / "apps" / "chatbot_simple", ""),
    "calendar of inputs": (CORPUS / "apps" / "blocks_inputs", ""),
    "every component": (CORPUS / "gradio-versions" / "6.31.0", "components."),
    "every component, 4.44": (CORPUS / "gradio-versions" / "4.44.1", "components."),
}

DIGEST = """
import hashlib, pathlib, sys
from hubsmith_codegen.load import load
from hubsmith_codegen.pipeline import Target, draft, finish
folder = pathlib.Path(sys.argv[1])
documents = {kind: (folder / f"{kind}.json").read_bytes() for kind in ("info", "config", "openapi")}
target = Target(raw=load(documents, source="bob/kitchen"), root=pathlib.Path("kitchen"))
(package,) = finish([draft(target)])
total = hashlib.sha256()
for path, content in sorted(package.files.items()):
    total.update(f"{path} {hashlib.sha256(content).hexdigest()}".encode())
print(total.hexdigest())
"""


def shuffled(value: Any, order: random.Random) -> Any:
    """The same JSON with the keys of every object in another order."""
    if isinstance(value, list):
        return [shuffled(item, order) for item in value]
    if not isinstance(value, dict):
        return value
    keys = list(value)
    order.shuffle(keys)
    return {key: shuffled(value[key], order) for key in keys}


def package_of(documents: Mapping[str, Any]) -> dict[str, bytes]:
    content = {kind: json.dumps(document).encode() for kind, document in documents.items()}
    target = Target(raw=load(content, source="bob/kitchen"), root=Path("kitchen"))
    (package,) = finish([draft(target)])
    return {str(path): content for path, content in package.files.items()}


@pytest.mark.slow
@pytest.mark.parametrize(("folder", "prefix"), SOURCES.values(), ids=SOURCES)
def test_the_order_of_keys_does_not_matter(folder: Path, prefix: str) -> None:
    files = {kind: folder / f"{prefix}{kind}.json" for kind in KINDS}
    present = {kind: path for kind, path in files.items() if path.is_file()}
    if not present:
        pytest.skip("the corpus of real apps is not there")
    documents = {kind: json.loads(path.read_bytes()) for kind, path in present.items()}
    expected = package_of(documents)
    assert {"client.py", "models.py", "hubsmith.lock", "README.md"} <= expected.keys()
    for seed in range(3):
        assert package_of(shuffled(documents, random.Random(seed))) == expected


@pytest.mark.slow
def test_the_hash_seed_does_not_matter() -> None:
    found: set[str] = set()
    for seed in ("0", "1", "42"):
        done = subprocess.run(
            [sys.executable, "-c", DIGEST, str(KITCHEN)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(done.stdout.strip())
    documents = {kind: json.loads((KITCHEN / f"{kind}.json").read_bytes()) for kind in KINDS}
    total = hashlib.sha256()
    for path, content in sorted(package_of(documents).items()):
        total.update(f"{path} {hashlib.sha256(content).hexdigest()}".encode())
    assert found == {total.hexdigest()}


def test_nothing_of_the_machine_or_the_moment_is_in_a_package() -> None:
    documents = {kind: json.loads((KITCHEN / f"{kind}.json").read_bytes()) for kind in KINDS}
    for path, content in package_of(documents).items():
        text = content.decode()
        assert str(ROOT) not in text and "\r" not in text, path
        assert text.endswith("\n") or not text, path
