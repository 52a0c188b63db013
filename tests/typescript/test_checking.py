"""The compiler finds nothing in generated clients, and every mistake in the code that uses them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from pathlib import Path, PurePosixPath

import pytest
from hubsmith_codegen.load import load
from hubsmith_codegen.normalise import normalise
from hubsmith_codegen.render.typescript import render

from tests.codegen.test_hostile import HOSTILE, service_with
from tests.hostile.mutations import TEXTS, hostile
from tests.support import corpus
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
BUNDLER = ("--module", "ESNext", "--moduleResolution", "Bundler")
# As JavaScript would have to see it, to become code.
CODE = 'globalThis.hostileCanary = import("node:fs")'
ESCAPES = (
    f'"; {CODE}; "',
    f"'; {CODE}; '",
    f"`; {CODE}; `",
    f"${{{CODE}}}",
    f"*/ {CODE}; /*",
    f"*/\n{CODE};\n/**",
    f"\u2028{CODE}\u2029",
    f"\\u002a\\u002f {CODE}",
    f"-->\n{CODE}\n<!--",
    f"</script><script>{CODE}</script>",
    "@ts-nocheck",
    "\n@ts-ignore\n@deprecated {@link x}",
    '/// <reference path="/etc/passwd" />',
    "@jsx evil @jsxImportSource evil",
    "//# sourceMappingURL=http://127.0.0.1/x",
    "constructor",
    "__proto__",
    "prototype",
    "then",
    "toString",
    "Promise",
    "SpaceClient",
    "Kitchen Jobs",
    "string",
    "never",
    "arguments",
    "await",
    "default",
    "enum",
    "\\",
    "\ud800",
)


@pytest.mark.skipif(not corpus.CORPUS.is_dir(), reason="the corpus of recorded apps is not there")
def test_the_compiler_finds_nothing_in_any_client_of_the_corpus(tmp_path: Path) -> None:
    every = [*corpus.apps(), *corpus.versions()]
    clients = {
        f"{app.folder}_{app.package}": render(normalise(load(app.documents, name=app.package)))
        for app in every
    }
    write_project(tmp_path, clients)
    started = time.perf_counter()
    assert tsc(tmp_path) == []
    print(f"{len(clients)} clients in {time.perf_counter() - started:.1f} s")
    assert tsc(tmp_path, *BUNDLER) == []
    assert len(clients) > 200


def checked_by_parser(folder: Path) -> int:
    """Have the parser look at every file, and return how many there are."""
    done = subprocess.run(
        ["node", str(HERE / "checker.mjs"), str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert found["problems"] == []
    return found["files"]


def test_no_text_of_a_spec_becomes_code(tmp_path: Path) -> None:
    texts = [*dict.fromkeys([*HOSTILE.values(), *TEXTS, *ESCAPES])]
    clients = {f"text_{at}": render(service_with(text)) for at, text in enumerate(texts)}
    write_project(tmp_path, clients)
    assert checked_by_parser(tmp_path) == 3 * len(texts)
    assert tsc(tmp_path) == []


@pytest.mark.skipif(not corpus.CORPUS.is_dir(), reason="the corpus of recorded apps is not there")
def test_no_adversarial_document_becomes_code(tmp_path: Path) -> None:
    clients: dict[str, dict[PurePosixPath, str]] = {}
    for number in range(300):
        try:
            service = normalise(load(hostile(number), name="tiny"))
        except Exception:
            continue  # What is refused is judged by the tests of documents.
        clients[f"document_{number}"] = render(service)
    write_project(tmp_path, clients)
    assert checked_by_parser(tmp_path) == 3 * len(clients) > 300
    assert tsc(tmp_path) == []


def runs_the_canary(folder: Path) -> bool:
    """Run every client below a folder, and say whether a text of its spec did something."""
    names = [path.name for path in sorted((folder / "clients").glob("text_*"))]
    imports = "".join(f'import * as {name} from "./clients/{name}/index.js";\n' for name in names)
    program = f"""{imports}
