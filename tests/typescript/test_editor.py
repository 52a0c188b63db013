"""What an editor shows while someone types a call, and how large a bundle is."""

from __future__ import annotations

import gzip
import json
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hubsmith_codegen.ir.names import ClassName
from hubsmith_codegen.normalise.spaces import normalise
from hubsmith_codegen.render.typescript import render

from tests.typescript.project import (
    HERE,
    bundle,
    client_of,
    kitchen_spec,
    needs_npm,
    write_project,
)

pytestmark = [needs_npm, pytest.mark.slow]
ENDPOINTS = {"bake", "chat", "count", "fail", "greet", "img", "plan", "shout", "stream", "suggest"}
LARGEST_BUNDLE = 12_000
TEXT = """\
import { Kitchen } from "./clients/kitchen/index.js";
const kitchen = new Kitchen();
kitchen.
;kitchen.jobs.
;kitchen.greet({  });
kitchen.greet({ name: "Bob", style: "" });
const { vegetable } = await kitchen.suggest({ season: "" });
for await (const part of kitchen.jobs.stream({ n: 3 })) part;
"""


def asked(folder: Path, marks: Sequence[str]) -> list[Any]:
    """Ask TypeScript's language service at the end of each mark."""
    file = folder / "typing.ts"
    file.write_text(TEXT, encoding="utf-8")
    done = subprocess.run(
        ["node", str(HERE / "editor.mjs"), str(file), json.dumps(marks)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_an_editor_completes_endpoints_parameters_and_choices(tmp_path: Path) -> None:
    write_project(tmp_path, {"kitchen": client_of(kitchen_spec())})
    marks = (
        "\nkitchen.",
        "kitchen.jobs.",
        "kitchen.greet({ ",
        'style: "',
        'season: "',
        "{ vegetable",
        "const part",
        "\n;kitchen.greet",
    )
    client, jobs, names, styles, seasons, vegetable, part, greet = asked(tmp_path, marks)
    assert set(client["names"]) == {*ENDPOINTS, "jobs", "close"}
    assert "Greet a guest at the door (`/greet`)." in client["details"]["greet"]
    assert set(jobs["names"]) == ENDPOINTS
    assert set(names["names"]) == {"name", "style", "intensity"}
    assert "Who to greet." in names["details"]["name"]
    assert "0 to 10, in steps of 1.\n@defaultValue 3" in names["details"]["intensity"]
    assert '@defaultValue "formal"' in names["details"]["style"]
    assert set(styles["names"]) == {"formal", "casual"}
    assert set(seasons["names"]) == {"spring", "summer", "autumn", "winter"}
    assert '"asparagus" | "tomato" | "pumpkin" | "cabbage" | (string & {})' in vegetable["hover"]
    assert "const part: string" in part["hover"]
    assert "Promise<string>" in greet["hover"]
    assert "Greet a guest at the door" in greet["hover"]


def test_a_bundle_with_three_endpoints_is_small(tmp_path: Path) -> None:
    service = normalise(kitchen_spec())
    kept = [one for one in service.operations if one.method in ("greet", "suggest", "bake")]
    small = replace(service, class_name=ClassName("Small"), operations=tuple(kept), definitions=())
    write_project(tmp_path, {"small": render(small)}, "small.ts", "peer.ts")
    sizes = {
        name: len(gzip.compress(bundle(tmp_path, f"{name}.ts", "--minify").read_bytes(), 9))
        for name in ("small", "peer")
    }
    print(sizes)
    assert sizes["small"] < LARGEST_BUNDLE < sizes["peer"]
