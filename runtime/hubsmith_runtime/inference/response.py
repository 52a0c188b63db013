"""Converts a provider's last answer to the form that is the same for every provider."""

from __future__ import annotations

import functools
from collections.abc import Callable

from ..effects import Effects
from ..errors import HubsmithError, ResultError, shorten
from ..http import HttpRequest, Response, is_public, plain_words, shown
from ..reading import as_list, as_object
from ..retries import Retries
from ..sources import decode_base64, decode_data_url
from .failures import failure, send_checked, server_words
from .payload import TaskResponse
from .provider import Target

_MEDIA = ("image/", "audio/", "video/")


class MissingValueError(Exception):
    """A required value is missing; the text is its path."""


def find(value: object, *paths: str) -> object:
    """Return the value at the first path that leads to one; `None` if no path does.

    A path looks like `data.0.url`, or `data.*.url` for one value of each item of a list, in the order
    of their `index` if each item has one.
    """
    found = (_walk(value, path.split(".")) for path in paths)
    return next((one for one in found if one is not None), None)


def need(value: object, *paths: str) -> object:
    """Return the same as `find`, but raise a `MissingValueError` if no path leads to a value."""
    if (found := find(value, *paths)) is None:
        raise MissingValueError("|".join(paths))
    return found


def _walk(value: object, steps: list[str]) -> object:
    for place, step in enumerate(steps):
        items = as_list(value)
        if step == "*" and isinstance(value, list):
            if all(isinstance(as_object(item).get("index"), int) for item in items):
                items = sorted(items, key=lambda item: item["index"])
            found = [_walk(item, steps[place + 1 :]) for item in items]
            return found if all(one is not None for one in found) else None
        is_index = step.isdecimal() and int(step) < len(items)
        value = items[int(step)] if is_index else as_object(value).get(step)
    return value


def if_complete(make: Callable[[], object]) -> object:
    """Return the result of a function; `None` if a value that it needs is missing."""
    try:
        return make()
    except MissingValueError:
        return None


def without_none(members: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in members.items() if value is not None}


def read_response(target: Target, response: Response, retries: Retries) -> Effects[TaskResponse]:
    """Read the last answer of a call, and download the media that it names."""
    operation = target.operation
    if not (operation.is_media or operation.media or operation.value):
        return TaskResponse(raw=response.body, response=response, where=target)
    made = functools.partial(TaskResponse, where=target)
    if operation.is_media or (operation.media and _type_of(response).startswith(_MEDIA)):
        _check_media(target, response, "no media")
        return made(content=response.body, response=response)
    answer, source, content = response.json(), response, None
    named = find(answer, *operation.media)
    if isinstance(named, str) and named.startswith(("http://", "https://")):
        source = yield from _download(target, named, retries)
        content = source.body
    elif isinstance(named, str):
        content = _decoded(target, response, named)
    try:
        if operation.value is not None:
            value = operation.value({**as_object(answer), "media": content})
            return made(value=value, response=source)
        if content is None:
            raise MissingValueError(operation.media[0])
    except (MissingValueError, UnicodeDecodeError) as missing:
        what = "text" if isinstance(missing, UnicodeDecodeError) else missing
        raise _refusal(target, response, f"no {what}") from None
    return made(content=content, response=source)


def _download(target: Target, url: str, retries: Retries) -> Effects[Response]:
    if is_public(target.root) and not is_public(url):
        where = shorten(shown(url))
        raise ResultError(f"{target}: the answer names media at {where}, not a public host.")
    request = HttpRequest(method="GET", url=url, is_bare=True)
    fetched = yield from send_checked(request, target.callee, retries)
    _check_media(target, fetched, f"a page instead of media at {shown(url)}")
    return fetched


def _decoded(target: Target, response: Response, media: str) -> bytes:
    try:
        return decode_data_url(media)[0] if media.startswith("data:") else decode_base64(media)
    except ValueError:
        what = f"neither a URL nor base64: {shorten(media, response.masked)}"
        raise ResultError(f"{target}: the answer's media is {what}", media) from None


def _type_of(response: Response) -> str:
    return response.headers.get("content-type", "").partition(";")[0].strip().lower()


def _check_media(target: Target, response: Response, what: str) -> None:
    """Reject a web page or a document, such as a proxy's."""
    kind = _type_of(response)
    if response.status == 206:
        raise _refusal(target, response, "only a part of the media")
    if kind == "text/html" or kind.endswith(("/json", "+json")):
        raise _refusal(target, response, what)


def _refusal(target: Target, response: Response, what: str) -> HubsmithError:
    answer = response.json()
    if as_object(answer).get("error"):  # Despite the status.
        return failure(response, target.callee)
    words = server_words(answer, response.masked) or shorten(plain_words(response)[:1000])
    return ResultError(f"{target}: the answer has {what}: {words}", answer)
