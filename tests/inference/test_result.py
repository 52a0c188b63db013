"""From a reply to the typed result: the declared form, the other known ones, and none of them."""

from __future__ import annotations

import base64
import io
import json
import sys
from typing import Any

import numpy
import PIL.Image
import pytest
from hubsmith_runtime import MissingDependencyError, ResultError
from hubsmith_runtime.inference.media import Base64Bytes, Image
from hubsmith_runtime.inference.payload import TaskResponse
from hubsmith_runtime.inference.result import decode, payload_of
from hubsmith_runtime.inference.task import Task, TaskOutput, TaskRequest

from tests.inference.task_responses import task_response

WHERE = "together: org/model"


class Label(TaskOutput):
    label: str
    score: float


class Generated(TaskOutput):
    generated_text: str
    details: dict[str, Any] | None = None


class Answer(TaskOutput):
    answer: str


class Segment(TaskOutput):
    label: str
    mask: Image


class Track(TaskOutput):
    label: str
    blob: Base64Bytes


class LabelsRequest(TaskRequest[list[Label]]):
    __task__ = Task(
        name="text-classification",
        method="text_classification",
        inputs="text",
        shapes=("labels", "flat", "list", "inner"),
    )
    text: str


class GenerateRequest(TaskRequest[Generated]):
    __task__ = Task(
        name="text-generation",
        method="text_generation",
        inputs="prompt",
        shapes=("text", "inner"),
        text_unless="details",
    )
    prompt: str
    details: bool = False
    stream: bool | None = None
    max_new_tokens: int | None = None


class AskRequest(TaskRequest[Answer | list[Answer]]):
    __task__ = Task(
        name="question-answering",
        method="question_answering",
        inputs={"question": "question", "context": "text"},
        many_if="top_k",
    )
    question: str
    text: str
    top_k: int | None = None


class FirstRequest(TaskRequest[Answer]):
    __task__ = Task(name="x", method="x", inputs="text", shapes=("first",))
    text: str = ""


class ImageRequest(TaskRequest[Any]):
    __task__ = Task(name="text-to-image", method="text_to_image", inputs="prompt", result="image")
    prompt: str = "cat"


class BytesRequest(TaskRequest[bytes]):
    __task__ = Task(name="text-to-speech", method="text_to_speech", inputs="text", result="bytes")
    text: str = "hi"


class ArrayRequest(TaskRequest[Any]):
    __task__ = Task(
        name="feature-extraction", method="feature_extraction", inputs="text", result="array"
    )
    text: str = "hi"


class SegmentRequest(TaskRequest[list[Segment]]):
    __task__ = Task(name="image-segmentation", method="image_segmentation")


class TracksRequest(TaskRequest[list[Track]]):
    __task__ = Task(name="audio-to-audio", method="audio_to_audio")


def json_reply(value: Any, *, is_raw: bool = True) -> TaskResponse:
    raw = json.dumps(value).encode()
    return (
        task_response(raw=raw, where=WHERE) if is_raw else task_response(value=value, where=WHERE)
    )


def png() -> bytes:
    output = io.BytesIO()
    PIL.Image.new("L", (3, 2), 255).save(output, format="PNG")
    return output.getvalue()


# Payloads


def test_inputs_and_parameters_are_told_apart_and_none_is_left_out() -> None:
    payload = payload_of(
        GenerateRequest(prompt="Once", max_new_tokens=5), {"top_secret": None, "seed": 1}
    )
    assert (payload.task, payload.inputs) == ("text-generation", "Once")
    assert payload.parameters == {"details": False, "max_new_tokens": 5}
    assert payload.extra == {"top_secret": None, "seed": 1}
    assert not payload.is_stream


def test_a_stream_is_asked_for_by_the_request_or_by_the_client() -> None:
    asked = payload_of(GenerateRequest(prompt="Once", stream=True))
    assert asked.is_stream
    assert "stream" not in asked.parameters
    assert payload_of(GenerateRequest(prompt="Once"), is_stream=True).is_stream


def test_inputs_may_be_an_object() -> None:
    payload = payload_of(AskRequest(question="Who?", text="Ann."))
    assert payload.inputs == {"question": "Who?", "context": "Ann."}
    assert payload.parameters == {}


# Forms of answers


@pytest.mark.parametrize(
    "answer",
    [
        [{"label": "a", "score": 0.5}],
        [[{"label": "a", "score": 0.5}]],
        {"label": "a", "score": 0.5},
        {"sequence": "s", "labels": ["a"], "scores": [0.5]},
        [{"labels": ["a"], "scores": [0.5]}],
        {"outputs": [{"label": "a", "score": 0.5}]},
    ],
    ids=["declared", "nested", "object", "labels", "labels in a list", "inside"],
)
@pytest.mark.parametrize("is_raw", [True, False])
def test_every_known_form_becomes_the_declared_one(answer: Any, is_raw: bool) -> None:
    (result,) = decode(LabelsRequest(text="x"), json_reply(answer, is_raw=is_raw))
    assert result.label == "a"
    assert result["score"] == 0.5


def test_members_that_the_schema_does_not_know_are_kept() -> None:
    answer = [{"label": "a", "score": 1, "extra": [1]}]
    (result,) = decode(LabelsRequest(text="x"), json_reply(answer))
    assert result["extra"] == [1]
    assert result.get("none", 3) == 3
    assert sorted(result.keys()) == ["extra", "label", "score"]


