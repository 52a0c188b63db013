"""Endpoints as `/config` describes them, and the details that only it has."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from ...ir.json_type import Json, mapping, objects, text
from .raw import RawOperation, RawParameter, RawResult

_Component = Mapping[str, Json]


class ConfigFacts:
    """The components of a Space by id, and its functions by name."""

    def __init__(self, config: Mapping[str, Json]) -> None:
        components = objects(config.get("components"))
        self._components = {str(component.get("id")): component for component in components}
        self._dependencies = objects(config.get("dependencies"))
        self._by_name = {
            f"/{dependency['api_name']}": dependency
            for dependency in self._dependencies
            if isinstance(dependency.get("api_name"), str)
        }

    def operations(self) -> list[RawOperation]:
        """Every public endpoint, sorted: those that `/info` would list."""
        named = [name for name, function in self._by_name.items() if _is_public(function)]
        return [self._operation(name, self._by_name[name]) for name in sorted(named)]

    def complete(self, operation: RawOperation) -> RawOperation:
        """The operation with the details that only `/config` has: bounds, help, whether it streams.

        If the two documents disagree on the number of inputs, nothing is added to the parameters.
        """
        function = self._find(operation)
        if function is None:
            return operation
        parameters, results = operation.parameters, operation.results
        inputs = self._visible(function.get("inputs"))
        if operation.is_ordered and len(inputs) == len(parameters):
            parameters = tuple(
                dataclasses.replace(
                    parameter,
                    schema=_schema(parameter.schema, component),
                    props=mapping(component.get("props")),
                )
                for parameter, component in zip(parameters, inputs, strict=True)
            )
        outputs = self._visible(function.get("outputs"))
        if len(outputs) == len(results):
            results = tuple(
                dataclasses.replace(result, schema=_schema(result.schema, component))
                for result, component in zip(results, outputs, strict=True)
            )
        return dataclasses.replace(
            operation,
            parameters=parameters,
            results=results,
            streams=_streams(function),
            slots=self._slots(function),
        )

    def _find(self, operation: RawOperation) -> Mapping[str, Json] | None:
        if operation.endpoint:
            return self._by_name.get(operation.endpoint)
        numbered = enumerate(self._dependencies)
        return next((one for at, one in numbered if one.get("id", at) == operation.fn_index), None)

    def _operation(self, name: str, function: Mapping[str, Json]) -> RawOperation:
        return RawOperation(
            endpoint=name,
            description=function.get("api_description"),
            parameters=tuple(
                _parameter(component, place)
                for place, component in enumerate(self._visible(function.get("inputs")))
            ),
            results=tuple(
                RawResult(
                    schema=_schema(component.get("api_info_as_output"), component),
                    label=mapping(component.get("props")).get("label"),
                    component=text(component.get("type")),
                )
                for component in self._visible(function.get("outputs"))
            ),
            streams=_streams(function),
            slots=self._slots(function),
        )

    def _slots(self, function: Mapping[str, Json]) -> tuple[bool, ...]:
        return tuple(_takes_part(component) for component in self._named(function.get("inputs")))

    def _visible(self, ids: Json | None) -> list[_Component]:
        return [component for component in self._named(ids) if component and _takes_part(component)]

    def _named(self, ids: Json | None) -> list[_Component]:
        return [self._components.get(str(one), {}) for one in ids] if isinstance(ids, list) else []


def _takes_part(component: _Component) -> bool:
    """Whether it is part of an API call, unlike state, layout and buttons."""
    return component.get("skip_api") is not True


def _schema(schema: Json, component: _Component) -> Json:
    """The schema of a component's value, by default the one for both directions."""
    found = component.get("api_info") if schema is None else schema
    has_template = mapping(component.get("props")).get("html_template") is True
    # Gradio says of every `gr.HTML` that it is text, but a template can show any value.
    return {} if has_template and found == {"type": "string"} else found


def _parameter(component: _Component, place: int) -> RawParameter:
    props = mapping(component.get("props"))
    return RawParameter(
        # This document does not have the names of the function's arguments.
        name=text(props.get("label")) or f"param_{place}",
        schema=_schema(component.get("api_info_as_input"), component),
        label=props.get("label"),
        component=text(component.get("type")),
        has_default=props.get("value") is not None,
        default=props.get("value"),
        props=props,
        example=component.get("example_inputs"),
    )


def _is_public(function: Mapping[str, Json]) -> bool:
    if function.get("backend_fn") is not True:
        return False
    return function.get("api_visibility", "public") == "public" and (
        function.get("show_api") is not False
    )


def _streams(function: Mapping[str, Json]) -> bool | None:
    found = mapping(function.get("types")).get("generator")
    return found if isinstance(found, bool) else None
