"""Which provider a call goes to, under which id, and what the Hub is asked first."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from hubsmith._client import InferenceClient
from hubsmith_runtime import ArgumentError, AuthenticationError, ValidationError
from hubsmith_runtime.inference import ModelNotFoundError

from tests.support.fake_hub import FakeHub
from tests.support.fake_inference import LABELS, FakeChatServer, FakeRouter

MESSAGES = [{"role": "user", "content": "Where is the Louvre?"}]
TOKEN = "hf_of_the_caller"


def entry(provider: str, task: str, own: str = "own-id", **more: Any) -> dict[str, Any]:
    return {"provider": provider, "providerId": own, "task": task, "status": "live", **more}


def test_without_model_the_hub_recommends_one(hub: FakeHub, router: FakeRouter) -> None:
    hub.tasks = {"text-classification": {"widgetModels": ["good/one", "other/one"]}}
    with InferenceClient() as client:
        assert client.text_classification("fine")[0].label == "POSITIVE"
        client.text_classification("fine")
    assert router.paths() == ["/hf-inference/models/good/one"] * 2
    assert hub.paths() == ["/api/tasks"]


def test_a_task_without_recommendation_says_what_to_do(hub: FakeHub) -> None:
    hub.tasks = {"text-to-image": {"widgetModels": []}}
    with InferenceClient() as client, pytest.raises(ValidationError, match="Pass model="):
        client.fill_mask("Paris is the [MASK] of France.")


def test_a_chat_is_left_to_the_router(router: FakeRouter) -> None:
    with InferenceClient("meta/llama:fastest", token=TOKEN) as client:
        answer = client.chat_completion(MESSAGES)
    (seen,) = router.seen
    assert seen.path == "/v1/chat/completions"
    assert seen.json()["model"] == "meta/llama:fastest" == answer.model
    assert seen.headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("key", [None, "", "sk-not-of-the-hub"])
def test_the_router_takes_tokens_of_the_hub_only(tokenless: object, key: str | None) -> None:
    with InferenceClient("meta/llama", token=key) as client:
        with pytest.raises((AuthenticationError, ValidationError)) as caught:
            client.chat_completion(MESSAGES)
    assert "sk-not" not in str(caught.value)


def test_auto_takes_the_first_provider_that_fits(hub: FakeHub, router: FakeRouter) -> None:
    hub.add_model("owner/one", [
        entry("not-invented-yet", "feature-extraction"),
        entry("cerebras", "feature-extraction"),  # It only chats.
        entry("together", "text-to-image"),
        entry("scaleway", "feature-extraction", "scaled"),
    ])  # fmt: skip
    router.plan("/scaleway/v1/embeddings", (200, {}, {"data": [{"embedding": [0.5, 1.0]}]}))
    with InferenceClient("owner/one", token=TOKEN) as client:
        assert client.feature_extraction("a").tolist() == [[0.5, 1.0]]
    assert router.seen[0].json()["model"] == "scaled"


@pytest.mark.parametrize("as_list", [True, False])
def test_both_forms_of_the_mapping_are_read(
    hub: FakeHub, router: FakeRouter, as_list: bool
) -> None:
    listed = [entry("groq", "conversational", "llama-on-groq"), {"provider": "odd"}, "odd"]
    by_name = {"groq": {**entry("groq", "conversational", "llama-on-groq")}, "odd": None}
    hub.add_model("meta/llama", listed if as_list else by_name)
    with InferenceClient("meta/llama", provider="groq", token=TOKEN) as client:
        client.chat_completion(MESSAGES)
    (seen,) = router.seen
    assert (seen.path, seen.json()["model"]) == (
        "/groq/openai/v1/chat/completions",
        "llama-on-groq",
    )
    assert hub.seen[0].query == {"expand": ["inferenceProviderMapping"]}


def test_a_mapping_is_asked_for_once_per_model_and_token(hub: FakeHub, router: FakeRouter) -> None:
    for model in ("meta/one", "meta/two"):
        hub.add_model(model, [entry("groq", "conversational", model)])
    with InferenceClient(provider="groq", token=TOKEN) as client:
        for token in (TOKEN, TOKEN, "hf_of_another"):
            client.token = token
            client.chat_completion(MESSAGES, model="meta/one")
            client.chat_completion(MESSAGES, model="meta/two")
    asked = [(seen.path, seen.headers["authorization"]) for seen in hub.seen]
    assert len(asked) == len(set(asked)) == 4
    assert TOKEN in asked[0][1]


def test_a_client_learns_of_a_change_that_another_one_did_not_see(
    hub: FakeHub, router: FakeRouter
) -> None:
    for own in ("first", "second"):
        hub.add_model("meta/llama", [entry("groq", "conversational", own)])
        with InferenceClient("meta/llama", provider="groq", token=TOKEN) as client:
            client.chat_completion(MESSAGES)
    assert [seen.json()["model"] for seen in router.seen] == ["first", "second"]


def test_a_private_model_is_looked_up_with_the_clients_own_token(
    hub: FakeHub, router: FakeRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_of_the_machine")
    hub.add_model("owner/secret", [entry("groq", "conversational")])
    hub.private_models["owner/secret"] = TOKEN
    with InferenceClient("owner/secret", provider="groq", token=TOKEN) as client:
        client.chat_completion(MESSAGES)
    with InferenceClient("owner/secret", provider="groq") as client:
        with pytest.raises(ModelNotFoundError, match="private or gated") as caught:
            client.chat_completion(MESSAGES)
    assert caught.value.status == 404
    assert caught.value.model == "owner/secret"


def test_a_model_without_providers_is_told_of(hub: FakeHub) -> None:
    hub.add_model("lonely/model", {})
    for provider in (None, "together"):
        with InferenceClient("lonely/model", provider=provider, token=TOKEN) as client:
            with pytest.raises(ValidationError, match=r"lonely/model.*no provider serves it"):
                client.text_to_image("a cat")


def test_a_misfit_names_who_serves_the_model(hub: FakeHub) -> None:
    hub.add_model(
        "meta/llama", [entry("groq", "conversational"), entry("together", "conversational")]
    )
    with InferenceClient("meta/llama", provider="nscale", token=TOKEN) as client:
        with pytest.raises(ValidationError, match=r"groq \(conversational\), together"):
            client.chat_completion(MESSAGES)
    with InferenceClient("meta/llama", provider="together", token=TOKEN) as client:
        with pytest.raises(
            ValidationError, match=r"not served for text-to-image.*together \(conversational"
        ):
            client.text_to_image("a cat")
    with InferenceClient("meta/llama", token=TOKEN) as client:
        with pytest.raises(ValidationError, match="not served for text-to-image"):
            client.text_to_image("a cat")


def test_a_provider_that_is_unknown_or_cannot_do_it(tokenless: object) -> None:
    with InferenceClient("a/b", provider="nobody", token=TOKEN) as client:
        with pytest.raises(ValidationError, match="nobody"):
            client.chat_completion(MESSAGES)
    with InferenceClient("a/b", provider="groq", token=TOKEN) as client:
        with pytest.raises(ValidationError, match=r"groq.*text-to-image.*conversational"):
            client.text_to_image("a cat")
    with InferenceClient(provider="groq", token=TOKEN) as client:
        with pytest.raises(ValidationError, match="model: a value is required"):
            client.chat_completion(MESSAGES)


@pytest.mark.parametrize(("status", "words"), [("staging", "in staging"), ("error", "failed")])
def test_a_doubtful_mapping_is_logged(
    hub: FakeHub, router: FakeRouter, caplog: pytest.LogCaptureFixture, status: str, words: str
) -> None:
    hub.add_model(f"meta/{status}", [entry("groq", "conversational") | {"status": status}])
    with caplog.at_level(logging.WARNING, "hubsmith"):
        with InferenceClient(f"meta/{status}", provider="groq", token=TOKEN) as client:
            client.chat_completion(MESSAGES)
    assert words in caplog.text
    assert TOKEN not in caplog.text


def test_suffixes_name_a_provider(hub: FakeHub, router: FakeRouter) -> None:
    hub.add_model(
        "meta/llama", [entry("groq", "conversational"), entry("together", "conversational")]
    )
    hub.add_model("bge/base", [entry("hf-inference", "sentence-similarity"),
                         entry("scaleway", "feature-extraction", "bge")])  # fmt: skip
    router.plan("/scaleway/v1/embeddings", (200, {}, {"data": [{"embedding": [1.0]}]}))
    with InferenceClient(token=TOKEN) as client:
        client.feature_extraction("a", model="bge/base:scaleway")
        client.chat_completion(MESSAGES, model="meta/llama:groq")
    assert [seen.path for seen in router.seen] == [
        "/scaleway/v1/embeddings",
        "/v1/chat/completions",
    ]
    assert router.seen[1].json()["model"] == "meta/llama:groq"
    with InferenceClient(provider="groq", token=TOKEN) as client:
        client.chat_completion(MESSAGES, model="meta/llama:cheapest")
        with pytest.raises(ValidationError, match="asks for another provider, together"):
            client.chat_completion(MESSAGES, model="meta/llama:together")
    assert router.paths()[2:] == ["/groq/openai/v1/chat/completions"]


@pytest.mark.parametrize(
    ("tag", "tags", "method", "fits"),
    [
        ("text-generation", (), "chat_completion", True),
        ("image-text-to-text", (), "chat_completion", True),
        ("text2text-generation", (), "chat_completion", False),
        ("text2text-generation", (), "text_generation", True),
        ("image-text-to-text", (), "text_generation", False),
        ("sentence-similarity", ("feature-extraction",), "feature_extraction", True),
        ("sentence-similarity", (), "feature_extraction", False),
        ("text-classification", (), "text_classification", True),
        ("fill-mask", (), "text_classification", False),
        ("", (), "text_classification", False),
    ],
)
def test_hf_inference_checks_what_a_model_is_made_for(
    hub: FakeHub, router: FakeRouter, tag: str, tags: tuple[str, ...], method: str, fits: bool
) -> None:
    hub.add_model("owner/model", None, tag=tag, tags=tags)
    answers = {"text_generation": [{"generated_text": "b"}], "feature_extraction": [[1.0]],
               "text_classification": [LABELS]}  # fmt: skip
    path = "/hf-inference/models/owner/model"
    if method == "feature_extraction":
        path += "/pipeline/feature-extraction"
    if method in answers:
        router.plan(path, (200, {}, answers[method]))
    with InferenceClient("owner/model", provider="hf-inference") as client:
        call = getattr(client, method)
        given = MESSAGES if method == "chat_completion" else "a"
        if fits:
            call(given)
            assert len(router.seen) == 1
        else:
            with pytest.raises(ValidationError, match="owner/model is made for"):
                call(given)
            assert router.seen == []


def test_an_odd_model_name_is_refused_before_anything_is_sent(hub: FakeHub) -> None:
    for model in ("../../api/whoami", "a/b/c", "a b", "owner/..", "a/b?x=1"):
        with InferenceClient(model, provider="hf-inference", token=TOKEN) as client:
            with pytest.raises(ValidationError, match="neither a model id"):
                client.fill_mask("[MASK]")
    assert hub.seen == []


@pytest.mark.parametrize("model", ["localhost:8080", "127.0.0.1:8080/v1", "gpu.example.org:80"])
def test_an_address_without_a_scheme_is_told(hub: FakeHub, model: str) -> None:
    for provider in (None, "groq"):
        with InferenceClient(model, provider=provider, token=TOKEN) as client:
            with pytest.raises(ValidationError, match=r"looks like the address.*http://"):
                client.chat_completion(MESSAGES)
    assert hub.seen == []


def test_the_scheme_of_a_url_may_be_in_capitals(chat_server: FakeChatServer) -> None:
    with InferenceClient(chat_server.url.replace("http://", "HTTP://")) as client:
        assert client.chat_completion(MESSAGES, model="tiny").choices


@pytest.mark.parametrize(
    "options", [{"timeout": "5"}, {"timeout": 0}, {"max_retries": "5"}, {"max_retries": -1}]
)
def test_settings_of_a_wrong_type_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(options))):
        InferenceClient("a/b", **options)


def test_a_model_is_named_by_text() -> None:
    wrong: Any = 5
    with pytest.raises(ArgumentError, match="model: must be a string"):
        InferenceClient(wrong)


# Chats with a server that is named by its URL


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/", "/v1/chat/completions"])
def test_a_servers_only_model_is_found_out(chat_server: FakeChatServer, path: str) -> None:
    with InferenceClient(base_url=chat_server.url + path) as client:
        assert client.chat_completion(MESSAGES).model == "tiny"
        client.chat_completion(MESSAGES)
    chat = "/v1/chat/completions"
    assert chat_server.paths() == ["/v1/models", chat, chat]


def test_a_named_model_is_not_looked_up(chat_server: FakeChatServer) -> None:
    with InferenceClient(base_url=chat_server.url) as client:
        client.chat_completion(MESSAGES, model="tiny")
        client.chat_completion(MESSAGES, extra_body={"model": "tiny"})
    assert [seen.json()["model"] for seen in chat_server.seen] == ["tiny", "tiny"]


@pytest.mark.parametrize("models", [(), ("one", "two")])
def test_a_server_that_does_not_tell_gets_the_usual_name(
    tokenless: object, models: tuple[str, ...]
) -> None:
    server = FakeChatServer(*models, is_strict=False)
    with server.running(), InferenceClient(server.url) as client:
        assert client.chat_completion(MESSAGES).model == "dummy"


def test_the_url_of_a_call_goes_before_the_model_of_the_client(
    hub: FakeHub, chat_server: FakeChatServer
) -> None:
    with InferenceClient("meta/llama", token=TOKEN) as client:
        assert client.chat_completion(MESSAGES, model=chat_server.url).model == "tiny"
    assert hub.seen == []


def test_a_url_is_used_as_it_is_for_other_tasks(chat_server: FakeChatServer) -> None:
    with InferenceClient(f"{chat_server.url}/deep/path?v=1") as client:
        assert client.text_classification("fine")[0].label == "POSITIVE"
    (seen,) = chat_server.seen
    assert (seen.path, seen.query) == ("/deep/path", {"v": ["1"]})
