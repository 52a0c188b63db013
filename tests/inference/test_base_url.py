"""A client of a server with OpenAI's API: every call stays there, and `model` is a name at it."""

from __future__ import annotations

import asyncio
import base64
import gc
from collections.abc import Callable, Iterator
from typing import Any

import numpy
import pytest
from hubsmith import (
    ArgumentError,
    AsyncInferenceClient,
    HubsmithError,
    InferenceClient,
    ModelNotFoundError,
    ValidationError,
)

from tests.inference.openai_server import PIXEL, SOUND, OpenAIServer
from tests.support.fake_hub import FakeHub
from tests.waits.scripted_http import Answer, Loopback
from tests.waits.scripted_inference import completion

MESSAGES: list[dict[str, Any]] = [{"role": "user", "content": "Where is the Louvre?"}]
WAV = b"RIFF\x24\x00\x00\x00WAVE"


@pytest.fixture
def server(hub: FakeHub, tokenless: pytest.MonkeyPatch) -> Iterator[OpenAIServer]:
    """Give a server of five models, and a Hub that must not be asked anything."""
    tokenless.setenv("HF_TOKEN", "hf_saved")
    server = OpenAIServer()
    with Loopback().running() as loopback:
        loopback.start(server)
        yield server
    assert hub.seen == []


def test_the_server_is_one_of_openais_own_client(server: OpenAIServer) -> None:
    openai = pytest.importorskip("openai")
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="own", max_retries=0) as client:
        chat = client.chat.completions.create(model="words", messages=MESSAGES)
        assert chat.choices[0].message.content == "Paris."
        chunks = client.chat.completions.create(model="words", messages=MESSAGES, stream=True)
        assert [one.choices[0].delta.content for one in chunks] == ["Pa", "ris"]
        text = client.completions.create(model="words", prompt="The Louvre is in")
        assert text.choices[0].text == "Paris"
        vectors = client.embeddings.create(
            model="vectors", input=["a", "b"], encoding_format="float"
        )
        assert [one.embedding for one in vectors.data] == [[0, 0.5], [1, 0.5]]
        picture = client.images.generate(model="pictures", prompt="a cat", size="64x32")
        assert picture.data[0].b64_json
        heard = client.audio.transcriptions.create(model="ears", file=("a.wav", WAV))
        assert heard.text == "12 bytes"
        sound = client.audio.speech.create(model="voice", input="Hello", voice="alloy")
        assert sound.content == SOUND


def chat(client: Any) -> Any:
    return client.chat_completion(MESSAGES, model="words")


def generate(client: Any) -> Any:
    return client.text_generation("The Louvre is in", model="words", max_new_tokens=2)


def embed(client: Any) -> Any:
    return client.feature_extraction(["a", "b"], model="vectors", dimensions=2)


def paint(client: Any) -> Any:
    return client.text_to_image("a cat", model="pictures", width=64, height=32, seed=1)


def hear(client: Any) -> Any:
    return client.automatic_speech_recognition(WAV, model="ears")


def speak(client: Any) -> Any:
    return client.text_to_speech("Hello", model="voice", extra_body={"voice": "alloy"})


CALLS: dict[str, tuple[Callable[[Any], Any], dict[str, Any]]] = {
    "/v1/chat/completions": (chat, {"model": "words", "messages": MESSAGES, "stream": False}),
    "/v1/completions": (
        generate, {"model": "words", "prompt": "The Louvre is in", "max_tokens": 2},
    ),
    "/v1/embeddings": (embed, {"model": "vectors", "input": ["a", "b"], "dimensions": 2}),
    "/v1/images/generations": (
        paint,
        {
            "model": "pictures", "prompt": "a cat", "size": "64x32", "seed": 1,
            "response_format": "b64_json",
        },
    ),
    "/v1/audio/transcriptions": (hear, {"model": "ears", "file": WAV}),
    "/v1/audio/speech": (speak, {"model": "voice", "input": "Hello", "voice": "alloy"}),
}  # fmt: skip


def check(route: str, result: Any) -> None:
    """Look at the result of a route's call."""
    match route.removeprefix("/v1/"):
        case "chat/completions":
            assert (result.model, result.choices[0].message.content) == ("words", "Paris.")
        case "completions":
            assert result == "Paris"
        case "embeddings":
            assert numpy.array_equal(result, [[0, 0.5], [1, 0.5]])
        case "images/generations":
            assert result.size == (1, 1)
        case "audio/transcriptions":
            assert result.text == "12 bytes"
        case _:
            assert result == SOUND


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/", "/v1/chat/completions"])
@pytest.mark.parametrize("route", CALLS)
def test_a_model_is_a_name_at_the_server(server: OpenAIServer, route: str, path: str) -> None:
    call, body = CALLS[route]
    with InferenceClient(base_url=server.url + path) as client:
        check(route, call(client))
    assert server.asked == {route: 1}
    assert server.bodies == [body]
    assert "authorization" not in server.last[route].headers


