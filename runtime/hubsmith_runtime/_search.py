"""Finding Spaces by meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlencode

from ._answers import check
from ._errors import SpecError, ValidationError
from ._http import Exchange, HttpRequest
from ._retries import Retries, send
from ._source import hub_credentials, hub_url
from ._transport import AsyncTransport, Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceSummary:
    """A Space that was found. What the Hub does not tell is empty or `None`.

    Attributes:
        id: `owner/name`.
        author: Its owner.
        title: Its heading.
        emoji: Its emoji.
        sdk: What it is made with, such as `gradio`.
        likes: How many people like it.
        private: Whether only some may see it.
        tags: Its tags.
        stage: What it does now, such as `RUNNING` or `SLEEPING`.
        short_description: What it does, in a sentence.
        category: What kind of thing it does.
        relevance: How well it fits the query, from 0 to 1.
        trending: How popular it is at the moment.
    """

    id: str
    author: str = ""
    title: str = ""
    emoji: str = ""
    sdk: str = ""
    likes: int = 0
    private: bool = False
    tags: tuple[str, ...] = ()
    stage: str = ""
    short_description: str = ""
    category: str = ""
    relevance: float | None = None
    trending: float | None = None


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
    """Find Spaces by meaning, the best first.

    Args:
        query: What they should do, in a few words.
        filter: Tags that they must bear.
        sdk: What they are made with; `None` for anything.
        include_non_running: Whether to find sleeping, paused and broken ones, too.
        limit: How many to return at most.
        token: A Hub token, to find private ones; see `Space`.
        endpoint: The Hub's address; that of `HF_ENDPOINT` by default.

    Raises:
        ValidationError: when the query is empty, or the limit is below 1.
        HubsmithError: when the Hub does not answer.
    """
    hub = hub_url(endpoint)
    exchange = _searching(hub, query, filter, sdk, include_non_running, limit)
    transport = Transport(hub_credentials(hub, token))
    try:
        return transport.converse(exchange)
    finally:
        transport.close()


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
    """Find Spaces by meaning without blocking the event loop; see `search_spaces`."""
    hub = hub_url(endpoint)
    exchange = _searching(hub, query, filter, sdk, include_non_running, limit)
    transport = AsyncTransport(hub_credentials(hub, token))
    try:
        return await transport.converse(exchange)
    finally:
        await transport.aclose()


def _searching(
    hub: str,
    query: str,
    filter: str | Sequence[str] | None,
    sdk: str | None,
    include_non_running: bool,
    limit: int | None,
) -> Exchange[list[SpaceSummary]]:
    if not query.strip():
        raise ValidationError("search_spaces: query: say in a few words what the Spaces should do")
    if limit is not None and limit < 1:
        raise ValidationError(f"search_spaces: limit: must be at least 1, got {limit}")
    tags = [filter] if isinstance(filter, str) else list(filter or ())
    asked = [("q", query), *(("filter", tag) for tag in tags)]
    asked += [("sdk", sdk)] if sdk is not None else []
    asked += [("includeNonRunning", "true")] if include_non_running else []
    url = f"{hub}/api/spaces/semantic-search?{urlencode(asked)}"
    where = "The Hub's search"
    response = yield from send(HttpRequest("GET", url, {}), Retries(), where)
    check(response, where, "Check the token, or pass token=False.")
    found = response.json()
    if not isinstance(found, list):
        raise SpecError(f"{where} answered something else than a list. Is HF_ENDPOINT the Hub?")
    entries = (read_summary(entry) for entry in cast("list[object]", found))
    return [summary for summary in entries if summary is not None][:limit]


def read_summary(entry: object) -> SpaceSummary | None:
    """Read one entry of the Hub's answer; `None` where it names no Space."""
    space = _Entry(entry)
    name = space.text("id")
    if not name:
        return None
    tags = space.get("tags")
    return SpaceSummary(
        id=name,
        author=space.text("author") or name.partition("/")[0],
        title=space.text("title"),
        emoji=space.text("emoji"),
        sdk=space.text("sdk"),
        likes=int(space.number("likes") or 0),
        private=space.get("private") is True,
        tags=tuple(map(str, cast("list[object]", tags))) if isinstance(tags, list) else (),
        stage=_Entry(space.get("runtime")).text("stage"),
        short_description=space.text("ai_short_description", "shortDescription"),
        category=space.text("ai_category"),
        relevance=space.number("semanticRelevancyScore"),
        trending=space.number("trendingScore"),
    )


class _Entry:
    """A JSON object whose names the Hub writes in two ways, as `trendingScore` or `trending_score`."""

    def __init__(self, entry: object) -> None:
        fields = cast("dict[str, object]", entry) if isinstance(entry, dict) else {}
        self._fields = {name.replace("_", "").lower(): value for name, value in fields.items()}

    def get(self, *names: str) -> object:
        """Return the first of some fields that is there."""
        found = (self._fields.get(name.replace("_", "").lower()) for name in names)
        return next((value for value in found if value is not None), None)

    def text(self, *names: str) -> str:
        """Return a string; empty where there is none."""
        value = self.get(*names)
        return value if isinstance(value, str) else ""

    def number(self, *names: str) -> float | None:
        """Return a number that is one."""
        value = self.get(*names)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        return value if abs(value) < float("inf") else None
