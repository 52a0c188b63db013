"""The corpus of recorded Gradio apps, and what a complete client of each has to hold.

What is expected is read from the documents here, not through the generator.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, cast

from tests.support.paths import CORPUS

KINDS = ("info", "config", "openapi")
SETS = ("components", "api", "apisafe", "kitchen")

JsonObject: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One recorded app: `folder` and `package` name its generated client."""

    folder: str
    package: str
    documents: Mapping[str, bytes]

    def __str__(self) -> str:
        return f"{self.folder}.{self.package}"


def apps() -> Iterator[App]:
    """Yield every recorded app of Gradio 6.31."""
    for folder in sorted((CORPUS / "apps").iterdir()):
        found = {kind: folder / f"{kind}.json" for kind in KINDS}
        yield App(folder="apps", package=package_name(folder.name), documents=_read(found))


def versions() -> Iterator[App]:
    """Yield the test apps as each of ten Gradio versions served them."""
    for folder in sorted((CORPUS / "gradio-versions").iterdir()):
        for name in SETS:
            documents = _read({kind: folder / f"{name}.{kind}.json" for kind in KINDS})
            if documents:
                version = re.sub(r"\W", "_", folder.name)
                yield App(folder=f"gradio_{version}", package=name, documents=documents)


def package_name(name: str) -> str:
    """Return a folder's name as the name of a Python package."""
    return re.sub(r"^(?=\d)", "app_", re.sub(r"\W", "_", name.lower()))


def expected_endpoints(documents: Mapping[str, bytes]) -> set[str]:
    """Return the endpoints a client must offer: `/name`, or `fn_index=N` for one without a name.

    `/info` lists them. Where the server could not write it, `/config` tells: the functions with a
    Python side that are public by `api_visibility` or, before Gradio 5.50, by `show_api` and
    `api_name`. On all recorded apps that have both documents the two rules agree, which a test
    holds.
    """
    if "info" in documents:
        return endpoints_of_info(json.loads(documents["info"]))
    return endpoints_of_config(json.loads(documents["config"]))


def endpoints_of_info(info: JsonObject) -> set[str]:
    """Return the endpoints that `/info` lists."""
    unnamed = {f"fn_index={position}" for position in info["unnamed_endpoints"]}
    return set(info["named_endpoints"]) | unnamed


def endpoints_of_config(config: JsonObject) -> set[str]:
    """Return the public endpoints of `/config`."""
    return {
        f"/{name}" if (name := dependency.get("api_name")) else f"fn_index={position}"
        for position, dependency in enumerate(config["dependencies"])
        if _is_public(dependency)
    }


def untyped_values(documents: Mapping[str, bytes], endpoint: str) -> int | None:
    """Count the parameters and results of an endpoint that the spec leaves without a full type.

    `None` where there is no `/info` or no `/config` to tell.
    """
    if not {"info", "config"} <= documents.keys():
        return None
    info = _parsed(documents["info"])
    described = info["named_endpoints"].get(endpoint) or info["unnamed_endpoints"].get(
        endpoint.removeprefix("fn_index=")
    )
    if not described:
        return None
    values = [*described["parameters"], *described["returns"]]
    templates = _html_templates(_parsed(documents["config"]), endpoint)
    return templates + sum(is_untyped(value["type"]) for value in values)


def _html_templates(config: Any, endpoint: str) -> int:
    """Count the `gr.HTML` among an endpoint's inputs and outputs that show a value of any type."""
    templated = {
        one["id"]
        for one in config["components"]
        if one.get("props", {}).get("html_template", "${value}") != "${value}"
    }
    return sum(
        number in templated
        for one in config["dependencies"]
        if one["api_name"] == endpoint.removeprefix("/")
        for number in (*one["inputs"], *one["outputs"])
    )


@functools.lru_cache(maxsize=2)
def _parsed(document: bytes) -> Any:
    """A document whose endpoints are asked for one after the other."""
    return json.loads(document)


def is_untyped(schema: Any) -> bool:
    """Say whether a JSON schema leaves the type of some part of a value open."""
    if not isinstance(schema, dict) or not schema:
        return True
    schema = cast("dict[str, Any]", schema)
    keywords = {"$ref", "enum", "const", "anyOf", "oneOf", "allOf"} & schema.keys()
    if not keywords and not isinstance(schema.get("type"), str | list):
        return True
    if schema.get("type") == "array" and not ({"items", "prefixItems"} & schema.keys()):
        return True
    if schema.get("type") == "object" and not schema.get("properties"):
        return is_untyped(schema.get("additionalProperties"))
    parts: list[Any] = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()]
    for keyword in ("anyOf", "oneOf", "allOf", "prefixItems"):
        parts.extend(schema.get(keyword, []))
    if isinstance(schema.get("items"), dict):
        parts.append(schema["items"])
    return any(map(is_untyped, parts))


def _is_public(dependency: JsonObject) -> bool:
    if not dependency.get("backend_fn", True):
        return False
    if (visibility := dependency.get("api_visibility")) is not None:
        return visibility == "public"
    return dependency.get("show_api") is not False and dependency.get("api_name") is not False


def _read(found: Mapping[str, Path]) -> dict[str, bytes]:
    return {kind: path.read_bytes() for kind, path in found.items() if path.is_file()}
