"""Every provider's documented answer becomes the reply that is the same for all of them."""

from __future__ import annotations

import base64
import contextlib
from dataclasses import replace
from typing import Any

import pytest
from hubsmith_runtime import HubsmithError, ResultError
from hubsmith_runtime.files import File
from hubsmith_runtime.http import HttpRequest, Response
from hubsmith_runtime.inference.errors import (
    BadRequestError,
    InferenceError,
    ModelNotFoundError,
)
from hubsmith_runtime.inference.payload import Payload, TaskResponse
from hubsmith_runtime.inference.request import call, prepare
from hubsmith_runtime.transport import Origins

from tests.inference.exchange import (
    NO_RETRIES,
    Server,
    answer,
    headers_of,
    payload,
    providers,
    run,
    target,
)

B64 = base64.b64encode(b"MEDIA").decode()
CDN = "https://cdn.example.org/out.bin"
FETCHED = {f"GET {CDN}": answer(b"MEDIA")}
SOUND = File(b"AUD")
PICTURE = File(b"IMG")

COMPLETION = {
    "choices": [{"text": "upon a time", "finish_reason": "stop", "seed": 3}],
    "usage": {"completion_tokens": 4},
}
COMPLETED = {
    "generated_text": "upon a time",
    "details": {
        "finish_reason": "stop",
        "generated_tokens": 4,
        "seed": 3,
        "tokens": [],
    },
}


@pytest.mark.parametrize(
    ("provider", "url"),
    [
        ("deepinfra", "https://api.deepinfra.com/v1/openai/completions"),
        ("featherless-ai", "https://api.featherless.ai/v1/completions"),
        ("nebius", "https://api.studio.nebius.ai/v1/completions"),
        ("novita", "https://api.novita.ai/v3/openai/completions"),
        ("together", "https://api.together.xyz/v1/completions"),
    ],
)
def test_a_completion_becomes_a_generated_text(provider: str, url: str) -> None:
    reply, _ = run({f"POST {url}": answer(COMPLETION)}, provider, "text-generation")

    assert reply.value == COMPLETED


def test_a_completion_served_as_a_chat_becomes_a_generated_text() -> None:
    chat = {"choices": [{"message": {"content": "upon"}, "finish_reason": "length"}]}
    url = "https://api.hyperbolic.xyz/v1/chat/completions"
    reply, server = run({f"POST {url}": answer(chat)}, "hyperbolic", "text-generation", "once")

    assert reply.value == {"generated_text": "upon"}
    assert b'"messages":[{"role":"user","content":"once"}]' in (server.asked[0].content or b"")


@pytest.mark.parametrize(
    ("provider", "url"),
    [
        ("deepinfra", "https://api.deepinfra.com/v1/openai/embeddings"),
        ("nebius", "https://api.studio.nebius.ai/v1/embeddings"),
        ("sambanova", "https://api.sambanova.ai/v1/embeddings"),
        ("scaleway", "https://api.scaleway.ai/v1/embeddings"),
        ("together", "https://api.together.xyz/v1/embeddings"),
    ],
)
def test_embeddings_become_lists_of_numbers(provider: str, url: str) -> None:
    found = answer({"data": [{"embedding": [0.5, 1]}, {"embedding": [2, 3]}]})
    reply, _ = run({f"POST {url}": found}, provider, "feature-extraction")

    assert reply.value == [[0.5, 1], [2, 3]]


