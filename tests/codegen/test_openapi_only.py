"""A client from openapi.json alone: what that document says, and where it says it."""

from __future__ import annotations

import json
import random
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hubsmith_codegen.ir.model import Service
from hubsmith_codegen.render.space import render

from tests.support.documents import imported, service_of

from .ir_text import members, results_of, signatures

KITCHEN = (
    Path(__file__).resolve().parents[2]
    / "generated"
    / "spaces"
    / "kitchen"
    / "spec"
    / "openapi.json"
)
STRING = {"type": "string"}


def body(**parameters: object) -> dict[str, Any]:
    schema = {"type": "object", "properties": parameters}
    return {"content": {"application/json": {"schema": schema}}}


def described(results: list[object], about: str = "") -> str:
    """The description that Gradio 6.13 and later write, with the results inside."""
    elements = [
        f"output{f'_{place}' if place else ''} ({schema!r})" for place, schema in enumerate(results)
    ]
    return (
        f"{about}Output must be fetched from GET /gradio_api/call/go/{{event_id}}. "
        f"Returns an array of {len(elements)} element{'s' * (len(elements) != 1)} "
        f"of the following format: {elements!r}"
    )


def call_v2(description: str, **parameters: object) -> Service:
    post = {"description": description, "requestBody": body(**parameters)}
    paths = {
        "/gradio_api/call/v2/go": {"post": post},
        "/gradio_api/call/go/{event_id}": {"get": {}},
    }
    return service_of(openapi={"openapi": "3.0.2", "info": {}, "paths": paths})


def run(results: dict[str, object], **parameters: object) -> Service:
    """The shape of Gradio 5.29 to 6.12."""
    answer = {"200": body(**results)}
    post = {"description": "Go on", "requestBody": body(**parameters), "responses": answer}
    return service_of(
        openapi={"openapi": "3.0.2", "info": {}, "paths": {"/run/go": {"post": post}}}
    )


RESULTS: dict[str, tuple[list[object], str]] = {
    "none": ([], "None"),
    "text": ([STRING], "str"),
    "untyped": ([{}], "Any"),
    "file": (
        [{"type": "object", "description": "JSON object with url key to fetch the output"}],
        "File",
    ),
    "quotes and brackets": (
        [{"enum": ["a'b", 'c"d', "(])", "é"], "default": None}],
        """Literal["a'b", 'c"d', '(])', 'é'] | str""",
    ),
    "the marker itself": (
        [{"enum": ["Returns an array of 1 element of the following format: ['x']"]}],
        "Literal[\"Returns an array of 1 element of the following format: ['x']\"] | str",
    ),
}


@pytest.mark.parametrize(("results", "annotation"), RESULTS.values(), ids=RESULTS)
def test_results_are_recovered_from_the_description(results: list[object], annotation: str) -> None:
    assert signatures(call_v2(described(results)))["go"] == f"(self) -> {annotation}"


@pytest.mark.parametrize(
    "about",
    [
        "Go on. ",
        "Returns an array of 2 elements of the following format: pairs. ",
        "Returns an array of 1 element of the following format: ['output (evil)'] ",
        'It\'s "quoted" [and] (bracketed) {here}\n\nwith a paragraph.',
        "Output must be fetched from GET x. ",
    ],
)
def test_an_author_s_words_do_not_confuse_it(about: str) -> None:
    service = call_v2(described([STRING, {"type": "integer"}], about))
    assert results_of(service, "go") == {"value_1": "str", "value_2": "int"}
    assert service.operations[0].description == about


@pytest.mark.parametrize(
    "description",
    [
        "",
        "Go on.",
        "Returns an array of 1 element of the following format: __import__('os')",
        'Returns an array of 2 elements of the following format: ["output ({})"]',
        "Returns an array of 1 element of the following format: " + "[" * 5000,
        "Returns an array of 1 element of the following format: {1, 2}",
    ],
    ids=["nothing", "words", "a call", "wrong count", "deep", "a set"],
)
def test_what_is_not_recovered_is_never_guessed_or_run(description: str) -> None:
    service = call_v2(description)
    assert [str(one) for one in service.omissions] == [
        "/go: its document does not say what it returns"
    ]
    assert service.operations == ()


def test_a_schema_that_is_no_literal_is_open() -> None:
    answer = "Returns an array of 1 element of the following format: ['output (exit())']"
    assert signatures(call_v2(answer))["go"] == "(self) -> Any"


def test_parameters_have_no_order_and_go_by_keyword(tmp_path: Path) -> None:
    service = call_v2(described([STRING]), b=STRING, a={"type": "integer"})
    assert signatures(service) == {"go": "(self, *, a: int, b: str) -> str"}
    with imported(render(service), tmp_path) as package:
        assert package.GoRequest.__endpoint__.is_ordered is False


def test_one_parameter_has_an_order() -> None:
    service = call_v2(described([STRING]), only=STRING)
    assert signatures(service) == {"go": "(self, only: str) -> str"}
    assert service.operations[0].is_ordered


def test_the_old_shape_types_its_answers() -> None:
    row = {"type": "object", "title": "Row", "properties": {"a": STRING}}
    broken = {"type": "array", "items": {"$ref": "#/$defs/Row"}, "$defs": {"Row": row}}
    results = {f"output_{place}": {"type": "integer"} for place in range(1, 11)}
    service = run({**results, "output": broken}, b=STRING, a={"type": "filepath"})
    assert signatures(service) == {"go": "(self, *, a: FileInput | None, b: str) -> GoResult"}
    found = list(results_of(service, "go").values())
    assert found == ["list[Row]", *["int"] * 10]
    assert service.operations[0].description == "Go on"


def test_the_old_shape_may_return_nothing() -> None:
    assert signatures(run({})) == {"go": "(self) -> None"}


EXPECTED = {
    "bake": "str",
    "chat": "list[Message]",
    "count": "int",
    "fail": "str",
    "greet": "str",
    "img": "ImgResult",
    "plan": "list[dict[str, str | float]]",
    "shout": "File",
    "stream": "str",
    "suggest": "SuggestResult",
}


def test_the_kitchen_has_typed_results() -> None:
    service = service_of(openapi=json.loads(KITCHEN.read_text("utf-8")), name="kitchen")
    assert service.documents == ("openapi",) and service.omissions == ()
    found = {name: text.rpartition(" -> ")[2] for name, text in signatures(service).items()}
    assert found == EXPECTED
    models = members(service)
    assert results_of(service, "img") == {"value_1": "File", "value_2": "LabelData"}
    assert results_of(service, "suggest") == {
        "value_1": "Literal['asparagus', 'tomato', 'pumpkin', 'cabbage'] | str",
        "value_2": "list[Literal['tomato', 'pesto', 'cream'] | str]",
    }
    assert models["LabelData"]["confidences"] == "list[LabelConfidence] | None = None"
    assert models["FileMessage"]["file"] == "File"


def test_the_order_of_the_document_does_not_matter() -> None:
    document = json.loads(KITCHEN.read_text("utf-8"))
    first = render(service_of(openapi=document))
    for seed in range(3):
        properties = document["paths"]["/gradio_api/call/v2/greet"]["post"]["requestBody"]
        schema = properties["content"]["application/json"]["schema"]
        names = list(schema["properties"])
        random.Random(seed).shuffle(names)
        schema["properties"] = {name: schema["properties"][name] for name in names}
        paths = list(document["paths"])
        random.Random(seed).shuffle(paths)
        document["paths"] = {path: document["paths"][path] for path in paths}
        again = render(service_of(openapi=document))
        assert again[PurePosixPath("client.py")] == first[PurePosixPath("client.py")]
        assert again == first
