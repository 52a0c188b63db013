"""What is sent where, and as whom: keys, routes, forms, and the providers that the router dropped."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hubsmith_runtime import ValidationError
from hubsmith_runtime.effects import Run, Send
from hubsmith_runtime.files import File
from hubsmith_runtime.http import HttpRequest
from hubsmith_runtime.inference.hub import is_hub_token
from hubsmith_runtime.inference.payload import Payload
from hubsmith_runtime.inference.request import Target, call, prepare

from tests.inference.exchange import NO_RETRIES, body_of, headers_of, payload, providers, target
from tests.inference.provider_cases import MESSAGES, SCHEMA

DROPPED = ["black-forest-labs", "clarifai", "hyperbolic", "nebius", "nvidia", "sambanova"]
FORMED = {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA, "strict": True}}


def asked(provider: str, task: str, inputs: Any = "a cat", **parameters: Any) -> HttpRequest:
    """Give the request that a provider's own key makes."""
    return prepare(target(provider, task), payload(task, inputs, **parameters), {})


def json_web_token(**claims: Any) -> str:
    """Make a token that is signed by nobody."""
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
    return ".".join([base64.urlsafe_b64encode(p).decode().rstrip("=") for p in parts] + ["sig"])


def test_tables_are_there_for_every_provider() -> None:
    assert len(providers().keys() - {"auto", "openai-compatible"}) == 19 + len(DROPPED)
    assert [name for name, p in providers().items() if not p.is_routed] == [
        "black-forest-labs", "clarifai", "hyperbolic", "nebius", "nvidia", "openai", "sambanova"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("provider", "task", "url", "body"),
    [
        ("clarifai", "conversational", "https://api.clarifai.com/v2/ext/openai/v1/chat/completions",
         {"model": "own/model", "messages": MESSAGES, "top_p": 0.5, "stream": False}),
        ("nvidia", "conversational", "https://integrate.api.nvidia.com/v1/chat/completions",
         {"model": "own/model", "messages": MESSAGES, "top_p": 0.5, "stream": False}),
        ("hyperbolic", "conversational", "https://api.hyperbolic.xyz/v1/chat/completions",
         {"model": "own/model", "messages": MESSAGES, "top_p": 0.5, "stream": False}),
        ("nebius", "feature-extraction", "https://api.studio.nebius.ai/v1/embeddings",
         {"input": "a cat", "model": "own/model", "top_p": 0.5}),
        ("sambanova", "feature-extraction", "https://api.sambanova.ai/v1/embeddings",
         {"input": "a cat", "model": "own/model", "top_p": 0.5}),
    ],
)  # fmt: skip
def test_a_dropped_provider_answers_its_own_key(
    provider: str, task: str, url: str, body: dict[str, Any]
) -> None:
    request = asked(provider, task, body.get("messages", "a cat"), top_p=0.5)

    assert (request.method, request.url, body_of(request)) == ("POST", url, body)
    assert headers_of(request) == {
        "authorization": "Bearer key-1",
        "content-type": "application/json",
    }


def test_images_of_dropped_providers() -> None:
    parameters = {"num_inference_steps": 4, "guidance_scale": 2.0, "width": 64}

    request = asked("black-forest-labs", "text-to-image", **parameters)
    assert request.url == "https://api.us1.bfl.ai/v1/own/model"
    assert body_of(request) == {"prompt": "a cat", "steps": 4, "guidance": 2.0, "width": 64}
    assert headers_of(request)["x-key"] == "key-1"
    assert "authorization" not in headers_of(request)

    request = asked("hyperbolic", "text-to-image", **parameters)
    assert body_of(request) == {
        "prompt": "a cat", "model_name": "own/model", "steps": 4, "cfg_scale": 2.0, "width": 64,
        "height": 512,
    }  # fmt: skip

    request = asked("nebius", "text-to-image", **parameters)
    assert body_of(request) == {
        "prompt": "a cat", "model": "own/model", "num_inference_steps": 4, "width": 64,
        "response_format": "b64_json",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("provider", "members"),
    [
        ("nebius", {"response_format": FORMED, "guided_json": SCHEMA}),
        ("sambanova", {"response_format": {
            "type": "json_schema",
            "json_schema": {"name": "n", "schema": SCHEMA, "strict": False}}}),
        ("cohere", {"response_format": {"type": "json_object", "schema": SCHEMA}}),
        ("fireworks-ai", {"response_format": {"type": "json_object", "schema": SCHEMA}}),
        ("together", {"response_format": {"type": "json_schema", "schema": SCHEMA}}),
        ("hf-inference", {"response_format": {"type": "json_object", "value": SCHEMA}}),
        ("groq", {"response_format": FORMED}),
    ],
)  # fmt: skip
def test_each_provider_is_told_a_json_schema_in_its_own_form(
    provider: str, members: dict[str, Any]
) -> None:
    options: dict[str, Any] = (
        {"key": "hf_1", "is_routed": True} if provider == "hf-inference" else {}
    )
    given = json.loads(json.dumps(FORMED))
    request = prepare(
        target(provider, "conversational", **options),
        payload("conversational", MESSAGES, response_format=given),
        {},
    )

    body = body_of(request)
    assert {name: body[name] for name in members} == members
    assert given == FORMED


