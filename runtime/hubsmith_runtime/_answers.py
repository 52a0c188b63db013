"""What a Space's HTTP answers mean."""

from __future__ import annotations

import email.utils
import re
import time
from typing import Any, cast

from ._errors import (
    AuthenticationError,
    FileTooLargeError,
    HubsmithError,
    QueueFullError,
    SpaceUnavailableError,
    SpaceValidationError,
    SpecError,
    UploadError,
)
from ._http import Response, origin_of, shown
from ._live import LiveSpace
from ._source import Source

_WORDS = 300
_PASSING = (429, 502, 503, 504)


def check_login(response: Response, source: str) -> None:
    """Raise where a login was refused."""
    if response.status in (400, 401, 403):
        raise AuthenticationError(f"{source} refused the login: {_words(response)} Check auth=.")
    check(response, f"{source}: login")


def read_host(response: Response, source: Source) -> str:
    """Return the address of a Space from the Hub's answer."""
    name = source.name
    if response.status in (401, 403, 404):
        raise AuthenticationError(
            f"The Hub answered {response.status} for {name}: there is no such Space, or it is "
            "private. Check the name, and pass token= of an account that may see it."
        )
    host = _entry(response, "host")
    if response.status != 200 or not isinstance(host, str):
        raise SpaceUnavailableError(f"The Hub does not say where {name} runs ({response.status}).")
    if origin_of(source.host_url).startswith("https:") and not host.startswith("https:"):
        raise SpecError(f"{name}: the Hub names an address that is not https.")
    origin_of(host)
    return host.rstrip("/")


def read_stage(response: Response) -> str:
    """Return the stage of a Space from the Hub's answer; empty where it does not say."""
    stage = _entry(response, "stage")
    return stage if response.status == 200 and isinstance(stage, str) else ""


def read_config(response: Response, source: str, root: str) -> tuple[LiveSpace, str]:
    """Return what the Space says about itself, and its address after redirects."""
    where = f"{source}: {shown(response.url)}"
    if response.status == 404:
        raise SpecError(f"{where} is not there (404). Is it a Gradio Space, and is the path right?")
    check(response, f"{source}: /config")
    config = response.json()
    if config is None:
        raise SpecError(
            f"{where} answered {len(response.body)} bytes that are not JSON. Is it a Gradio "
            "Space, and is it running?"
        )
    moved = response.url.partition("?")[0]
    root = moved.removesuffix("/config") if moved.endswith("/config") else root
    return LiveSpace.parse(config, source), root


def read_order(response: Response, endpoint: str, source: str) -> list[str]:
    """Return the names of an endpoint's parameters, in the order of its inputs."""
    check(response, f"{source}: /info")
    try:
        parameters = response.json()["named_endpoints"][endpoint]["parameters"]
        return [str(parameter["parameter_name"]) for parameter in parameters]
    except (KeyError, TypeError):
        raise SpecError(
            f"{source}: /info does not name the parameters of {endpoint}, and this client was "
            "made without their order. Run `hubsmith update` to generate it again."
        ) from None


def read_paths(response: Response, count: int, source: str) -> list[str]:
    """Return the server's paths of `count` files that were uploaded."""
    check(response, f"{source}: upload")
    answer = response.json()
    paths = cast("list[Any]", answer) if isinstance(answer, list) else []
    if len(paths) != count or not all(isinstance(path, str) for path in paths):
        raise UploadError(f"{source}: the upload of {count} files was answered oddly. Try again.")
    return paths


def read_event_id(response: Response, where: str) -> str:
    """Return the event id of a job that was accepted."""
    check(response, where)
    event_id = _entry(response, "event_id")
    if not isinstance(event_id, str):
        raise SpecError(f"{where}: the Space took the job but named no event id.")
    return event_id


def check_cancel(response: Response, where: str) -> None:
    """Raise where a job could not be cancelled."""
    # Servers before 4.31 cannot cancel: the job is forgotten here, and runs on there.
    if response.status not in (404, 405):
        check(response, f"{where}: cancel")


def check(
    response: Response,
    where: str,
    advice: str = "Pass token= or auth= of someone who may use the Space.",
) -> None:
    """Raise the error that an HTTP status means; `where` says what was asked."""
    status = response.status
    if 200 <= status < 300:
        return
    words = _words(response)
    said = f"{where}: HTTP {status}: {words}"
    if status in (401, 403):
        raise AuthenticationError(f"{said} {advice}")
    if status == 413:
        raise FileTooLargeError(said)
    if status == 422 and (refusal := _refusal(response)):
        message, parameter = refusal
        error = SpaceValidationError(
            f"{where}: {parameter}: the Space refused the value: {message}"
        )
        error.message = message
        raise error
    if error := passing_error(response, where):
        raise error
    if status == 404:
        error = SpaceUnavailableError(f"{said} The Space may have been restarted or moved.")
        error.status = status
        raise error
    raise HubsmithError(f"{said} The Space's logs may say more.")


def passing_error(response: Response, where: str) -> HubsmithError | None:
    """Return the error of an answer that may be another one if it is asked for again later."""
    if response.status not in _PASSING:
        return None
    words = _words(response)
    said = f"{where}: HTTP {response.status}: {words}"
    if response.status == 503 and "Queue is full" in words:
        error: QueueFullError | SpaceUnavailableError = QueueFullError(f"{said} Try again later.")
    else:
        advice = "The Space may be starting, paused or busy: try later."
        error = SpaceUnavailableError(f"{said} {advice}")
        error.status = response.status
    error.retry_after = read_retry_after(response.headers.get("retry-after"), time.time())
    return error


def read_retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds that a `Retry-After` header asks for, be it a number or a date."""
    if value is None:
        return None
    if re.fullmatch(r"\s*\d{1,9}(\.\d{1,9})?\s*", value):
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - now)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _entry(response: Response, key: str) -> Any:
    answer = response.json()
    return cast("dict[str, Any]", answer).get(key) if isinstance(answer, dict) else None


def _refusal(response: Response) -> tuple[str, str] | None:
    """Return what the Space's validator says, and of which parameter."""
    details = _entry(response, "detail")
    for item in cast("list[Any]", details) if isinstance(details, list) else ():
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
        markup = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)
        text = markup.sub(" ", response.body[:20000].decode(errors="replace"))
    text = " ".join(text.split())[:_WORDS] or "no reason given"
    return text if text.endswith((".", "!", "?")) else f"{text}."
