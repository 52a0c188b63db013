"""What the generator compiles templates to does what the templates mean."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote

import pytest
from hubsmith_codegen.ir.providers.expression import REQUEST, Need, Scope, expression
from hubsmith_codegen.ir.providers.table import Operation, Variant
from hubsmith_codegen.render.providers.functions import body_of, location_of, path_of
from hubsmith_runtime.files import File
from hubsmith_runtime.inference.payload import Payload, base64_of, text_of, url_of
from hubsmith_runtime.inference.provider import Provider
from hubsmith_runtime.inference.request import Target
from hubsmith_runtime.inference.response import (
    MissingValueError,
    find,
    if_complete,
    need,
    without_none,
)
from hubsmith_runtime.reading import as_list, as_object
from hypothesis import given, settings, strategies as st

from tests.inference.exchange import providers, tables
from tests.inference.provider_cases import CASES, Case
from tests.inference.template_meaning import (
    NoValueError,
    body_of as meant_body,
    fill,
    find as meant_find,
    without_none as sent,
)
from tests.support.examples import examples

NAMES: dict[str, Any] = {
    one.__name__: one
    for one in (as_list, as_object, base64_of, find, fnmatchcase, if_complete, need, quote, text_of,
                url_of, without_none)
}  # fmt: skip


def made(source: str, **names: Any) -> Any:
    """Evaluate what the generator wrote."""
    return eval(source, {**NAMES, **names})


def files_made(inputs: Any) -> Any:
    """Give inputs as the client has them: bytes are files."""
    if isinstance(inputs, dict):
        return {name: files_made(value) for name, value in inputs.items()}
    return File(inputs) if isinstance(inputs, bytes) else inputs


def target_of(case: Case, provider: Provider) -> Target:
    """Give the target of a case."""
    mapping = {"adapterWeightsPath": case.adapter} if case.adapter else {}
    return Target(
        provider=provider, task=case.task, hub_model="org/model", model=case.model, mapping=mapping,
        url=case.url, key="key-1", is_routed=False,
    )  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_body_of_the_tables_is_what_its_template_means(case: Case) -> None:
    parameters = dict(case.parameters)
    extra, is_stream = parameters.pop("extra_body", {}), parameters.pop("stream", False)
    payload = Payload(
        task=case.task, inputs=files_made(case.inputs), parameters=parameters, extra=extra,
        is_stream=is_stream,
    )  # fmt: skip
    target = target_of(case, providers()[case.provider])

    body = target.operation.body(target, payload)
    meant = meant_body(tables()[case.provider].provider.tasks[case.task], target, payload)

    if isinstance(body, File):
        assert body is meant
    else:
        # The order of the members is part of a body.
        assert json.dumps(sent(body), default=id) == json.dumps(sent(meant), default=id)


KEYS = ["a", "b", "media", "0"]
MODELS = ["a/b", "a/b:v1", "x/FLUX.1-kontext"]
leaves = st.none() | st.booleans() | st.integers(0, 3) | st.text("ab", max_size=2)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner),
    max_leaves=12,
)
steps = st.sampled_from([*KEYS, "*", "1"])
paths = st.lists(steps, min_size=1, max_size=3).map(".".join)
answer_paths = st.lists(paths, min_size=1, max_size=3).map("|".join)
request_paths = st.lists(
    st.sampled_from(["inputs", "model", "version", "stream", "is_stream", "adapter.file"])
    | paths.map("inputs.{}".format),
    min_size=1,
    max_size=2,
).map("|".join)


def templates(named: st.SearchStrategy[str], spread: st.SearchStrategy[str]) -> Any:
    """Give templates whose places are such."""
    place = st.tuples(named, st.sampled_from(["", ":base64"])).map(
        lambda one: f"{{{''.join(one)}}}"
    )
    text = (
        place
        | st.tuples(place, place).map(lambda two: "/x/".join(two))
        | st.sampled_from(["a", ""])
    )
    member = st.sampled_from(["a", "b", "c?", "d?"])

    def larger(inner: Any) -> Any:
        objects = st.dictionaries(member, inner, max_size=3)
        spreads = st.tuples(spread, objects).map(lambda two: {"*": two[0], **two[1]})
        lists = st.lists(inner, max_size=2).filter(lambda one: not one or one[0] != "*")
        return objects | spreads | lists

    return st.recursive(text | st.integers(0, 3) | st.booleans(), larger, max_leaves=6)


def outcome(make: Any) -> Any:
    """Give what a function makes, or that a value is missing, or that something is no object."""
    try:
        return sent(make())
    except (MissingValueError, NoValueError):
        return "missing"
    except (TypeError, ValueError):
        return "no object"


starred = st.tuples(paths.map("*{}".format), templates(answer_paths, paths)).map(list)


@pytest.mark.slow
@settings(max_examples=examples(150, 400), deadline=None)
@given(template=templates(answer_paths, paths) | starred, answer=values)
def test_any_template_of_an_answer_is_compiled_to_what_it_means(template: Any, answer: Any) -> None:
    source = expression(template, Scope())

    meant = outcome(lambda: fill(template, answer))
    if meant != "no object":  # What is spread is no object: then it is nothing.
        assert outcome(lambda: made(source, answer=answer)) == meant


@pytest.mark.slow
@settings(max_examples=examples(150, 400), deadline=None)
@given(
    body=templates(request_paths, st.just("parameters")),
    inputs=values,
    parameters=st.dictionaries(st.sampled_from(KEYS), leaves),
    model=st.sampled_from(MODELS),
    is_stream=st.booleans(),
    is_adapter=st.booleans(),
)
def test_any_template_of_a_request_is_compiled_to_what_it_means(
    body: Any,
    inputs: Any,
    parameters: dict[str, Any],
    model: str,
    is_stream: bool,
    is_adapter: bool,
) -> None:
    payload = Payload(task="t", inputs=inputs, parameters=parameters, is_stream=is_stream)
    provider = Provider(name="x", tasks={})
    mapping = {"adapterWeightsPath": "w"} if is_adapter else {}
    target = Target(provider=provider, task="t", hub_model="o/m", model=model, mapping=mapping)
    operation = Operation(route="/", body={"x": body})
    source = expression({"x": body}, Scope(names=REQUEST), Need.RAISES)

    names = {"target": target, "payload": payload, "parameters": payload.all_parameters()}
    compiled = outcome(lambda: made(source, **names))

    assert compiled == outcome(lambda: meant_body(operation, target, payload))


@pytest.mark.slow
@settings(max_examples=examples(150, 400), deadline=None)
@given(value=values, path=answer_paths)
def test_a_look_up_finds_what_the_paths_mean(value: Any, path: str) -> None:
    assert find(value, *path.split("|")) == meant_find(value, path)


def run_body(operation: Operation, model: str, inputs: Any, **parameters: Any) -> Any:
    """Make a body with the function that the generator writes."""
    function = body_of(operation)
    text = f"def body{function.signature}:\n" + "".join(f"    {line}\n" for line in function.lines)
    names: dict[str, Any] = {**NAMES}
    exec("from __future__ import annotations\n" + text, names)
    payload = Payload(task="t", inputs=inputs, parameters=parameters)
    target = Target(provider=Provider(name="x", tasks={}), task="t", model=model)
    return names["body"](target, payload), meant_body(operation, target, payload)


FORMED = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}
VARIED = (
    Variant(models=("*:*",), body={"v": "{version}"}),
    Variant(models=("a*b", "*/*"), body={"m": "{model}", "*": "parameters"}),
    Variant(models=("X*",), body={"never": True}),
    Variant(models=("*kontext",), route="/k/{model}"),
)


@pytest.mark.parametrize("model", ["a/b", "a/b:1", "xa/c", "x/Kontext", "a-b", "9"])
@pytest.mark.parametrize("json_schema", [
    {}, {"response_format": "{schema}"}, {"r?": "{schema}", "*": "json_schema"},
    {"own": {"*": "json_schema", "strict": False}, "s?": "{version}"},
])  # fmt: skip
def test_variants_and_schemas_of_a_body(model: str, json_schema: dict[str, Any]) -> None:
    operation = Operation(
        route="/r",
        body={"x": "{inputs}", "*": "parameters"},
        json_schema=json_schema,
        variants=VARIED,
    )
    for formed in ({}, {"response_format": FORMED}, {"response_format": {"type": "text"}}):
        found, meant = run_body(operation, model, "i", seed=1, **formed)
        assert json.dumps(sent(found)) == json.dumps(sent(meant))


@given(st.dictionaries(st.sampled_from(["a", "b", "c", "d", "size"]), values))
def test_parameters_are_mapped_in_their_order(parameters: dict[str, Any]) -> None:
    operation = Operation(
        route="/r", body={"*": "parameters"}, flatten=("size", "a"), rename={"a": "b", "c": "d"},
        drop=("0",), join={"j": ("a", "b")}, group={"g": ("d", "media")},
    )  # fmt: skip
    found, meant = run_body(operation, "m", "i", **parameters)

    assert json.dumps(sent(found)) == json.dumps(sent(meant))


def test_paths_and_addresses() -> None:
    plain = Operation(route="/v1/chat", body={})
    varied = Operation(route="/m/{model}/x", body={}, variants=VARIED)

    assert path_of(plain) == "'/v1/chat'"
    assert made(path_of(Operation(route="/m/{model}/x", body={})))("a/b") == "/m/a/b/x"
    function = path_of(varied)
    assert not isinstance(function, str)
    assert [line.strip() for line in function.lines] == [
        "if model.lower().endswith('kontext'):", "return '/k/' + model", "return '/m/' + model + '/x'"
    ]  # fmt: skip
    assert location_of("/j/{id}?a={b.0}", ()) == (
        "lambda target, job: target.address('/j/' + quote(str(need(job, 'id')), safe=\"\") + '?a=' + "
        "quote(str(need(job, 'b.0')), safe=\"\"))"
    )
    assert location_of("{url}/x", ("a.b",)) == (
        "lambda target, job: answered_url(target, str(need(job, 'url')) + '/x', 'a.b')"
    )
