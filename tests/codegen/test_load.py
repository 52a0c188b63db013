"""Bytes in, a `RawSpec` out, or one clear line."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from hubsmith_codegen.load import load, load_document
from hubsmith_runtime import SpecError

from tests.support.paths import DEMO

UPLOAD = {"/gradio_api/upload": {"post": {"operationId": "upload_file_upload_post"}}}


def openapi(paths: object, **more: object) -> bytes:
    return json.dumps({"openapi": "3.0.2", "info": {"title": "T"}, "paths": paths, **more}).encode()


REFUSED = {
    "empty": (b"", "is empty"),
    "blank": (b" \n", "is empty"),
    "html": (b"<!doctype html><title>Hello</title>", "HTML page titled 'Hello'"),
    "login page": (b'<html><form><input type="password">', "login page"),
    "cut in a string": (b'{"named_endpoints": {"/pre', "cut off"),
    "cut in an object": (b'{"openapi": "3.0.2", "paths": {', "cut off"),
    "conflict": (
        b'{"a":\n<<<<<<< HEAD\n1\n=======\n2',
        "has an unresolved merge conflict at line 2",
    ),
    "not json": (b"hello: world", "is not JSON: Expecting value at line 1, column 1"),
    "array": (b"[1, 2]", "is an array, not a JSON object"),
    "number": (b"12", "is a number, not a JSON object"),
    "null": (b"null", "is null, not a JSON object"),
    "other object": (b'{"hello": 1}', "not an API document of a Gradio app (its keys: 'hello')"),
    "error answer": (b'{"detail": "Not authenticated"}', "it says 'Not authenticated'"),
    "odd types": (b'{"dependencies": 1, "components": 2}', "not an API document"),
    "latin-1": ('{"naïve": 1}'.encode("latin-1"), "byte 5 is not valid UTF-8"),
    "deep": (b'{"a":' * 5000 + b"1" + b"}" * 5000, "nested deeper than"),
    "deeper": (b"[" * 400_000, "nested deeper than"),
    "quite deep": (b'{"a":' * 150 + b"1" + b"}" * 150, "nested deeper than"),
    "endless number": (b'{"a": ' + b"9" * 5000 + b"}", "contains a number with too many digits"),
    "swagger 2": (b'{"swagger": "2.0", "paths": {}}', "Swagger 2"),
    "no paths": (b'{"openapi": "3.0.2"}', "needs `openapi` and `paths`"),
    "openapi of something else": (
        openapi({"/pets/{id}": {"get": {}}}),
        "something other than a Gradio app ('T')",
    ),
    "a run path that is not alone": (
        openapi({"/run/{id}": {"post": {"requestBody": {}}}, "/pets": {"get": {}}}),
        "something other than a Gradio app",
    ),
    "no paths at all": (openapi({}), "something other than a Gradio app"),
    "route schema": (
        openapi({"/config": {}, "/gradio_api/call/v2/{api_name}": {}}),
        "The API document of the app is at /gradio_api/openapi.json",
    ),
}


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses_what_is_no_api_document_in_one_line(content: bytes, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        load_document(content, what="here.json")
    text = str(caught.value)
    assert message in text
    assert text.startswith("here.json ")
    assert "\n" not in text


def test_refuses_a_document_beyond_the_size_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubsmith_codegen.load.document.MAX_BYTES", 2**20)
    with pytest.raises(SpecError, match="larger than 1 MiB"):
        load_document(b" " * (2**20 + 1))


@pytest.mark.slow
def test_refuses_the_route_schema_of_a_real_gradio_server(
    start_gradio: Callable[..., str],
) -> None:
    url = start_gradio(DEMO / "app.py")
    with urllib.request.urlopen(f"{url}/openapi.json", timeout=30) as answer:
        document = answer.read()
    with pytest.raises(SpecError, match="route schema"):
        load_document(document)


@pytest.mark.parametrize(
    ("paths", "generation"),
    [
        ({"/gradio_api/call/v2/greet": {}}, "call-v2"),
        ({"/sub/app/my_api/call/v2/a/b": {}}, "call-v2"),
        (UPLOAD, "call-v2"),
        ({"/run/greet": {"post": {"requestBody": {}}}}, "run"),
        ({"/sub/run/greet": {"post": {"requestBody": {}}}}, "run"),
    ],
)
def test_reads_the_wire_generation_from_the_paths(paths: object, generation: str) -> None:
    assert load_document(openapi(paths)).generation == generation


def test_an_old_app_without_endpoints_is_still_an_app() -> None:
    raw = load_document(openapi({}, components={"schemas": {}}))
    assert raw.generation == "run"


def test_tells_the_three_documents_apart(documents: dict[str, bytes]) -> None:
    for kind, content in documents.items():
        assert list(load_document(content).documents) == [kind]
        for other in documents.keys() - {kind}:
            with pytest.raises(SpecError, match="is the document that a Space serves at"):
                load({other: content})


def test_keeps_source_and_name_and_the_notes_of_missing_documents(
    documents: dict[str, bytes],
) -> None:
    raw = load(
        {"config": documents["config"]},
        source="owner/greeter",
        name="greeter",
        notes={"info": "answered 500", "config": "stale note"},
    )
    assert (raw.source, raw.name, raw.gradio_version) == ("owner/greeter", "greeter", "6.31.0")
    assert raw.notes == {"info": "answered 500"}
    assert raw.generation == "none"


def test_no_document_and_unknown_documents_are_refused(documents: dict[str, bytes]) -> None:
    with pytest.raises(SpecError, match="no API document"):
        load({})
    with pytest.raises(SpecError, match="no document 'inof'"):
        load({"inof": documents["info"]})


def test_reads_what_servers_write_beyond_json() -> None:
    raw = load_document(
        b'\xef\xbb\xbf{"named_endpoints": {"/a": {"x": NaN, "y": -Infinity, "z": 1e999, '
        b'"s": "\\ud800", "t": "\\ud83d\\ude00", "k": 1, "k": 2}}}'
    )
    assert raw.info == {
        "named_endpoints": {
            "/a": {"x": None, "y": None, "z": None, "s": "\ufffd", "t": "😀", "k": 2}
        }
    }


def test_the_digest_ignores_key_order_and_the_moment(documents: dict[str, bytes]) -> None:
    config = json.loads(documents["config"])
    shuffled = dict(reversed(config.items())) | {"app_id": 1, "root": "http://127.0.0.1:9"}
    again = {**documents, "config": json.dumps(shuffled).encode()}
    assert load(again).digest == load(documents).digest
    config["dependencies"][0]["api_name"] = "bye"
    changed = {**documents, "config": json.dumps(config).encode()}
    assert load(changed).digest != load(documents).digest


@pytest.mark.slow
def test_reads_every_document_of_the_corpus(corpus: Path) -> None:
    for folder in sorted((corpus / "apps").iterdir()):
        raw = load({file.stem: file.read_bytes() for file in folder.glob("*.json")})
        assert raw.generation == "call-v2"
    found: dict[str, set[str]] = {}
    for file in sorted((corpus / "gradio-versions").glob("*/*.openapi.json")):
        raw = load_document(file.read_bytes(), what=file.name)
        found.setdefault(raw.generation, set()).add(file.parent.name)
        assert raw.gradio_version == file.parent.name
    assert found == {
        "run": {"5.29.0", "5.50.0", "6.0.0"},
        "call-v2": {"6.13.0", "6.14.0", "6.31.0"},
    }
