"""A provider's last answer, read into the form that is the same for every provider."""

from __future__ import annotations

import base64
import binascii
from typing import Any, NoReturn, cast
from urllib.parse import unquote_to_bytes

from .._errors import ResultError, shorten
from .._http import Exchange, Response, shown
from ._asking import Asking
from ._failures import read_words
from ._payload import Reply
from ._provider import Result
from ._template import MissingValueError, fill, find

_MEDIA = ("image/", "audio/", "video/")


def read_reply(result: Result, response: Response, asking: Asking, where: str) -> Exchange[Reply]:
    """Read an answer, and fetch the media that it names.

    Raises:
        ResultError: when the answer lacks what it must have.
        InferenceError: when the media cannot be fetched.
    """
    kind = response.headers.get("content-type", "").lower()
    content: bytes | None = None
    value: Any = None
    raw: bytes | None = None
    if kind.startswith(_MEDIA) and (result.is_media or result.media):
        content = response.body
    elif result.is_media:
        if _is_page(response):
            _refuse(response, "no media", where, asking)
        content = response.body
    elif not result.media and result.value is None:
        raw = response.body
    else:
        answer = response.json()
        named = find(answer, "|".join(result.media)) if result.media else None
        if isinstance(named, str):
            content = yield from _media(named, asking, where)
        elif result.value is None:
            _refuse(response, f"no {result.media[0]}", where, asking)
        if result.value is not None:
            scope = (
                {**cast("dict[str, Any]", answer), "media": content}
                if isinstance(answer, dict)
                else {}
            )
            try:
                value, content = fill(result.value, scope), None
            except MissingValueError as missing:
                _refuse(response, f"no {missing}", where, asking)
            except UnicodeDecodeError:
                _refuse(response, "no text", where, asking)
    return Reply(
        value=value,
        content=content,
        raw=raw,
        status=response.status,
        headers=response.headers,
        where=where,
        secret=asking.callee.key,
    )


def _media(named: str, asking: Asking, where: str) -> Exchange[bytes]:
    if named.startswith(("http://", "https://")):
        fetched = yield from asking.download(named)
        if _is_page(fetched):
            _refuse(fetched, f"a page instead of media at {shown(named)}", where, asking)
        return fetched.body
    try:
        head, comma, text = named.partition(",")
        if not head.startswith("data:"):
            return base64.b64decode(named, validate=True)
        if comma and not head.endswith(";base64"):
            return unquote_to_bytes(text)
        if comma:
            return base64.b64decode(text)
    except (binascii.Error, ValueError):
        pass
    raise ResultError(
        f"{where}: the answer's media is no URL and no base64: {shorten(named, asking.callee.key)}"
    )


def _is_page(response: Response) -> bool:
    """Whether an answer is a page or a document, such as a proxy's."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "text/html" or kind.endswith(("/json", "+json"))


def _refuse(response: Response, what: str, where: str, asking: Asking) -> NoReturn:
    answer = response.json()
    words = read_words(answer, asking.callee) or shorten(
        response.body[:1000].decode(errors="replace"), asking.callee.key
    )
    error = ResultError(f"{where}: the answer has {what}: {words}")
    error.value = answer
    raise error
