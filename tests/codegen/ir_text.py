"""What the normaliser understood, as short text: types as Python has them, without a renderer."""

from __future__ import annotations

from hubsmith_codegen.ir.model import Default, Operation, Parameter, Service
from hubsmith_codegen.ir.spelling import spelled
from hubsmith_codegen.ir.text import literal

from tests.support.documents import endpoint, info_of, parameter, result, service_of


def signatures(service: Service) -> dict[str, str]:
    """The methods by name, such as `(self, a: int, *, b: str='x') -> str`."""
    return {str(operation.method): signature(operation) for operation in service.operations}


def signature(operation: Operation) -> str:
    """The parameters and the result of one method."""
    parts = [_parameter(one) for one in operation.parameters]
    if operation.by_position < len(parts):
        parts.insert(operation.by_position, "*")
    return f"({', '.join(['self', *parts])}) -> {spelled(operation.result)}"


def members(service: Service) -> dict[str, dict[str, str]]:
    """The classes by name, each with its members: type, and default where there is one."""
    return {
        str(definition.class_name): {
            str(member.identifier): spelled(member.type)
            + ("" if member.is_required else f" = {literal(member.default)}")
            for member in definition.members
        }
        for definition in service.definitions
    }


def results_of(service: Service, method: str) -> dict[str, str]:
    """The results of one method by name."""
    (found,) = (one for one in service.operations if one.method == method)
    return {str(one.identifier): spelled(one.type) for one in found.results}


def argument(schema: object, config: object = None, **more: object) -> str:
    """How a parameter with this schema is taken."""
    described = endpoint({**parameter(schema), **more})
    documents = {} if config is None else {"config": config}
    found = signatures(service_of(info=info_of({"/go": described}), **documents))["go"]
    return found.removeprefix("(self, ").removesuffix(") -> None").removeprefix("x: ")


def returned(schema: object) -> str:
    """How a result with this schema is returned."""
    service = service_of(info=info_of({"/go": endpoint(returns=[result(schema)])}))
    return signatures(service)["go"].removeprefix("(self) -> ")


def _parameter(parameter: Parameter) -> str:
    default = parameter.default
    after = f"={literal(default.value)}" if isinstance(default, Default) else ""
    return f"{parameter.identifier}: {spelled(parameter.type)}{after}"