@pytest.mark.parametrize("provider", [*DROPPED, "openai"])
def test_what_the_router_does_not_serve_refuses_a_hub_token(provider: str) -> None:
    task = next(iter(providers()[provider].tasks))
    at = target(provider, task, key="hf_1", is_routed=True)

    with pytest.raises(
        ValidationError, match=f"{provider} cannot be reached through the Hub.*api_key="
    ):
        prepare(at, payload(task, "a"), {})


def test_hub_tokens_are_known_by_more_than_their_prefix() -> None:
    hubs = ["hf_abc", "hf_oauth_eyJ", "api_org_abc", json_web_token(iss="https://huggingface.co"),
            json_web_token(iss="https://huggingface.co/oauth", sub="1"), json_web_token(iss="hf.co")]  # fmt: skip
    others = ["sk-abc", "r8_abc", "a.b.c", "a.b", "", json_web_token(iss="https://iam.example.org"),
              json_web_token(sub="1"), json_web_token(iss="https://huggingface.co.evil.org"),
              json_web_token(iss=7), "é.é.é"]  # fmt: skip

    assert [key for key in hubs if not is_hub_token(key)] == []
    assert [key for key in others if is_hub_token(key)] == []


def test_a_hub_token_is_never_sent_to_a_provider_itself() -> None:
    token = json_web_token(iss="https://huggingface.co")
    at = target("groq", "conversational", key=token, is_routed=False)

    with pytest.raises(ValidationError, match="a Hub token must not be sent to groq") as e:
        prepare(at, payload("conversational", []), {})
    assert token not in str(e.value)


def test_a_call_without_a_key_is_refused_where_one_is_needed() -> None:
    with pytest.raises(ValidationError, match=r"groq: .*a key is needed"):
        prepare(target("groq", "conversational", key=None), payload("conversational", []), {})

    request = prepare(
        target("hf-inference", "fill-mask", key=None, is_routed=True), payload("fill-mask", "a"), {}
    )
    assert "authorization" not in headers_of(request)


def test_the_router_itself_chooses_for_auto() -> None:
    at = Target(
        provider=providers()["auto"], task="conversational", model="org/model:fastest", key="hf_1"
    )
    request = prepare(at, payload("conversational", MESSAGES, frequency_penalty=1.0), {})

    assert request.url == "https://router.huggingface.co/v1/chat/completions"
    assert body_of(request) == {
        "model": "org/model:fastest", "messages": MESSAGES, "frequency_penalty": 1.0, "stream": False
    }  # fmt: skip


def test_the_routers_address_can_be_another() -> None:
    at = target("groq", "conversational", key="hf_1", is_routed=True, router="http://127.0.0.1:9/")
    request = prepare(at, payload("conversational", MESSAGES), {})

    assert request.url == "http://127.0.0.1:9/groq/openai/v1/chat/completions"


def test_a_task_that_a_provider_lacks_names_those_it_has() -> None:
    assert "conversational" in providers()["groq"].tasks
    with pytest.raises(
        ValidationError, match=r"fal-ai does not support fill-mask: it supports automatic.*image"
    ):
        providers()["fal-ai"].operation("fill-mask")
    with pytest.raises(ValidationError, match=r"does not support this. Pass the URL"):
        asked("hf-inference", "text-to-video")


def test_the_callers_headers_win_but_for_the_boundary_of_a_form() -> None:
    mine = {"authorization": "Basic x", "content-type": "audio/flac", "x-mine": "1"}
    server = target("hf-inference", "automatic-speech-recognition", url="https://own.example.org")
    request = prepare(server, payload(server.task, File(b"AUD")), mine)
    assert headers_of(request) == mine

    at = target("deepinfra", "automatic-speech-recognition")
    request = prepare(at, payload(at.task, File(b"AUD")), mine)
    assert headers_of(request)["content-type"].startswith("multipart/form-data; boundary=")


