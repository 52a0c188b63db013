"""`normalise(RawSpec) -> Service`: from a Space's documents to the generator's own terms.

Each document is read by its own module into the values in `raw`. The fullest one is the basis,
`/config` adds what only it has, and schemas are read, named and deduplicated for all at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

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
from ...load import Document, RawSpec
from .arguments import own_label, read_parameter
from .definitions import Definitions
from .from_config import ConfigFacts
from .from_info import operations_of_info
from .from_openapi import disagreements, operations_of_openapi
from .raw import RawOperation, RawResult
from .reading import NotExpressible, ReadObject, SchemaReader

__all__ = ["normalise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """An endpoint whose schemas are read, before its names are chosen."""

    raw: RawOperation
    parameters: tuple[Parameter, ...]
    results: tuple[Type, ...]


def normalise(raw: RawSpec) -> Service:
    """Return the service that the documents of a Space describe.

    An endpoint that cannot be expressed is left out and listed in `omissions`, without affecting
    the others.
    """
    basis, operations, disagreeing = _find(raw)
    objects: dict[ClassName, ReadObject] = {}
    read: list[_Read] = []
    omissions: list[Omission] = []
    for operation in operations:
        try:
            read.append(_read(operation, SchemaReader(objects)))
        except NotExpressible as error:
            name = plain(operation.endpoint) or f"fn_index={operation.fn_index}"
            omissions.append(Omission(endpoint=name, reason=str(error)))
    methods, stems = _method_names(read)
    client = _client_name(raw, stems, methods)
    # An endpoint named like a class would shadow it in the annotations of the methods after it.
    taken = _models(stems) | {*_client_classes(client), *methods}
    arguments = [one.type for item in read for one in item.parameters]
    results = [one for item in read for one in item.results]
    definitions = Definitions(arguments, results, objects, taken)
    return Service(
        package=identifier(raw.name or "", fallback="space"),
        class_name=client,
        source=raw.source,
        title=plain(raw.title),
        platform_version=plain(raw.gradio_version),
        api_prefix=raw.api_prefix,
        calls_by_name=raw.calls_by_name,
        digest=raw.digest,
        documents=basis,
        operations=tuple(
            _operation(item, method, stem, definitions)
            for item, method, stem in zip(read, methods, stems, strict=True)
        ),
        definitions=definitions.definitions(),
        omissions=tuple(omissions),
        disagreements=disagreeing,
    )


def _find(raw: RawSpec) -> tuple[tuple[Document, ...], list[RawOperation], tuple[str, ...]]:
    """The documents that are used, their endpoints, and where openapi.json disagrees."""
    openapi = operations_of_openapi(raw.openapi or {}, raw.generation)
    facts = ConfigFacts(raw.config) if raw.config is not None else None
    if raw.info is not None:
        operations = operations_of_info(raw.info)
        disagreeing = disagreements(operations, openapi) if raw.openapi is not None else ()
        if facts is None:
            return ("info",), operations, disagreeing
        return ("info", "config"), list(map(facts.complete, operations)), disagreeing
    if facts is not None:
        # Gradio makes openapi.json from /info: if that failed, it would add names without order.
        return ("config",), facts.operations(), ()
    return ("openapi",), openapi, ()


def _read(raw: RawOperation, reader: SchemaReader) -> _Read:
    if raw.fault:
        raise NotExpressible(raw.fault)
    name = _name(raw)
    parameters: list[Parameter] = []
    for parameter in raw.parameters:
        try:
            parameters.append(read_parameter(parameter, reader, (name, parameter.name)))
        except NotExpressible as error:
            raise NotExpressible(f"parameter {plain(parameter.name)!r}: {error}") from None
    results: list[Type] = []
    for place, result in enumerate(raw.results, 1):
        path = (name, "result", *([] if len(raw.results) == 1 else [_result_name(result)]))
        try:
            results.append(without_bounds(reader.read(result.schema, path)))
        except NotExpressible as error:
            raise NotExpressible(f"result {place}: {error}") from None
    return _Read(raw=raw, parameters=tuple(parameters), results=tuple(results))


def _operation(
    read: _Read, method: Identifier, stem: ClassName, definitions: Definitions
) -> Operation:
    raw, request_class = read.raw, ClassName(f"{stem}Request")
    avoid = reserved("types") | definitions.class_names
    names = distinct(
        [parameter.name for parameter in raw.parameters],
        fallback="param",
        avoid=avoid | reserved("model") | {str(request_class)},
    )
    result_names = distinct(
        [_result_name(result) for result in raw.results],
        fallback="value",
        avoid=avoid | reserved("tuple"),
    )
    return Operation(
        endpoint=SpecText(raw.endpoint),
        fn_index=raw.fn_index,
        method=method,
        request_class=request_class,
        result_class=ClassName(f"{stem}Result"),
        description=SpecText(raw.description if isinstance(raw.description, str) else ""),
        parameters=tuple(
            replace(one, identifier=name, type=definitions.named(one.type, "argument"))
            for one, name in zip(read.parameters, names, strict=True)
        ),
        results=tuple(
            Result(
                identifier=name,
                label=own_label(result.label),
                type=definitions.named(type_, "result"),
            )
            for result, type_, name in zip(raw.results, read.results, result_names, strict=True)
        ),
        by_position=_by_position(read),
        streams=raw.streams,
        is_ordered=raw.is_ordered,
        slots=raw.slots,
    )


def _by_position(read: _Read) -> int:
    """How many arguments may be positional.

    The first one and the required ones right after it, so that an argument that is added or becomes
    optional later never takes the position of another.
    """
    if not read.raw.is_ordered:
        return 0
    for place, parameter in enumerate(read.parameters):
        if parameter.default is not None:
            return max(place, 1)
    return len(read.parameters)


def _result_name(result: RawResult) -> str:
    """The name of a result: its label, or the kind of the component that shows it."""
    component = "" if result.component == "api" else result.component
    return (own_label(result.label) or component or "value").lower()


def _name(raw: RawOperation) -> str:
    return raw.endpoint or f"fn_{raw.fn_index}"


def _method_names(read: Iterable[_Read]) -> tuple[tuple[Identifier, ...], tuple[ClassName, ...]]:
    """The names of the methods, and the stems of their class names."""
    names = [_name(item.raw) for item in read]
    avoid = reserved("client") | reserved("types")
    methods = distinct(names, fallback="call", avoid=avoid)
    stems = distinct_classes(methods)
    if clashes := _models(stems) & frozenset(methods):
        methods = distinct(names, fallback="call", avoid=avoid | clashes)
        stems = distinct_classes(methods)
    return methods, stems


def _client_name(
    raw: RawSpec, stems: Iterable[ClassName], methods: Iterable[Identifier]
) -> ClassName:
    name = class_name(raw.name or raw.title or "", fallback="Space")
    taken = _models(stems) | frozenset(methods) | reserved("types")
    while any(one in taken for one in _client_classes(name)):
        name = ClassName(f"{name}Client")
    return name


def _client_classes(name: str) -> tuple[str, ...]:
    return name, f"Async{name}", f"{name}Jobs", f"Async{name}Jobs"


def _models(stems: Iterable[ClassName]) -> frozenset[str]:
    return frozenset(f"{stem}{kind}" for stem in stems for kind in ("Request", "Result"))
