"""The parameters of an endpoint as the running Space tells them, and arguments fitted to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast

from ._errors import ArgumentError
from ._live import LiveEndpoint

Info: TypeAlias = dict[str, Any]
"""The content of `/info`: `named_endpoints` and `unnamed_endpoints`."""


def read_info(answer: object) -> Info | None:
    """Return the content of `/info` as callers see it; `None` where it is not there."""
    document = mapping(answer)
    if not isinstance(document.get("named_endpoints"), dict):
        return None
    info: Info = {}
    for group in ("named_endpoints", "unnamed_endpoints"):
        info[group] = {}
        for name, described in mapping(document.get(group)).items():
            endpoint = mapping(described)
            if (
                endpoint.get("api_visibility") != "private"
                and endpoint.get("show_api") is not False
            ):
                hidden = ("api_visibility", "code_snippets", "show_api")
                info[group][name] = {k: v for k, v in endpoint.items() if k not in hidden}
    return info


def info_of_config(config: object, endpoints: Sequence[LiveEndpoint]) -> Info:
    """Make the content of `/info` from `/config`, for a Space that fails to give the former.

    The names of a function's arguments are not there: the labels stand in for them.
    """
    document = mapping(config)
    components = {entry.get("id"): entry for entry in _mappings(document.get("components"))}
    functions = {
        entry.get("id", place): entry
        for place, entry in enumerate(_mappings(document.get("dependencies")))
    }
    info: Info = {"named_endpoints": {}, "unnamed_endpoints": {}}
    for endpoint in endpoints:
        function = functions.get(endpoint.fn_index, {})
        inputs = _chosen(function.get("inputs"), endpoint.inputs)
        outputs = _chosen(function.get("outputs"), endpoint.outputs)
        described = {
            "parameters": [
                _parameter(components.get(one, {}), place) for place, one in enumerate(inputs)
            ],
            "returns": [_value(components.get(one, {}), "api_info_as_output") for one in outputs],
        }
        group = "named_endpoints" if endpoint.name else "unnamed_endpoints"
        info[group][endpoint.name or str(endpoint.fn_index)] = described
    return info


def parameters_of(info: Info, endpoint: LiveEndpoint) -> list[dict[str, Any]] | None:
    """Return what `/info` says of an endpoint's parameters; `None` where it says nothing fitting."""
    group = mapping(info.get("named_endpoints" if endpoint.name else "unnamed_endpoints"))
    described = mapping(group.get(endpoint.name or str(endpoint.fn_index)))
    parameters = _mappings(described.get("parameters"))
    return parameters if described and len(parameters) == sum(endpoint.inputs) else None


def bind(
    parameters: Sequence[Mapping[str, Any]],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    where: str,
) -> list[Any]:
    """Lay out a call's arguments in the order of the parameters, the defaults filled in.

    Raises:
        ArgumentError: when one is missing, unknown, given twice, or when there are too many.
    """
    names = [name_of(parameter, place) for place, parameter in enumerate(parameters)]
    known = ", ".join(names) or "none"
    if len(args) > len(names):
        raise ArgumentError(
            f"{where} takes {len(names)} arguments, got {len(args)}. Its parameters are: {known}."
        )
    values: dict[int, Any] = dict(enumerate(args))
    for name, value in kwargs.items():
        if name not in names:
            raise ArgumentError(f"{where} has no parameter {name!r}. Its parameters are: {known}.")
        place = names.index(name)
        if place in values:
            raise ArgumentError(
                f"{where}: {name!r} is given twice: as argument {place + 1} and by its name."
            )
        values[place] = value
    for place, parameter in enumerate(parameters):
        if place not in values:
            if not parameter.get("parameter_has_default"):
                raise ArgumentError(
                    f"{where}: No value provided for required argument: {names[place]}"
                )
            values[place] = parameter.get("parameter_default")
    return [values[place] for place in range(len(names))]


def name_of(parameter: Mapping[str, Any], place: int) -> str:
    """Return the name by which a caller gives a parameter."""
    name = parameter.get("parameter_name") or parameter.get("label")
    return name if isinstance(name, str) else f"param_{place}"


def _parameter(component: Mapping[str, Any], place: int) -> dict[str, Any]:
    described = _value(component, "api_info_as_input")
    default = mapping(component.get("props")).get("value")
    return {
        "label": described["label"],
        "parameter_name": described["label"] or f"param_{place}",
        "parameter_has_default": default is not None,
        "parameter_default": default,
        **{key: value for key, value in described.items() if key != "label"},
        "example_input": component.get("example_inputs"),
    }


def _value(component: Mapping[str, Any], schema_key: str) -> dict[str, Any]:
    label = mapping(component.get("props")).get("label")
    return {
        "label": label if isinstance(label, str) else "",
        "type": mapping(component.get(schema_key, component.get("api_info"))),
        "python_type": {"type": "Any", "description": ""},
        "component": str(component.get("type", "")).capitalize(),
    }


def _chosen(ids: object, chosen: Sequence[bool]) -> list[Any]:
    if not isinstance(ids, list):
        return []
    return [
        one for one, is_chosen in zip(cast("list[Any]", ids), chosen, strict=False) if is_chosen
    ]


def mapping(value: object) -> dict[str, Any]:
    """Return a JSON object, empty where it is none."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _mappings(value: object) -> list[dict[str, Any]]:
    entries = cast("list[object]", value) if isinstance(value, list) else []
    return [mapping(entry) for entry in entries]
