"""The functions made from a task's table: for the path, the body, a job's address, the result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...ir.providers.expression import REQUEST, SCHEMA, Name, Need, Scope, expression, joined
from ...ir.providers.table import Operation, Variant
from ...ir.providers.template import parts, places, spreads
from ...ir.text import Source, literal

_INPUTS = ("inputs", "messages")
_REQUEST, _SCHEMA, _ANSWER = Scope(names=REQUEST), Scope(names=SCHEMA), Scope()
_WHOLE = Scope(names={**REQUEST, "parameters": Name("payload.all_parameters()", False)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function without a name, so that equal ones are written once."""

    signature: Source  # Its parameters and return type.
    lines: tuple[Source, ...]  # Its body, with relative indentation.


def path_of(operation: Operation) -> Source | Function:
    """Return the path of a task: a string, a lambda of the quoted model, or a function if it
    depends on the model."""
    last = _path(operation.route)
    cases = [variant for variant in operation.variants if variant.route]
    if not cases:
        is_text = all(isinstance(part, str) for part in parts(operation.route))
        return last if is_text else Source(f"lambda model: {last}")
    lines = [
        line
        for variant in cases
        for line in (f"if {_condition(variant, 'model')}:", f"    return {_path(variant.route)}")
    ]
    return Function(
        signature=Source("(model: str) -> str"),
        lines=(*map(Source, lines), Source(f"return {last}")),
    )


def location_of(template: str, hosts: tuple[str, ...]) -> Source:
    """Return a lambda for the URL of a job or its result, from the answer that accepted the job."""
    scope = Scope(answer="job")
    if template.startswith("/"):
        path = joined(template, scope, wrap='quote(str({}), safe="")')
        return Source(f"lambda target, job: target.address({path})")
    # A URL from an answer is checked before the key is sent there.
    arguments = ", ".join(["target", expression(template, scope), *map(literal, hosts)])
    return Source(f"lambda target, job: answered_url({arguments})")


def value_of(operation: Operation) -> Source | Function | None:
    """Return the function from an answer to its result: a lambda if it is only a look-up."""
    template = operation.result.value
    if template is None:
        return None
    made = expression(template, _ANSWER)
    if isinstance(template, str):
        return Source(f"lambda answer: {made}")
    return Function(
        signature=Source("(answer: object) -> object"), lines=(Source(f"return {made}"),)
    )


def body_of(operation: Operation) -> Function:
    """Return the function that builds the body."""
    need = Need.CHECKED if needs_inputs(operation) else Need.RAISES
    scope, lines = _REQUEST, list(_parameters(operation))
    if operation.form == "binary":
        lines += ["if not parameters:", "    file: File = payload.inputs", "    return file"]
    is_named_once = all(_count(body, "parameters") < 2 for body in _bodies(operation))
    if len(lines) == 1 and not operation.json_schema and is_named_once:
        scope, lines = _WHOLE, []
    made = expression(operation.body, scope, need)
    cases = [
        (_condition(variant, "target.model"), expression(variant.body, scope, need))
        for variant in operation.variants
        if variant.body
    ]
    if operation.json_schema:
        lines += _assigned(made, cases)
        lines += [*_with_schema(operation.json_schema), "return body"]
    else:
        for condition, other in cases:
            lines += [f"if {condition}:", f"    return {other}"]
        lines.append(f"return {made}")
    returned = "Body | File" if operation.form == "binary" else "Body"
    return Function(
        signature=Source(f"(target: Target, payload: Payload) -> {returned}"),
        lines=tuple(map(Source, lines)),
    )


def needs_inputs(operation: Operation) -> bool:
    """Whether a call without inputs is refused."""
    return all(
        any(set(_INPUTS).intersection(place.roots) for place in places(body, is_needed=True))
        for body in _bodies(operation)
    )


def takes_urls(operation: Operation) -> bool:
    """Whether a file that was given as a URL is sent as one."""
    return operation.form == "json" and all(
        any(place.form == "url" for place in places(body)) for body in _bodies(operation)
    )


def _bodies(operation: Operation) -> list[Mapping[str, Any]]:
    return [operation.body, *(variant.body for variant in operation.variants if variant.body)]


def _path(route: str) -> Source:
    return joined(route, _REQUEST, wrap="model")


def _condition(variant: Variant, model: str) -> Source:
    """Return the condition that a model's id matches every pattern."""
    return Source(" and ".join(_likeness(pattern, model) for pattern in variant.models))


def _likeness(pattern: str, model: str) -> str:
    text = pattern.strip("*")
    if text.lower() != text.upper():
        model = f"{model}.lower()"
    if "*" in text:
        return f"fnmatchcase({model}, {literal(pattern)})"
    match pattern.startswith("*"), pattern.endswith("*"):
        case True, True:
            return f"{literal(text)} in {model}"
        case True, False:
            return f"{model}.endswith({literal(text)})"
        case False, True:
            return f"{model}.startswith({literal(text)})"
        case _:
            return f"{model} == {literal(text)}"


def _assigned(made: Source, cases: list[tuple[Source, Source]]) -> Iterator[str]:
    if not cases:
        yield f"body: Body = {made}"
        return
    yield "body: Body"
    for place, (condition, other) in enumerate(cases):
        yield f"{'elif' if place else 'if'} {condition}:"
        yield f"    body = {other}"
    yield from ["else:", f"    body = {made}"]


def _with_schema(template: Mapping[str, Any]) -> Iterator[str]:
    is_named = _count(template, "schema", "json_schema")
    yield f"if {'wanted := ' if is_named else ''}target.wanted_schema(parameters):"
    if any(key == "*" or key.endswith("?") for key in template):
        yield f"    body.update(without_none({expression(template, _SCHEMA, Need.RAISES)}))"
        return
    for key, value in template.items():
        yield f"    body[{literal(key)}] = {expression(value, _SCHEMA, Need.RAISES)}"


def _count(template: Any, *names: str) -> int:
    """Return how often a template uses one of these names."""
    roots = [*spreads(template), *(root for place in places(template) for root in place.roots)]
    return sum(root in names for root in roots)


def _parameters(operation: Operation) -> Iterator[str]:
    """Yield the statements that convert the parameters to the provider's form."""
    yield "parameters = payload.all_parameters()"
    for name in map(literal, operation.flatten):
        yield f"if isinstance(parameters.get({name}), dict):"
        yield f"    parameters.update(without_none(parameters.pop({name})))"
    for name, new in operation.rename.items():
        yield f"if {literal(name)} in parameters:"
        yield f"    parameters.setdefault({literal(new)}, parameters.pop({literal(name)}))"
    for name in map(literal, operation.drop):
        yield f"parameters.pop({name}, None)"
    as_text = '"x".join(str(parameters.pop(name)) for name in ({}))'
    as_object = "{{name: parameters.pop(name) for name in ({})}}"
    for form, made in ((as_text, operation.join), (as_object, operation.group)):
        for new, names in made.items():
            listed = ", ".join(map(literal, names))
            yield f"if parameters.keys() >= {{{listed}}}:"
            yield f"    parameters[{literal(new)}] = {form.format(listed)}"
