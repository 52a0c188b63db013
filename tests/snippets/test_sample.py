"""The first sample of a client calls the endpoint that its Space is there for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hubsmith_codegen.load import load
from hubsmith_codegen.normalise import normalise
from hubsmith_codegen.snippets.place import Place
from hubsmith_codegen.snippets.readme import client_sample, main_operation

from tests.support.corpus import CORPUS, apps

TEXT = {"type": "string"}
MAIN = {
    "blocks_flag": "/sepia",
    "chatbot_with_tools": "/generate_response",
    "chatinterface_prefill": "/chat",
    "dataframe_streaming": "/sum_values",
    "gallery_selections": "/darken_img",
    "image_editor": "/predict",
    "mcp_letter_counter_app": "/letter_counter",
    "on_listener_test": "/greet",
    "upload_and_download": "/upload_file",
    "validator_interface": "/process_text",
    "workflow": "/marketing_image",
}


def endpoint(count: int, results: int = 1, default: str | None = None) -> dict[str, Any]:
    more = {} if default is None else {"parameter_has_default": True, "parameter_default": default}
    names = [f"p{number}" for number in range(count)]
    return {
        "parameters": [{"parameter_name": name, "type": TEXT, **more} for name in names],
        "returns": [{"label": "Out", "type": TEXT}] * results,
    }


def space_of(named: Mapping[str, object]) -> Any:
    info: dict[str, Any] = {"named_endpoints": named, "unnamed_endpoints": {}}
    return normalise(load({"info": json.dumps(info).encode()}, source="bob/app", name="app"))


@pytest.mark.parametrize(
    ("endpoints", "main"),
    [
        ({"/lambda": endpoint(5), "/clear": endpoint(3), "/infer": endpoint(1)}, "/infer"),
        ({"/lambda_1": endpoint(0), "/lambda_2": endpoint(2)}, "/lambda_2"),
        ({"/a": endpoint(1), "/b": endpoint(3)}, "/b"),
        ({"/generate": endpoint(1), "/resize": endpoint(3, results=0)}, "/generate"),
        ({"/upscale": endpoint(2), "/predict": endpoint(1)}, "/predict"),
        ({"/settings": endpoint(1), "/setup": endpoint(0)}, "/settings"),
        ({"/update_ui": endpoint(9), "/get_history": endpoint(8), "/ask": endpoint(0)}, "/ask"),
    ],
)
def test_the_main_endpoint(endpoints: Mapping[str, object], main: str) -> None:
    operation = main_operation(space_of(endpoints))
    assert operation is not None
    assert operation.endpoint == main


def test_a_space_without_endpoints_has_none() -> None:
    service = space_of({})
    assert main_operation(service) is None
    assert client_sample(Place(service=service, module="app"), "space").endswith(
        "with App() as space:\n    ..."
    )


def test_the_sample_has_every_argument_that_has_a_value() -> None:
    sample = client_sample(
        Place(service=space_of({"/infer": endpoint(2, default="x")}), module="clients.app"), "app"
    )
    assert sample == (
        "from clients.app import App\n\n"
        "with App() as app:\n"
        '    result = app.infer(p0="x", p1="x")\n'
        "    print(result)"
    )


@pytest.mark.slow
def test_the_main_endpoints_of_recorded_apps() -> None:
    if not CORPUS.is_dir():
        pytest.skip("the corpus is not there")
    found: dict[str, str] = {}
    for app in apps():
        service = normalise(load(app.documents, source="bob/app", name=app.package))
        operation = main_operation(service)
        if operation is None:
            assert not service.operations
            continue
        found[app.package] = str(operation.endpoint)
        others = {str(one.endpoint).partition("_")[0] for one in service.operations}
        # One without a name of its own is main only where all are such, or serve the page.
        if found[app.package].startswith("/lambda"):
            assert others <= {"/lambda", "/clear", "/select", "/delete", "/get", "/update"}, app
        compile(
            client_sample(Place(service=service, module=app.package), "space"), str(app), "exec"
        )
    assert {name: found[name] for name in MAIN} == MAIN
