"""What a curl snippet asks of a server, version by version."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hubsmith_codegen.load import load
from hubsmith_codegen.normalise import normalise
from hubsmith_codegen.snippets.curl import curl
from hubsmith_codegen.snippets.place import Place


def curl_of(config: dict[str, Any], endpoint: str = "/go", source: str = "http://host:1") -> str:
    parameter = {"parameter_name": "text", "type": {"type": "string"}}
    described = {"parameters": [parameter], "returns": []}
    info = {"named_endpoints": {endpoint: described}, "unnamed_endpoints": {}}
    documents = {"info": json.dumps(info).encode()}
    if config:
        usual: dict[str, Any] = {"components": [], "dependencies": []}
        documents["config"] = json.dumps({**usual, **config}).encode()
    service = normalise(load(documents, source=source, name="tiny"))
    return curl(service.operations[0], Place(service=service, module="tiny"))


def test_arguments_go_by_name_from_6_13_on() -> None:
    text = curl_of({"version": "6.13.0", "api_prefix": "/gradio_api"})
    assert '"$BASE"/gradio_api/call/v2/go ' in text
    assert """-d '{"text": "Hello"}'""" in text


def test_arguments_go_by_place_before() -> None:
    text = curl_of({"version": "6.12.0", "api_prefix": "/gradio_api"})
    assert '"$BASE"/gradio_api/call/go ' in text
    assert """-d '{"data": ["Hello"]}'""" in text


def test_gradio_4_has_no_prefix() -> None:
    assert '"$BASE"/call/go ' in curl_of({"version": "4.44.1"})


def test_session_state_has_a_place_of_its_own() -> None:
    text = curl_of(
        {
            "version": "5.50.0",
            "api_prefix": "/gradio_api",
            "components": [
                {"id": 1, "type": "state", "skip_api": True},
                {"id": 2, "type": "textbox"},
            ],
            "dependencies": [{"id": 0, "api_name": "go", "inputs": [1, 2], "outputs": []}],
        }
    )
    assert """-d '{"data": [null, "Hello"]}'""" in text


def test_the_hub_is_asked_where_a_space_runs() -> None:
    text = curl_of({"version": "6.31.0"}, source="bob/app")
    assert text.startswith(
        "BASE=$(curl -sS --fail https://huggingface.co/api/spaces/bob/app/host |"
    )


def test_a_name_that_no_route_reaches_is_said_to_be_one() -> None:
    text = curl_of({"version": "6.31.0"}, endpoint="/a/b")
    assert text.splitlines()[-1] == "exit 1"
    assert "slash in its name" in text


@pytest.mark.parametrize("name", ["/a\nb", "/a\x1b[31m", "/a\x7f", "/a\x1b[2J/b", "/\x9b2Ja/b"])
def test_a_name_that_gradio_never_answers_is_said_to_be_one(name: str) -> None:
    text = curl_of({"version": "6.31.0"}, endpoint=name)
    assert text.splitlines()[-1] == "exit 1"
    assert " in its name" in text
    assert text.replace("\n", "").isprintable()


def test_a_prefix_that_is_no_path_is_not_used() -> None:
    assert "evil" not in curl_of({"version": "6.31.0", "api_prefix": "@evil.example"})
