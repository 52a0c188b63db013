"""`Tool`: one endpoint of a Space as hosts of language models want it described."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

from hubsmith_runtime import ArgumentError, Request

from .strictness import openai_strict

ToolFormat: TypeAlias = Literal["openai", "openai-responses", "anthropic", "mcp"]
"""Whose definitions: OpenAI's chat completions or responses, Anthropic's messages, or MCP."""

FORMATS: tuple[str, ...] = get_args(ToolFormat)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One endpoint of a Space, described for a model."""

    name: str
    """What a model calls it: at most 64 letters, digits, `_` and `-`, unique in its `Tools`."""
    title: str
    """What a person reads."""
    description: str
    """What it does. The Space's words are quoted and shortened."""
    source: str
    """The Space, as messages name it."""
    endpoint: str
    """The endpoint, such as `/greet`."""
    request: type[Request[Any]]
    """The model that checks the arguments."""
    input_schema: Mapping[str, Any] = field(repr=False)
    """JSON schema of the arguments: what every host takes, with bounds in the descriptions."""
    output_schema: Mapping[str, Any] | None = field(repr=False)
    """JSON schema of `ToolResult.structured`."""
    lax: str | None
    """Why its definitions are not strict; `None` where they are."""

    def definition(self, format: ToolFormat = "openai") -> dict[str, Any]:
        """Return what a request, or an MCP server, lists for it.

        Args:
            format: Whose.

        Raises:
            ArgumentError: when there is no such format.
        """
        strict = self.lax is None
        named = {"name": self.name, "description": self.description}
        schema = dict(self.input_schema)
        match format:
            case "openai" | "openai-responses":
                function = {
                    **named,
                    "parameters": openai_strict(schema) if strict else schema,
                    "strict": strict,
                }
                if format == "openai":
                    return {"type": "function", "function": function}
                return {"type": "function", **function}
            case "anthropic":
                return {**named, "input_schema": schema, **({"strict": True} if strict else {})}
            case "mcp":
                made = {**named, "title": self.title, "inputSchema": schema}
                made |= {"outputSchema": dict(self.output_schema)} if self.output_schema else {}
                return {**made, "annotations": {"openWorldHint": True}}
            case _:
                raise ArgumentError(
                    f"{format!r} is no format of tools. There are: {', '.join(FORMATS)}."
                )
