"""Arguments that are objects: a model, or a dict by the names of the wire or of Python."""

from __future__ import annotations

from typing import Any, TypedDict

import pydantic
import pytest
from hubsmith_runtime import Endpoint, Model, ObjectInput, Request, inference


class Voice(Model):
    """An object of an API, one of whose names is no identifier."""

    name: str
    top_k: int = pydantic.Field(1, alias="top-k")


ANN = Voice.model_validate({"name": "Ann", "top-k": 3})
VoiceDict = TypedDict("VoiceDict", {"name": str, "top-k": int}, total=False)


class SpeakRequest(Request[str]):
    """Arguments with an object, and with a list of them."""

    __endpoint__ = Endpoint(name="/speak")

    voice: ObjectInput[Voice, VoiceDict]
    others: list[ObjectInput[Voice]]


@pytest.mark.parametrize(
    "given",
    [{"name": "Ann", "top-k": 3}, {"name": "Ann", "top_k": 3}, ANN],
    ids=["by the wire's name", "by identifier", "a model"],
)
def test_a_dict_becomes_the_model(given: Any) -> None:
    request = SpeakRequest(voice=given, others=[given])
    assert request.voice == ANN
    assert request.others == [request.voice]


def test_inference_takes_one_type_or_two() -> None:
    class Message(inference.TaskObject):
        text: str

    message = {"text": "hello"}
    for taken in (
        inference.ObjectInput[Message],
        inference.ObjectInput[Message, dict[str, Any]],
    ):
        assert pydantic.TypeAdapter[Any](taken).validate_python(message) == Message(text="hello")
