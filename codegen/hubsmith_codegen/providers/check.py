"""Whether a provider's table makes sense: names, addresses, headers and templates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from hubsmith_runtime import SpecError
from hubsmith_runtime.inference._provider import Operation, Poll, Provider
from hubsmith_runtime.inference._template import PLACE

_HEADER = re.compile(r"[a-z0-9-]+")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")

# What a request's template may name.
_SCOPE = frozenset(
    {
        "adapter", "inputs", "is_stream", "json_schema", "messages", "model", "parameters", "schema",
        "stream", "version",
    }
)  # fmt: skip
_SPREAD = ("json_schema", "parameters")

_TASKS = frozenset(
    {
        "audio-classification", "audio-to-audio", "automatic-speech-recognition",
        "conversational", "depth-estimation", "document-question-answering", "feature-extraction",
        "fill-mask", "image-classification", "image-segmentation", "image-text-to-image",
        "image-text-to-video", "image-to-image", "image-to-text", "image-to-video",
        "object-detection", "question-answering", "sentence-similarity", "summarization",
        "table-question-answering", "tabular-classification", "tabular-regression",
        "text-classification", "text-generation", "text-to-audio", "text-to-image",
        "text-to-speech", "text-to-video", "token-classification", "translation",
        "video-classification", "visual-question-answering", "zero-shot-classification",
        "zero-shot-image-classification", "zero-shot-object-detection",
    }
)  # fmt: skip


def check_provider(provider: Provider, where: str) -> None:
    """Refuse a table that could not work, or would send a key where it does not belong.

    Raises:
        SpecError: naming the key and what it must be.
    """
    _check_url(provider.url, f"{where}: url")
    _check_headers(provider.headers, f"{where}: headers")
    _check_headers({provider.key_header: provider.key_scheme}, f"{where}: key_header")
    if not provider.url and not provider.is_routed:
        raise SpecError(f"{where}: url is missing, and nothing is routed to it either.")
    if provider.router_path is not None and not re.fullmatch(r"(/[\w.-]+)*", provider.router_path):
        raise SpecError(f"{where}: router_path must be a path such as '/name'.")
    if not provider.tasks:
        raise SpecError(f"{where}: tasks are missing.")
    for task, operation in provider.tasks.items():
        _check_operation(operation, task, f"{where}: tasks.{task}")


def _check_operation(operation: Operation, task: str, where: str) -> None:
    if task not in _TASKS:
        raise SpecError(f"{where}: the Hub has no task of this name.")
    _check_url(operation.url, f"{where}.url")
    _check_headers(operation.headers, f"{where}.headers")
    if not re.fullmatch(r"([\w.~-]+=[\w.~-]+(&|$))*", operation.routed_query):
        raise SpecError(f"{where}.routed_query must be like 'name=value'.")
    bodies = {"body": operation.body, "json_schema": operation.json_schema}
    routes = {"route": operation.route}
    for place, variant in enumerate(operation.variants):
        if not variant.models:
            raise SpecError(f"{where}.variants.{place}.models is empty: it would fit every model.")
        routes[f"variants.{place}.route"] = variant.route or operation.route
        bodies[f"variants.{place}.body"] = variant.body
    for key, route in routes.items():
        _check_route(route, f"{where}.{key}")
    for key, body in bodies.items():
        for text, is_spread in _texts(body):
            if is_spread and text not in _SPREAD:
                raise SpecError(f"{where}.{key}: '*' is one of {', '.join(_SPREAD)}: {text!r}.")
            _check_places(text, f"{where}.{key}", _SCOPE)
    for key, names in (*operation.join.items(), *operation.group.items()):
        if len(names) < 2:
            raise SpecError(f"{where}: {key} needs two parameters or more.")
    for text, _ in _texts(operation.result.value):
        _check_places(text, f"{where}.result.value")
    if operation.result.is_media and (operation.result.media or operation.result.value):
        raise SpecError(f"{where}.result: is_media stands alone: the answer is the media itself.")
    if operation.poll is not None:
        _check_poll(operation.poll, f"{where}.poll")


def _check_poll(poll: Poll, where: str) -> None:
    for key, text in (("location", poll.location), ("result", poll.result)):
        _check_places(text, f"{where}.{key}")
        if text and not text.startswith(("/", "{")):
            raise SpecError(
                f"{where}.{key} must be a path, or begin with a place such as '{{url}}'."
            )
    if not poll.done:
        raise SpecError(f"{where}.done is empty: the job would never be over.")
    if poll.interval <= 0 or poll.limit < poll.interval:
        raise SpecError(f"{where}: interval must be above 0 s, and limit not below it.")


def _check_route(route: str, where: str) -> None:
    _check_places(route, where, frozenset({"model"}))
    if not route.startswith("/") or not re.fullmatch(r"[\w/.~-]+", PLACE.sub("", route)):
        raise SpecError(f"{where} must be a path such as '/v1/{{model}}': {route!r}.")


def _check_places(text: str, where: str, known: frozenset[str] | None = None) -> None:
    if (rest := PLACE.sub("", text)) and ("{" in rest or "}" in rest):
        raise SpecError(f"{where}: the places in {text!r} are not understood.")
    for path in (match[1] for match in PLACE.finditer(text)):
        roots = {alternative.partition(".")[0] for alternative in path.split("|")}
        if known is not None and (unknown := sorted(roots - known)):
            raise SpecError(
                f"{where}: {unknown[0]!r} has no value here: known are {', '.join(sorted(known))}."
            )


def _check_url(url: str, where: str) -> None:
    if not url:
        return
    parts = urlsplit(url)
    is_safe = parts.scheme == "https" or parts.hostname in _LOOPBACK  # A key travels there.
    if not (is_safe and parts.hostname) or parts.query or parts.fragment or "@" in parts.netloc:
        raise SpecError(f"{where} must be an https URL without a query: {url!r}.")


def _check_headers(headers: Mapping[str, str], where: str) -> None:
    for name, value in headers.items():
        if not _HEADER.fullmatch(name) or not value.isprintable() or not value.isascii():
            raise SpecError(f"{where}: {name!r} must be lower-case, its value printable ASCII.")


def _texts(template: Any) -> Iterator[tuple[str, bool]]:
    """Yield every text of a template, and whether it tells what stands in place of a `*`."""
    if isinstance(template, str):
        yield template, False
    elif isinstance(template, Mapping):
        for key, value in cast("Mapping[str, Any]", template).items():
            if key == "*":
                yield str(value), True
            else:
                yield from _texts(value)
    elif isinstance(template, (list, tuple)):
        for item in cast("list[Any]", template):
            yield from _texts(item)