@pytest.mark.parametrize(
    ("provider", "task", "url", "found"),
    [
        ("nscale", "text-to-image", "https://inference.api.nscale.com/v1/images/generations",
         {"data": [{"b64_json": B64}]}),
        ("nebius", "text-to-image", "https://api.studio.nebius.ai/v1/images/generations",
         {"data": [{"b64_json": B64}]}),
        ("together", "text-to-image", "https://api.together.xyz/v1/images/generations",
         {"data": [{"b64_json": B64}]}),
        ("together", "image-to-image", "https://api.together.xyz/v1/images/generations",
         {"data": [{"b64_json": B64}]}),
        ("together", "text-to-image", "https://api.together.xyz/v1/images/generations",
         {"data": [{"b64_json": None, "url": CDN}]}),
        ("hyperbolic", "text-to-image", "https://api.hyperbolic.xyz/v1/images/generations",
         {"images": [{"image": B64}]}),
        ("fal-ai", "text-to-image", "https://fal.run/own/model", {"images": [{"url": CDN}]}),
        ("fal-ai", "text-to-image", "https://fal.run/own/model",
         {"images": [{"url": f"data:image/png;base64,{B64}"}]}),
        ("fal-ai", "text-to-speech", "https://fal.run/own/model", {"audio": {"url": CDN}}),
        ("novita", "text-to-video", "https://api.novita.ai/v3/hf/own/model",
         {"video": {"video_url": CDN}}),
        ("zai-org", "text-to-image", "https://api.z.ai/api/paas/v4/async/images/generations",
         {"id": "1", "task_status": "SUCCESS", "image_result": [{"url": CDN}]}),
        ("replicate", "text-to-image", "https://api.replicate.com/v1/models/own/model/predictions",
         {"output": [CDN]}),
        ("replicate", "image-to-image", "https://api.replicate.com/v1/models/own/model/predictions",
         {"output": CDN}),
        ("replicate", "text-to-speech", "https://api.replicate.com/v1/models/own/model/predictions",
         {"status": "succeeded", "output": CDN, "urls": {"get": "https://api.replicate.com/x"}}),
        ("replicate", "text-to-video", "https://api.replicate.com/v1/models/own/model/predictions",
         {"output": [CDN]}),
    ],
)  # fmt: skip
def test_media_are_decoded_or_fetched_without_the_key(
    provider: str, task: str, url: str, found: Any
) -> None:
    inputs = PICTURE if task.startswith("image-") else "a cat"
    reply, server = run({f"POST {url}": answer(found), **FETCHED}, provider, task, inputs)

    assert reply.content == b"MEDIA"
    assert [headers_of(request) for request in server.asked[1:]] in ([], [{}])


@pytest.mark.parametrize(
    ("provider", "url"),
    [
        ("deepinfra", "https://api.deepinfra.com/v1/openai/audio/speech"),
        ("together", "https://api.together.xyz/v1/audio/speech"),
    ],
)
def test_speech_is_the_answer_itself_and_json_is_none(provider: str, url: str) -> None:
    reply, _ = run({f"POST {url}": answer(b"MEDIA")}, provider, "text-to-speech")
    assert reply.content == b"MEDIA"

    with pytest.raises(ResultError, match=f"{provider}: org/model: text-to-speech.*try later"):
        run({f"POST {url}": answer({"message": "try later"})}, provider, "text-to-speech")


def test_the_hubs_own_answer_is_left_as_it_is() -> None:
    url = "POST https://router.huggingface.co/hf-inference/models/org/model"
    routes = {url: answer([{"label": "a", "score": 1.0}], x_compute_time="0.1")}
    options: dict[str, Any] = {"model": "org/model", "key": None, "is_routed": True}
    reply, _ = run(routes, "hf-inference", "text-classification", **options)
    assert (reply.raw, reply.value) == (b'[{"label": "a", "score": 1.0}]', None)
    assert reply.response.headers["x-compute-time"] == "0.1"

    reply, _ = run({url: answer(b"MEDIA")}, "hf-inference", "text-to-image", **options)
    assert reply.content == b"MEDIA"


def test_embeddings_are_in_the_order_of_their_index() -> None:
    url = "POST https://api.scaleway.ai/v1/embeddings"
    for places, expected in [((1, 0), [[2.0], [1.0]]), ((0, 0), [[1.0], [2.0]])]:
        vectors = zip(places, ([1.0], [2.0]), strict=True)
        found = {"data": [{"index": at, "embedding": one} for at, one in vectors]}
        reply, _ = run({url: answer(found)}, "scaleway", "feature-extraction", ["a", "b"])
        assert reply.value == expected


