"""The programs of the page about TypeScript, checked and run."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docs.page import blocks_of
from tests.support.paths import KITCHEN_APP
from tests.typescript.project import (
    HERE,
    bundle,
    client_of,
    configure,
    kitchen_spec,
    needs_npm,
    node,
    tsc,
    write_project,
)

pytestmark = [needs_npm, pytest.mark.slow]
StartGradio = Callable[..., str]
CHROMIUM = shutil.which("chromium")
ADDRESS = "http://127.0.0.1:7860"
SAID = """\
Hi, Bob!!!
pumpkin tomato and cream
card-shouted.txt SALT TO TASTE
1
1 2
1 2 3
in the end: 1 2 3
jobs before this one: 0
bread, baked for 4 minutes
The job is cancelled. Raise timeoutMs, or omit it to wait without a limit.
URL: /greet: intensity: expected at least 0 and at most 10, got 11. Nothing was sent.
Sold out - There is no more soup today.
"""
SHOW = """
import { createElement } from "react";
import { createRoot } from "react-dom/client";
import { Counter } from "./Counter.js";
import { Kitchen } from "./clients/kitchen/index.js";

const kitchen = new Kitchen({ source: "SOURCE" });
const root = document.getElementById("root");
if (root) createRoot(root).render(createElement(Counter, { kitchen, n: 3 }));
"""
SHOWN = """(async () => {
  for (let tries = 0; tries < 200; tries += 1) {
    const text = document.querySelector("output")?.textContent;
    if (text === "1 2 3") return text;
    await new Promise((go) => setTimeout(go, 50));
  }
  return document.body.textContent;
})()"""


@pytest.fixture(scope="module")
def project(
    tmp_path_factory: pytest.TempPathFactory, start_gradio: StartGradio
) -> tuple[Path, str]:
    folder, url = tmp_path_factory.mktemp("page"), start_gradio(KITCHEN_APP)
    write_project(folder, {"kitchen": client_of(kitchen_spec())})
    programs = {
        block.file: block.code
        for block in blocks_of("typescript")
        if block.language in ("typescript", "tsx")
    }
    assert set(programs) == {"program.ts", "Counter.tsx", "server.ts"}
    programs["show.ts"] = SHOW.replace("SOURCE", url)
    for name, text in programs.items():
        (folder / name).write_text(text.replace(ADDRESS, url), encoding="utf-8")
    (folder / "card.txt").write_text("salt to taste", encoding="utf-8")
    return folder, url


def test_the_programs_are_well_typed(project: tuple[Path, str]) -> None:
    configure(project[0], jsx="react-jsx", types=["node"])
    assert tsc(project[0]) == []


def test_the_program_says_what_it_should(project: tuple[Path, str]) -> None:
    folder, url = project
    done = node(bundle(folder, "program.ts", "--platform=node"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == SAID.replace("URL", url)


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_the_component_shows_the_parts_in_a_page(project: tuple[Path, str]) -> None:
    define = '--define:process.env.NODE_ENV="production"'
    script = bundle(project[0], "show.ts", "--jsx=automatic", define)
    done = subprocess.run(
        ["node", str(HERE / "browser.mjs"), str(script), CHROMIUM or "", json.dumps([SHOWN])],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"results": ["1 2 3"], "said": []}


def test_the_server_calls_the_space_for_its_page(project: tuple[Path, str]) -> None:
    folder, _ = project
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = folder / "server.ts"
    program.write_text(program.read_text("utf-8").replace("3000", str(port)), encoding="utf-8")
    process = subprocess.Popen(["node", str(bundle(folder, "server.ts", "--platform=node"))])
    try:
        until = time.monotonic() + 20
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/?name=Ann") as answer:
                    assert answer.read() == b"Good evening, Ann!!!"
                return
            except OSError:
                assert time.monotonic() < until
                time.sleep(0.1)
    finally:
        process.kill()
        process.wait()
