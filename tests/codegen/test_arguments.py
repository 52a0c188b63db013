"""Defaults, bounds, choices and help texts of parameters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hubsmith_codegen.render.space import render
from hubsmith_runtime import ValidationError

from tests.support.documents import (
    FILE_DATA,
    argument,
    config_of,
    endpoint,
    fields,
    function,
    imported,
    info_of,
    of_endpoint,
    parameter,
    service_of,
    with_default,
)

STRING = {"type": "string"}
NUMBER = {"type": "number"}
INTEGER = {"type": "integer"}
CHOICES = {"type": "string", "enum": ["a", "b"]}
LIST = {"type": "array", "items": STRING}

# name: (schema, default of the Space, what the signature says)
DEFAULTS: dict[str, tuple[Any, Any, str]] = {
    "text": (STRING, "x", "str='x'"),
    "empty text": (STRING, "", "str=''"),
    "whole number": (INTEGER, 3, "int=3"),
    "whole fraction for an integer": (INTEGER, 3.0, "int | None=None"),
    "whole fraction for a number": (NUMBER, 3.0, "float=3.0"),
    "integer for a number": (NUMBER, 3, "float=3"),
    "boolean": ({"type": "boolean"}, False, "bool=False"),
    "choice": (CHOICES, "b", "Literal['a', 'b']='b'"),
    "null": (STRING, None, "str | None=None"),
    "null for null": ({"type": ["string", "null"]}, None, "str | None=None"),
    "anything": ({}, 1.5, "Any=1.5"),
    "choice that is not one": (CHOICES, "c", "Literal['a', 'b', 'c']='c'"),
    "number out of bounds": ({**NUMBER, "maximum": 1}, 2, "float=2"),
    "scalar of another type": (INTEGER, "x", "int | None=None"),
    "fraction for an integer": (INTEGER, 0.5, "int | None=None"),
    "boolean for an integer": (INTEGER, True, "int | None=None"),
    "list": (LIST, ["a"], "list[str] | None=None"),
    "object": ({"type": "object"}, {"a": 1}, "dict[str, Any] | None=None"),
    "file": ({"type": "filepath"}, {"path": "/a.png", "url": None}, "FileInput | None=None"),
    "file as text": (FILE_DATA, "https://127.0.0.1/a.png", "FileInput | None=None"),
}
SENT = {
    "list": (LIST, ["a"]),
    "empty list": (LIST, []),
    "object": ({"type": "object"}, {"b": 1, "a": [None]}),
    "file": (FILE_DATA, {"path": "/a.png", "meta": {"_type": "gradio.FileData"}}),
    "scalar of another type": (INTEGER, "x"),
    "whole fraction for an integer": (INTEGER, 3.0),
}
HELP: dict[str, tuple[dict[str, Any], str]] = {
    "label": (parameter(STRING, label="Your name"), "Your name."),
    "label with a full stop": (parameter(STRING, label="Your name."), "Your name."),
    "made-up label": (parameter(STRING, label="parameter_12"), ""),
    "made-up label of gr.api": (parameter(INTEGER, label="2nd"), ""),
    "translated label": (parameter(STRING, label={"__type__": "translation_metadata"}), ""),
    "no label": (parameter(CHOICES), ""),
    "label that repeats the name": (parameter(STRING, label="X"), ""),
    "label and description": (
        parameter({**STRING, "description": "who to greet"}, label="Name"),
        "Who to greet.",
    ),
    "file": (
        parameter({"type": "filepath", "description": "a wire fact"}, label="Photo"),
        "Photo.",
    ),
    "untyped JSON": (parameter({"type": {}, "description": "any valid json"}), ""),
    "default that no signature holds": (
        with_default(LIST, ["a"], label="Tags"),
        "Tags. Default: ['a'].",
    ),
}


def slider(**props: object) -> Any:
    """A `/config` whose only input has these properties."""
    return config_of([{"id": 1, "type": "slider", "props": props}], function("go", [1]))


@pytest.mark.parametrize(("schema", "default", "signature"), DEFAULTS.values(), ids=DEFAULTS)
def test_default(schema: object, default: object, signature: str) -> None:
    found = argument(schema, parameter_has_default=True, parameter_default=default)
    assert found == signature


def test_a_video_may_be_empty_where_it_is_an_object() -> None:
    """So it is in Gradio 4 and 5: the file, and one of subtitles."""
    schema = {"title": "VideoData", "type": "object", "properties": {"video": FILE_DATA}}
    assert argument(schema, component="Video") == "VideoData | VideoDataDict | None"


def test_the_picture_of_an_editor_may_be_empty() -> None:
    """Gradio hands the function `None` then, as it does for an image."""
    schema = {"title": "EditorData", "type": "object", "properties": {"composite": FILE_DATA}}
    assert argument(schema, component="Imageeditor") == "EditorData | EditorDataDict | None"


@pytest.mark.parametrize(("schema", "default"), SENT.values(), ids=SENT)
def test_a_default_that_no_signature_holds_is_sent_by_the_runtime(
    schema: object, default: object, tmp_path: Path
) -> None:
    described = endpoint(with_default(schema, default, name="some-value"))
    service = service_of(info=info_of({"/go": described}))
    with imported(render(service), tmp_path) as package:
        defaults = package.GoRequest.__endpoint__.defaults
        sent = json.dumps({"some-value": default}, sort_keys=True)
        assert json.dumps(defaults, sort_keys=True) == sent
        assert package.GoRequest().some_value is None


def test_a_huge_default_makes_the_parameter_required() -> None:
    assert argument(LIST, parameter_has_default=True, parameter_default=["x" * 30_000]) == (
        "list[str]"
    )


def test_a_default_counts_only_where_the_space_says_so() -> None:
    assert argument(STRING, parameter_has_default=False, parameter_default="x") == "str"
    assert argument(STRING, parameter_default="x") == "str"


@pytest.mark.parametrize(("described", "text"), HELP.values(), ids=HELP)
def test_help(described: dict[str, Any], text: str) -> None:
    from hubsmith_codegen.render.docs import parameter_help

    (found,) = of_endpoint(endpoint(described)).parameters
    assert parameter_help(found) == text


def test_the_info_of_a_component_is_its_description() -> None:
    described = endpoint(parameter({**NUMBER, "description": "a float"}, label="Heat"))
    operation = of_endpoint(described, config=slider(info="in degrees", minimum=0))
    assert operation.parameters[0].description == "in degrees"


@pytest.mark.parametrize(
    ("schema", "config", "bounds"),
    [
        (NUMBER, slider(minimum=1, maximum=9), "ge=1, le=9"),
        (INTEGER, slider(minimum=-5, maximum=5), "ge=-5, le=5"),
        (NUMBER, slider(minimum=1), "ge=1"),
        (NUMBER, slider(minimum=None, maximum=2), "le=2"),
        ({**NUMBER, "description": "numeric value between -1 and 2.5"}, None, "ge=-1, le=2.5"),
        ({**NUMBER, "description": "numeric value between 1e-05 and 1"}, None, "ge=1e-05, le=1"),
        ({**NUMBER, "minimum": 3}, slider(minimum=1, maximum=9), "ge=3, le=9"),
        (NUMBER, slider(minimum=1, maximum=10**400), f"ge=1, le={10**400}"),
    ],
    ids=[
        "config",
        "integer",
        "minimum",
        "maximum",
        "description",
        "exponent",
        "schema first",
        "huge",
    ],
)
def test_bounds(schema: object, config: Any, bounds: str) -> None:
    documents = {} if config is None else {"config": config}
    service = service_of(info=info_of({"/go": endpoint(parameter(schema))}), **documents)
    assert fields(service)["GoRequest"]["x"].endswith(f", Field({bounds})]")


@pytest.mark.parametrize(
    ("schema", "config"),
    [
        (NUMBER, slider(minimum=9, maximum=1)),
        (NUMBER, slider(minimum="1", maximum=True)),
        (STRING, slider(minimum=1, maximum=9)),
        ({**NUMBER, "description": "numeric value between 9 and 1"}, None),
        ({**NUMBER, "description": "numeric value between one and two"}, None),
        (NUMBER, config_of([{"id": 1, "props": {"minimum": 1}}], function("go", [1, 1]))),
        ({**STRING, "maxLength": 10**30}, None),
    ],
    ids=[
        "upside down",
        "no numbers",
        "text",
        "description",
        "words",
        "other inputs",
        "a huge length",
    ],
)
def test_no_bounds(schema: object, config: Any) -> None:
    documents = {} if config is None else {"config": config}
    service = service_of(info=info_of({"/go": endpoint(parameter(schema))}), **documents)
    assert fields(service)["GoRequest"]["x"] in ("Real", "str")


@pytest.mark.parametrize(
    ("schema", "taken"),
    [
        (CHOICES, "Literal['a', 'b'] | str"),
        ({"type": "array", "items": CHOICES}, "Sequence[Literal['a', 'b'] | str]"),
        ({"anyOf": [CHOICES, {"type": "null"}]}, "Literal['a', 'b'] | str | None"),
        (STRING, "str"),
    ],
    ids=["choice", "choices", "choice or null", "text"],
)
def test_custom_values(schema: object, taken: str) -> None:
    assert argument(schema, config=slider(allow_custom_value=True)) == taken
    closed = taken.replace("] | str", "]")
    assert argument(schema, config=slider(allow_custom_value=False)) == closed


def test_a_wrong_argument_fails_by_the_name_that_the_caller_wrote(tmp_path: Path) -> None:
    schema = {**NUMBER, "description": "numeric value between 0 and 1"}
    service = service_of(info=info_of({"/go": endpoint(parameter(schema, name="the-heat"))}))
    with imported(render(service), tmp_path) as package:
        assert package.GoRequest(the_heat=0.5).the_heat == 0.5
        for wrong in (2, "hot"):
            with pytest.raises(ValidationError, match="the_heat"):
                package.GoRequest(the_heat=wrong)


def test_a_table_is_also_taken_as_an_array_or_a_data_frame() -> None:
    rows = {"type": "array", "items": {"type": "array", "items": {}}}
    members = {"headers": {"type": "array", "items": {}}, "data": rows, "metadata": {}}
    table = {"type": "object", "title": "Grid", "properties": members}
    assert argument(table) == "Grid | GridDict | TableLike"
    other = {**table, "properties": {**members, "colour": STRING}}
    assert argument(other) == "Grid | GridDict"
