"""Whether a provider's table makes sense: names, addresses, headers and templates."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from hubsmith_runtime import SpecError

from .expression import REQUEST, SCHEMA
from .table import Operation, Poll, Provider
from .template import Place, is_path, parts, starred

_HEADER = re.compile(r"[a-z0-9-]+")
_PATTERN = re.compile(r"[\w./:@+,~*-]+")  # What an id has that is not changed in a path.
_ROUTE = ("model",)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")

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
        if not all(map(_PATTERN.fullmatch, variant.models)):
            raise SpecError(f"{where}.variants.{place}.models must be like '*name*'.")
        routes[f"variants.{place}.route"] = variant.route or operation.route
        bodies[f"variants.{place}.body"] = variant.body
    for key, route in routes.items():
        _check_route(route, f"{where}.{key}")
    for key, body in bodies.items():
        _check_template(body, f"{where}.{key}", SCHEMA if key == "json_schema" else REQUEST)
    for key, names in (*operation.join.items(), *operation.group.items()):
        if len(names) < 2:
            raise SpecError(f"{where}: {key} needs two parameters or more.")
    _check_template(operation.result.value, f"{where}.result.value", None)
    if operation.result.is_media and (operation.result.media or operation.result.value):
        raise SpecError(f"{where}.result: is_media stands alone: the answer is the media itself.")
    for path in operation.result.media:
        _check_paths(path.split("|"), f"{where}.result.media")
    if operation.poll is not None:
        _check_poll(operation.poll, f"{where}.poll")


def _check_poll(poll: Poll, where: str) -> None:
    for key, text in (("location", poll.location), ("result", poll.result)):
        _check_places(text, f"{where}.{key}", None)
        if text and not text.startswith(("/", "{")):
            raise SpecError(
                f"{where}.{key} must be a path, or begin with a place such as '{{url}}'."
            )
    _check_paths([poll.status], f"{where}.status")
    _check_paths([poll.position] if poll.position else [], f"{where}.position")
    for path in poll.error:
        _check_paths(path.split("|"), f"{where}.error")
    if not poll.done:
        raise SpecError(f"{where}.done is empty: the job would never be over.")
    if poll.interval <= 0 or poll.limit < poll.interval:
        raise SpecError(f"{where}: interval must be above 0 s, and limit not below it.")


def _check_route(route: str, where: str) -> None:
    _check_places(route, where, _ROUTE)
    plain = "".join(part for part in parts(route) if isinstance(part, str))
    if not route.startswith("/") or not re.fullmatch(r"[\w/.~-]+", plain):
        raise SpecError(f"{where} must be a path such as '/v1/{{model}}': {route!r}.")


def _check_template(template: Any, where: str, known: Collection[str] | None) -> None:
    """Refuse what a template names and its scope has not.

    Args:
        template: Any part of one.
        where: Its key, for messages.
        known: The names of a request; `None` for an answer, of which nothing is known.
    """
    if isinstance(template, str):
        _check_places(template, where, known)
    elif isinstance(template, Mapping):
        for key, value in cast("Mapping[str, Any]", template).items():
            if key == "*":
                _check_spread(str(value), where, known)
            else:
                _check_template(value, where, known)
    elif isinstance(template, list):
        items = cast("list[Any]", template)
        path = starred(items)
        for item in items if path is None else [f"{{{path}}}"]:
            _check_template(item, where, known)
        if path is not None:
            _check_paths([path], where)
            _check_template(items[1], where, None)


def _check_spread(name: str, where: str, known: Collection[str] | None) -> None:
    if known is None:
        _check_paths([name], where)
        return
    objects = [one for one in ("json_schema", "parameters") if one in known]
    if name not in objects:
        raise SpecError(f"{where}: '*' is one of {', '.join(objects)}: {name!r}.")


def _check_places(text: str, where: str, known: Collection[str] | None) -> None:
    try:
        places = [part for part in parts(text) if isinstance(part, Place)]
    except ValueError as error:
        raise SpecError(f"{where}: {error}.") from None
    # A request has files, an answer has bytes that were fetched.
    form = "url" if known is None else "text"
    for place in places:
        if place.form == form:
            raise SpecError(f"{where}: {place} has no {form}: it is not such a file.")
        roots = {path.partition(".")[0] for path in place.paths}
        if known is not None and (unknown := sorted(roots - set(known))):
            raise SpecError(
                f"{where}: {unknown[0]!r} has no value here: known are {', '.join(sorted(known))}."
            )


def _check_paths(paths: list[str], where: str) -> None:
    for path in paths:
        if not is_path(path):
            raise SpecError(f"{where} must be a path such as 'data.0.url': {path!r}.")


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
