"""Finding Spaces by meaning."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hubsmith_runtime import (
    AuthenticationError,
    HubsmithError,
    SpaceSummary,
    SpecError,
    ValidationError,
    asearch_spaces,
    search_spaces,
)
from hubsmith_runtime.spaces.hub import read_summary
from hypothesis import given, strategies as st

from tests.support.fake_hub import FakeHub

PATH = "/api/spaces/semantic-search"


@pytest.fixture
def hub(fake_hub: FakeHub) -> FakeHub:
    about = {
        "title": "Kokoro",
        "likes": 7,
        "tags": ["gradio", "audio"],
        "ai_short_description": "Turn text to speech",
        "ai_category": "Speech Synthesis",
        "trendingScore": 3,
    }
    fake_hub.add("owner/tts", "http://tts.example", about=about)
    quiet = {"ai_short_description": "text to anything"}
    fake_hub.add("owner/asleep", "http://a.example", stages=["SLEEPING"], about=quiet)
    fake_hub.add("owner/other", "http://o.example", about=quiet)
    fake_hub.add("owner/docker", "http://d.example", about={**quiet, "sdk": "docker"})
    fake_hub.add("me/secret", "http://s.example", private=True, about=quiet)
    fake_hub.users["hf_me"] = "me"
    return fake_hub


def test_the_best_comes_first_with_what_is_known_about_it(hub: FakeHub) -> None:
    found = search_spaces("text to speech")
    assert [space.id for space in found] == ["owner/tts", "owner/other"]
    assert found[0] == SpaceSummary(
        id="owner/tts", author="owner", title="Kokoro", emoji="🎈", sdk="gradio", likes=7,
        private=False, tags=("gradio", "audio"), stage="RUNNING",
        short_description="Turn text to speech", category="Speech Synthesis", relevance=1.0,
        trending=3,
    )  # fmt: skip
    [asked] = hub.seen
    assert asked.query == {"q": ["text to speech"], "sdk": ["gradio"]}
    assert "authorization" not in asked.headers


def test_the_async_search_is_the_same(hub: FakeHub) -> None:
    assert asyncio.run(asearch_spaces("text to speech")) == search_spaces("text to speech")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"limit": 1}, ["owner/tts"]),
        ({"filter": "audio"}, ["owner/tts"]),
        ({"filter": ["gradio", "audio"]}, ["owner/tts"]),
        ({"sdk": "docker"}, ["owner/docker"]),
        ({"sdk": None}, ["owner/tts", "owner/other", "owner/docker"]),
        ({"include_non_running": True}, ["owner/tts", "owner/asleep", "owner/other"]),
        ({"token": "hf_me"}, ["owner/tts", "owner/other", "me/secret"]),
    ],
)
def test_a_search_can_be_narrowed(
    options: dict[str, Any], expected: list[str], hub: FakeHub
) -> None:
    assert [space.id for space in search_spaces("text to speech", **options)] == expected


def test_another_hub_can_be_named(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert search_spaces("speech", endpoint=f"{hub.url}/")


def test_the_saved_token_is_used(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_me")
    assert "me/secret" in [space.id for space in search_spaces("text")]
    assert "me/secret" not in [space.id for space in search_spaces("text", token=False)]


@pytest.mark.parametrize("query", ["", "  "])
def test_an_empty_query_is_refused(query: str, hub: FakeHub) -> None:
    with pytest.raises(ValidationError, match="query"):
        search_spaces(query)
    with pytest.raises(ValidationError, match="limit"):
        search_spaces("text", limit=0)
    assert hub.seen == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((200, {}, {"error": "no"}), SpecError),
        ((200, {}, b"<html>"), SpecError),
        ((401, {}, {"error": "Invalid username or password."}), AuthenticationError),
        ((500, {}, b"oops"), HubsmithError),
    ],
)
def test_a_hub_that_fails_is_told(answer: Any, error: type[HubsmithError], hub: FakeHub) -> None:
    hub.plan(PATH, answer)
    with pytest.raises(error, match=r"Hub.s search"):
        search_spaces("text")


def test_a_hub_that_is_busy_is_asked_again(hub: FakeHub) -> None:
    hub.plan(PATH, (429, {"retry-after": "0"}, b""))
    assert search_spaces("text")


def test_what_is_missing_or_new_does_no_harm(hub: FakeHub) -> None:
    entries = [{"id": "a/b", "new": {"x": 1}}, {}, {"id": 5}, None, [], "x", {"id": "c/d"}]
    hub.plan(PATH, (200, {}, entries))
    assert search_spaces("text") == [
        SpaceSummary(id="a/b", author="a"),
        SpaceSummary(id="c/d", author="c"),
    ]


def test_both_spellings_of_a_name_are_read() -> None:
    snake = {"id": "a/b", "semantic_relevancy_score": 0.5, "trending_score": 2}
    camel = {"id": "a/b", "aiShortDescription": "does it", "aiCategory": "Other"}
    assert read_summary(snake) == SpaceSummary(id="a/b", author="a", relevance=0.5, trending=2)
    assert read_summary(camel) == SpaceSummary(
        id="a/b", author="a", short_description="does it", category="Other"
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
FIELDS = ("author", "title", "likes", "private", "tags", "runtime", "sdk", "trendingScore")


@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_no_value_of_a_field_breaks_the_search(fields: dict[str, Any]) -> None:
    summary = read_summary({"id": "a/b", **fields})
    assert summary is not None
    assert summary.id == "a/b"
    assert isinstance(summary.likes, int)
    assert all(isinstance(tag, str) for tag in summary.tags)