@pytest.mark.parametrize("route", CALLS)
def test_asyncio_asks_the_same(server: OpenAIServer, route: str) -> None:
    async def main() -> None:
        async with AsyncInferenceClient(base_url=server.url, api_key="own") as client:
            check(route, await CALLS[route][0](client))

    asyncio.run(main())
    assert server.asked == {route: 1}
    assert server.bodies == [CALLS[route][1]]
    assert server.last[route].headers["authorization"] == "Bearer own"


def test_streams_stay_there(server: OpenAIServer) -> None:
    with InferenceClient(base_url=server.url) as client:
        with client.chat.completions.create(
            model="words", messages=MESSAGES, stream=True
        ) as chunks:
            assert [one.choices[0].delta.content for one in chunks] == ["Pa", "ris"]
        with client.text_generation("The Louvre is in", model="words", stream=True) as texts:
            assert list(texts) == ["Pa", "ris"]
    assert server.asked == {"/v1/chat/completions": 1, "/v1/completions": 1}


def test_a_server_that_has_its_chat_elsewhere_has_all_else_beside_it(server: OpenAIServer) -> None:
    vectors = Answer({"data": [{"embedding": [1.0]}]})
    server.plan("/api/embeddings", vectors)
    with InferenceClient(base_url=f"{server.url}/api/chat/completions") as client:
        assert client.feature_extraction("a", model="vectors").shape == (1, 1)


@pytest.mark.parametrize("base", ["/api/v3", "/api/paas/v4/", "/v1beta/openai"])
def test_another_version_stands_in_for_v1(server: OpenAIServer, base: str) -> None:
    route = f"{base.rstrip('/')}/chat/completions"
    server.plan(route, Answer(completion()))
    with InferenceClient(base_url=server.url + base) as client:
        assert client.chat_completion(MESSAGES, model="words").choices[0].message.content
    assert server.asked == {route: 1}


def test_embeddings_may_travel_as_base64(server: OpenAIServer) -> None:
    row = base64.b64encode(numpy.array([0.5, 0.25], dtype="<f4").tobytes()).decode()
    server.plan("/v1/embeddings", Answer({"data": [{"embedding": row}, {"embedding": row}]}))
    with InferenceClient(base_url=server.url) as client:
        vectors = client.feature_extraction(["a", "b"], model="vectors", encoding_format="base64")
    assert vectors.dtype == numpy.float32
    assert vectors.tolist() == [[0.5, 0.25], [0.5, 0.25]]


def test_a_query_is_kept(server: OpenAIServer) -> None:
    with InferenceClient(base_url=f"{server.url}/v1?api-version=2") as client:
        embed(client)
    assert server.last["/v1/embeddings"].query == {"api-version": ["2"]}


@pytest.mark.parametrize("route", ["/v1/embeddings", "/v1/chat/completions"])
def test_a_server_of_one_model_is_asked_for_its_name(server: OpenAIServer, route: str) -> None:
    server.models = ("only",)
    with InferenceClient(base_url=f"{server.url}/v1") as client:
        for _ in range(2):
            if route.endswith("embeddings"):
                client.feature_extraction("a")
            else:
                client.chat_completion(MESSAGES)
    assert server.asked == {"/v1/models": 1, route: 2}
    assert [body["model"] for body in server.bodies] == ["only", "only"]


def test_an_error_of_the_server_names_server_and_model(server: OpenAIServer) -> None:
    with InferenceClient(base_url=server.url) as client:
        with pytest.raises(ModelNotFoundError, match="no-such") as error:
            client.feature_extraction("a", model="no-such")
    assert server.url in str(error.value)


def test_a_picture_at_a_url_is_fetched_where_it_is_said_to_be(server: OpenAIServer) -> None:
    server.plan("/v1/images/generations", Answer({"data": [{"url": f"{server.url}/cat.png"}]}))
    server.plan("/cat.png", Answer(PIXEL, headers={"content-type": "image/png"}))
    with InferenceClient(base_url=server.url, api_key="own") as client:
        assert paint(client).size == (1, 1)
    assert "authorization" not in server.last["/cat.png"].headers


@pytest.mark.parametrize("options", [{"model": "bert"}, {"extra_body": {"model": "bert"}}])
@pytest.mark.parametrize("path", ["", "/v1"])
def test_a_task_that_openai_has_not_is_an_error(
    server: OpenAIServer, options: dict[str, Any], path: str
) -> None:
    with InferenceClient(base_url=server.url + path) as client:
        with pytest.raises(ValidationError) as error:
            client.text_classification("fine", **options)
    for words in (server.url, "text-classification", "base_url", "feature-extraction", "model="):
        assert words in str(error.value)
    assert not server.asked


