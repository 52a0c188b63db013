"""Look for documents that make load or normalise raise something raw, guided by coverage.

    python -m tests.hostile.fuzz --seconds 600

What is found is kept in build/fuzz, as the inputs that led to new paths are: the next run goes on
from there.
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
from pathlib import Path
from random import Random
from typing import Any

import atheris  # pyright: ignore[reportMissingImports]

with atheris.instrument_imports(include=["hubsmith_codegen"]):
    from hubsmith_codegen.load import load, load_document
    from hubsmith_codegen.normalise import normalise
    from hubsmith_codegen.render.space import render

from hubsmith_runtime import SpecError

from .mutations import KINDS, change, originals, parsed, part

_BUILD = Path(__file__).resolve().parents[2] / "build" / "fuzz"
_SEEDS = 300


def one(content: bytes) -> None:
    """Try one input: an object of several documents, or one document."""
    try:
        given = json.loads(content)
        is_several = isinstance(given, dict) and bool(given) and set(given) <= set(KINDS)
    except (ValueError, RecursionError):
        is_several = False
    try:
        if is_several:
            contents = {kind: json.dumps(document).encode() for kind, document in given.items()}
            raw = load(contents, name="tiny")
        else:
            raw = load_document(content)
        render(normalise(raw))
    except SpecError:
        pass


@functools.cache
def _others() -> list[Any]:
    """Documents whose parts are put into others; nothing changes them."""
    return [parsed(one) for one in originals()]


def mutated(content: bytes, largest: int, seed: int) -> bytes:
    """Change the structure of documents, or now and then their bytes."""
    random = Random(seed)
    try:
        documents = json.loads(content)
        if not isinstance(documents, dict) or random.random() < 0.1:
            raise ValueError
        for _ in range(random.randint(1, 3)):
            change(random, documents, random.choice(_others()))
        changed = json.dumps(documents).encode()
    except (ValueError, RecursionError):
        return atheris.Mutate(content, largest)
    return changed if len(changed) <= largest else content


def main() -> None:
    """Fuzz for a while; libFuzzer ends the process, with an error where it found something."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=int, default=600)
    options = parser.parse_args()
    inputs = _BUILD / "inputs"
    inputs.mkdir(parents=True, exist_ok=True)
    for number in range(_SEEDS):
        random = Random(number)
        documents = part(random, parsed(random.choice(originals())))
        (inputs / f"seed-{number}").write_text(json.dumps(documents))
    limits = [f"-max_total_time={options.seconds}", "-timeout=60", "-max_len=200000"]
    words = [sys.argv[0], *limits, "-rss_limit_mb=4096", f"-artifact_prefix={_BUILD}/", str(inputs)]
    atheris.Setup(words, one, custom_mutator=lambda *given: mutated(*given))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
