"""Requests: what the caller writes is checked before anything is sent."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import get_origin

import hubsmith
import pydantic
import pytest
from hubsmith import ValidationError, tasks
from typing_extensions import NotRequired, get_type_hints, is_typeddict

MESSAGE = {"role": "user", "content": "Hi"}


@pytest.mark.parametrize(
    ("request_", "arguments", "message"),
    [
        ("FillMask", {}, "fill_mask: text: a value is required"),
        ("FillMask", {"text": 1}, "fill_mask: text: Input should be a valid string, got 1"),
        ("FillMask", {"text": "a", "top": 1}, "fill_mask: top: there is no such parameter"),
        ("ChatCompletion", {"messages": "Hi"}, "messages: Input should be a valid list, got 'Hi'"),
        ("ChatCompletion", {"messages": [MESSAGE], "temperature": "hot"}, "temperature: Input"),
        ("ChatCompletion", {"messages": [MESSAGE], "max_tokens": -1}, "max_tokens: Input should"),
        (
            "ChatCompletion",
            {"messages": [{"content": "Hi"}]},
            r"messages\[0\].role: a value is required$",
        ),
        ("TextGeneration", {"prompt": "a", "top_p": 2}, "top_p: Input should be less than"),
        ("Translation", {"text": "a", "src_lang": "en"}, "together; tgt_lang is missing$"),
        ("ImageTextToImage", {"seed": 1}, "give image or prompt, or both$"),
        (
            "ZeroShotImageClassification",
            {"image": b"x", "candidate_labels": ["one"]},
            "candidate_labels: List should have at least 2 items",
        ),
        (
            "TokenClassification",
            {"text": "a", "aggregation_strategy": "all"},
            "aggregation_strategy: Input should be 'none', 'simple', 'first', 'average' or 'max'",
        ),
    ],
)
def test_a_wrong_argument_is_named(
    request_: str, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        getattr(tasks, f"{request_}Request")(**arguments)


def test_a_wire_name_will_do_as_well() -> None:
    assert tasks.FillMaskRequest(inputs="a [MASK]").text == "a [MASK]"  # pyright: ignore[reportCallIssue]  # by its alias


def test_numbers_keep_their_kind() -> None:
    frames = tasks.TextToVideoRequest(prompt="a", num_frames=81).num_frames
    assert (frames, type(frames)) == (81, int)
    assert tasks.TextToVideoRequest(prompt="a", num_frames=1.5).num_frames == 1.5


def test_an_object_may_be_given_as_a_dict_a_model_or_a_result() -> None:
    answer = tasks.ChatCompletionOutputMessage.model_validate(
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}],
            "audio": {"id": "a"},
        }
    )
    messages = [MESSAGE, tasks.ChatCompletionInputMessage(role="user", content="Hi"), answer]
    request = tasks.ChatCompletionRequest(messages=messages)
    plain, made, sent_back = request.messages
    assert isinstance(plain, tasks.ChatCompletionInputMessage)
    assert plain == made
    assert isinstance(sent_back, tasks.ChatCompletionInputMessage)
    assert sent_back.model_dump(exclude_unset=True) == {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}],
        "audio": {"id": "a"},
    }, "what the server left out stays left out, and what it added stays"


def test_a_response_format_may_be_anything_that_a_server_knows() -> None:
    class Person(pydantic.BaseModel):
        name: str

    for form in (Person, {"type": "json", "value": {}}, {"type": "json_object", "schema": {}}):
        request = tasks.ChatCompletionRequest(messages=[MESSAGE], response_format=form)
        found = request.response_format
        if isinstance(found, pydantic.BaseModel):
            found = found.model_dump(by_alias=True)
        assert found == form


def test_a_member_that_pydantic_has_a_method_for_keeps_its_name_on_the_wire() -> None:
    schema = tasks.ChatCompletionInputJSONSchema(name="a", schema={"type": "object"})
    assert schema.schema_ == {"type": "object"}
    assert schema.model_dump(by_alias=True, exclude_none=True) == {
        "name": "a",
        "schema": {"type": "object"},
    }


def test_results_have_attributes_and_keys() -> None:
    found = tasks.FillMaskOutputElement(score=0.5, sequence="ab", token=1, token_str="b")
    assert found.token_str == found["token_str"] == "b"
    odd = tasks.AudioToAudioOutputElement.model_validate(
        {"blob": "QVVE", "content-type": "audio/flac", "label": "voice"}
    )
    assert (odd.blob, odd.content_type) == (b"AUD", "audio/flac")


def test_a_request_can_be_stored() -> None:
    request = tasks.TextToImageRequest(prompt="a cat", width=64)
    assert pickle.loads(pickle.dumps(request)) == request


@pytest.mark.parametrize("name", tasks.__all__)
def test_every_class_is_complete_and_importable_from_the_package(name: str) -> None:
    found = getattr(hubsmith, name)
    assert found is getattr(tasks, name)
    if isinstance(found, type) and not is_typeddict(found):
        assert issubclass(found, pydantic.BaseModel)
        assert found.__pydantic_complete__
        # An output has a name for each task that has it, as in huggingface_hub.
        assert found.__name__ == name or getattr(tasks, found.__name__) is found


def test_a_typed_dictionary_has_the_members_of_its_object() -> None:
    dicts = [name for name in tasks.__all__ if is_typeddict(getattr(tasks, name))]
    assert len(dicts) > 15
    for name in dicts:
        own = getattr(tasks, name)
        class_ = getattr(tasks, own.__name__.removesuffix("Dict"))
        required = {key for key, field in class_.model_fields.items() if field.is_required()}
        keys = get_type_hints(own, include_extras=True)
        assert keys.keys() == class_.model_fields.keys(), name
        assert {key for key in keys if get_origin(keys[key]) is not NotRequired} == required, name


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    assert dir(tasks) == tasks.__all__
    with pytest.raises(AttributeError, match="no attribute 'PaintRequest'"):
        tasks.PaintRequest  # noqa: B018  # reading it is the test


def test_the_client_alone_builds_no_model() -> None:
    script = (
        "import sys; from hubsmith import AsyncInferenceClient, InferenceClient, tasks; "
        "print([m for m in sys.modules if m.startswith('hubsmith.tasks.')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
