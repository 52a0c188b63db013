"""What a Space's HTTP answers mean."""

from __future__ import annotations

import re
from typing import Any, cast
from urllib.parse import urlencode

from ._errors import (
    AuthenticationError,
    FileTooLargeError,
    HubsmithError,
    QueueFullError,
    SpaceUnavailableError,
    SpaceValidationError,
    SpecError,
)
from ._live import LiveSpace
from ._transport import Response, origin_of, shown

CALL_HEADERS = {"x-gradio-user": "api"}
JSON_HEADERS = {**CALL_HEADERS, "content-type": "application/json"}
STREAM_HEADERS = {**CALL_HEADERS, "accept": "text/event-stream"}
FORM_HEADERS = {"content-type": "application/x-www-form-urlencoded"}
_WORDS = 300


def login_body(auth: tuple[str, str]) -> bytes:
    """Return the form that logs in."""
    return urlencode({"username": auth[0], "password": auth[1]}).encode()


def check_login(response: Response, source: str) -> None:
    """Raise where a login was refused."""
    if response.status in (400, 401, 403):
        raise AuthenticationError(f"{source} refused the login: {_words(response)} Check auth=.")
    check(response, f"{source}: login")


def read_host(response: Response, name: str) -> str:
    """Return the address of a Space from the Hub's answer.

    Raises:
        AuthenticationError: when the Space is private or not there.
        SpaceUnavailableError: when the Hub does not say.
    """
    if response.status in (401, 403, 404):
        raise AuthenticationError(
            f"The Hub answered {response.status} for {name}: there is no such Space, or it is "
            "private. Check the name, and pass token= of an account that may see it."
        )
    answer = response.json()
    host = cast("dict[str, Any]", answer).get("host") if isinstance(answer, dict) else None
    if response.status != 200 or not isinstance(host, str):
        raise SpaceUnavailableError(f"The Hub does not say where {name} runs ({response.status}).")
    origin_of(host)
    return host.rstrip("/")


def read_config(response: Response, source: str, root: str) -> tuple[LiveSpace, str]:
    """Return what the Space says about itself, and its address after redirects.

    Raises:
        AuthenticationError: when a login or a token is needed.
        SpaceUnavailableError: when the Space does not run.
        SpecError: when there is no Gradio Space at the address.
    """
    if response.status == 404:
        raise SpecError(
            f"{source}: {shown(response.url)} is not there (404). Is it a Gradio Space, and is the "
            "path right?"
        )
    check(response, f"{source}: /config")
    config = response.json()
    if config is None:
        raise SpecError(
            f"{source}: {shown(response.url)} answered {len(response.body)} bytes that are not "
            "JSON. Is it a Gradio Space, and is it running?"
        )
    moved = response.url.partition("?")[0]
    root = moved.removesuffix("/config") if moved.endswith("/config") else root
    return LiveSpace.parse(config, source), root


def read_event_id(response: Response, where: str) -> str:
    """Return the event id of a job that was accepted.

    Raises:
        HubsmithError: why it was not.
    """
    check(response, where)
    answer = response.json()
    event_id = cast("dict[str, Any]", answer).get("event_id") if isinstance(answer, dict) else None
    if not isinstance(event_id, str):
        raise SpecError(f"{where}: the Space took the job but named no event id.")
    return event_id


def check(response: Response, where: str) -> None:
    """Raise the error that an HTTP status means.

    Args:
        response: Any answer.
        where: What was asked, for the message.
    """
    status = response.status
    if 200 <= status < 300:
        return
    words = _words(response)
    said = f"{where}: HTTP {status}: {words}"
    if status in (401, 403):
        raise AuthenticationError(f"{said} Pass token= or auth= of someone who may use the Space.")
    if status == 413:
        raise FileTooLargeError(said)
    if status == 422 and (refusal := _refusal(response)):
        message, parameter = refusal
        error = SpaceValidationError(
            f"{where}: {parameter}: the Space refused the value: {message}"
        )
        error.message = message
        raise error
    if status == 503 and "Queue is full" in words:
        raise QueueFullError(f"{said} Try again later.")
    if status in (429, 502, 503, 504):
        raise SpaceUnavailableError(f"{said} The Space may be starting, paused or busy: try later.")
    if status == 404:
        raise SpaceUnavailableError(f"{said} The Space may have been restarted or moved.")
    raise HubsmithError(f"{said} The Space's logs may say more.")


def _refusal(response: Response) -> tuple[str, str] | None:
    answer = response.json()
    details = cast("dict[str, Any]", answer).get("detail") if isinstance(answer, dict) else None
    if not isinstance(details, list):
        return None
    for item in cast("list[Any]", details):
        if isinstance(item, dict):
            detail = cast("dict[str, Any]", item)
            if detail.get("__type__") == "validate" and detail.get("is_valid") is not True:
                return str(detail.get("message", "")), str(detail.get("parameter_name", ""))
    return None


def _words(response: Response) -> str:
    """Return what the server says in a few words, without markup."""
    answer = response.json()
    if isinstance(answer, dict):
        entries = cast("dict[str, Any]", answer)
        detail = entries.get("detail", entries.get("error", entries))
        if isinstance(detail, dict):
            detail = cast("dict[str, Any]", detail).get("error", cast("object", detail))
        text = str(detail)
    else:
        text = re.sub(
            r"<(script|style)\b.*?</\1>|<[^>]*>", " ", response.text[:20000], flags=re.S | re.I
        )
    text = " ".join(text.split())[:_WORDS] or "no reason given"
    return text if text.endswith((".", "!", "?")) else f"{text}."
