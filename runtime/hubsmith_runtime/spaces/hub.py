"""Requests to the Hub: semantic search for Spaces, and duplicating a Space."""

from __future__ import annotations

import contextlib
import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from ..driver import Driver
from ..effects import Effects
from ..errors import AuthenticationError, SpecError, ValidationError
from ..http import HttpRequest, Response
from ..reading import as_list, as_number, as_object, as_text, as_words
from ..retries import Retries
from ..tokens import hub_url
from ..transport import Origins
from .protocol import ask, check
from .source import check_space_id, hub_credentials

_SECONDS = 120.0
_FREE = "cpu-basic"
_NOT_THERE = (401, 403, 404)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceSummary:
    """A Space found by a search. What the Hub does not report is empty or `None`."""

    id: str  # `owner/name`.
    author: str = ""
    title: str = ""
    emoji: str = ""
    sdk: str = ""  # The framework, such as `gradio`.
    likes: int = 0
    private: bool = False
    tags: tuple[str, ...] = ()
    stage: str = ""  # Its current state, such as `RUNNING` or `SLEEPING`.
    short_description: str = ""
    category: str = ""
    relevance: float | None = None  # How well it matches the query, from 0 to 1.
    trending: float | None = None  # Its current popularity.


def search_spaces(
    query: str,
    *,
    filter: str | Sequence[str] | None = None,
    sdk: str | None = "gradio",
    include_non_running: bool = False,
    limit: int | None = None,
    token: str | bool | None = None,
    endpoint: str | None = None,
) -> list[SpaceSummary]:
    """Find Spaces by semantic search, the best match first.

    Args:
        query: What the Spaces should do, in a few words.
        filter: One or more tags that they must have.
        sdk: The framework that they use; `None` for any.
        include_non_running: Whether to include sleeping, paused and broken Spaces.
        limit: The maximum number of results.
        token: A Hub token, to find private Spaces; see `Space`.
        endpoint: The Hub's address; defaults to `HF_ENDPOINT`.

    Raises:
        ValidationError: when the query is empty, or the limit is below 1.
        HubsmithError: when the Hub does not answer.
    """
    hub = hub_url(endpoint)
    running = "true" if include_non_running else None
    search = _search(hub, query, limit, filter=filter, sdk=sdk, includeNonRunning=running)
    with contextlib.closing(Driver(Origins(hub_credentials(hub, token)))) as driver:
        return driver.run(search, _SECONDS)


async def asearch_spaces(
    query: str,
    *,
    filter: str | Sequence[str] | None = None,
    sdk: str | None = "gradio",
    include_non_running: bool = False,
    limit: int | None = None,
    token: str | bool | None = None,
    endpoint: str | None = None,
) -> list[SpaceSummary]:
    """Find Spaces by semantic search without blocking the event loop; see `search_spaces`."""
    from ..async_driver import AsyncDriver  # asyncio is slow to import: not for search_spaces.

    hub = hub_url(endpoint)
    running = "true" if include_non_running else None
    search = _search(hub, query, limit, filter=filter, sdk=sdk, includeNonRunning=running)
    driver = AsyncDriver(Origins(hub_credentials(hub, token)))
    try:
        return await driver.run(search, _SECONDS)
    finally:
        await driver.close()


def _search(
    hub: str, query: str, limit: int | None, **options: str | Sequence[str] | None
) -> Effects[list[SpaceSummary]]:
    if not query.strip():
        raise ValidationError("search_spaces: query: say in a few words what the Spaces should do")
    if limit is not None and limit < 1:
        raise ValidationError(f"search_spaces: limit: must be at least 1, got {limit}")
    given = {"q": query, **{name: value for name, value in options.items() if value}}
    url, where = f"{hub}/api/spaces/semantic-search", "The Hub's search"
    response = yield from _ask(f"{url}?{urlencode(given, doseq=True)}", where)
    check(response, where, "Check the token, or pass token=False.")
    if not isinstance(response.json(), list):
        raise SpecError(f"{where} did not answer with a list. Is HF_ENDPOINT the Hub?")
    summaries = map(read_summary, as_list(response.json()))
    return [summary for summary in summaries if summary is not None][:limit]