def test_names_in_a_form_cannot_break_out_of_their_place() -> None:
    request = asked(
        "deepinfra", "automatic-speech-recognition", File(b"AUD"), **{'a"\r\nx: y': True}
    )

    content = request.content or b""
    assert b'name="a%22%0D%0Ax: y"\r\n\r\ntrue\r\n' in content


def test_what_the_caller_gave_is_not_changed() -> None:
    parameters = {
        "target_size": {"width": 64, "height": 32},
        "num_inference_steps": 4,
        "nothing": None,
        "nested": {"none": None, "list": [None, {"none": None}]},
    }
    before = json.dumps(parameters)
    given = Payload(task="image-to-image", inputs=File(b"IMG"), parameters=parameters)
    request = prepare(target("together", "image-to-image"), given, {})

    assert json.dumps(parameters) == before
    assert body_of(request)["nested"] == {"list": [None, {}]}
    assert body_of(request)["steps"] == 4


def test_what_is_nothing_is_left_out_and_what_is_little_is_kept() -> None:
    request = asked("groq", "conversational", [
        {"role": "assistant", "content": None, "name": None, "tool_calls": []},
        {"role": "user", "content": "", "name": None},
    ], stop=[], seed=0, user="", logit_bias={}, tools=None)  # fmt: skip

    assert body_of(request) == {
        "model": "own/model",
        "messages": [
            {"role": "assistant", "content": None, "tool_calls": []},
            {"role": "user", "content": ""},
        ],
        "stop": [], "seed": 0, "user": "", "logit_bias": {}, "stream": False,
    }  # fmt: skip


def test_inputs_are_sent_as_they_are_and_messages_without_what_is_nothing() -> None:
    table = {"query": "q", "table": {"a": {"0": 1, "1": None}}}
    at = target("hf-inference", "table-question-answering", key=None, is_routed=True)
    request = prepare(at, payload(at.task, table, sequential=None), {})
    assert body_of(request) == {"inputs": table, "parameters": {}}

    image = {"type": "image_url", "image_url": {"url": "u", "detail": None}}
    request = asked("groq", "conversational", [{"role": "user", "content": [image]}])
    assert body_of(request)["messages"][0]["content"] == [
        {"type": "image_url", "image_url": {"url": "u"}}
    ]


def test_a_body_with_a_file_is_made_outside_the_lock() -> None:
    file = File(b"IMG")
    asking = call(
        target("fal-ai", "image-to-video"), payload("image-to-video", file), {}, retries=NO_RETRIES
    )
    effects = [next(asking)]
    while not isinstance(effects[-1], Send):
        assert isinstance(effects[-1], Run)
        effects.append(asking.send(effects[-1].function()))

    assert len(effects) > 1
    assert effects[-1].request.content == b'{"image_url":"data:image/jpeg;base64,SU1H"}'


@pytest.mark.parametrize("value", [float("nan"), object(), "\ud800"])
def test_a_value_that_json_has_not_is_refused(value: object) -> None:
    with pytest.raises(ValidationError, match="groq: org/model: conversational: a value cannot be"):
        asked("groq", "conversational", MESSAGES, odd=value)


@pytest.mark.parametrize("model", ["../other", "a/../../b"])
def test_a_models_id_cannot_leave_its_place_in_the_url(model: str) -> None:
    with pytest.raises(ValidationError, match="is not a model id"):
        prepare(target("fal-ai", "text-to-image", model=model), payload("text-to-image", "a"), {})

    request = prepare(
        target("fal-ai", "text-to-image", model="a?b#c"), payload("text-to-image", "a"), {}
    )
    assert request.url == "https://fal.run/a%3Fb%23c"


def test_a_model_or_an_input_that_is_missing_is_named() -> None:
    with pytest.raises(ValidationError, match="model is needed"):
        prepare(target("groq", "conversational", model=""), payload("conversational", []), {})
    with pytest.raises(ValidationError, match=r"fal-ai: .*model is needed"):
        prepare(target("fal-ai", "text-to-image", model=""), payload("text-to-image", "a"), {})
    with pytest.raises(ValidationError, match="inputs is needed"):
        asked("fal-ai", "text-to-speech", None)
    with pytest.raises(ValidationError, match="a file as input is needed"):
        prepare(
            target("hf-inference", "image-to-text", key=None, is_routed=True),
            payload("image-to-text", "text"),
            {},
        )
