"""What templates of provider tables mean, said once more and plainly: each is interpreted.

The generator compiles them instead. Tests compare what that makes with what is said here.
"""

from __future__ import annotations

import base64
import fnmatch
import re
from collections.abc import Mapping
from typing import Any

from hubsmith_codegen.ir.providers.table import Operation
from hubsmith_runtime.files import File
from hubsmith_runtime.inference.payload import Payload
from hubsmith_runtime.inference.request import Target

PLACE = re.compile(r"\{([\w.*|-]+)(?::(base64|text|url)(?:=([\w.+/-]+))?)?\}")


class NoValueError(Exception):
    """A place has no value."""


def fill(template: Any, scope: Any) -> Any:
    """Give a template's value, every place replaced by what stands there in the scope."""
    if isinstance(template, str):
        whole = PLACE.fullmatch(template)
        if whole:
            return _value(whole, scope)
        return PLACE.sub(lambda place: str(_value(place, scope)), template)
    if isinstance(template, dict):
        return _members(template, scope)
    if isinstance(template, list):
        if template and isinstance(template[0], str) and template[0].startswith("*"):
            each = find(scope, template[0][1:])
            if not isinstance(each, list) or None in each:
                raise NoValueError
            return [fill(template[1], item) for item in each]
        return [fill(item, scope) for item in template]
    return template


def find(value: Any, path: str) -> Any:
    """Give what stands at the first of the paths between bars; `None` for nothing."""
    found = (_walk(value, one.split(".")) for one in path.split("|"))
    return next((one for one in found if one is not None), None)


def body_of(operation: Operation, target: Target, payload: Payload) -> Any:
    """Give the members of a request's body, or the file that it is."""
    parameters = _mapped(operation, payload)
    if operation.form == "binary" and not parameters:
        return payload.inputs
    path = target.mapping.get("adapterWeightsPath")
    repository = f"{target.hub}/{target.hub_model}"
    scope = {
        "model": target.model or None,
        "version": target.model.partition(":")[2] or None,
        "adapter": path and {"repository": repository, "file": f"{repository}/resolve/main/{path}"},
        "inputs": payload.inputs,
        "messages": payload.inputs,
        "parameters": parameters,
        "is_stream": payload.is_stream,
        "stream": payload.is_stream or None,
    }
    template = operation.body
    for variant in operation.variants:
        if all(fnmatch.fnmatchcase(target.model.lower(), one) for one in variant.models):
            template = variant.body or template
            break
    body = fill(template, scope)
    wanted = parameters.get("response_format")
    if target.url is None and isinstance(wanted, dict) and wanted.get("type") == "json_schema":
        outer = wanted["json_schema"]
        body |= fill(
            operation.json_schema, {**scope, "json_schema": outer, "schema": outer["schema"]}
        )
    return body


def without_none(value: Any) -> Any:
    """Copy a value without the members of objects that are `None`."""
    if isinstance(value, Mapping):
        return {name: without_none(one) for name, one in value.items() if one is not None}
    if isinstance(value, (list, tuple)):
        return [without_none(item) for item in value]
    return value


def _mapped(operation: Operation, payload: Payload) -> dict[str, Any]:
    mapped = without_none({**payload.parameters, **payload.extra})
    mapped.pop("stream", None)
    for name in operation.flatten:
        if isinstance(mapped.get(name), dict):
            mapped.update(mapped.pop(name))
    for name, new in operation.rename.items():
        if name in mapped:
            value = mapped.pop(name)
            mapped.setdefault(new, value)
    for name in operation.drop:
        mapped.pop(name, None)
    for new, names in operation.join.items():
        if all(name in mapped for name in names):
            mapped[new] = "x".join(str(mapped.pop(name)) for name in names)
    for new, names in operation.group.items():
        if all(name in mapped for name in names):
            mapped[new] = {name: mapped.pop(name) for name in names}
    return mapped


def _walk(value: Any, steps: list[str]) -> Any:
    for place, step in enumerate(steps):
        if isinstance(value, dict):
            value = value.get(step)
        elif not isinstance(value, list):
            return None
        elif step == "*":
            found = [_walk(item, steps[place + 1 :]) for item in value]
            return None if any(item is None for item in found) else found
        else:
            value = value[int(step)] if step.isdecimal() and int(step) < len(value) else None
    return value


def _value(place: re.Match[str], scope: Any) -> Any:
    path, form, kind = place.groups()
    value = find(scope, path)
    if value is None:
        raise NoValueError
    if isinstance(value, File) and form:
        return value.as_url(kind or "application/octet-stream") if form == "url" else value.base64()
    if isinstance(value, bytes) and form:
        return base64.b64encode(value).decode() if form == "base64" else value.decode()
    return value


def _members(template: dict[str, Any], scope: Any) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, value in template.items():
        if key == "*":
            members = {**members, **(find(scope, value) or {})}
            continue
        try:
            members[key.removesuffix("?")] = fill(value, scope)
        except NoValueError:
            if not key.endswith("?"):
                raise
    return members
