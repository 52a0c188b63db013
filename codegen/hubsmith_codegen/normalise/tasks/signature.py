"""The order of a method's parameters, and its overloads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ...ir import types
from ...ir.model import Default, Overload, Parameter, TaskFacts
from ...ir.names import ClassName, Identifier
from ...ir.text import NO_TEXT, SpecText
from ...ir.types import NULL, TEXT, Type, optional
from .overlay import Overlay

MARK = "*"
"""What stands in a signature where the keyword-only parameters begin."""

KWARGS = "**kwargs"
"""What stands last in the signature of a method that takes more than it lists."""


def _generic(name: str, *arguments: Type) -> types.GenericType:
    return types.GenericType(class_name=ClassName(name), arguments=arguments)


def _class(name: str) -> types.Reference:
    return types.Reference(class_name=ClassName(name))


MODEL_CLASS = _generic("type", _class("pydantic.BaseModel"))
"""What an answer may be parsed by."""

_NUMBER = types.ScalarType(kind="number")
_HEADERS = _generic("Mapping", TEXT, TEXT)
_BODY = _generic("Mapping", TEXT, types.AnyType())
_MODEL = _class("ModelT")
_TRUE = types.ChoiceType(values=(True,), is_constant=True)
_FALSE = types.ChoiceType(values=(False,), is_constant=True)


OPTIONS = {
    name: Parameter(
        wire_name=SpecText(name),
        identifier=Identifier(name),
        label=NO_TEXT,
        description=SpecText(description),
        type=optional(type_),
        default=Default(value=None),
        is_option=True,
    )
    for name, type_, description in (
        ("model", TEXT, "A model of the Hub, or the URL of one; left out, the client's."),
        ("timeout", _NUMBER, "Seconds that the call may take; left out, the client's."),
        ("extra_headers", _HEADERS, "Sent with the request, over the client's own."),
        ("extra_body", _BODY, "Parameters that are not listed here, over those that are."),
    )
}
"""What every method takes, whatever its task."""


def signature(overlay: Overlay, own: Mapping[str, Parameter]) -> tuple[tuple[Parameter, ...], int]:
    """The parameters of a method in order, and how many of them may be given by position.

    What the overlay does not list follows, the options last.
    """
    known = {**own, **OPTIONS}
    listed = [name for name in overlay.signature if name != KWARGS]
    by_position = listed.index(MARK) if MARK in listed else len(listed)
    names = [name for name in listed if name != MARK]
    names += [name for name in known if name not in names]
    return tuple(known[name] for name in names), by_position


def overloads(facts: TaskFacts, own: Mapping[str, Parameter], whole: Type) -> tuple[Overload, ...]:
    """The ways to call a method that return types of their own; none where it has one type.

    `whole` is what is returned where nothing streams.
    """
    found = list(_variants(facts, own, whole))
    if facts.chunk_class:
        at_once = [_with(one, "stream", _false(own["stream"]), is_required=False) for one in found]
        found = [*_streams(facts, types.Reference(class_name=facts.chunk_class), found), *at_once]
    if len(found) < 2:
        return ()
    if not facts.returns_list_if:
        # Not every type checker sees that a `bool` is `True` or `False`: it gets the union. A
        # parsed answer is an answer, too.
        results = [one.result for one in found if not _is_parsed(one.result)]
        found.append(Overload(types={}, result=types.union(results)))
    return tuple(found)


def _variants(facts: TaskFacts, own: Mapping[str, Parameter], whole: Type) -> Iterator[Overload]:
    one = types.Reference(class_name=facts.output_class or ClassName("Any"))
    if name := facts.returns_text_unless:
        yield _overload(one, name, _TRUE, is_required=True)
        yield _overload(TEXT, name, _false(own[name]), is_required=False)
    elif name := facts.returns_list_if:
        given = _without(own[name].type, NULL)
        yield _overload(one, name, NULL, is_required=False)
        yield _overload(types.ListType(item=one), name, given, is_required=True)
    elif name := facts.parsed_by:
        parsed = _generic(f"Parsed{facts.output_class}", _MODEL)
        others = _without(own[name].type, MODEL_CLASS)
        yield _overload(parsed, name, _generic("type", _MODEL), is_required=True)
        yield _overload(one, name, others, is_required=False)
    else:
        yield Overload(types={}, result=whole)


def _streams(facts: TaskFacts, chunk: Type, variants: list[Overload]) -> Iterator[Overload]:
    if not facts.returns_text_unless:
        # Whatever else is asked for, the pieces are the same.
        variants = [Overload(types={}, result=chunk)]
    for variant in variants:
        stream = _generic("Stream", TEXT if variant.result == TEXT else chunk)
        yield _with(replace(variant, result=stream), "stream", _TRUE, is_required=True)


def _overload(result: Type, name: str, type_: Type, *, is_required: bool) -> Overload:
    return _with(Overload(types={}, result=result), name, type_, is_required=is_required)


def _with(variant: Overload, name: str, type_: Type, *, is_required: bool) -> Overload:
    required = variant.required | {name} if is_required else variant.required
    return replace(variant, types={**variant.types, name: type_}, required=required)


def _false(parameter: Parameter) -> Type:
    is_false = parameter.default is not None and parameter.default.value is False
    return _FALSE if is_false else optional(_FALSE)


def _without(type_: Type, option: Type) -> Type:
    return types.union([one for one in types.options_of(type_) if one != option])


def _is_parsed(type_: Type) -> bool:
    return isinstance(type_, types.GenericType) and type_.arguments == (_MODEL,)