def test_a_transcription_keeps_its_times_and_language() -> None:
    words = [{"word": "hi", "start": 0, "end": 1.5}]
    found = {"text": "hi", "language": "en", "duration": 1.5, "segments": None, "words": words}
    url = "POST https://api.together.xyz/v1/audio/transcriptions"
    reply, _ = run({url: answer(found)}, "together", "automatic-speech-recognition", SOUND)
    assert reply.value == {"text": "hi", "language": "en", "duration": 1.5, "words": words}

    chunks = [{"text": "hi", "timestamp": [0, None]}]
    found = {"text": "hi", "chunks": [{**chunks[0], "speaker": None}], "inferred_languages": []}
    url = "POST https://fal.run/own/model"
    reply, _ = run({url: answer(found)}, "fal-ai", "automatic-speech-recognition", SOUND)
    assert reply.value == {"text": "hi", "chunks": chunks}


def test_segments_become_chunks() -> None:
    found = {"text": "hi", "segments": [{"text": "hi", "start": 0, "end": 1.5, "id": 0}]}
    url = "POST https://api.deepinfra.com/v1/openai/audio/transcriptions"
    reply, _ = run({url: answer(found)}, "deepinfra", "automatic-speech-recognition", SOUND)
    assert reply.value == {"text": "hi", "chunks": [{"text": "hi", "timestamp": [0, 1.5]}]}

    reply, _ = run(
        {url: answer({"text": "hi"})}, "deepinfra", "automatic-speech-recognition", SOUND
    )
    assert reply.value == {"text": "hi"}


@pytest.mark.parametrize(
    "output",
    [
        "hi",
        ["hi"],
        {"transcription": "hi", "language": "en"},
        {"transcription": "salut", "translation": "hi"},
        {"transcription": None, "txt_file": "https://cdn.example.org/text"},
        [{"transcription": "hi"}],
    ],
)
def test_every_form_of_replicates_transcriptions_is_understood(output: object) -> None:
    url = "POST https://api.replicate.com/v1/models/own/model/predictions"
    text = {"GET https://cdn.example.org/text": answer(b"hi")}
    reply, _ = run(
        {url: answer({"output": output}), **text},
        "replicate",
        "automatic-speech-recognition",
        SOUND,
    )

    assert reply.value == {"text": "hi"}


@pytest.mark.parametrize("url", [f"data:image/png;base64,{B64}", CDN])
def test_a_segmentation_becomes_a_mask(url: str) -> None:
    routes = {
        "POST https://queue.fal.run/own/model": answer({"image": {"url": url}}),
        **FETCHED,
    }
    reply, _ = run(routes, "fal-ai", "image-segmentation", PICTURE)

    assert reply.value == [{"label": "mask", "mask": B64}]
    assert reply.content is None


@pytest.mark.parametrize(
    ("provider", "task", "url", "found", "words"),
    [
        ("nscale", "text-to-image", "https://inference.api.nscale.com/v1/images/generations",
         {"data": []}, "no data.0.b64_json"),
        ("together", "text-to-image", "https://api.together.xyz/v1/images/generations",
         {"data": [{"b64_json": "no base64!"}]}, "neither a URL nor base64"),
        ("together", "text-generation", "https://api.together.xyz/v1/completions",
         {"detail": [{"msg": "odd prompt"}]}, "no choices.0.text: odd prompt"),
        ("together", "text-generation", "https://api.together.xyz/v1/completions",
         ["?"], "no choices.0.text"),
        ("scaleway", "feature-extraction", "https://api.scaleway.ai/v1/embeddings",
         {"data": [{"no": 1}]}, r"no data.\*.embedding"),
        ("replicate", "text-to-image", "https://api.replicate.com/v1/models/own/model/predictions",
         {"output": {"odd": 1}}, "no output.0"),
    ],
)  # fmt: skip
def test_an_answer_that_lacks_its_result_is_an_error_with_the_servers_words(
    provider: str, task: str, url: str, found: Any, words: str
) -> None:
    with pytest.raises(
        ResultError, match=f"{provider}: org/model: {task}: the answer.*{words}"
    ) as e:
        run({f"POST {url}": answer(found)}, provider, task)

    assert e.value.value == found or "base64" in words


