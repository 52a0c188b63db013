"""What the TypeScript generator writes, as far as no tool of npm is needed to judge it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import pytest
from hubsmith_codegen.ir.names import Identifier
from hubsmith_codegen.load import load
from hubsmith_codegen.normalise import normalise
from hubsmith_codegen.render.typescript import render, runtime_files
from hubsmith_codegen.render.typescript.names import camel, camels
from hubsmith_codegen.render.typescript.text import Tag, doc, key, literal

from tests.support import corpus
from tests.support.documents import endpoint, info_of, parameter, result, service_of, with_default
from tests.support.paths import KITCHEN_SNAPSHOT, ROOT
from tests.typescript.project import HERE, client_of, kitchen_spec

GOLDEN = HERE / "golden" / "kitchen"
DIGEST = """
import hashlib
from hubsmith_codegen.load import load
from hubsmith_codegen.normalise import normalise
from hubsmith_codegen.render.typescript import render
from tests.support import corpus
every = [*corpus.apps(), *corpus.versions()]
files = [render(normalise(load(app.documents, name=app.package))) for app in every]
text = "".join(f"{path}{text}" for client in files for path, text in client.items())
print(len(every), hashlib.sha256(text.encode()).hexdigest())
"""


def client(*parameters: object, returns: object = (), name: str = "/say") -> str:
    """The text of all files of a Space with one endpoint."""
    files = render(service_of(info=info_of({name: endpoint(*parameters, returns=returns)})))
    return "\n".join(files.values())


def test_the_client_of_the_demo_is_the_golden_one() -> None:
    files = client_of(kitchen_spec())
    assert {str(path) for path in files} == {path.name for path in GOLDEN.iterdir()}
    for path, text in files.items():
        assert (GOLDEN / path).read_text(encoding="utf-8") == text, path


def shuffled(text: bytes) -> bytes:
    """A JSON document with the keys of every object in another order."""

    def turned(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return dict(reversed(pairs))

    return json.dumps(json.loads(text, object_pairs_hook=turned)).encode()


def test_the_order_of_keys_changes_nothing() -> None:
    documents = {
        path.stem: path.read_bytes()
        for path in KITCHEN_SNAPSHOT.glob("*.json")
        if path.stem != "source"
    }
    other = {name: shuffled(text) for name, text in documents.items()}
    first, second = (
        render(normalise(replace(load(one), name="kitchen"))) for one in (documents, other)
    )
    assert first == second


@pytest.mark.slow
@pytest.mark.skipif(not corpus.CORPUS.is_dir(), reason="the corpus of recorded apps is not there")
def test_every_client_of_the_corpus_has_the_same_bytes_each_time() -> None:
    found = [
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert found[0] == found[1]
    assert int(found[0].split()[0]) > 200


def test_the_runtime_stands_on_nothing() -> None:
    imported = re.findall(r'from "([^"]+)"', "".join(runtime_files().values()))
    assert {name[:2] for name in imported} == {"./"}
    assert not any(re.search(r"\brequire\(|\bimport\(", text) for text in runtime_files().values())


def test_names_are_in_camel_case() -> None:
    assert [camel(name) for name in ("greet_user", "greetUser", "Greet_user", "TTS", "TTSModel")] == [
        "greetUser", "greetUser", "greetUser", "tts", "ttsModel",
    ]  # fmt: skip
    twins = [Identifier("run_it"), Identifier("runIt"), Identifier("run_It")]
    assert camels(twins) == ["run_it", "runIt", "run_It"]
    assert camels([Identifier("then"), Identifier("close")], frozenset({"then", "close"})) == [
        "then_", "close_",
    ]  # fmt: skip


def test_a_type_has_an_underscore_only_where_its_name_is_taken() -> None:
    def named(title: str) -> dict[str, object]:
        return {"type": "object", "title": title, "properties": {"a": {"type": "string"}}}

    both, taken, builtin = named("Recipe"), named("SayArgs"), named("Blob")
    text = client(
        parameter(both), parameter(taken, name="y"), returns=[result(both), result(builtin)]
    )
    declared = re.findall(r"^export (?:interface|type|class) (\w+)", text, re.MULTILINE)
    assert sorted(declared) == [
        "Blob_", "Recipe", "SayArgs", "SayArgs_", "SayResult", "Tiny", "TinyJobs",
    ]  # fmt: skip


def test_parameter_names_stay_as_the_space_has_them() -> None:
    text = client(
        parameter({"type": "string"}, name="my text"), parameter({"type": "number"}, name="class")
    )
    assert 'readonly "my text": string;' in text
    assert "readonly class: number;" in text


def test_choices_are_closed_in_arguments_and_open_in_results() -> None:
    schema = {"enum": ["a", "b"], "type": "string"}
    text = client(
        parameter(schema), returns=[result(schema), result({"type": "number"}, label="n")]
    )
    assert 'readonly x: "a" | "b";' in text
    assert 'readonly answer: "a" | "b" | (string & {});' in text


def test_bounds_and_defaults_are_documented_and_checked() -> None:
    schema = {"type": "integer", "minimum": 1, "maximum": 9}
    text = client(with_default(schema, 3, label="How many"))
    assert "How many. 1 to 9.\n   * @defaultValue 3\n" in text
    assert '[["x", { max: 9, min: 1, of: "integer" }, 3]]' in text


def test_a_literal_is_one_string_whatever_is_in_it() -> None:
    assert literal('"; evil() //') == '"\\"; evil() //"'
    assert literal("a\u2028b\u202ec\ud800</script>") == '"a\\u2028b\\u202ec\\ud800<\\/script>"'
    assert literal("你好 é") == '"你好 é"'
    assert literal({"__proto__": 1.0, "a b": [None, True]}) == (
        '{ ["__proto__"]: 1, "a b": [null, true] }'
    )
    assert key("constructor") == "constructor"


def test_a_comment_ends_where_it_should_and_has_our_tags_only() -> None:
    text = doc(["*/ evil() /* @ts-ignore {@link x} /** @deprecated"], indent=0)
    assert text.count("*/") == 1
    assert "@" not in text.replace("&#64;", "")
    assert doc([Tag("returns", "@see */")], indent=0) == "/** @returns &#64;see *\\/ */\n"
    assert doc(["", ""], indent=2) == ""


def test_the_files_are_those_of_a_client() -> None:
    files = client_of(kitchen_spec())
    assert set(files) == {PurePosixPath(name) for name in ("client.ts", "index.ts", "types.ts")}
    for text in files.values():
        assert text.endswith("\n")
        assert "\n\n\n" not in text
