"""A running Space's description of its endpoints: read, bound to arguments, and shown as text."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from ..errors import ArgumentError, shorten
from ..reading import as_list, as_object, as_words
from .live import LiveEndpoint

Info: TypeAlias = dict[str, Any]
"""The content of `/info`: `named_endpoints` and `unnamed_endpoints`."""

_HIDDEN = ("api_visibility", "code_snippets", "show_api")


def read_info(answer: object) -> Info | None:
    """Return the public content of `/info`; `None` if the answer is something else."""
    document = as_object(answer)
    if not isinstance(document.get("named_endpoints"), dict):
        return None
    info: Info = {"named_endpoints": {}, "unnamed_endpoints": {}}
    for group, shown in info.items():
        for name, entry in as_object(document.get(group)).items():
            endpoint = as_object(entry)
            is_private = endpoint.get("api_visibility") == "private"
            if not is_private and endpoint.get("show_api") is not False:
                shown[name] = {k: v for k, v in endpoint.items() if k not in _HIDDEN}
    return info


def info_of_config(config: object, endpoints: Sequence[LiveEndpoint]) -> Info:
    """Derive the content of `/info` from `/config`, for a Space that fails to serve the former.

    `/config` does not have the names of a function's parameters: labels are used instead.
    """
    document = as_object(config)
    listed = _objects(document.get("components"))
    components = {as_words(entry.get("id")): entry for entry in listed}
    dependencies = enumerate(_objects(document.get("dependencies")))
    functions = {as_words(entry.get("id", place)): entry for place, entry in dependencies}
    info: Info = {"named_endpoints": {}, "unnamed_endpoints": {}}
    for endpoint in endpoints:
        function, (group, key) = functions.get(str(endpoint.fn_index), {}), _address(endpoint)
        inputs = itertools.compress(as_list(function.get("inputs")), endpoint.inputs)
        outputs = itertools.compress(as_list(function.get("outputs")), endpoint.outputs)
        taken = [components.get(as_words(one), {}) for one in inputs]
        given = [components.get(as_words(one), {}) for one in outputs]
        info[group][key] = {
            "parameters": [_parameter(one, place) for place, one in enumerate(taken)],
            "returns": [_value(one, "api_info_as_output") for one in given],
        }
    return info


def _parameter(component: Mapping[str, Any], place: int) -> dict[str, Any]:
    described = _value(component, "api_info_as_input")
    default = as_object(component.get("props")).get("value")
    return {
        **described,
        "parameter_name": described["label"] or f"param_{place}",
        "parameter_has_default": default is not None,
        "parameter_default": default,
        "example_input": component.get("example_inputs"),
    }


def _value(component: Mapping[str, Any], schema_key: str) -> dict[str, Any]:
    label = as_object(component.get("props")).get("label")
    return {
        "label": label if isinstance(label, str) else "",
        "type": as_object(component.get(schema_key, component.get("api_info"))),
        "python_type": {"type": "Any", "description": ""},
        "component": as_words(component.get("type")).capitalize(),
    }


def described(
    info: Info, endpoint: LiveEndpoint, member: Literal["parameters", "returns"]
) -> list[dict[str, Any]] | None:
    """Return what `/info` says about an endpoint; `None` if that does not match its slots."""
    group, key = _address(endpoint)
    found = _objects(as_object(as_object(info.get(group)).get(key)).get(member))
    slots = endpoint.inputs if member == "parameters" else endpoint.outputs
    return found if len(found) == sum(slots) else None


def _address(endpoint: LiveEndpoint) -> tuple[str, str]:
    """Return where to find an endpoint in `/info`: the group, and the key in it."""
    if endpoint.name:
        return "named_endpoints", endpoint.name
    return "unnamed_endpoints", str(endpoint.fn_index)


def _objects(value: object) -> list[dict[str, Any]]:
    return [as_object(entry) for entry in as_list(value)]


def bind(
    parameters: Sequence[Mapping[str, Any]],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    where: str,
    note: str = "",
) -> list[Any]:
    """Return a call's arguments in the order of the parameters, with defaults filled in.

    Errors about names end with the note.

    Raises:
        ArgumentError: when one is missing, unknown, given twice, or when there are too many.
    """
    names = [_name(parameter, place) for place, parameter in enumerate(parameters)]
    known = f"Its parameters are: {', '.join(names) or 'none'}.{note}"
    if len(args) > len(names):
        raise ArgumentError(f"{where} takes {len(names)} arguments, got {len(args)}. {known}")
    for name in kwargs:
        if name not in names:
            raise ArgumentError(f"{where} has no parameter {name!r}. {known}")
        if name not in names[len(args) :]:
            raise ArgumentError(f"{where}: {name!r} is given twice: by position and by name.")
    values, given = list(args), dict(kwargs)
    for name, parameter in list(zip(names, parameters, strict=True))[len(args) :]:
        if name in given:
            values.append(given.pop(name))
        elif parameter.get("parameter_has_default"):
            values.append(parameter.get("parameter_default"))
        else:
            raise ArgumentError(f"{where}: No value provided for required argument: {name}.{note}")
    return values


def _name(parameter: Mapping[str, Any], place: int) -> str:
    """Return the name of a parameter for callers."""
    name = parameter.get("parameter_name") or parameter.get("label")
    return name if isinstance(name, str) else f"param_{place}"


def view(info: Info, source: str, all_endpoints: bool | None = None) -> str:
    """Describe the endpoints: how each is called, and its parameters and results, one per line."""
    named, unnamed = info["named_endpoints"], info["unnamed_endpoints"]
    lines = [f"{source}: {len(named)} endpoints with a name"]
    for name, endpoint in named.items():
        lines += _lines(f"api_name={name!r}", endpoint)
    if all_endpoints or (all_endpoints is None and not named):
        lines += ["", f"{len(unnamed)} endpoints without a name"]
        for index, endpoint in unnamed.items():
            lines += _lines(f"fn_index={index}", endpoint)
    elif unnamed:
        lines += ["", f"{len(unnamed)} more have no name: view_api(all_endpoints=True) shows them."]
    # Text of the Space must not begin a new line or control the terminal.
    plain = ("".join(c if c.isprintable() else " " for c in line) for line in lines)
    return "\n".join(plain) + "\n"


def _lines(address: str, endpoint: Mapping[str, Any]) -> list[str]:
    call: list[str] = []
    lines: list[str] = []
    for place, parameter in enumerate(_objects(endpoint.get("parameters"))):
        name, default = _name(parameter, place), shorten(parameter.get("parameter_default"))
        is_optional = parameter.get("parameter_has_default")
        call.append(f"{name}={default}" if is_optional else name)
        lines.append(f"    {name}: {_kind(parameter)}, {'optional' if is_optional else 'required'}")
    for value in _objects(endpoint.get("returns")):
        lines.append(f"    -> {as_words(value.get('label'))}: {_kind(value)}")
    if endpoint.get("oauth_token"):
        lines.append("    Accepts your Hub token: Client(oauth_token=...)")
    return ["", f"predict({', '.join([*call, address])})", *lines]


def _kind(described: Mapping[str, Any]) -> str:
    kind = as_words(as_object(described.get("python_type")).get("type", "Any"))
    return f"{kind} ({as_words(described.get('component'))})"