def test_media_that_cannot_be_fetched_are_an_error_and_not_a_page_as_an_image() -> None:
    routes = {
        "POST https://fal.run/own/model": answer({"images": [{"url": CDN}]}),
        f"GET {CDN}": answer(b"<html>gone</html>", 404, kind="text/html"),
    }
    with pytest.raises(ModelNotFoundError, match=r"fal-ai: .*404.*gone"):
        run(routes, "fal-ai", "text-to-image")


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/json"])
def test_a_page_that_is_no_error_is_not_taken_for_media_either(kind: str) -> None:
    page = answer(b"<html>Please log in</html>", kind=kind)
    speech = {"POST https://api.deepinfra.com/v1/openai/audio/speech": page}
    with pytest.raises(ResultError, match=r"no media.*log in"):
        run(speech, "deepinfra", "text-to-speech")
    routes = {
        "POST https://api.novita.ai/v3/hf/own/model": answer({"video": {"video_url": CDN}}),
        f"GET {CDN}": page,
    }
    with pytest.raises(ResultError, match=r"a page instead of media at https.*log in"):
        run(routes, "novita", "text-to-video")


PRIVATE = ["http://127.0.0.1:8000/out", "http://169.254.169.254/latest", "http://intranet/out",
           "https://10.0.0.7/out", "http://[::1]/out", "http://printer.local/out"]  # fmt: skip


@pytest.mark.parametrize("url", PRIVATE)
def test_media_on_a_private_host_are_not_fetched_for_a_provider_of_the_internet(url: str) -> None:
    named = answer({"images": [{"url": url}]})
    server = Server({"POST https://fal.run/own/model": named})
    asking = call(
        target("fal-ai", "text-to-image"), payload("text-to-image", "a"), {}, retries=NO_RETRIES
    )
    with pytest.raises(ResultError, match=r"fal-ai: org/model: text-to-image: .*not a public host"):
        server.run(asking)
    assert len(server.asked) == 1

    # A router of one's own may keep them beside it.
    at = {"router": "http://127.0.0.1:9", "is_routed": True, "key": "hf_1"}
    routes = {
        "POST http://127.0.0.1:9/fal-ai/own/model": named,
        f"GET {url}": answer(b"MEDIA"),
    }
    response, server = run(routes, "fal-ai", "text-to-image", **at)
    assert response.content == b"MEDIA"


def test_media_are_asked_for_without_anybodys_credentials() -> None:
    routes = {"POST https://fal.run/own/model": answer({"images": [{"url": CDN}]}), **FETCHED}
    response, server = run(routes, "fal-ai", "text-to-image")

    assert [request.is_bare for request in server.asked] == [False, True]
    assert response.response is FETCHED[f"GET {CDN}"]


def test_what_is_logged_of_a_call_shows_no_key_and_no_argument() -> None:
    at = target("groq", "conversational", key="secret-key-1")
    server = target("openai-compatible", "conversational", url="https://h/?key=secret-key-1")
    asked = Payload(
        task="conversational", inputs="secret words", parameters={"a": "secret words"},
        extra={"b": "secret words"},
    )  # fmt: skip
    request = prepare(at, asked, {"cookie": "secret words"})
    response = TaskResponse(
        value="secret words", content=b"secret words", raw=b"secret words",
        response=answer({"said": "secret words"}, set_cookie="secret words"),
    )  # fmt: skip

    assert "secret" not in f"{at!r} {at} {server!r} {server} {asked!r} {request!r} {response!r}"


