"""`normalise(RawSpec) -> Service`: what a Space's documents say, in the generator's own terms.

Each document is read by a module of its own into `found` values. The fullest one is the basis,
`/config` adds what only it knows, and schemas are read, named and deduplicated for all at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ...ir.model import Omission, Operation, Parameter, Result, Service
from ...ir.names import (
    ClassName,
    Identifier,
    class_name,
    distinct,
    distinct_classes,
    identifier,
    reserved,
)
from ...ir.text import SpecText, plain
from ...ir.types import Type, without_bounds
from ...load import RawSpec
from .agreement import disagreements
from .arguments import Argument, own_label, read_argument
from .definitions import Definitions, Direction
from .from_config import ConfigFacts
from .from_info import operations_of_info
from .from_openapi import operations_of_openapi
from .protocol import api_prefix, calls_by_name
from .raw import RawOperation, RawResult
from .reading import NotExpressible, ReadObject, SchemaReader

__all__ = ["normalise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """An operation whose schemas are read, before its names are chosen."""

    found: RawOperation
    arguments: tuple[Argument, ...]
    results: tuple[Type, ...]


def normalise(raw: RawSpec) -> Service:
    """What the documents of a Space say.

    An endpoint that cannot be expressed is left out and named in `omissions`; it never stops the
    others.
    """
    basis, operations = _find(raw)
    objects: dict[ClassName, ReadObject] = {}
    read, omissions = _read_all(operations, objects)
    methods, stems = _method_names(read)
    client = _client_name(raw, stems, methods)
    # An endpoint named like a class would hide it from the annotations of the stubs behind it.
    taken = _taken(client, stems) | frozenset(methods)
    definitions = Definitions(_all_types(read), objects, taken)
    return Service(
        package=identifier(raw.name or "", fallback="space"),
        class_name=client,
        source=raw.source,
        title=plain(raw.title),
        platform_version=plain(raw.gradio_version),
        api_prefix=api_prefix(raw),
        calls_by_name=calls_by_name(raw),
        digest=raw.digest,
        documents=basis,
        operations=tuple(
            _operation(item, method, stem, definitions)
            for item, method, stem in zip(read, methods, stems, strict=True)
        ),
        definitions=definitions.definitions(),
        omissions=tuple(omissions),
        disagreements=_disagreements(raw),
    )


def _find(
    raw: RawSpec,
) -> tuple[tuple[Literal["info", "config", "openapi"], ...], list[RawOperation]]:
    """The endpoints, and the documents their facts come from, in order of trust."""
    facts = ConfigFacts(raw.config) if raw.config is not None else None
    if raw.info is not None:
        operations = operations_of_info(raw.info)
        if facts is None:
            return ("info",), operations
        return ("info", "config"), [facts.complete(operation) for operation in operations]
    if facts is not None:
        # openapi.json is made from /info: where that fails it adds names without their order.
        return ("config",), facts.operations()
    return ("openapi",), operations_of_openapi(raw.openapi or {}, raw.generation)


def _disagreements(raw: RawSpec) -> tuple[str, ...]:
    if raw.info is None or raw.openapi is None:
        return ()
    return disagreements(
        operations_of_info(raw.info), operations_of_openapi(raw.openapi, raw.generation)
    )


def _read_all(
    operations: Iterable[RawOperation], objects: dict[ClassName, ReadObject]
) -> tuple[list[_Read], list[Omission]]:
    read: list[_Read] = []
    omissions: list[Omission] = []
    for operation in operations:
        try:
            read.append(_read(operation, SchemaReader(objects)))
        except NotExpressible as error:
            name = plain(operation.endpoint) or f"fn_index={operation.fn_index}"
            omissions.append(Omission(endpoint=name, reason=str(error)))
    return read, omissions


def _read(found: RawOperation, reader: SchemaReader) -> _Read:
    if found.fault:
        raise NotExpressible(found.fault)
    stem = _spoken(found)
    arguments: list[Argument] = []
    for parameter in found.parameters:
        try:
            arguments.append(read_argument(parameter, reader, (stem, parameter.name)))
        except NotExpressible as error:
            raise NotExpressible(f"parameter {plain(parameter.name)!r}: {error}") from None
    results: list[Type] = []
    for place, result in enumerate(found.results, 1):
        path = (stem, "result", *([] if len(found.results) == 1 else [_result_name(result)]))
        try:
            results.append(without_bounds(reader.read(result.schema, path)))
        except NotExpressible as error:
            raise NotExpressible(f"result {place}: {error}") from None
    return _Read(found=found, arguments=tuple(arguments), results=tuple(results))


def _operation(
    item: _Read, method: Identifier, stem: ClassName, definitions: Definitions
) -> Operation:
    found = item.found
    request_class = ClassName(f"{stem}Request")
    avoid = reserved("types") | definitions.class_names
    names = distinct(
        [parameter.name for parameter in found.parameters],
        fallback="param",
        avoid=avoid | reserved("model") | {str(request_class)},
    )
    result_names = distinct(
        [_result_name(result) for result in found.results],
        fallback="value",
        avoid=avoid | reserved("tuple"),
    )
    return Operation(
        endpoint=SpecText(found.endpoint),
        fn_index=found.fn_index,
        method=method,
        request_class=request_class,
        result_class=ClassName(f"{stem}Result"),
        description=SpecText(found.description if isinstance(found.description, str) else ""),
        parameters=tuple(
            Parameter(
                wire_name=SpecText(parameter.name),
                identifier=name,
                label=argument.label,
                description=argument.description,
                type=definitions.named(argument.type, "argument"),
                default=argument.default,
                component=plain(parameter.component),
                example=parameter.example,
                step=argument.step,
            )
            for parameter, argument, name in zip(
                found.parameters, item.arguments, names, strict=True
            )
        ),
        results=tuple(
            Result(
                identifier=name,
                label=own_label(result.label),
                type=definitions.named(type_, "result"),
            )
            for result, type_, name in zip(found.results, item.results, result_names, strict=True)
        ),
        by_position=_by_position(item),
        streams=found.streams,
        is_ordered=found.is_ordered,
        slots=found.slots,
    )


def _by_position(item: _Read) -> int:
    """How many arguments may be given by position.

    The first one and the required ones right behind it: an argument that was added or became
    optional later can then never take the place of another.
    """
    if not item.found.is_ordered:
        return 0
    count = 0
    for place, argument in enumerate(item.arguments):
        if place and argument.default is not None:
            break
        count += 1
        if argument.default is not None:
            break  # Behind an optional one, a required one cannot stand by position.
    return count


def _all_types(read: Iterable[_Read]) -> Iterable[tuple[Type, Direction]]:
    for item in read:
        for argument in item.arguments:
            yield argument.type, "argument"
        for result in item.results:
            yield result, "result"


def _result_name(result: RawResult) -> str:
    """What a result is called: its label, or what kind of component shows it."""
    component = "" if result.component == "api" else result.component
    return (own_label(result.label) or component or "value").lower()


def _spoken(found: RawOperation) -> str:
    return found.endpoint if found.endpoint else f"fn_{found.fn_index}"


def _method_names(
    read: Iterable[_Read],
) -> tuple[tuple[Identifier, ...], tuple[ClassName, ...]]:
    """The stubs' names, and what their classes are named after, endpoint by endpoint."""
    spoken = [_spoken(item.found) for item in read]
    avoid = reserved("client") | reserved("types")
    methods = distinct(spoken, fallback="call", avoid=avoid)
    stems = distinct_classes(methods)
    if clashes := _models(stems) & frozenset(methods):
        methods = distinct(spoken, fallback="call", avoid=avoid | clashes)
        stems = distinct_classes(methods)
    return methods, stems


def _client_name(
    raw: RawSpec, stems: Iterable[ClassName], methods: Iterable[Identifier]
) -> ClassName:
    name = class_name(raw.name or raw.title or "", fallback="Space")
    taken = _models(stems) | frozenset(methods) | reserved("types")
    while any(one in taken for one in client_classes(name)):
        name = ClassName(f"{name}Client")
    return name


def client_classes(name: str) -> tuple[str, str, str, str]:
    """The four classes of a client: blocking and async, each with its view on jobs."""
    return name, f"Async{name}", f"{name}Jobs", f"Async{name}Jobs"


def _models(stems: Iterable[ClassName]) -> frozenset[str]:
    return frozenset(f"{stem}{kind}" for stem in stems for kind in ("Request", "Result"))


def _taken(client: ClassName, stems: Iterable[ClassName]) -> frozenset[str]:
    return _models(stems) | frozenset(client_classes(client))
