"""Arguments on the wire."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pydantic
import pytest
from hubsmith_runtime import Endpoint, File, Model, Request, SpaceChangedError, ValidationError
from hubsmith_runtime.files import FileOrigin
from hubsmith_runtime.spaces.codec import encode
from hubsmith_runtime.spaces.live import LiveEndpoint


class Point(Model):
    x: float
    y: float | None = None
    kind: Literal["point"] = "point"
    weight: float = pydantic.Field(default=1.0, alias="Weight (kg)")


class Shape(Model):
    points: list[Point] = pydantic.Field(default_factory=list[Point])
    centre: Point | None = None
    named: dict[str, Point] | None = None
    pair: tuple[Point, float] | None = None


class DrawRequest(Request[str]):
    __endpoint__ = Endpoint(name="/draw", defaults={"The options": {"size": 2.0}})
    shape: Any = None
    options: Any = pydantic.Field(default=None, alias="The options")


def sent(request: Request[Any], order: list[str] | None = None) -> list[Any]:
    """Return what a request sends to a function with as many inputs, between two of state."""
    slots = (False, *(True for _ in type(request).model_fields), False)
    live = LiveEndpoint(fn_index=0, inputs=slots, outputs=(True,))
    return encode(request, live, "space", FileOrigin("http://127.0.0.1:1"), order).values


def test_state_has_its_slots_and_none_takes_the_default_of_the_space() -> None:
    values = sent(DrawRequest())
    assert repr(values) == repr([None, None, {"size": 2.0}, None])


def test_an_object_sends_what_was_set_and_its_constants_by_their_wire_names() -> None:
    point = {"x": 1, "kind": "point", "Weight (kg)": 1}
    shape = Shape(
        points=[Point(x=1)], named={"a": Point(x=1)}, pair=(Point.model_validate({"x": 1}), 2.0)
    )
    assert sent(DrawRequest(shape=shape))[1] == {
        "points": [point],
        "named": {"a": point},
        "pair": [point, 2],
    }


def test_a_field_that_was_set_to_none_is_sent_and_so_is_one_unknown_here() -> None:
    point = Point.model_validate({"x": 1.5, "y": None, "newer": [2.0, {"deep": 3.0}]})
    encoded = sent(DrawRequest(shape=point))[1]
    assert encoded == {
        "x": 1.5, "y": None, "kind": "point", "Weight (kg)": 1, "newer": [2, {"deep": 3}],
    }  # fmt: skip
    assert repr(encoded["newer"]) == "[2.0, {'deep': 3.0}]"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, "3"),
        (3.0, "3.0"),
        (-0.0, "-0.0"),
        (0.5, "0.5"),
        (1e30, "1e+30"),
        (True, "True"),
        ({"a": (2.0, [4.0])}, "{'a': [2.0, [4.0]]}"),
        ({1: b"x"}, "{'1': 'eA=='}"),
        ({5.0}, "[5.0]"),
    ],
)
def test_values_are_sent_as_they_were_given(value: object, expected: str) -> None:
    assert repr(sent(DrawRequest(shape=value))[1]) == expected


def test_one_file_in_two_places_is_uploaded_once() -> None:
    file = File(b"x", name="a.txt")
    request = DrawRequest(shape=[file], options={"again": file})
    live = LiveEndpoint(fn_index=0, inputs=(True, True), outputs=(True,))
    call = encode(request, live, "space", FileOrigin("http://127.0.0.1:1"))
    (upload,) = call.uploads
    assert upload.references == [call.values[0][0], call.values[1]["again"]]
    assert upload.references[0]["meta"] == {"_type": "gradio.FileData"}


def test_the_running_space_may_give_the_order() -> None:
    request = DrawRequest(shape=1, options=2)
    assert sent(request, ["The options", "shape"]) == [None, 2, 1, None]
    with pytest.raises(SpaceChangedError, match=r"takes shape, colour.*hubsmith update"):
        sent(request, ["shape", "colour"])


def test_what_json_cannot_say_is_refused_by_name() -> None:
    loop: list[Any] = []
    loop.append(loop)
    for value in (object(), loop):
        with pytest.raises(ValidationError, match="/draw: shape: "):
            sent(DrawRequest(shape=value))


def test_a_path_is_not_sent_as_text_where_a_file_may_be_meant() -> None:
    with pytest.raises(
        ValidationError, match=r"/draw: shape: .*cat.png can mean a file.*Pass files"
    ):
        sent(DrawRequest(shape={"picture": Path("cat.png")}))
