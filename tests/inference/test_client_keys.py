"""Which token goes where: to the Hub's own servers, to the one provider, and nowhere else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hubsmith import _providers
from hubsmith._async_client import AsyncInferenceClient
from hubsmith._client import InferenceClient
from hubsmith_runtime import AuthenticationError, HubsmithError, Retries, ValidationError
from hubsmith_runtime.inference.failures import Callee
from hubsmith_runtime.inference.hub import Hub
from hubsmith_runtime.inference.provider import Provider
from hubsmith_runtime.inference.routing import Routing

from tests.support.fake_hub import FakeHub
from tests.support.fake_inference import LABELS, FakeChatServer, FakeRouter
from tests.support.recorder import Answer, Recorder, Seen

MESSAGES = [{"role": "user", "content": "hi"}]
SAVED, GIVEN, KEY = "hf_saved_on_this_machine", "hf_given_by_the_caller", "sk-of-the-provider"


@pytest.fixture
def saved(tokenless: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    tokenless.setenv("HF_TOKEN", SAVED)
    return tokenless


def bearer(seen: Seen) -> str | None:
    return seen.headers.get("authorization")


def test_a_saved_token_goes_to_the_hub_and_the_router(
    saved: object, hub: FakeHub, router: FakeRouter
) -> None:
    hub.add_model("a/b", {}, tag="text-classification")
    with InferenceClient("a/b", provider="hf-inference") as client:
        client.text_classification("fine")
    assert {bearer(seen) for seen in hub.seen + router.seen} == {f"Bearer {SAVED}"}


def test_a_saved_token_goes_to_no_other_url(saved: object, chat_server: FakeChatServer) -> None:
    with InferenceClient(chat_server.url) as client:
        client.chat_completion(MESSAGES)
        client.text_classification("fine")
        client.post(json={"inputs": "fine"})
        client.health_check()
    assert len(chat_server.seen) == 5
    assert {bearer(seen) for seen in chat_server.seen} == {None}


def test_a_token_that_is_passed_goes_to_a_url(saved: object, chat_server: FakeChatServer) -> None:
    with InferenceClient(chat_server.url, token=GIVEN) as client:
        client.chat_completion(MESSAGES)
        client.post(json={"inputs": "fine"})
        client.health_check()
    assert {bearer(seen) for seen in chat_server.seen} == {f"Bearer {GIVEN}"}


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://abc.eu-west-1.aws.endpoints.huggingface.cloud/v1", SAVED),
        ("http://abc.eu-west-1.aws.endpoints.huggingface.cloud/v1", None),  # Not encrypted.
        ("https://endpoints.huggingface.cloud.example.org", None),
        ("https://example.org/.endpoints.huggingface.cloud", None),
        ("https://user@example.org", None),
        ("https://router.huggingface.co/v1", SAVED),
        ("https://hub.example.org/api", SAVED),
        ("https://huggingface.co.example.org", None),
    ],
)
def test_which_urls_see_a_saved_token(saved: pytest.MonkeyPatch, url: str, key: str | None) -> None:
    saved.delenv("HUBSMITH_ROUTER")
    saved.setenv("HF_ENDPOINT", "https://hub.example.org")
    routing = Routing(None, None, _providers.find, Hub(Retries()))
    assert routing.url_key(url) == key


def test_an_empty_token_means_none(saved: object, hub: FakeHub, router: FakeRouter) -> None:
    hub.add_model("a/b", {}, tag="text-classification")
    with InferenceClient("a/b", provider="hf-inference", token="") as client:
        client.text_classification("fine")
    assert {bearer(seen) for seen in hub.seen + router.seen} == {None}


def test_implicit_tokens_can_be_switched_off(
    saved: pytest.MonkeyPatch, hub: FakeHub, router: FakeRouter
) -> None:
    saved.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
    hub.add_model("a/b", {}, tag="text-classification")
    with InferenceClient("a/b", provider="hf-inference") as client:
        client.text_classification("fine")
    assert {bearer(seen) for seen in hub.seen + router.seen} == {None}


class Partner(InferenceClient):
    """A client whose provider `groq` stands on loopback."""

    url = ""

    @staticmethod
    def _find_provider(name: str) -> Provider:
        return replace(_providers.find(name), url=Partner.url)


def test_a_providers_key_goes_to_that_provider_only(
    saved: object, hub: FakeHub, router: FakeRouter, chat_server: FakeChatServer
) -> None:
    hub.add_model("meta/llama", {"groq": {"providerId": "tiny", "task": "conversational"}})
    Partner.url = f"{chat_server.url}/openai"
    chat_server.is_strict = False
    for model, provider in (("meta/llama", "groq"), ("meta/llama:groq", None)):
        with Partner(model, provider=provider, api_key=KEY) as client:
            client.chat_completion(MESSAGES)
    assert {bearer(seen) for seen in chat_server.seen} == {f"Bearer {KEY}"}
    assert len(chat_server.seen) == 2
    assert router.seen == []
    # The Hub is asked as the owner of the machine's token.
    assert {bearer(seen) for seen in hub.seen} == {f"Bearer {SAVED}"}


def test_a_providers_key_is_not_sent_to_a_url(chat_server: FakeChatServer) -> None:
    with pytest.raises(ValidationError, match="cannot be combined with a URL"):
        InferenceClient(chat_server.url, provider="groq", api_key=KEY)
    with InferenceClient("meta/llama", provider="groq", api_key=KEY) as client:
        for call in (client.chat_completion, client.post):
            given = {"messages": MESSAGES} if call == client.chat_completion else {"json": {}}
            with pytest.raises(ValidationError, match="groq"):
                call(model=chat_server.url, **given)
    assert chat_server.seen == []


def test_a_key_without_a_provider_is_not_sent_to_one(hub: FakeHub, router: FakeRouter) -> None:
    hub.add_model("a/b", {"fal-ai": {"providerId": "fal/b", "task": "text-to-image"}})
    with InferenceClient("a/b", api_key=KEY) as client:
        with pytest.raises(ValidationError, match=r"provider=") as caught:
            client.text_to_image("a cat")
        with pytest.raises(ValidationError, match=r"provider="):
            client.post(json={})
    assert KEY not in str(caught.value)
    assert hub.seen == router.seen == []


def test_a_provider_without_a_key_says_so_before_it_asks(hub: FakeHub) -> None:
    with InferenceClient("a/b", provider="groq") as client:
        with pytest.raises(AuthenticationError, match=r"groq: there is no key.*HF_TOKEN"):
            client.chat_completion(MESSAGES)
    assert hub.seen == []


def test_anonymous_callers_are_served_by_the_hub_itself(hub: FakeHub, router: FakeRouter) -> None:
    task = "text-to-image"
    both = {name: {"providerId": "x", "task": task} for name in ("together", "hf-inference")}
    hub.add_model("a/open", both)
    hub.add_model("a/closed", {"together": both["together"]})
    router.plan("/hf-inference/models/a/open", (200, {"content-type": "image/png"}, _PIXEL))
    with InferenceClient() as client:
        assert client.text_to_image("a cat", model="a/open").size == (1, 1)
        with pytest.raises(AuthenticationError, match="no key"):
            client.text_to_image("a cat", model="a/closed")


_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360"
    "00000000050001a5f645400000000049454e44ae426082"
)


class Redirecting(Recorder):
    """Sends every request elsewhere, with a status that keeps the method."""

    def __init__(self, target: str, status: int = 307) -> None:
        super().__init__()
        self.target, self.status = target, status

    def answer(self, seen: Seen) -> Answer:
        return self.status, {"location": self.target + seen.path}, b""


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_carries_a_call_to_another_host(
    tokenless: object, chat_server: FakeChatServer, status: int
) -> None:
    first = Redirecting(chat_server.url, status)
    headers = {"x-secret": KEY}
    with first.running(), InferenceClient(first.url, token=GIVEN, headers=headers) as client:
        with pytest.raises(HubsmithError) as caught:
            client.chat_completion(MESSAGES)
        assert client.health_check()  # A GET may be redirected, without what is secret.
    assert first.seen[-1].headers["authorization"] == f"Bearer {GIVEN}"
    assert {seen.method for seen in chat_server.seen} == {"GET"}
    for seen in chat_server.seen:
        assert not {"authorization", "x-secret", "cookie"} & seen.headers.keys()
    assert GIVEN not in str(caught.value)
    assert KEY not in str(caught.value)


def test_the_hubs_redirects_do_not_carry_the_token(tokenless: pytest.MonkeyPatch) -> None:
    elsewhere = FakeHub()
    elsewhere.add_model("a/b", {}, tag="text-classification")
    first = Redirecting(elsewhere.url)
    router = FakeRouter()
    with first.running(), elsewhere.running(), router.running():
        tokenless.setenv("HF_ENDPOINT", first.url)
        tokenless.setenv("HUBSMITH_ROUTER", router.url)
        with InferenceClient("a/b", provider="hf-inference", token=GIVEN) as client:
            client.text_classification("fine")
    assert bearer(first.seen[0]) == bearer(router.seen[0]) == f"Bearer {GIVEN}"
    assert bearer(elsewhere.seen[0]) is None


def test_headers_and_cookies_of_the_caller_go_to_the_server_only(
    hub: FakeHub, router: FakeRouter
) -> None:
    hub.add_model("a/b", {}, tag="text-classification")
    mine = {"X-Mine": "1"}
    with InferenceClient(
        "a/b", provider="hf-inference", headers=mine, cookies={"k": "v", "l": "w"}, bill_to="acme"
    ) as client:
        client.text_classification("fine", extra_headers={"x-MINE": "2"})
    assert mine == {"X-Mine": "1"}
    told: Mapping[str, str] = router.seen[0].headers
    assert (told["x-mine"], told["cookie"], told["x-hf-bill-to"]) == ("2", "k=v; l=w", "acme")
    assert not {"x-mine", "cookie", "x-hf-bill-to"} & hub.seen[0].headers.keys()


def test_no_secret_is_shown(
    hub: FakeHub, router: FakeRouter, caplog: pytest.LogCaptureFixture
) -> None:
    hub.add_model("a/b", {}, tag="text-classification")
    router.plan("/hf-inference/models/a/b", (401, {}, {"error": f"Bad token {GIVEN}"}))
    texts: list[str] = []
    with caplog.at_level(logging.DEBUG, "hubsmith"):
        with InferenceClient("a/b", provider="hf-inference", token=GIVEN) as client:
            with pytest.raises(AuthenticationError) as caught:
                client.text_classification("fine")
            texts += [str(caught.value), repr(caught.value), str(vars(caught.value))]
            texts += [repr(client), repr(client._routing()), caplog.text]
            texts += [repr(vars(client._hub)), repr(Callee(key=GIVEN))]
    assert "Bad token ***" in texts[0]
    assert all(GIVEN not in text for text in texts)
    secret_url = "http://me:pass@127.0.0.1:9/a?key=pass"
    assert "pass" not in repr(InferenceClient(secret_url))


@pytest.mark.parametrize("is_stream", [False, True])
@pytest.mark.parametrize("answer", [{"seen": f"Bearer {GIVEN}"}, f"Bearer {GIVEN}".encode()])
def test_a_server_that_repeats_the_token_in_an_odd_answer_does_not_get_it_shown(
    chat_server: FakeChatServer, answer: object, is_stream: bool
) -> None:
    calls = {
        "/v1/chat/completions": lambda client: list(
            client.chat_completion(MESSAGES, model="m", stream=is_stream)
        ),
        "/a": lambda client: client.text_to_image("a", model=f"{chat_server.url}/a"),
        "/b": lambda client: client.fill_mask("a", model=f"{chat_server.url}/b"),
        "/c": lambda client: client.feature_extraction("a", model=f"{chat_server.url}/c"),
    }
    with InferenceClient(chat_server.url, token=GIVEN, max_retries=0) as client:
        for path, call in calls.items():
            chat_server.plan(path, (200, {"content-type": "application/json"}, answer))
            with pytest.raises(HubsmithError) as caught:
                call(client)
            assert GIVEN not in f"{caught.value} {caught.value!r}", path


def test_a_token_that_http_cannot_carry_is_not_quoted(chat_server: FakeChatServer) -> None:
    with InferenceClient(chat_server.url, token="hf_line\nbreak") as client:
        with pytest.raises(HubsmithError) as caught:
            client.text_classification("fine")
    assert "break" not in str(caught.value)


def test_async_clients_keep_the_same_rules(saved: object, chat_server: FakeChatServer) -> None:
    async def main() -> None:
        async with AsyncInferenceClient(chat_server.url) as client:
            await client.chat_completion(MESSAGES)
        async with AsyncInferenceClient(chat_server.url, token=GIVEN) as client:
            assert (await client.text_classification("fine"))[0].label == LABELS[0]["label"]

    asyncio.run(main())
    assert [bearer(seen) for seen in chat_server.seen] == [None, None, f"Bearer {GIVEN}"]
