"""Endpoints as `/gradio_api/info` describes them: the fullest source."""

from __future__ import annotations

from collections.abc import Mapping

from ...ir.json_type import Json, mapping, objects, text
from .raw import RawOperation, RawParameter, RawResult


def operations_of_info(info: Mapping[str, Json]) -> list[RawOperation]:
    """Every endpoint of the document, named ones first, sorted."""
    named = mapping(info.get("named_endpoints"))
    found = [
        _operation(mapping(named[name]), endpoint=name if name.startswith("/") else f"/{name}")
        for name in sorted(named)
    ]
    unnamed = mapping(info.get("unnamed_endpoints"))
    for position in sorted((key for key in unnamed if key.isdecimal()), key=int):
        found.append(_operation(mapping(unnamed[position]), endpoint="", fn_index=int(position)))
    return found


def _operation(
    description: Mapping[str, Json], *, endpoint: str, fn_index: int | None = None
) -> RawOperation:
    return RawOperation(
        endpoint=endpoint,
        fn_index=fn_index,
        description=description.get("description"),
        parameters=tuple(
            _parameter(parameter, place)
            for place, parameter in enumerate(objects(description.get("parameters")))
        ),
        results=tuple(
            RawResult(
                schema=result.get("type"),
                label=result.get("label"),
                component=text(result.get("component")).lower(),
            )
            for result in objects(description.get("returns"))
        ),
    )


def _parameter(parameter: Mapping[str, Json], place: int) -> RawParameter:
    # Gradio 4.0 has no parameter names, so the caller sees the label instead.
    name = text(parameter.get("parameter_name")) or text(parameter.get("label"))
    return RawParameter(
        name=name or f"param_{place}",
        schema=parameter.get("type"),
        label=parameter.get("label"),
        component=text(parameter.get("component")).lower(),
        has_default=parameter.get("parameter_has_default") is True,
        default=parameter.get("parameter_default"),
        example=parameter.get("example_input"),
    )