def read_summary(entry: object) -> SpaceSummary | None:
    """Read one entry of the Hub's answer; `None` if it names no Space."""
    # The Hub uses two styles of names, such as `trendingScore` and `trending_score`.
    members = {name.replace("_", "").lower(): value for name, value in as_object(entry).items()}
    text = {name: value for name, value in members.items() if isinstance(value, str)}
    if not (name := text.get("id")):
        return None
    return SpaceSummary(
        id=name,
        author=text.get("author") or name.partition("/")[0],
        title=text.get("title", ""),
        emoji=text.get("emoji", ""),
        sdk=text.get("sdk", ""),
        likes=int(as_number(members.get("likes")) or 0),
        private=members.get("private") is True,
        tags=tuple(map(as_words, as_list(members.get("tags")))),
        stage=as_text(as_object(members.get("runtime")).get("stage")),
        short_description=text.get("aishortdescription", text.get("shortdescription", "")),
        category=text.get("aicategory", ""),
        relevance=as_number(members.get("semanticrelevancyscore")),
        trending=as_number(members.get("trendingscore")),
    )


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
    """Duplicate a Space into your account, or use the duplicate that exists.

    Args:
        from_id: `owner/name` of the Space.
        to_id: Name, or `owner/name`, of the duplicate; the same name in your account by default.
        private: Whether a new duplicate is private.
        hardware: Its hardware, such as `t4-small`, which may cost money. By default, a new
            duplicate gets the free `cpu-basic`, and an existing one keeps its hardware.
        secrets: Secrets of a new duplicate, by name.
        sleep_timeout: Minutes without a call until it sleeps, on hardware that is not free.
        token: A Hub token with write access; the saved one by default.
        endpoint: The Hub's address; defaults to `HF_ENDPOINT`.

    Returns:
        `owner/name` of the duplicate, for `Space` and `Client`.

    Raises:
        AuthenticationError: when there is no token, or it does not allow this.
        ValidationError: when the sleep timeout is below 1.
        SpecError: when a name is not valid.
    """
    if sleep_timeout < 1:
        raise ValidationError(f"duplicate_space: sleep_timeout: at least 1, got {sleep_timeout}")
    hub, seconds = hub_url(endpoint), sleep_timeout * 60
    credentials = hub_credentials(hub, token)
    if not credentials:
        raise AuthenticationError("duplicate_space needs a token with write access: pass token=.")
    settings = _settings(private, hardware or _FREE, secrets, seconds)
    with contextlib.closing(Driver(Origins(credentials))) as driver:
        name, is_new = driver.run(_duplicate(hub, from_id, to_id, settings), _SECONDS)
        if hardware is not None and not is_new:
            driver.run(_change_hardware(hub, name, hardware, seconds), _SECONDS)
    if secrets and not is_new:
        warnings.warn(f"{name} already exists: its secrets are not changed.", stacklevel=2)
    return name


def _settings(
    private: bool, hardware: str, secrets: Mapping[str, str] | None, seconds: int
) -> dict[str, Any]:
    visibility = "private" if private else "public"
    settings: dict[str, Any] = {"hardware": hardware, "visibility": visibility}
    if secrets:
        settings["secrets"] = [{"key": key, "value": value} for key, value in secrets.items()]
    if hardware != _FREE:
        settings["sleepTimeSeconds"] = seconds
    return settings


def _duplicate(
    hub: str, from_id: str, to_id: str | None, settings: Mapping[str, Any]
) -> Effects[tuple[str, bool]]:
    """Return the name of the duplicate, and whether it is new."""
    space = _space(hub, check_space_id(from_id))
    yield from _get(f"{space}/runtime", from_id)
    name = to_id or from_id.partition("/")[2]
    if "/" not in name:
        account = yield from _get(f"{hub}/api/whoami-v2", "the token")
        name = f"{account.get('name')}/{name}"
    response = yield from _ask(f"{_space(hub, check_space_id(name))}/runtime", name)
    if response.status not in _NOT_THERE:
        check(response, name)
        return name, False
    response = yield from _ask(f"{space}/duplicate", from_id, {"repository": name, **settings})
    if response.status == 409:  # Somebody else created it meanwhile.
        return name, False
    check(response, f"{from_id}: duplicate as {name}", "Pass a token with write access there.")
    return name, True


def _change_hardware(hub: str, name: str, hardware: str, seconds: int) -> Effects[None]:
    space = _space(hub, name)
    runtime = yield from _get(f"{space}/runtime", name)
    if (as_object(runtime.get("hardware")).get("current") or _FREE) != hardware:
        response = yield from _ask(f"{space}/hardware", name, {"flavor": hardware})
        check(response, f"{name}: hardware")
    if hardware != _FREE:
        response = yield from _ask(f"{space}/sleeptime", name, {"seconds": seconds})
        check(response, f"{name}: sleep time")


def _space(hub: str, name: str) -> str:
    return f"{hub}/api/spaces/{quote(name)}"


def _get(url: str, what: str) -> Effects[dict[str, Any]]:
    """Get a document that must exist."""
    response = yield from _ask(url, what)
    if response.status in _NOT_THERE:
        raise AuthenticationError(
            f"The Hub answered {response.status} for {what}: it does not exist, or it is "
            "private. Check the name, and pass token= of an account that may see it."
        )
    check(response, what)
    if answer := as_object(response.json()):
        return answer
    raise SpecError(
        f"{what}: the Hub did not answer with JSON. Is HF_ENDPOINT the address of a Hub?"
    )


def _ask(url: str, where: str, body: Mapping[str, Any] | None = None) -> Effects[Response]:
    request = HttpRequest(method="GET", url=url)
    if body is not None:
        headers, content = {"content-type": "application/json"}, json.dumps(body).encode()
        request = HttpRequest(method="POST", url=url, headers=headers, content=content)
    # Creating something twice is as bad as running a job twice.
    return (yield from ask(request, where, Retries(), runs_job=body is not None))
