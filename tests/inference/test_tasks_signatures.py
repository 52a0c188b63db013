"""The methods of both clients: complete, the same in both, and as huggingface_hub has them."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hubsmith import AsyncInferenceClient, InferenceClient, tasks

NEW = {
    "depth_estimation",
    "image_text_to_image",
    "image_text_to_video",
    "text_to_audio",
    "video_classification",
    "zero_shot_object_detection",
}
COMMON = ("timeout", "extra_headers", "extra_body")
# What every method takes; the class explains them once.
SHARED = {"self", "model", "kwargs", *COMMON}


def methods(client: type) -> dict[str, Callable[..., Any]]:
    """The task methods of a client."""
    return {
        name: member
        for name, member in vars(client).items()
        if inspect.isfunction(member) and not name.startswith("_")
    }


def parameters(method: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(method).parameters)


@pytest.fixture
def peer() -> type:
    """huggingface_hub's client, which the calls must carry over from."""
    if sys.version_info < (3, 11):
        pytest.skip("huggingface_hub 2.4.0 needs Python 3.11")
    huggingface_hub = pytest.importorskip("huggingface_hub")
    if huggingface_hub.__version__ != "2.4.0":
        pytest.skip(f"the signatures are those of 2.4.0, not of {huggingface_hub.__version__}")
    return huggingface_hub.InferenceClient


def test_there_is_a_method_for_every_task() -> None:
    found = methods(InferenceClient)
    assert len(found) == 35
    requests = [name for name in tasks.__all__ if name.endswith("Request")]
    assert {getattr(tasks, name).__task__.method for name in requests} == set(found)


def test_sync_and_async_are_the_same() -> None:
    blocking, awaited = methods(InferenceClient), methods(AsyncInferenceClient)
    assert list(blocking) == list(awaited)
    for name, method in blocking.items():
        other = awaited[name]
        assert parameters(method) == parameters(other), name
        assert not inspect.iscoroutinefunction(method)
        assert inspect.iscoroutinefunction(other)
        text, other_text = inspect.getdoc(method), inspect.getdoc(other)
        assert text and other_text
        assert text.replace("A `Stream`", "An `AsyncStream`").split() == other_text.split()


def test_a_call_written_for_huggingface_hub_carries_over(peer: type) -> None:
    theirs, ours = methods(peer), methods(InferenceClient)
    public = {name for name in theirs if not hasattr(InferenceClient, name)}
    assert public == set()
    assert set(ours) - set(theirs) == NEW
    for name in sorted(set(ours) & set(theirs)):
        expected = parameters(theirs[name])
        found = parameters(ours[name])
        shared = [
            (one.name, one.kind, one.default) for one in found.values() if one.name in expected
        ]
        assert shared == [(one.name, one.kind, one.default) for one in expected.values()], name
        added = [one for one in found.values() if one.name not in expected]
        assert all(one.kind is one.KEYWORD_ONLY and one.default is None for one in added), name


def test_every_result_class_of_huggingface_hub_is_there(peer: type) -> None:
    huggingface_hub = sys.modules["huggingface_hub"]
    theirs = {name for name in dir(huggingface_hub) if "Output" in name and name[0].isupper()}
    odd = {
        # The bytes, the image or the array itself is returned.
        "ImageToImageOutput", "ImageToVideoOutput", "TextToAudioOutput", "TextToImageOutput",
        "TextToSpeechOutput", "TextToVideoOutput", "ImageTextToImageOutput",
        "ImageTextToVideoOutput",
        # A task that no longer exists.
        "Text2TextGenerationOutput",
    }  # fmt: skip
    names = {name for name in theirs - odd if not name.endswith(("Transform", "FinishReason"))}
    assert names - set(tasks.__all__) == set()


@pytest.mark.parametrize("client", [InferenceClient, AsyncInferenceClient])
def test_every_parameter_is_documented(client: type) -> None:
    for name, method in methods(client).items():
        text = inspect.getdoc(method) or ""
        arguments = text.partition("Args:\n")[2].partition("\n\n")[0]
        for parameter in parameters(method).keys() - SHARED:
            assert f"{parameter}: " in arguments, f"{name}: {parameter}"
    about = inspect.getdoc(client) or ""
    for parameter in SHARED - {"self", "kwargs"}:
        assert f"`{parameter}`" in about, parameter


def test_every_method_takes_the_common_arguments_last() -> None:
    for name, method in methods(InferenceClient).items():
        named = [one for one in parameters(method).values() if one.kind is not one.VAR_KEYWORD]
        assert tuple(one.name for one in named[-3:]) == COMMON, name
        assert all(one.kind is one.KEYWORD_ONLY for one in named[-3:])


def test_the_chat_is_there_as_openai_names_it() -> None:
    with InferenceClient("http://127.0.0.1:9") as client:
        assert client.chat.completions.create == client.chat_completion
