"""Values that fit schemas, and edits that say how a value changed."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hubsmith_runtime.spaces.edits import apply_edits
from hubsmith_testing.edits import edits_between
from hubsmith_testing.examples import Examples
from hubsmith_testing.files import FileStore
from hypothesis import given, strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner, max_size=4)
    ),
    max_leaves=12,
)
SEEDS = range(20)


def value_of(schema: object, component: str = "", seed: int = 0) -> Any:
    return Examples(random.Random(seed), FileStore().make, component).value(schema)


@given(JSON, JSON)
def test_edits_lead_from_one_value_to_the_other(old: Any, new: Any) -> None:
    made = apply_edits(old, edits_between(old, new))
    assert repr(made) == repr(new) or made == new
    assert edits_between(new, new) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_bounds_and_lengths_are_kept(seed: int) -> None:
    assert 3 <= value_of({"type": "integer", "exclusiveMinimum": 2, "maximum": 4}, seed=seed) <= 4
    assert value_of({"type": "number", "minimum": 500}, seed=seed) >= 500
    assert value_of({"type": "number", "maximum": -5}, seed=seed) <= -5
    assert (
        -1
        <= value_of({"type": "number", "description": "numeric value between -1 and 1"}, seed=seed)
        <= 1
    )
    assert len(value_of({"type": "string", "maxLength": 3}, seed=seed)) == 3
    assert len(value_of({"type": "array", "items": {}, "minItems": 5}, seed=seed)) == 5


@pytest.mark.parametrize("seed", SEEDS)
def test_tables_are_rectangular(seed: int) -> None:
    table = value_of({"type": "object", "properties": {"headers": {}, "data": {}}}, seed=seed)
    assert {len(row) for row in table["data"]} == {len(table["headers"])}


def test_text_looks_like_what_its_component_shows() -> None:
    text = {"type": "string"}
    assert value_of(text, "colorpicker").startswith("#")
    assert value_of(text, "datetime").endswith("12:00:00")


def test_a_file_is_of_the_kind_its_component_shows() -> None:
    schema = {"properties": {key: {} for key in ("path", "url", "orig_name", "mime_type")}}
    kinds = {
        name: value_of(schema, name)["mime_type"] for name in ("image", "audio", "video", "file")
    }
    assert kinds["image"] == "image/png"
    assert kinds["audio"].startswith("audio/")
    assert kinds["video"] == "video/mp4"
    assert kinds["file"] == "text/plain"


@pytest.mark.parametrize(
    "schema",
    [
        None,
        [],
        {"$ref": "#/$defs/nowhere"},
        {"$ref": "https://example.org/elsewhere.json"},
        {"$ref": ["a"]},
        {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}},
        {
            "$ref": "#/$defs/A",
            "$defs": {"A": {"type": "array", "items": {"$ref": "#/$defs/A"}, "minItems": 10**9}},
        },
        {"type": ["string", "null"]},
        {"type": []},
        {"enum": []},
        {"type": "number", "minimum": 9, "maximum": 1},
        {"type": "integer", "minimum": 1e300},
        {"type": "integer", "minimum": float("inf"), "maximum": float("nan")},
        {"type": "array", "minItems": float("inf")},
        {"type": "string", "minLength": -1, "maxLength": "many"},
        {"type": "object", "properties": {"a": 1}, "required": 5},
        {"anyOf": [{"type": "null"}]},
        {"allOf": [{"type": "string"}, {"properties": {"a": {}}}]},
        {"type": "number", "description": "numeric value between 1.2.3 and 4"},
    ],
)
def test_no_schema_breaks_it(schema: object) -> None:
    for seed in SEEDS:
        value_of(schema, seed=seed)
