"""Turns the arguments from a model into a validated request: JSON, nulls, files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias, cast

from hubsmith_runtime import File, FileInput, Request, ValidationError
from hubsmith_runtime.errors import a_type, shorten
from hubsmith_runtime.http import is_public, shown
from hubsmith_runtime.reading import as_object

from .results import leaves
from .schemas import FILE, takes_null, takes_values
from .tool import Tool
from .words import printable, without_surrogates

OpenFile: TypeAlias = Callable[[str], FileInput]
"""Returns the file for a text from a model, or raises a `ValueError` or an `OSError`."""

_REMEMBERED = 1_000


class Files:
    """Decides which files a model may pass: public URLs, data URLs, files of earlier results.

    Anything else is passed to `open_file` or, without it, refused, so that no model can read local
    files. URLs of this machine or its network are always refused, except those of results.
    """

    def __init__(self, open_file: OpenFile | None) -> None:
        self._open_file = open_file
        self._results: dict[str, File] = {}

    def remember(self, files: Iterable[File]) -> None:
        """Allow later calls to pass the files of a result by their URLs."""
        for file in files:
            if file.url:
                self._results[file.url] = file
        for url in [*self._results][:-_REMEMBERED]:
            self._results.pop(url, None)  # Another thread may have removed it.

    def open(self, text: str, place: str) -> File:
        """Return the file that a text refers to.

        Raises:
            ValidationError: if it refers to no file, or to one that a model may not read.
        """
        if text in self._results:
            return self._results[text]
        if text.startswith(("http://", "https://")):
            if is_public(text):
                return File(text)
            raise ValidationError(
                f"{place}: {shorten(shown(text))} is not a public address, so it is refused. "
                "Pass a public URL, a data URL, or the url of a file in an earlier result."
            )
        if text.startswith("data:"):
            return File(text)
        if self._open_file is None:
            raise ValidationError(
                f"{place}: {shorten(text)} is not a URL. Pass an http(s) URL, a data URL, or the "
                "url of a file in an earlier result; local files cannot be read."
            )
        try:
            return File(self._open_file(text))
        except (ValueError, OSError) as error:
            raise ValidationError(f"{place}: {shorten(text)}: {printable(str(error))}") from None


def read_request(
    tool: Tool, arguments: str | Mapping[str, Any] | None, files: Files
) -> Request[Any]:
    """Validate the arguments from a model, and return them as a request.

    Raises:
        ValidationError: if they are invalid; the message is written for the model.
    """
    reading = _Reading(tool, files)
    given = reading.settled(_parsed(arguments), tool.input_schema, "")
    request = tool.request(**given)
    for _, value in request:
        for leaf in leaves(value):
            if isinstance(leaf, File) and not any(leaf is one for one in reading.opened):
                raise ValidationError(f"{tool.endpoint}: a file must be passed as a URL.")
    return request


def _parsed(arguments: str | Mapping[str, Any] | None) -> dict[str, Any]:
    parsed: Any = arguments
    if isinstance(arguments, str):
        try:
            parsed = json.loads(without_surrogates(arguments)) if arguments.strip() else None
        except (ValueError, RecursionError) as error:
            raise ValidationError(
                f"The arguments are not JSON: {error}. Send one JSON object."
            ) from None
    if parsed is None:  # Some servers send null if there are no arguments.
        return {}
    if not isinstance(parsed, Mapping):
        raise ValidationError(
            f"The arguments are {a_type(parsed)}, not an object. Send one JSON object with a member "
            "for each argument."
        )
    return {str(name): value for name, value in cast("Mapping[Any, Any]", parsed).items()}


class _Reading:
    """Walks through arguments, following the schema of a tool."""

    def __init__(self, tool: Tool, files: Files) -> None:
        self._definitions = as_object(tool.input_schema.get("$defs"))
        self._endpoint, self._files = tool.endpoint, files
        self.opened: list[File] = []

    def settled(self, value: Any, schema: Mapping[str, Any], place: str) -> Any:
        """Return a value without the nulls that mean "not given", and with its files opened."""
        schema = self._branch(value, schema)
        if schema.get("format") == FILE and value is not None:
            text = as_object(value).get("url", value)  # Objects as in results are accepted.
            where = f"{self._endpoint}: {place}"
            if not isinstance(text, str):
                raise ValidationError(f"{where}: pass a file as a URL, got {shorten(value)}.")
            self.opened.append(self._files.open(text, where))
            return self.opened[-1]
        if isinstance(value, dict):
            return self._object(cast("dict[str, Any]", value), schema, place)
        if isinstance(value, list) and "items" in schema:
            return [
                self.settled(one, schema["items"], f"{place}[{number}]")
                for number, one in enumerate(cast("list[Any]", value))
            ]
        return cast("object", value)

    def _object(
        self, value: dict[str, Any], schema: Mapping[str, Any], place: str
    ) -> dict[str, Any]:
        declared, needed = as_object(schema.get("properties")), schema.get("required", ())
        others = as_object(schema.get("additionalProperties"))
        made: dict[str, Any] = {}
        for name, one in value.items():
            expected = declared.get(name, others)
            is_left_out = one is None and name in declared and name not in needed
            if not is_left_out or takes_null(expected):
                made[name] = self.settled(one, expected, f"{place}.{name}".removeprefix("."))
        return made

    def _branch(self, value: Any, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the member of a union that fits a value."""
        if "$ref" in schema:
            schema = self._definitions[schema["$ref"].rpartition("/")[2]]
        members = [self._branch(value, one) for one in schema.get("anyOf", ())]
        fitting = [one for one in members if _fits(value, one)]
        # If both a file and a text are allowed, a URL is a file.
        is_url = isinstance(value, str) and value.startswith(("http://", "https://", "data:"))
        fitting.sort(key=lambda one: (one.get("format") == FILE) != is_url)
        return fitting[0] if fitting else ({} if members else schema)


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    if not takes_values(schema):
        return True
    if schema.get("format") == FILE:
        return isinstance(as_object(value).get("url", value), str)
    if isinstance(value, dict):
        entries, declared = cast("dict[str, Any]", value), as_object(schema.get("properties"))
        is_named = all(
            entries[name] in one["enum"]
            for name, one in declared.items()
            if name in entries and "enum" in one
        )
        has_all = all(name in entries for name in schema.get("required", ()))
        return schema.get("type") == "object" and is_named and has_all
    return (schema.get("type") == "array") == isinstance(value, list)
