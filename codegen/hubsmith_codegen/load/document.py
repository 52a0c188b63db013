"""One document of a Space: read within limits, because it is untrusted, parsed, and identified."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NoReturn, TypeAlias, cast

from hubsmith_runtime import SpecError

from ..ir.json_type import Json

Document: TypeAlias = Literal["info", "config", "openapi"]
WireGeneration: TypeAlias = Literal["none", "run", "call-v2"]

MAX_BYTES = 64 * 1024 * 1024
"""The largest document that is read."""

MAX_VALUES = 500_000
"""The most values and keys that a document may contain: real ones stay below 60,000."""

MAX_DEPTH = 100
"""The deepest nesting that is read: real documents stay below 30."""

PATHS: Mapping[Document, str] = {
    "info": "/gradio_api/info",
    "config": "/config",
    "openapi": "/gradio_api/openapi.json",
}
"""The path of each document on a server of Gradio 5 or later."""

_KINDS: Mapping[str, str] = {
    "list": "an array",
    "str": "a string",
    "bool": "a boolean",
    "NoneType": "null",
}
_CONFLICT = re.compile(r"^<{7} ", re.MULTILINE)  # As git marks one.
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_ROUTE = re.compile(r"/(?:run|api|call|call/v2)/\{api_name\}/?$")
_CALL_V2 = re.compile(r"(?:/.*)?/call/v2/.+", re.DOTALL)
_RUN = re.compile(r"(?:/.*)?/run/.+", re.DOTALL)


def read_file(path: Path, limit: int | None = None) -> bytes:
    """Read a file of at most `limit` bytes, or raise a `SpecError`."""
    limit = MAX_BYTES if limit is None else limit
    if not path.is_file():  # A device may be endless.
        raise SpecError(f"{path} is not a file.")
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            # The file may grow, and some special files report no size.
            content = file.read(limit + 1) if size <= limit else b""
    except OSError as error:
        raise SpecError(f"{path} cannot be read: {error.strerror}.") from None
    if size > limit or len(content) > limit:
        raise SpecError(f"{path} is larger than {limit // 2**20} MiB.")
    return content


def parse(content: bytes, what: str) -> Mapping[str, Json]:
    """Parse one document, called `what` in messages, or raise a `SpecError`.

    `NaN` and infinite numbers, which servers send although they are not JSON, become `null`;
    unpaired surrogates, which cannot be encoded, become U+FFFD. The last of duplicate keys wins.
    """
    # A single non-ASCII character can make Python use four bytes for every character.
    is_plain = content.isascii() and b"\\u" not in content
    largest = MAX_BYTES if is_plain else MAX_BYTES // 4
    if len(content) > largest:
        raise SpecError(f"{what} is larger than {largest // 2**20} MiB, the maximum.")
    text = _decode(content, what)
    if _values(text) > MAX_VALUES and _values(_STRING.sub("", text)) > MAX_VALUES:
        raise SpecError(f"{what} has more than {MAX_VALUES} values, the maximum.")
    if not text.strip():
        raise SpecError(f"{what} is empty.")
    if conflict := _CONFLICT.search(text):
        line = text.count("\n", 0, conflict.start()) + 1
        raise SpecError(f"{what} has an unresolved merge conflict at line {line}.")
    if text.lstrip().startswith("<"):
        raise SpecError(_describe_html(text, what))
    try:
        value: object = json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise SpecError(_describe_syntax(error, text, what)) from None
    except RecursionError:
        refuse_depth(what)
    except ValueError:
        raise SpecError(f"{what} contains a number with too many digits.") from None
    limit_depth(value, what)
    if not isinstance(value, dict):
        kind = _KINDS.get(type(value).__name__, "a number")
        raise SpecError(f"{what} is {kind}, not a JSON object, so it is not an API document.")
    document = cast("dict[str, Json]", value)
    return _paired(document) if _SURROGATE.search(text) else document


def identify(document: Mapping[str, Json], what: str) -> Document:
    """Return which of the three documents of a Space this is, or raise a `SpecError`."""
    if "openapi" in document or "swagger" in document:
        generation_of(document, what)
        return "openapi"
    if isinstance(document.get("named_endpoints"), dict):
        return "info"
    if isinstance(document.get("dependencies"), list) and isinstance(
        document.get("components"), list
    ):
        return "config"
    raise SpecError(
        f"{what} is JSON, but not an API document of a Gradio app{_excerpt(document)}. "
        "Expected: /config, /gradio_api/info or /gradio_api/openapi.json."
    )


def generation_of(document: Mapping[str, Json], what: str) -> WireGeneration:
    """Return the generation of Gradio's OpenAPI document; a `SpecError` if it is not Gradio's."""
    if "swagger" in document:
        raise SpecError(
            f"{what} is a Swagger 2 document, which cannot be Gradio's: Gradio writes OpenAPI 3."
        )
    paths = document.get("paths")
    if not str(document.get("openapi")).startswith("3.") or not isinstance(paths, dict):
        raise SpecError(f"{what} is not an OpenAPI 3 document: it needs `openapi` and `paths`.")
    if any(_ROUTE.search(path) for path in paths) or {"/config", "/queue/join"} <= paths.keys():
        raise SpecError(
            f"{what} is the server's own route schema (FastAPI's /openapi.json). "
            "The API document of the app is at /gradio_api/openapi.json."
        )
    if any(_CALL_V2.fullmatch(path) for path in paths) or any(map(_is_upload, paths.items())):
        return "call-v2"
    if paths and all(_RUN.fullmatch(path) and _posts_json(paths[path]) for path in paths):
        return "run"
    # An app without endpoints, on a Gradio version whose document lists nothing else.
    is_bare = document.get("components") == {"schemas": {}} and document["openapi"] == "3.0.2"
    if not paths and is_bare:
        return "run"
    raise SpecError(
        f"{what} is the OpenAPI document of something other than a Gradio app{_title(document)}."
    )


def _decode(content: bytes, what: str) -> str:
    encoding = json.detect_encoding(content)
    try:
        return content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise SpecError(
            f"{what} is not text: byte {error.start + 1} is not valid {error.encoding.upper()}."
        ) from None


def _no_number(_: str) -> None:
    return None


def _finite(text: str) -> float | None:
    number = float(text)
    return None if number in (float("inf"), float("-inf")) else number


def _describe_html(text: str, what: str) -> str:
    start = text[:100_000]
    title = re.search(r"<title[^>]*>([^<]{1,200})", start, re.IGNORECASE)
    name = f" titled {_quote(title[1])}" if title else ""
    if re.search(r"type=[\"']?password|log ?in|sign ?in", start, re.IGNORECASE):
        return f"{what} is a login page{name}, not JSON: it needs a token or a login."
    return f"{what} is an HTML page{name}, not JSON."


def _describe_syntax(error: json.JSONDecodeError, text: str, what: str) -> str:
    where = f"line {error.lineno}, column {error.colno}"
    is_end = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
    if is_end and text.lstrip()[0] in "{[":
        return f"{what} is cut off: its JSON ends after {len(text)} characters ({where})."
    return f"{what} is not JSON: {error.msg} at {where}."


def refuse_depth(what: str) -> NoReturn:
    """Raise the `SpecError` for a document that is nested too deeply."""
    raise SpecError(f"{what} is nested deeper than {MAX_DEPTH} levels.") from None


def _values(text: str) -> int:
    """An upper bound of the values and keys in a JSON text: one follows each of these signs."""
    return 1 + sum(text.count(sign) for sign in ",:[{")


def limit_depth(value: object, what: str) -> None:
    """Refuse a value that is nested too deeply for recursive functions."""
    level: list[object] = [value]
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            refuse_depth(what)
        following: list[object] = []
        for item in level:
            if isinstance(item, dict):
                following.extend(cast("dict[str, object]", item).values())
            elif isinstance(item, list):
                following.extend(cast("list[object]", item))
        level = following


def _paired(document: dict[str, Json]) -> dict[str, Json]:
    return {_text(key): _paired_value(value) for key, value in document.items()}


def _paired_value(value: Json) -> Json:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return [_paired_value(item) for item in value]
    return _paired(value) if isinstance(value, dict) else value


def _text(value: str) -> str:
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _excerpt(document: Mapping[str, Json]) -> str:
    for key in ("detail", "error", "message"):
        if isinstance(text := document.get(key), str):
            return f" (it says {_quote(text)})"
    keys = ", ".join(_quote(key) for key in sorted(document)[:5])
    return f" (its keys: {keys})" if keys else " (it has no keys)"


def _title(document: Mapping[str, Json]) -> str:
    info = document.get("info")
    title = info.get("title") if isinstance(info, dict) else None
    return f" ({_quote(title)})" if isinstance(title, str) and title else ""


def _quote(text: str) -> str:
    # ascii() escapes control characters, which could steer the terminal.
    line = " ".join(text.split())
    return ascii(line if len(line) <= 60 else line[:57] + "...")


def _is_upload(item: tuple[str, Json]) -> bool:
    path, operations = item
    post = operations.get("post") if isinstance(operations, dict) else None
    return (
        path.endswith("/upload")
        and isinstance(post, dict)
        and post.get("operationId") == "upload_file_upload_post"
    )


def _posts_json(operations: Json) -> bool:
    post = operations.get("post") if isinstance(operations, dict) else None
    return isinstance(post, dict) and isinstance(post.get("requestBody"), dict)
