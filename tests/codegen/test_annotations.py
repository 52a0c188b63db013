"""datamodel-code-generator's annotations, and the gate they pass."""

from __future__ import annotations

import pytest
from hubsmith_codegen.ir.model import Json
from hubsmith_codegen.render import annotations
from hubsmith_codegen.render.annotations import annotate

from tests.support.documents import endpoint, info_of, parameter, result, service_of

GO = info_of(
    {
        "/go": endpoint(
            parameter({"type": "integer", "minimum": 1}), returns=[result({"type": "filepath"})]
        )
    }
)


def test_full_and_plain() -> None:
    found = annotate(service_of(info=GO))
    (argument,), (answer,) = found["GoRequest"], found["GoResult"]
    assert (argument.full, argument.plain) == ("Annotated[int, Field(ge=1)]", "int")
    assert (answer.full, answer.plain) == ("File", "File")


def test_a_service_without_parameters_needs_no_annotations() -> None:
    assert annotate(service_of(info=info_of({"/go": endpoint()}))) == {}


def test_names_of_a_spec_do_not_reach_the_mapper(monkeypatch: pytest.MonkeyPatch) -> None:
    bundles: list[str] = []
    generate = annotations._generate

    def spy(bundle: Json) -> str:
        bundles.append(repr(bundle))
        return generate(bundle)

    monkeypatch.setattr(annotations, "_generate", spy)
    schema = {
        "type": "object",
        "title": "Marked",
        "description": "marked",
        "properties": {"marked": {"type": "string", "title": "marked", "default": "marked"}},
    }
    described = endpoint(parameter(schema, name="marked", label="marked"), description="marked")
    annotate(service_of(info=info_of({"/marked": described}), source="marked", name="marked"))
    assert len(bundles) == 1 and "marked" not in bundles[0].lower()


@pytest.mark.parametrize(
    "written",
    [
        "exit()",
        "Annotated[int, exit()]",
        "Annotated[int, Field(ge=exit())]",
        "Annotated[int, Field(default_factory=int)]",
        "Annotated[int, Field(1)]",
        "os",
        "int.real",
        "lambda: 0",
        "[int]",
        "int if True else str",
        "f'{int}'",
    ],
)
def test_whatever_else_it_may_write_is_refused(
    written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = f"class Carrier:\n    p0: {written}\n    p1: {written}\n"
    monkeypatch.setattr(annotations, "_generate", lambda bundle: code)
    with pytest.raises(ValueError, match="which is not allowed"):
        annotate(service_of(info=GO))