for (const client of [{", ".join(names)}]) {{
  for (const made of Object.values(client)) {{
    if (made.prototype?.close && !made.prototype.start) new made({{ source: "http://localhost" }});
  }}
}}
console.log("hostileCanary" in globalThis);
"""
    (folder / "canary.js").write_text(program, encoding="utf-8")
    done = node(bundle(folder, "canary.js", "--platform=node"))
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_no_text_of_a_spec_runs(tmp_path: Path) -> None:
    texts = [*dict.fromkeys([*HOSTILE.values(), *TEXTS, *ESCAPES])]
    clients = {f"text_{at}": render(service_with(text)) for at, text in enumerate(texts)}
    write_project(tmp_path, clients)
    assert not runs_the_canary(tmp_path)
    with (tmp_path / "clients" / "text_0" / "client.ts").open("a", encoding="utf-8") as file:
        file.write(f"{CODE};\n")
    assert runs_the_canary(tmp_path)


def test_the_parser_finds_code_where_there_is_some(tmp_path: Path) -> None:
    write_project(tmp_path, {"kitchen": client_of(kitchen_spec())})
    file = tmp_path / "clients" / "kitchen" / "client.ts"
    file.write_text(file.read_text("utf-8").replace('"bread"', f"({CODE})", 1), encoding="utf-8")
    with pytest.raises(AssertionError):
        checked_by_parser(tmp_path)


def test_programs_that_use_a_client_are_checked(tmp_path: Path) -> None:
    programs = ("kitchen.ts", "node.ts", "mistakes.ts")
    write_project(tmp_path, {"kitchen": client_of(kitchen_spec())}, *programs)
    assert tsc(tmp_path) == []
    assert tsc(tmp_path, *BUNDLER) == []
    # Without the types of a browser, with those of Node.
    configure(tmp_path, lib=["ES2022"], types=["node"])
    assert tsc(tmp_path) == []


@pytest.mark.parametrize("compiler", ["typescript", "typescript-classic"])
def test_declarations_can_be_made_file_by_file(compiler: str, tmp_path: Path) -> None:
    write_project(tmp_path, {"kitchen": client_of(kitchen_spec())})
    configure(tmp_path, isolatedDeclarations=True, declaration=True, lib=["ES2022", "WebWorker"])
    program = HERE / "node_modules" / compiler / "bin" / "tsc"
    done = subprocess.run(
        ["node", str(program), "-p", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.stdout == ""


def test_the_types_of_bun_which_give_fetch_a_member_are_no_obstacle(tmp_path: Path) -> None:
    write_project(tmp_path, {"kitchen": client_of(kitchen_spec())})
    (tmp_path / "fetch.d.ts").write_text(
        "declare namespace fetch { function preconnect(url: string): void }\n", encoding="utf-8"
    )
    assert tsc(tmp_path) == []


def test_every_mistake_is_found(tmp_path: Path) -> None:
    write_project(tmp_path, {"kitchen": client_of(kitchen_spec())}, "mistakes.ts")
    file = tmp_path / "mistakes.ts"
    text = file.read_text("utf-8")
    file.write_text(re.sub(r"// @ts-expect-error", "// here:", text), encoding="utf-8")
    said = [
        line
        for line in tsc(tmp_path)
        if line.startswith(("mistakes", "../", "/")) or "mistakes.ts(" in line
    ]
    assert len(said) == text.count("@ts-expect-error") >= 8


def test_an_older_compiler_finds_nothing_either(tmp_path: Path) -> None:
    write_project(tmp_path, {"kitchen": client_of(kitchen_spec())}, "kitchen.ts")
    compiler = HERE / "node_modules" / "typescript-classic" / "bin" / "tsc"
    done = subprocess.run(
        [shutil.which("node") or "node", str(compiler), "-p", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == ""