def test_without_a_name_a_url_that_is_no_openais_is_used_as_it_is(server: OpenAIServer) -> None:
    server.plan("/", Answer([[0.5, 1.0]]))
    server.plan("/classify", Answer([{"label": "POSITIVE", "score": 1.0}]))
    with InferenceClient(base_url=server.url) as client:
        assert client.feature_extraction("a").shape == (1, 2)
    with InferenceClient(base_url=f"{server.url}/classify") as client:
        assert client.text_classification("fine")[0].label == "POSITIVE"


def test_a_url_is_no_name(server: OpenAIServer) -> None:
    elsewhere = {"model": "http://127.0.0.1:9/v1"}
    with InferenceClient(base_url=server.url) as client:
        for call, more in (
            (client.feature_extraction, {"text": "a"}),
            (client.chat_completion, {"messages": MESSAGES}),
            (client.post, {"json": {}}),
            (client.get_endpoint_info, {}),
            (client.health_check, {}),
        ):
            with pytest.raises(ArgumentError, match=r"base_url=.*not a URL"):
                call(**more, **elsewhere)
    assert not server.asked


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.post(json={}, model="bert"),
        lambda client: client.get_endpoint_info(model="bert"),
        lambda client: client.health_check("bert"),
    ],
)
def test_what_takes_no_name_says_so(server: OpenAIServer, call: Callable[[Any], Any]) -> None:
    with InferenceClient(base_url=server.url) as client:
        with pytest.raises(ArgumentError, match="takes no model here, got bert"):
            call(client)
    assert not server.asked


def test_a_base_url_is_a_url(tokenless: object) -> None:
    for given in ("localhost:8080", "org/model", ""):
        with pytest.raises(ArgumentError, match="base_url: must be an http or https URL"):
            InferenceClient(base_url=given)


def test_it_is_shown(tokenless: object) -> None:
    client = InferenceClient(base_url="http://user:secret@127.0.0.1:9/v1?key=secret")
    assert repr(client).startswith("InferenceClient(base_url='http://127.0.0.1:9/v1', ")


# The URL of one model


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.text_classification("fine", model="org/bert"),
        lambda client: client.feature_extraction("fine", model="org/bert"),
        lambda client: client.post(json={}, model="org/bert"),
        lambda client: client.get_endpoint_info(model="org/bert"),
    ],
)
def test_the_client_of_a_url_says_how_to_call_another_model(
    server: OpenAIServer, call: Callable[[Any], Any]
) -> None:
    with InferenceClient(server.url) as client:
        with pytest.raises(ArgumentError) as error:
            call(client)
    for words in (server.url, "org/bert", "base_url=", "without a URL"):
        assert words in str(error.value)
    assert not server.asked


def test_a_chat_names_its_model_as_openais_client_does(server: OpenAIServer) -> None:
    with InferenceClient(server.url) as client:
        assert client.chat_completion(MESSAGES, model="words").model == "words"


def test_a_call_may_name_another_url(server: OpenAIServer) -> None:
    server.plan("/embed", Answer([[0.5, 1.0]]))
    with InferenceClient("http://127.0.0.1:9") as client:
        assert client.feature_extraction("a", model=f"{server.url}/embed").shape == (1, 2)


def test_the_table_of_these_servers_is_no_provider(hub: FakeHub) -> None:
    with InferenceClient(provider="nobody", token="hf_1") as client:
        with pytest.raises(ValidationError, match="known are auto, baseten") as error:
            client.chat_completion(MESSAGES, model="org/model")
    assert "openai-compatible" not in str(error.value)
    with InferenceClient(provider="openai-compatible", token="hf_1") as client:
        with pytest.raises(ValidationError, match="Pass the URL of a model server"):
            client.chat_completion(MESSAGES, model="org/model")
    assert hub.seen == []


@pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
def test_an_asynchronous_client_works_in_one_loop_after_the_other(server: OpenAIServer) -> None:
    client = AsyncInferenceClient(base_url=server.url)

    async def main() -> None:
        answer = await client.chat_completion(MESSAGES, model="words")
        assert answer.choices[0].message.content == "Paris."

    for _ in range(3):  # As in programs that call `asyncio.run` for each of their tasks.
        asyncio.run(main())
    asyncio.run(client.close())
    with pytest.raises(HubsmithError, match="the client is closed"):
        asyncio.run(main())
    gc.collect()  # Nobody could close the connections of the loops that are gone.
