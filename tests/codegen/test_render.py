"""The rendered package: stubs and models of small Spaces."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hubsmith_codegen.ir.text import SpecText, docstring, literal
from hubsmith_codegen.render.space import render

from tests.support.documents import (
    config_of,
    endpoint,
    function,
    imported,
    info_of,
    parameter,
    result,
    service_of,
    signatures,
    with_default,
)

STRING = {"type": "string"}
CLIENT, ASYNC_CLIENT = PurePosixPath("client.py"), PurePosixPath("async_client.py")


@pytest.mark.parametrize(
    ("parameters", "signature"),
    [
        ([], "(self)"),
        ([("a", False)], "(self, a: str)"),
        ([("a", True)], "(self, a: str='x')"),
        ([("a", False), ("b", False)], "(self, a: str, b: str)"),
        ([("a", False), ("b", True)], "(self, a: str, *, b: str='x')"),
        ([("a", True), ("b", True)], "(self, a: str='x', *, b: str='x')"),
        ([("a", True), ("b", False)], "(self, a: str='x', *, b: str)"),
        (
            [("a", False), ("b", True), ("c", False)],
            "(self, a: str, *, b: str='x', c: str)",
        ),
    ],
    ids=["none", "one", "optional", "two", "then optional", "optionals", "late", "between"],
)
def test_what_goes_by_position(parameters: list[tuple[str, bool]], signature: str) -> None:
    described = endpoint(
        *(
            with_default(STRING, "x", name=name) if is_optional else parameter(STRING, name=name)
            for name, is_optional in parameters
        )
    )
    assert signatures(service_of(info=info_of({"/go": described})))["go"] == f"{signature} -> None"


def test_a_request_has_its_arguments_in_the_order_in_which_they_are_sent(tmp_path: Path) -> None:
    described = endpoint(
        with_default(STRING, "x", name="first"),
        parameter(STRING, name="second"),
        with_default(STRING, "z", name="third"),
    )
    files = render(service_of(info=info_of({"/go": described})))
    with imported(files, tmp_path) as package:
        assert [*package.GoRequest.model_fields] == ["first", "second", "third"]
        assert package.GoRequest(second="y").first == "x"


def test_arguments_of_equal_labels_are_sent_each(tmp_path: Path) -> None:
    """In /config alone labels stand in for names, and a page may have two inputs of one label."""
    props = {"label": "word", "value": ["a"]}
    words = [{"id": at, "api_info": {"type": "array"}, "props": props} for at in (1, 2)]
    service = service_of(config=config_of(words, function("go", [1, 2], [])))
    with imported(render(service), tmp_path) as package:
        request: Any = package.GoRequest(word_1=["x"], word_2=["y"])
        stored = request.model_dump_json()
        assert package.GoRequest.model_validate_json(stored) == request
        assert package.GoRequest.__endpoint__.defaults == {"word_1": ["a"], "word_2": ["a"]}
        fields: Any = package.GoRequest.model_fields.items()
        assert [one.alias or name for name, one in fields] == ["word_1", "word_2"]


def test_the_four_classes_have_the_same_stubs() -> None:
    described = endpoint(parameter(STRING), returns=[result(STRING)])
    files = render(service_of(info=info_of({"/go": described})))
    stubs = {
        node.name: ast.unparse(stub).partition("\n")[0]
        for path in (CLIENT, ASYNC_CLIENT)
        for node in ast.parse(files[path]).body
        if isinstance(node, ast.ClassDef)
        for stub in node.body
        if isinstance(stub, ast.FunctionDef | ast.AsyncFunctionDef) and stub.name == "go"
    }
    assert stubs == {
        "Tiny": "def go(self, x: str) -> str:",
        "TinyJobs": "def go(self, x: str) -> Job[str]:",
        "AsyncTiny": "async def go(self, x: str) -> str:",
        "AsyncTinyJobs": "async def go(self, x: str) -> AsyncJob[str]:",
    }


def test_the_docstring_of_a_stub(tmp_path: Path) -> None:
    described = endpoint(
        parameter(STRING, name="name", label="Your name"),
        returns=[result(STRING, label="Greeting")],
        description="greet someone\n\nwith a smile",
    )
    config = config_of([], function("greet", types={"generator": True}))
    service = service_of(info=info_of({"/greet": described}), config=config)
    with imported(render(service), tmp_path) as package:
        assert inspect.getdoc(package.Tiny.greet).split("\n") == [
            "Greet someone (`/greet`).",
            "",
            "With a smile.",
            "",
            "Args:",
            "    name: Your name.",
        ]
        assert (
            package.client.TinyJobs.greet.__doc__
            == "Start `Tiny.greet` as a job with partial results."
        )


@pytest.mark.parametrize(
    ("label", "returned"),
    [
        ("Greeting", ""),
        ("greet", ""),
        ("Your greeting", "Your greeting."),
        ("What was said:", ""),
    ],
)
def test_a_result_is_explained_where_its_label_says_more_than_its_type(
    label: str, returned: str
) -> None:
    described = endpoint(returns=[result(STRING, label=label)])
    source = render(service_of(info=info_of({"/what_was_said": described})))[CLIENT]
    assert source.count("Returns:") == source.count(f"            {returned}\n") == bool(returned)


def test_a_request_carries_its_endpoint_and_its_result(tmp_path: Path) -> None:
    info = info_of(
        {
            "/nothing": endpoint(),
            "/one": endpoint(returns=[result(STRING)]),
            "/two": endpoint(returns=[result(STRING, label="A"), result(STRING, label="B")]),
        },
        {"7": endpoint()},
    )
    with imported(render(service_of(info=info)), tmp_path) as package:
        found = {
            request: (
                str(getattr(package, request).__endpoint__),
                getattr(package, request).__endpoint__.outputs,
                getattr(package, request).__result__,
            )
            for request in package.__all__
            if request.endswith("Request")
        }
        assert found == {
            "Fn7Request": ("fn_index=7", 0, None),
            "NothingRequest": ("/nothing", 0, None),
            "OneRequest": ("/one", 1, str),
            "TwoRequest": ("/two", 2, package.TwoResult),
        }
        assert package.TwoResult("x", "y").b == "y"


def test_a_space_without_endpoints_is_still_a_package(tmp_path: Path) -> None:
    files = render(service_of(info=info_of({})))
    with imported(files, tmp_path) as package:
        assert list(package.__all__) == ["AsyncTiny", "Tiny"]


def test_a_template_prints_only_what_passed_a_door() -> None:
    from hubsmith_codegen.render.templating import _environment

    template = _environment().from_string("{{ word }}")
    assert template.render(word=literal("x")) == "'x'"
    assert template.render(word=docstring(["x"], indent=0)) == '"""x"""'
    for word in ("x", SpecText("x"), 3, None, ["x"]):
        with pytest.raises(TypeError, match="it was not escaped"):
            template.render(word=word)
    with pytest.raises(TypeError, match="StrictUndefined"):
        template.render()


def test_an_endpoint_that_takes_the_name_of_a_method_is_marked_once() -> None:
    service = service_of(info=info_of({"/run": endpoint(parameter({"type": "string"}))}))
    for name in ("client.py", "async_client.py"):
        client, jobs = render(service)[PurePosixPath(name)].split("    def jobs(self)")
        assert client.count("# type: ignore[override]") == 1
        # The view on jobs has no method of this name to override.
        assert "# type: ignore" not in jobs
