"""The canonical form of a document: sorted, without what changes with each start of the server.

What the generator does not need is dropped as well, so that a stored snapshot is small and reveals
nothing about the machine that served it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import cast

from ..ir.json_type import Json, objects
from .document import Document

# What the generator, the mock server and the runtime read.
_CONFIG_KEYS = ("version", "protocol", "api_prefix", "title", "max_file_size")
_COMPONENT_KEYS = (
    "id",
    "type",
    "skip_api",
    "api_info",
    "api_info_as_input",
    "api_info_as_output",
    "example_inputs",
)
_PROP_KEYS = ("allow_custom_value", "info", "label", "maximum", "minimum", "step")
_PLAIN_TEMPLATE = "${value}"  # Of a `gr.HTML` whose value is HTML.
_DEPENDENCY_KEYS = (
    "id",
    "api_description",
    "api_name",
    "api_visibility",
    "backend_fn",
    "connection",
    "inputs",
    "outputs",
    "show_api",
    "types",
)
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+>")
_SERVED_FILE = re.compile(r"^https?://[^/]+/(?:[^?#]*/)?(?:file[=/]|stream/)")


def to_text(document: Mapping[str, Json]) -> str:
    """Return a document as it is stored: sorted keys, an indent of one space, a final newline."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1) + "\n"


def digest_of(documents: Mapping[Document, Mapping[str, Json]]) -> str:
    """Return the hexadecimal sha256 of several documents; the order of keys does not matter."""
    text = json.dumps(documents, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def reduce(kind: Document, document: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return a document without what the generator ignores and what differs between two fetches.

    Reducing is idempotent.
    """
    if kind == "config":
        document = _config(document)
    elif kind == "info":
        document = {
            key: _endpoints(value) for key, value in document.items() if key.endswith("_endpoints")
        }
    return cast("Mapping[str, Json]", _neutral(dict(document)))


def _config(document: Mapping[str, Json]) -> dict[str, Json]:
    dependencies = objects(document.get("dependencies"))
    inputs: set[str] = set()
    for dependency in dependencies:
        # Ids should be integers; converted to text, any value can go into a set.
        ids = dependency.get("inputs")
        inputs.update(str(item) for item in (ids if isinstance(ids, list) else []))
    components: list[Json] = [
        _component(component, is_input=str(component.get("id")) in inputs)
        for component in objects(document.get("components"))
    ]
    reduced = _only(document, _CONFIG_KEYS)
    reduced["components"] = components
    reduced["dependencies"] = [_only(dependency, _DEPENDENCY_KEYS) for dependency in dependencies]
    return reduced


def _component(component: Mapping[str, Json], *, is_input: bool) -> dict[str, Json]:
    reduced = _only(component, _COMPONENT_KEYS)
    props = component.get("props")
    if isinstance(props, dict):
        # The value of an input is its default. The value of an output is what the page shows
        # initially, such as the rows of a plot.
        kept = _only(props, (*_PROP_KEYS, "value") if is_input else _PROP_KEYS)
        if props.get("html_template", _PLAIN_TEMPLATE) != _PLAIN_TEMPLATE:
            kept["html_template"] = True  # What it shows does not matter to callers.
        reduced["props"] = kept
    return reduced


def _endpoints(endpoints: Json) -> Json:
    if not isinstance(endpoints, dict):
        return endpoints
    return {
        name: {key: value for key, value in endpoint.items() if key != "code_snippets"}
        if isinstance(endpoint, dict)
        else endpoint
        for name, endpoint in endpoints.items()
    }


def _neutral(value: Json) -> Json:
    if isinstance(value, dict):
        neutral: dict[str, Json] = {key: _neutral(item) for key, item in value.items()}
        url = neutral.get("url")
        if isinstance(url, str) and "path" in neutral and _SERVED_FILE.match(url):
            # It repeats the path, with the server's current host and port.
            neutral["url"] = None
        return neutral
    if isinstance(value, list):
        return [_neutral(item) for item in value]
    return _ADDRESS.sub(">", value) if isinstance(value, str) else value


def _only(mapping: Mapping[str, Json], keys: tuple[str, ...]) -> dict[str, Json]:
    return {key: mapping[key] for key in keys if key in mapping}