@pytest.mark.parametrize(
    "answer",
    [
        {"generated_text": "hello"},
        [{"generated_text": "hello"}],
        [[{"generated_text": "hello"}]],
        "hello",
        ["hello"],
        {"choices": [{"text": "hello"}]},
    ],
)
def test_a_generation_is_a_text_unless_details_are_asked_for(answer: Any) -> None:
    assert decode(GenerateRequest(prompt="x"), json_reply(answer)) == "hello"
    result = decode(GenerateRequest(prompt="x", details=True), json_reply(answer))
    assert isinstance(result, Generated)
    assert result.generated_text == "hello"


@pytest.mark.parametrize("answer", [{"answer": "Ann"}, [{"answer": "Ann"}, {"answer": "Bob"}]])
def test_the_request_decides_between_one_result_and_a_list(answer: Any) -> None:
    one = decode(AskRequest(question="Who?", text="Ann."), json_reply(answer))
    assert isinstance(one, Answer)
    assert one.answer == "Ann"
    many = decode(AskRequest(question="Who?", text="Ann.", top_k=1), json_reply(answer))
    assert isinstance(many, list)
    assert many[0].answer == "Ann"


def test_the_first_of_a_list_is_taken_where_one_is_declared() -> None:
    assert decode(FirstRequest(), json_reply([{"answer": "Ann"}])).answer == "Ann"
    with pytest.raises(ResultError):
        decode(FirstRequest(), json_reply([]))


@pytest.mark.parametrize("answer", [[], [[]]], ids=["none", "none in a list"])
def test_an_empty_list_is_an_answer(answer: Any) -> None:
    assert decode(LabelsRequest(text="x"), json_reply(answer)) == []


@pytest.mark.parametrize(
    "reply",
    [
        json_reply({"message": "hello"}),
        json_reply([{"label": "a"}]),
        json_reply([{"label": "a", "score": "high"}]),
        json_reply(None),
        task_response(raw=b"<html>Welcome</html>", where=WHERE),
        task_response(raw=b"", where=WHERE),
    ],
    ids=["other", "missing", "wrong type", "null", "a page", "empty"],
)
def test_an_answer_of_no_known_form_is_an_error_that_says_all(reply: TaskResponse) -> None:
    with pytest.raises(ResultError) as caught:
        decode(LabelsRequest(text="x"), reply)
    assert str(caught.value).startswith(
        f"{WHERE}: text_classification expects list[Label], but the answer is"
    )
    assert caught.value.value in (json.loads(reply.raw) if reply.raw and reply.raw[:1] != b"<" else
                                  None, (reply.raw or b"").decode())  # fmt: skip


def test_a_long_answer_is_shown_in_part() -> None:
    with pytest.raises(ResultError) as caught:
        decode(LabelsRequest(text="x"), json_reply({"message": "x" * 5000}))
    assert len(str(caught.value)) < 400
    assert len(caught.value.value["message"]) == 5000


# Media


def test_an_image_is_a_pillow_image() -> None:
    image = decode(ImageRequest(), task_response(content=png()))
    assert isinstance(image, PIL.Image.Image)
    assert (image.size, image.format) == ((3, 2), "PNG")


@pytest.mark.parametrize("content", [b"", b"<html>", None], ids=["empty", "a page", "none"])
def test_what_is_no_image_is_an_error(content: bytes | None) -> None:
    reply = task_response(content=content, where=WHERE, headers={"content-type": "text/html"})
    with pytest.raises(ResultError, match=r"text_to_image expects an image.* of type text/html"):
        decode(ImageRequest(), reply)


def test_sound_and_video_are_bytes() -> None:
    assert decode(BytesRequest(), task_response(content=b"OggS")) == b"OggS"
    with pytest.raises(ResultError, match="the answer is empty"):
        decode(BytesRequest(), task_response(content=b""))


@pytest.mark.parametrize("is_raw", [True, False])
def test_an_embedding_is_an_array_of_any_depth(is_raw: bool) -> None:
    array = decode(ArrayRequest(), json_reply([[[1, 2.5], [3, 4]]], is_raw=is_raw))
    assert array.dtype == numpy.float32
    assert array.shape == (1, 2, 2)


@pytest.mark.parametrize(
    "answer",
    [[[1], [1, 2]], [1, [2]], [[1], [[1]]], ["a"], [["0"], "0"], {}, 1, [{}], {"error": "x"}, None],
)
def test_what_is_no_array_is_an_error(answer: Any) -> None:
    with pytest.raises(ResultError, match="feature_extraction expects an array"):
        decode(ArrayRequest(), json_reply(answer))


def test_masks_and_sounds_inside_json_are_decoded() -> None:
    mask = base64.b64encode(png()).decode()
    answer = [
        {"label": "cat", "mask": mask},
        {"label": "dog", "mask": f"data:image/png;base64,{mask}"},
    ]
    for segment in decode(SegmentRequest(), json_reply(answer)):
        assert segment.mask.size == (3, 2)
    (track,) = decode(TracksRequest(), json_reply([{"label": "voice", "blob": "QVVE"}]))
    assert track.blob == b"AUD"
    again = Track.model_validate_json(track.model_dump_json())
    assert again.blob == b"AUD"


@pytest.mark.parametrize("mask", ["%%%", "QVVE", 3])
def test_a_broken_mask_is_an_error_with_its_place(mask: Any) -> None:
    with pytest.raises(ResultError, match=r"\[0\]\.mask"):
        decode(SegmentRequest(), json_reply([{"label": "cat", "mask": mask}]))


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(ImportError, match=r"needs pillow.*pip install pillow") as caught:
        decode(ImageRequest(), task_response(content=png()))
    assert isinstance(caught.value, MissingDependencyError)
    with pytest.raises(ImportError, match="pip install pillow"):
        decode(SegmentRequest(), json_reply([{"label": "cat", "mask": "QVVE"}]))
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(ImportError, match="pip install numpy"):
        decode(ArrayRequest(), json_reply([1.0]))
