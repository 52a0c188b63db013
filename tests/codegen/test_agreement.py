"""openapi.json is compared with `/info`, and what does not fit is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hubsmith_codegen.cli.main import main
from hubsmith_codegen.load import load
from hubsmith_codegen.normalise import normalise

from tests.support.corpus import CORPUS, apps, versions
from tests.support.documents import FILE_DATA, endpoint, info_of, parameter, result, service_of

STRING = {"type": "string"}
INTEGER = {"type": "integer"}


def row(schema: object, title: str = "Row") -> dict[str, Any]:
    return {"type": "object", "title": title, "properties": {"a": schema}}


def body(members: object) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"properties": members}}}}


def openapi_of(parameters: object, results: object, name: str = "go") -> dict[str, Any]:
    post = {"requestBody": body(parameters), "responses": {"200": body(results)}}
    return {"openapi": "3.0.2", "info": {}, "paths": {f"/run/{name}": {"post": post}}}


INFO = info_of({"/go": endpoint(parameter(STRING), returns=[result(INTEGER)])})


@pytest.mark.parametrize(
    ("openapi", "expected"),
    [
        (openapi_of({"x": STRING}, {"output": INTEGER}), []),
        (openapi_of({"x": {}}, {"output": {}}), []),
        (openapi_of({"x": {"$ref": "#/$defs/Gone"}}, {"output": INTEGER}), []),
        (
            openapi_of({"x": INTEGER}, {"output": STRING}),
            [
                "/go: parameter 'x' is str in /info and int in openapi.json",
                "/go: result 1 is int in /info and str in openapi.json",
            ],
        ),
        (
            openapi_of({"y": STRING}, {"output": INTEGER, "output_1": INTEGER}),
            [
                "/go: parameter 'x' is in /info only",
                "/go: parameter 'y' is in openapi.json only",
                "/go: /info has 1 results, openapi.json 2",
            ],
        ),
        (
            openapi_of({}, {}, name="come"),
            ["/go: openapi.json does not list it", "/come: /info does not list it"],
        ),
    ],
)
def test_what_the_documents_say_of_an_endpoint(openapi: Any, expected: list[str]) -> None:
    assert list(service_of(info=INFO, openapi=openapi).disagreements) == expected


def test_objects_agree_by_their_members_and_files_by_their_shape() -> None:
    info = info_of({"/go": endpoint(parameter(row(STRING)), returns=[result(FILE_DATA)])})
    alike = openapi_of({"x": row(STRING)}, {"output": {"type": "string", "format": "filepath"}})
    assert service_of(info=info, openapi=alike).disagreements == ()
    other = openapi_of({"x": row(INTEGER)}, {"output": FILE_DATA})
    assert service_of(info=info, openapi=other).disagreements == (
        "/go: parameter 'x' is Row in /info and another object of this name in openapi.json",
    )


def test_the_command_warns_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "tiny"
    spec.mkdir()
    documents = {"info": INFO, "openapi": openapi_of({"x": INTEGER}, {"output": INTEGER})}
    for kind, document in documents.items():
        (spec / f"{kind}.json").write_text(json.dumps(document), encoding="utf-8")
    assert main(["generate", "--spec", str(spec), "--out", str(tmp_path / "clients")]) == 0
    line = "the documents disagree: /go: parameter 'x' is str in /info and int in openapi.json"
    assert line in " ".join(capsys.readouterr().err.split())


def test_without_one_of_the_documents_there_is_nothing_to_compare() -> None:
    assert service_of(info=INFO).disagreements == ()
    assert service_of(openapi=openapi_of({"x": STRING}, {})).disagreements == ()


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real apps is not there")
def test_the_documents_of_real_apps_agree() -> None:
    both = [app for app in (*apps(), *versions()) if {"info", "openapi"} <= app.documents.keys()]
    assert len(both) > 150
    for app in both:
        assert normalise(load(app.documents)).disagreements == (), str(app)
