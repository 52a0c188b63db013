"""`ToolResult`: the result of a call for a program, for a model and as a message."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import pydantic
from hubsmith_runtime import SKIPPED, AppError, File, Request
from pydantic_core import to_jsonable_python

from .schemas import result_types
from .tool import ToolFormat
from .words import printable

_LONGEST, _LONGEST_ERROR = 100_000, 4_000  # Characters of a text for a model.
_LARGEST_PICTURE = 5_000_000  # Bytes; the limit of Anthropic's API.
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")  # That models accept.


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """The result of one call of a tool."""

    is_error: bool
    """Whether the call failed; if so, `text` says why and what to do."""
    value: Any
    """The result as the typed client returns it; `None` after an error."""
    structured: dict[str, Any] | None
    """The result as JSON, one member per output; a single output is the member `result`."""
    files: tuple[File, ...]
    """All files in the result, in order."""
    text: str
    """The text for the model."""

    @classmethod
    def of(cls, request: type[Request[Any]], value: Any) -> ToolResult:
        """Return the result of a successful call."""
        outputs = [*result_types(request)]
        values = value if len(outputs) > 1 else [value] * len(outputs)
        structured = {name: as_json(one) for name, one in zip(outputs, values, strict=True)}
        shown = structured["result"] if outputs == ["result"] else structured
        text = shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False)
        if not outputs:
            text = "Done. This endpoint has no result."
        if (surplus := len(text) - _LONGEST) > 0:
            text = f"{text[:_LONGEST]}\n[{surplus:,} more characters omitted.]"
        files = tuple(leaf for leaf in leaves(value) if isinstance(leaf, File))
        return cls(is_error=False, value=value, structured=structured, files=files, text=text)

    @classmethod
    def failed(cls, error: Exception) -> ToolResult:
        """Return the result of a failed call: why it failed, and what to do."""
        text = str(error)
        if isinstance(error, RecursionError):
            text = "The arguments or the result are nested too deeply. Simplify them."
        elif isinstance(error, AppError):
            text = " ".join(text.split())  # The Space's text must not start a new line.
        text = printable(text)[:_LONGEST_ERROR]
        return cls(is_error=True, value=None, structured=None, files=(), text=text)

    def message(self, format: ToolFormat, call_id: str = "") -> dict[str, Any]:
        """Return the message that passes the result to the model.

        Args:
            format: The API: OpenAI's chat completions (a message of the role `tool`) or responses
                (a `function_call_output`), Anthropic's messages (a `tool_result`), or MCP.
            call_id: The id of the call that the message answers; not needed for MCP.
        """
        match format:
            case "openai":
                return {"role": "tool", "tool_call_id": call_id, "content": self.text}
            case "openai-responses":
                output: Any = self.text
                if pictures := [
                    {"type": "input_image", "image_url": url} for _, url in self._seen()
                ]:
                    output = [{"type": "input_text", "text": self.text}, *pictures]
                return {"type": "function_call_output", "call_id": call_id, "output": output}
            case "anthropic":
                sources = (
                    {"type": "base64", "media_type": kind, "data": url.partition(",")[2]}
                    for kind, url in self._seen()
                )
                pictures = [{"type": "image", "source": source} for source in sources]
                content = [{"type": "text", "text": self.text}, *pictures]
                answer = {"type": "tool_result", "tool_use_id": call_id, "content": content}
                return {**answer, "is_error": True} if self.is_error else answer
            case _:
                answer = {
                    "content": [{"type": "text", "text": self.text}],
                    "isError": self.is_error,
                }
                return answer | ({"structuredContent": self.structured} if self.structured else {})

    def _seen(self) -> Iterator[tuple[str, str]]:
        """Yield the type and data URL of each image that has been downloaded."""
        for file in self.files:
            if file.is_local and is_seen(file):
                yield file.mime_type or "", file.data_url()


def is_seen(file: File) -> bool:
    """Whether a file is an image of a type and size that models accept."""
    return file.mime_type in _PICTURES and (file.size or 0) <= _LARGEST_PICTURE


def as_json(value: Any) -> Any:
    """Return a result as JSON, with files as `url`, `name` and `mime_type`."""
    match value:
        case None | str() | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else None  # JSON has no NaN or infinity.
        case File():
            return {"url": value.url or "", "name": value.name, "mime_type": value.mime_type}
        case pydantic.RootModel():
            return as_json(cast("Any", value).root)
        case pydantic.BaseModel():
            return {name: as_json(one) for name, one in value}
        case Mapping():
            entries = cast("Mapping[object, Any]", value)
            return {str(name): as_json(one) for name, one in entries.items()}
        case list() | tuple() | set():
            return [as_json(one) for one in cast("list[Any]", value)]
        case _ if value is SKIPPED:
            return None
        case _:
            return to_jsonable_python(value, bytes_mode="base64", fallback=str)


def leaves(value: Any) -> Iterator[Any]:
    """Yield the leaves of a nested value, in order."""
    match value:
        case pydantic.BaseModel():
            for _, one in value:
                yield from leaves(one)
        case Mapping():
            for one in cast("Mapping[object, Any]", value).values():
                yield from leaves(one)
        case list() | tuple() | set():
            for one in cast("list[Any]", value):
                yield from leaves(one)
        case _:
            yield value
