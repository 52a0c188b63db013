"""Whatever a spec holds, a snippet passes it on and runs nothing of it."""

from __future__ import annotations

import ast
import json
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hubsmith_codegen.cli import main
from hubsmith_codegen.ir.model import Operation
from hubsmith_codegen.load import load
from hubsmith_codegen.normalise import normalise
from hubsmith_codegen.snippets import LANGUAGES
from hubsmith_codegen.snippets.place import Place

from tests.snippets import node

HOSTILE = {
    "quotes": "'\"'''\"\"\"`",
    "Python": '"); import os; os.system("touch pwned") #',
    "shell": "'; touch pwned; '",
    "substitution": "$(touch pwned) `touch pwned` ${HOME} $BASE \\$x !x",
    "double quotes of a shell": '"$(touch pwned)"',
    "TypeScript": '" }); await import("node:fs"); ({ x: "${1}`',
    "comment": "*/ // # <!-- </script>",
    "lines": "a\nb\r\nc\u2028d\x85e\x7f",
    "backslashes": "\\ \\\\ \\n \\u0022 \\",
    "control": "\x1b[2J\x00\x08",
    "bidirectional": "user\u202e # nimda",
    "option": "--data @/etc/passwd",
    "at": "@/etc/passwd",
    "name": "__proto__",
    "format": "%s %(a)s {0} {{ 7*7 }}",
    "emoji": "🎉 ﬁ",
}
NAMED = "6.31.0"
PLACED = "6.0.0"


def space_of(text: str, version: str) -> tuple[Operation, Place]:
    """An endpoint with the text wherever a spec may have one."""
    parameters = [
        {"parameter_name": "plain", "label": text, "type": {"type": "string"}, "example_input": text},
        {
            "parameter_name": text, "label": text, "type": {"enum": [text, "b"]},
            "parameter_has_default": True, "parameter_default": text,
        },
        {"parameter_name": "tree", "type": {}, "example_input": {text: [text]}},
    ]  # fmt: skip
    described = {"parameters": parameters, "returns": [{"label": text, "type": {"enum": [text]}}]}
    info = {"named_endpoints": {"/go": described}, "unnamed_endpoints": {}}
    config = {
        "version": version, "api_prefix": "/gradio_api", "title": text, "components": [],
        "dependencies": [],
    }  # fmt: skip
    documents = {"info": json.dumps(info).encode(), "config": json.dumps(config).encode()}
    service = normalise(load(documents, source="http://127.0.0.1:7860", name="tiny"))
    return service.operations[0], Place(service=service, module="clients.tiny", note="First.")


def snippets(operation: Operation, place: Place) -> dict[str, str]:
    return {name: write(operation, place) for name, (_, write) in LANGUAGES.items()}