def test_an_error_tells_provider_model_status_and_words() -> None:
    refused = answer({"error": {"message": "too long"}}, 422, x_request_id="r-1")
    with pytest.raises(BadRequestError, match="groq: org/model: HTTP 422: too long") as e:
        run({"POST https://api.groq.com/openai/v1/chat/completions": refused}, "groq",
            "conversational", [])  # fmt: skip

    found = e.value
    assert (found.provider, found.model, found.status) == ("groq", "org/model", 422)
    assert (found.request_id, found.server_message) == ("r-1", "too long")


def test_a_key_that_a_server_repeats_is_not_shown() -> None:
    sent = Origins({"https://api.groq.com:443": {"authorization": "Bearer secret-key-1"}})
    said = replace(answer({"error": "bad key secret-key-1"}, 500), masked=sent.masked)
    with pytest.raises(InferenceError) as e:
        run({"POST https://api.groq.com/openai/v1/chat/completions": said}, "groq",
            "conversational", [], key="secret-key-1")  # fmt: skip

    assert (
        "secret-key-1"
        not in f"{e.value!r} {target('groq', 'conversational', key='secret-key-1')!r}"
    )


@pytest.mark.parametrize("task", ["image-classification", "document-question-answering"])
def test_a_file_given_as_a_url_is_fetched_only_where_its_bytes_are_needed(task: str) -> None:
    picture = File("https://files.example.org/cat.png")
    inputs: Any = {"question": "q", "image": picture} if "question" in task else picture
    server = Server(
        {
            "GET https://files.example.org/cat.png": answer(b"IMG", kind="image/png"),
            "POST https://router.huggingface.co/hf-inference/models/own/model": answer([]),
        }
    )
    at = target("hf-inference", task, key="hf_x", is_routed=True)
    server.run(call(at, payload(task, inputs), {}, retries=NO_RETRIES))
    assert len(server.asked) == 2
    assert headers_of(server.asked[0]) == {"accept-encoding": "identity"}

    passed = File("https://files.example.org/cat.png")
    routes = {"POST https://fal.run/own/model": answer({"text": "hi"})}
    _, server = run(routes, "fal-ai", "automatic-speech-recognition", passed)
    assert server.lines == ["POST https://fal.run/own/model"]


class OneAnswer(Server):
    """A server that gives one answer, whatever it is asked."""

    def __init__(self, found: Response) -> None:
        super().__init__({})
        self.found = found

    def _answer(self, request: HttpRequest) -> Response:
        self.asked.append(request)
        return self.found


def test_every_task_of_every_table_reads_no_answer_as_an_error_of_ours() -> None:
    """An empty answer ends in a reply or an error of this library, never in a crash."""
    for name, provider in providers().items():
        for task in provider.tasks:
            inputs: Any = File(b"IMG") if "image-" in task or "video-" in task else "x"
            if task == "visual-question-answering":
                inputs = {"question": "q", "image": File(b"IMG")}
            elif "audio" in task or "speech-rec" in task or "detection" in task or "depth" in task:
                inputs = File(b"AUD")
            options: dict[str, Any] = {}
            if provider.tasks[task].needs_url:
                options = {"url": "https://own.example.org/"}
            if name in ("hf-inference", "auto") and not options:
                options = {"is_routed": True, "key": "hf_x"}
            for found in (answer({}), answer([]), answer(b""), answer(b"<p>", kind="text/html")):
                at = target(name, task, **options)
                server = OneAnswer(found)
                with contextlib.suppress(HubsmithError):
                    response = server.run(call(at, payload(task, inputs), {}, retries=NO_RETRIES))
                    assert isinstance(response, TaskResponse)
                assert len(server.asked) == 1
