"""Duplicating a Space into the caller's own account."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import quote

from ._answers import check
from ._errors import AuthenticationError, SpecError, ValidationError
from ._http import Exchange, HttpRequest, Response
from ._retries import Retries, send
from ._source import check_space_id, hub_credentials, hub_url
from ._tokens import choose_token
from ._transport import Transport

_FREE = "cpu-basic"


def duplicate_space(
    from_id: str,
    to_id: str | None = None,
    *,
    private: bool = True,
    hardware: str | None = None,
    secrets: Mapping[str, str] | None = None,
    sleep_timeout: int = 5,
    token: str | bool | None = None,
    endpoint: str | None = None,
) -> str:
    """Duplicate a Space into your account, or use the duplicate that is there.

    Args:
        from_id: `owner/name` of the Space.
        to_id: Name, or `owner/name`, of the duplicate; the same name in your account by default.
        private: Whether only you may see a new duplicate.
        hardware: What it runs on, such as `t4-small`, which may cost money. A new duplicate gets
            the free `cpu-basic` by default, and one that is there keeps what it has.
        secrets: Secrets of a new duplicate, by name.
        sleep_timeout: Minutes without a call until it sleeps, on hardware that is not free.
        token: A Hub token that may write; the saved one by default.
        endpoint: The Hub's address; that of `HF_ENDPOINT` by default.

    Returns:
        `owner/name` of the duplicate, for `Space` and `Client`.

    Raises:
        AuthenticationError: when there is no token, or it may not do this.
        ValidationError: when the sleep timeout is below 1.
        SpecError: when a name is none.
    """
    check_space_id(from_id)
    if sleep_timeout < 1:
        raise ValidationError(f"duplicate_space: sleep_timeout: at least 1, got {sleep_timeout}")
    hub, found = hub_url(endpoint), choose_token(token, "duplicate_space")
    if found is None:
        raise AuthenticationError(
            "duplicate_space needs a token that may write: pass token=, or set HF_TOKEN."
        )
    settings = {"hardware": hardware or _FREE, "visibility": "private" if private else "public"}
    extra: dict[str, Any] = {}
    if secrets:
        extra["secrets"] = [{"key": key, "value": value} for key, value in secrets.items()]
    if settings["hardware"] != _FREE:
        extra["sleepTimeSeconds"] = sleep_timeout * 60
    transport = Transport(hub_credentials(hub, found))
    try:
        exchange = _duplicating(hub, from_id, to_id, {**settings, **extra})
        name, is_new = transport.converse(exchange)
        if not is_new and secrets:
            warnings.warn(f"{name} is there already: its secrets stay as they are.", stacklevel=2)
        if not is_new and hardware is not None:
            transport.converse(_changing(hub, name, hardware, sleep_timeout * 60))
    finally:
        transport.close()
    return name


def _duplicating(
    hub: str, from_id: str, to_id: str | None, settings: Mapping[str, Any]
) -> Exchange[tuple[str, bool]]:
    """Return the name of the duplicate, and whether it was made now."""
    _read(from_id, (yield from _get(f"{_space(hub, from_id)}/runtime", from_id)), from_id)
    name = to_id or from_id.partition("/")[2]
    if "/" not in name:
        answer = yield from _get(f"{hub}/api/whoami-v2", "the token's account")
        name = f"{_read('the token', answer, 'the token').get('name')}/{name}"
    check_space_id(name)
    there = yield from _get(f"{_space(hub, name)}/runtime", name)
    if there.status not in (401, 403, 404):
        check(there, name)
        return name, False
    url = f"{_space(hub, from_id)}/duplicate"
    answer = yield from _post(url, {"repository": name, **settings}, from_id)
    if answer.status == 409:  # Somebody else made it in between.
        return name, False
    check(answer, f"{from_id}: duplicate as {name}", "Pass a token that may write there.")
    return name, True


def _changing(hub: str, name: str, hardware: str, seconds: int) -> Exchange[None]:
    """Give a duplicate other hardware where it has another."""
    answer = yield from _get(f"{_space(hub, name)}/runtime", name)
    current = _read(name, answer, name).get("hardware")
    has = cast("dict[str, Any]", current).get("current") if isinstance(current, dict) else None
    if (has or _FREE) != hardware:
        answer = yield from _post(f"{_space(hub, name)}/hardware", {"flavor": hardware}, name)
        check(answer, f"{name}: hardware")
    if hardware != _FREE:
        answer = yield from _post(f"{_space(hub, name)}/sleeptime", {"seconds": seconds}, name)
        check(answer, f"{name}: sleep time")


def _space(hub: str, name: str) -> str:
    return f"{hub}/api/spaces/{quote(name)}"


def _get(url: str, where: str) -> Exchange[Response]:
    return (yield from send(HttpRequest("GET", url, {}), Retries(), where))


def _post(url: str, body: Mapping[str, Any], where: str) -> Exchange[Response]:
    headers = {"content-type": "application/json"}
    request = HttpRequest("POST", url, {"headers": headers, "content": json.dumps(body).encode()})
    # Making something twice is as bad as running a job twice.
    return (yield from send(request, Retries(), where, runs_job=True))


def _read(name: str, response: Response, where: str) -> dict[str, Any]:
    if response.status in (401, 403, 404):
        raise AuthenticationError(
            f"The Hub answered {response.status} for {name}: there is no such thing, or it is "
            "private. Check the name, and pass token= of an account that may see it."
        )
    check(response, where)
    answer = response.json()
    if not isinstance(answer, dict):
        raise SpecError(f"{where}: the Hub answered something else than JSON. Is HF_ENDPOINT it?")
    return cast("dict[str, Any]", answer)