def by_name(text: str) -> dict[str, Any]:
    return {"plain": text, text: text, "tree": {text: [text]}}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_python_passes_it_on(text: str) -> None:
    operation, place = space_of(text, NAMED)
    written = snippets(operation, place)
    calls = {"Tiny", "tiny.go", "print", "Client", "client.predict"}
    for language in ("python", "python-untyped"):
        tree = ast.parse(written[language])
        nodes = list(ast.walk(tree))
        assert {ast.unparse(n.func) for n in nodes if isinstance(n, ast.Call)} <= calls
        assert not any(isinstance(n, ast.Attribute) and n.attr == "system" for n in nodes)
        (call,) = (
            n
            for n in nodes
            if isinstance(n, ast.Call) and ast.unparse(n.func) in ("tiny.go", "client.predict")
        )
        values = [ast.literal_eval(one.value) for one in call.keywords if one.arg is not None]
        values += [
            v
            for one in call.keywords
            if one.arg is None
            for v in ast.literal_eval(one.value).values()
        ]
        assert values.count(text) == 2
        assert {text: [text]} in values


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
@pytest.mark.parametrize("version", [NAMED, PLACED])
def test_the_shell_passes_it_on(text: str, version: str, tmp_path: Path) -> None:
    sed = shutil.which("sed")
    assert sed is not None
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "sed").symlink_to(sed)
    curl = tools / "curl"
    # Each run of it is a line of its own: the words with a character between that none has.
    curl.write_text(
        '#!/bin/sh\nfor word; do printf \'%s\\001\' "$word"; done >> calls; echo "\\"event_id\\": \\"e1\\""\n'
        "printf '\\002' >> calls\n"
    )
    curl.chmod(curl.stat().st_mode | stat.S_IXUSR)
    operation, place = space_of(text, version)
    done = subprocess.run(
        ["/bin/sh", "-c", snippets(operation, place)["curl"]],
        cwd=tmp_path, env={"PATH": str(tools)}, capture_output=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert sorted(one.name for one in tmp_path.iterdir()) == ["calls", "tools"]
    calls = (tmp_path / "calls").read_text(encoding="utf-8").split("\2")[:-1]
    post, get = (call.split("\1")[:-1] for call in calls)
    sent = json.loads(post[post.index("-d") + 1])
    wanted = by_name(text) if version == NAMED else {"data": list(by_name(text).values())}
    assert sent == wanted
    assert get[-1] == "http://127.0.0.1:7860/gradio_api/call/go/e1"


@pytest.mark.slow
def test_typescript_passes_it_on() -> None:
    packages = node.installed()
    stub = (
        "const Client = { connect: async (url: string) => ({\n"
        "  predict: async (name: string, data: unknown) => {\n"
        "    console.log(JSON.stringify(data)); return { data: ['done'] as unknown };\n"
        "  }, close(): void {} }) };\nexport {};\n"
    )
    sources: dict[str, str] = {}
    for number, text in enumerate(HOSTILE.values()):
        operation, place = space_of(text, NAMED)
        written = snippets(operation, place)["typescript"]
        head, _, rest = written.partition("\n\n")
        assert head.splitlines()[1:] == ['import { Client } from "@gradio/client";']
        sources[f"hostile{number}"] = stub + rest
    with tempfile.TemporaryDirectory(dir=packages) as place_:
        node.compiled(sources, Path(place_))
        printed = node.run_modules(list(sources), Path(place_))
    for name, text in zip(sources, HOSTILE.values(), strict=True):
        assert json.loads(printed[name].split("\n")[0]) == by_name(text), text


def test_a_spec_chooses_no_file_to_send() -> None:
    """A client takes such an object for a file, reads what it names and sends it to the Space."""
    secret = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
    parameters = [
        {"parameter_name": "headers", "type": {}, "example_input": {"a": [secret]}},
        {
            "parameter_name": "b", "type": {"type": "object", "additionalProperties": {}},
            "parameter_has_default": True, "parameter_default": secret,
        },
    ]  # fmt: skip
    info = {
        "named_endpoints": {"/go": {"parameters": parameters, "returns": []}},
        "unnamed_endpoints": {},
    }
    service = normalise(load({"info": json.dumps(info).encode()}, source="bob/app", name="tiny"))
    (operation,) = service.operations
    place = Place(service=service, module="tiny")
    assert place.examples.value(operation.parameters[0]) == "Hello"
    written = snippets(operation, place)
    for language in ("python", "python-untyped", "typescript"):
        assert "passwd" not in written[language]
    # `headers` is an argument of `predict` itself, so the endpoint's own goes by place.
    assert 'client.predict("Hello", None, api_name="/go")' in written["python-untyped"]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
@pytest.mark.parametrize("version", [NAMED, PLACED, "4.44.1"])
def test_nothing_invisible_is_printed(
    text: str,
    version: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tree = {
        "type": "object",
        "title": text,
        "description": text,
        "properties": {text: {"enum": [text]}, "b": {"type": "string", "description": text}},
        "required": [text],
    }
    described = {
        "description": text,
        "parameters": [
            {"parameter_name": text, "label": text, "type": tree},
            {
                "parameter_name": "b", "label": text, "type": {"type": "string"},
                "parameter_has_default": True, "parameter_default": text,
            },
        ],
        "returns": [{"label": text, "type": tree}, {"label": text, "type": {"enum": [text]}}],
    }  # fmt: skip
    named = {f"/{text}": described, f"/a/{text}": described, "/\x9b2J": described}
    config: dict[str, Any] = {
        "version": version, "title": text, "components": [], "dependencies": []
    }  # fmt: skip
    info = {"named_endpoints": named, "unnamed_endpoints": {}}
    (tmp_path / "space").mkdir()
    (tmp_path / "space" / "info.json").write_text(json.dumps(info))
    (tmp_path / "space" / "config.json").write_text(json.dumps(config))
    monkeypatch.chdir(tmp_path)
    for words in (["show", "space"], ["show", "space", "--json"], ["call", "space", "--help"]):
        assert main(words) == 0
        shown = capsys.readouterr()
        for line in (shown.out + shown.err).split("\n"):
            assert line.isprintable(), line
    for name in named:
        assert main(["call", "space", name, "--help"]) == 0
        assert main(["call", "space", name, "no"]) == 2
        shown = capsys.readouterr()
        assert (shown.out + shown.err).replace("\n", "").isprintable()
