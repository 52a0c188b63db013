"""Which of the three documents is believed, and what becomes of an endpoint that has none."""

from __future__ import annotations

from typing import Any

import pytest
from hubsmith_codegen.ir.types import TEXT, AnyType
from hubsmith_codegen.load import load
from hubsmith_codegen.normalise import normalise

from tests.support.documents import (
    config_of,
    endpoint,
    function,
    info_of,
    parameter,
    result,
    service_of,
)

from .ir_text import signatures

STRING = {"type": "string"}
NUMBER = {"type": "number"}
COMPONENTS = [
    {"id": 1, "type": "textbox", "api_info": STRING, "props": {"label": "Your name"}},
    {
        "id": 2,
        "type": "slider",
        "api_info": NUMBER,
        "props": {"label": "Heat", "value": 3, "minimum": 0, "maximum": 5},
    },
    {"id": 3, "type": "state", "skip_api": True},
    {
        "id": 4,
        "type": "image",
        "api_info_as_input": {"type": "filepath"},
        "api_info_as_output": {"type": "filepath"},
        "api_info": STRING,
        "props": {"label": "Photo"},
    },
]
OPENAPI = {"openapi": "3.0.2", "info": {"title": "T"}, "paths": {}, "components": {"schemas": {}}}


def test_the_value_of_an_html_template_may_be_anything() -> None:
    def html(id_: int, template: str) -> dict[str, Any]:
        props = {"label": f"H{id_}", "html_template": template}
        return {"id": id_, "type": "html", "api_info": STRING, "props": props}

    components = [html(1, "${value}"), html(2, "<b>${value.length} stars</b>")]
    config = config_of(components, function("go", [1, 2], [1, 2]))
    named = [parameter(STRING, name=name, component="Html") for name in ("H1", "H2")]
    info = info_of({"/go": endpoint(*named, returns=[result(STRING), result(STRING)])})
    for service in (service_of(config=config), service_of(config=config, info=info)):
        assert signatures(service) == {"go": "(self, H1: str, H2: Any) -> GoResult"}
        assert [one.type for one in service.operations[0].results] == [TEXT, AnyType()]


def test_config_alone() -> None:
    config = config_of(COMPONENTS, function("go", [1, 3, 2, 4], [3, 4], api_description="Go on."))
    service = service_of(config=config)
    assert service.documents == ("config",)
    assert signatures(service) == {
        "go": "(self, Your_name: str, *, Heat: float=3, Photo: FileInput | None) -> File"
    }
    assert service.operations[0].description == "Go on."


@pytest.mark.parametrize(
    "hidden",
    [
        {"backend_fn": False},
        {"api_visibility": "private"},
        {"api_visibility": "undocumented"},
        {"show_api": False},
        {"api_name": False},
        {"api_name": None},
    ],
    ids=str,
)
def test_config_alone_offers_what_is_public(hidden: dict[str, Any]) -> None:
    config = config_of(COMPONENTS, function("go", [1]), {**function("secret", [1]), **hidden})
    assert list(signatures(service_of(config=config))) == ["go"]


def test_config_is_believed_before_openapi() -> None:
    service = service_of(config=config_of(COMPONENTS, function("go", [1])), openapi=OPENAPI)
    assert service.documents == ("config",)
    assert list(signatures(service)) == ["go"]


def test_config_with_odd_ids_does_not_stop_anything() -> None:
    config = config_of(
        [*COMPONENTS, "x", {"id": []}], function("go", [1, 99, None, {}], "x"), "x", {"inputs": 1}
    )
    assert signatures(service_of(config=config)) == {"go": "(self, Your_name: str) -> None"}


@pytest.mark.parametrize(
    ("component", "step", "expected"),
    [
        ("slider", 0.5, 0.5),
        ("slider", 0, None),
        ("slider", float("inf"), None),
        ("slider", True, None),
        ("slider", "1", None),
        ("number", 1, None),
    ],
)
def test_a_slider_has_steps(component: str, step: object, expected: float | None) -> None:
    field = {"id": 1, "type": component, "api_info": NUMBER, "props": {"label": "x", "step": step}}
    (operation,) = service_of(config=config_of([field], function("go", [1]))).operations
    assert operation.parameters[0].step == expected


