"""`Tool`: an endpoint of a Space, with definitions for language model APIs and MCP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

from hubsmith_runtime import ArgumentError, Request

from .strictness import openai_strict

ToolFormat: TypeAlias = Literal["openai", "openai-responses", "anthropic", "mcp"]
"""The API: OpenAI's chat completions or responses, Anthropic's messages, or MCP."""

FORMATS: tuple[str, ...] = get_args(ToolFormat)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One endpoint of a Space, described for a model."""

    name: str
    """The name for the model: at most 64 letters, digits, `_` and `-`, unique in its `Tools`."""
    title: str
    """A title for people."""
    description: str
    """What the tool does. Text from the Space is quoted and shortened."""
    source: str
    """The name or URL of the Space, as in messages."""
    endpoint: str
    """The endpoint, such as `/greet`."""
    request: type[Request[Any]]
    """The request model that validates the arguments."""
    input_schema: Mapping[str, Any] = field(repr=False)
    """JSON schema of the arguments, accepted by all hosts; bounds are in the descriptions."""
    output_schema: Mapping[str, Any] | None = field(repr=False)
    """JSON schema of `ToolResult.structured`."""
    lax: str | None
    """Why its definitions are not strict, or `None` if they are."""

    def definition(self, format: ToolFormat = "openai") -> dict[str, Any]:
        """Return the definition of the tool for a request or an MCP server.

        Args:
            format: The API that it is for; see `ToolFormat`.

        Raises:
            ArgumentError: if there is no such format.
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
                    f"{format!r} is not a tool format. Available: {', '.join(FORMATS)}."
                )
