"""The order of a method's parameters, and its overloads."""

from __future__ import annotations

from collections.abc import Mapping

from ...ir import types
from ...ir.model import Default, Overload, Parameter, TaskFacts
from ...ir.names import ClassName, Identifier
from ...ir.text import NO_TEXT, SpecText
from ...ir.types import NULL, TEXT, Type, optional
from .documents import Overlay

MARK = "*"
"""The mark in a signature before the keyword-only parameters."""

KWARGS = "**kwargs"
"""The last entry in the signature of a method that accepts unlisted parameters."""


def _generic(name: str, *arguments: Type) -> types.GenericType:
    return types.GenericType(class_name=ClassName(name), arguments=arguments)


def _class(name: str) -> types.Reference:
    return types.Reference(class_name=ClassName(name))


MODEL_CLASS = _generic("type", _class("pydantic.BaseModel"))
"""The type of a class that an answer can be parsed with."""

_NUMBER = types.ScalarType(kind="number")
_HEADERS = _generic("Mapping", TEXT, TEXT)
_BODY = _generic("Mapping", TEXT, types.AnyType())
_MODEL = _class("ModelT")
_TRUE = types.ChoiceType(values=(True,), is_constant=True)
_FALSE = types.ChoiceType(values=(False,), is_constant=True)
_ALWAYS = Overload(types={}, result=NULL)


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
"""The options of every method, whatever its task."""


def signature(overlay: Overlay, own: Mapping[str, Parameter]) -> tuple[tuple[Parameter, ...], int]:
    """The parameters of a method in order, and how many of them may be positional.

    Parameters that the overlay does not list follow, the options last.
    """
    known = {**own, **OPTIONS}
    listed = [name for name in overlay.signature if name != KWARGS]
    by_position = listed.index(MARK) if MARK in listed else len(listed)
    names = [name for name in listed if name != MARK]
    names += [name for name in known if name not in names]
    return tuple(known[name] for name in names), by_position


def overloads(facts: TaskFacts, own: Mapping[str, Parameter], whole: Type) -> tuple[Overload, ...]:
    """The overloads of a method, one for each return type; none if there is only one.

    `whole` is the return type without streaming.
    """
    found = _variants(facts, own, whole)
    if facts.chunk_class:
        chunk = types.Reference(class_name=facts.chunk_class)
        # Other parameters do not change the type of chunks, except for the one that asks for text.
        streamed = found if facts.call.text_unless else [Overload(types={}, result=chunk)]
        pieces = [TEXT if one.result == TEXT else chunk for one in streamed]
        found = [
            *(
                _when("stream", _TRUE, _generic("Stream", piece), one)
                for one, piece in zip(streamed, pieces, strict=True)
            ),
            *(
                _when("stream", _false(own["stream"]), one.result, one, is_given=False)
                for one in found
            ),
        ]
    if len(found) < 2:
        return ()
    if not facts.call.many_if:
        # Not every type checker expands a `bool` to `True` and `False`: for those, there is an
        # overload with the union. It leaves out parsed answers, which are subclasses of answers.
        parsed = _generic(f"Parsed{facts.output_class}", _MODEL)
        results = [one.result for one in found if one.result != parsed]
        found.append(Overload(types={}, result=types.union(results)))
    return tuple(found)


def _variants(facts: TaskFacts, own: Mapping[str, Parameter], whole: Type) -> list[Overload]:
    one = types.Reference(class_name=facts.output_class or ClassName("Any"))
    if name := facts.call.text_unless:
        return [_when(name, _TRUE, one), _when(name, _false(own[name]), TEXT, is_given=False)]
    if name := facts.call.many_if:
        given = _without(own[name].type, NULL)
        return [
            _when(name, NULL, one, is_given=False),
            _when(name, given, types.ListType(item=one)),
        ]
    if name := facts.call.parsed_by:
        parsed = _generic(f"Parsed{facts.output_class}", _MODEL)
        others = _without(own[name].type, MODEL_CLASS)
        return [
            _when(name, _generic("type", _MODEL), parsed),
            _when(name, others, one, is_given=False),
        ]
    return [Overload(types={}, result=whole)]


def _when(
    name: str, type_: Type, result: Type, also: Overload = _ALWAYS, *, is_given: bool = True
) -> Overload:
    """The overload for an argument of this type; with `is_given=False` it may be left out."""
    required = also.required | {name} if is_given else also.required
    return Overload(types={**also.types, name: type_}, required=required, result=result)


def _false(parameter: Parameter) -> Type:
    is_false = parameter.default is not None and parameter.default.value is False
    return _FALSE if is_false else optional(_FALSE)


def _without(type_: Type, option: Type) -> Type:
    return types.union([one for one in types.options_of(type_) if one != option])