def test_info_alone() -> None:
    service = service_of(info=info_of({"/go": endpoint(parameter(NUMBER), returns=[])}))
    assert service.documents == ("info",)
    assert signatures(service) == {"go": "(self, x: float) -> None"}
    assert service.operations[0].streams is None


def test_config_says_which_endpoints_of_info_stream() -> None:
    info = info_of({"/go": endpoint(), "/stream": endpoint(), "/unknown": endpoint()})
    config = config_of(
        [],
        function("go", types={"generator": False}),
        function("stream", types={"generator": True}),
    )
    service = service_of(info=info, config=config)
    assert service.documents == ("info", "config")
    streams = {operation.endpoint: operation.streams for operation in service.operations}
    assert streams == {"/go": False, "/stream": True, "/unknown": None}


def test_openapi_adds_nothing_to_info() -> None:
    info = info_of({"/go": endpoint()})
    assert service_of(info=info, openapi=OPENAPI).operations == service_of(info=info).operations


def test_unnamed_endpoints_go_by_their_position() -> None:
    unnamed = {"10": endpoint(parameter(STRING)), "2": endpoint(), "x": endpoint()}
    service = service_of(info=info_of({"/go": endpoint()}, unnamed))
    found = [(one.endpoint, one.fn_index, one.method) for one in service.operations]
    assert found == [("/go", None, "go"), ("", 2, "fn_2"), ("", 10, "fn_10")]


def test_an_unnamed_endpoint_that_cannot_be_expressed_is_named_by_its_position() -> None:
    unnamed = {"0": endpoint(parameter({"$ref": "#/$defs/Gone"}))}
    (omission,) = service_of(info=info_of({}, unnamed)).omissions
    assert omission.endpoint == "fn_index=0"


def test_parameters_without_names_are_called_by_their_labels() -> None:
    described = endpoint({"label": "Your name", "type": STRING}, {"type": STRING}, "x")
    service = service_of(info=info_of({"/go": described}))
    assert signatures(service) == {"go": "(self, Your_name: str, param_1: str) -> None"}


def test_labels_that_are_used_twice_are_told_apart() -> None:
    described = endpoint({"label": "Text", "type": STRING}, {"label": "Text", "type": STRING})
    service = service_of(info=info_of({"/go": described}))
    assert signatures(service) == {"go": "(self, Text_1: str, Text_2: str) -> None"}


@pytest.mark.parametrize(
    "described",
    [None, 3, [], {}, {"parameters": None}, {"parameters": {"a": 1}, "returns": "x"}],
    ids=str,
)
def test_an_endpoint_without_a_description_takes_and_returns_nothing(described: object) -> None:
    assert signatures(service_of(info=info_of({"/go": described}))) == {"go": "(self) -> None"}


@pytest.mark.parametrize("description", [None, {"a": 1}, ["x"], 3, False], ids=str)
def test_a_description_that_is_no_text(description: object) -> None:
    service = service_of(info=info_of({"/go": endpoint(description=description)}))
    assert service.operations[0].description == ""


def test_what_the_service_says_of_itself() -> None:
    config = config_of([], title="My \u202eApp\n")
    service = service_of(info=info_of({}), config=config, source="bob/app", name="my_app")
    assert (service.class_name, service.package, service.source) == ("MyApp", "my_app", "bob/app")
    assert (service.title, service.platform_version) == ("My App", "6.31.0")
    assert len(service.digest) == 64


def test_the_client_is_named_after_the_title_where_no_name_is_given() -> None:
    config = b'{"components": [], "dependencies": [], "title": "Sketch 2 Photo!"}'
    assert normalise(load({"config": config})).class_name == "Sketch2Photo"
    assert normalise(load({"info": b'{"named_endpoints": {}}'})).class_name == "SpaceClient"


def test_results_are_by_position_and_one_is_itself() -> None:
    for count, returns in ((0, "None"), (1, "str"), (2, "GoResult")):
        results = [result(STRING, label=f"Part {place}") for place in range(count)]
        service = service_of(info=info_of({"/go": endpoint(returns=results)}))
        assert signatures(service) == {"go": f"(self) -> {returns}"}
