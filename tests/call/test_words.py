"""What the words of a command line mean, type by type."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hubsmith_codegen.cli.calling.arguments import file_of_word, read_words
from hubsmith_codegen.ir.model import Definition, Member
from hubsmith_codegen.ir.names import ClassName, Identifier
from hubsmith_codegen.ir.text import NO_TEXT, SpecText
from hubsmith_codegen.ir.types import (
    NULL,
    TEXT,
    AnyType,
    ChoiceType,
    FileType,
    ListType,
    MappingType,
    Reference,
    ScalarType,
    TupleType,
    Type,
    UnionType,
)
from hubsmith_codegen.snippets.validation import Validation
from hubsmith_runtime import ArgumentError
from pydantic import ValidationError

INTEGER, NUMBER, BOOLEAN = (
    ScalarType(kind="integer"),
    ScalarType(kind="number", bounds=(("minimum", 0), ("maximum", 10))),
    ScalarType(kind="boolean"),
)
NODE = Reference(class_name=ClassName("Node"))
FILE = FileType()


def member(name: str, type_: Type, *, is_required: bool = True) -> Member:
    return Member(
        wire_name=SpecText(name),
        identifier=Identifier(name.replace("-", "_")),
        type=type_,
        description=NO_TEXT,
        is_required=is_required,
    )


# It holds itself.
DEFINITIONS = [
    Definition(
        class_name=ClassName("Node"),
        description=NO_TEXT,
        members=(
            member("the-name", TEXT),
            member("children", ListType(item=NODE), is_required=False),
            member("size", INTEGER, is_required=False),
        ),
    )
]


def union(*options: Type) -> Type:
    return UnionType(options=options)


VALUES: dict[str, tuple[Type, list[str], object]] = {
    "text": (TEXT, ["5"], "5"),
    "empty text": (TEXT, [""], ""),
    "whole number": (INTEGER, ["-5"], -5),
    "number": (NUMBER, ["2.5"], 2.5),
    "exponent": (NUMBER, ["1e-3"], 0.001),
    "number as it was written": (NUMBER, ["5.0"], 5.0),
    "whole number for a number": (NUMBER, ["5"], 5),
    "true": (BOOLEAN, ["yes"], True),
    "false": (BOOLEAN, ["False"], False),
    "choice": (ChoiceType(values=("a", "b")), ["b"], "b"),
    "choice of numbers": (ChoiceType(values=(1, 2)), ["2"], 2),
    "choice of truth values": (ChoiceType(values=(True, "x")), ["true"], True),
    "null": (union(TEXT, NULL), ["null"], None),
    "text or null": (union(TEXT, NULL), ["nil"], "nil"),
    "number before text": (union(TEXT, INTEGER), ["5"], 5),
    "text after number": (union(TEXT, INTEGER), ["five"], "five"),
    "choice before text": (union(TEXT, ChoiceType(values=(7,))), ["7"], 7),
    "number within bounds or text": (union(NUMBER, TEXT), ["11"], "11"),
    "list or text": (union(TEXT, ListType(item=INTEGER)), ["[1, 2]"], [1, 2]),
    "text, not a list of it": (union(TEXT, ListType(item=TEXT)), ["a"], "a"),
    "texts rather than one": (union(TEXT, ListType(item=TEXT)), ["a", "b"], ["a", "b"]),
    "file, not a list of it": (union(ListType(item=FILE), FILE), ["a.png"], "file a.png"),
    "anything as JSON": (AnyType(), ['{"a": [1]}'], {"a": [1]}),
    "anything as text": (AnyType(), ["{a"], "{a"),
    "list item by item": (ListType(item=INTEGER), ["1", "2"], [1, 2]),
    "one item": (ListType(item=TEXT), ["a"], ["a"]),
    "list as JSON": (ListType(item=TEXT), ['["a", "b"]'], ["a", "b"]),
    "list or null": (union(ListType(item=TEXT), NULL), ["a", "b"], ["a", "b"]),
    "tuple": (TupleType(items=(INTEGER, TEXT)), ['[1, "a"]'], (1, "a")),
    "mapping": (MappingType(value=INTEGER), ['{"a": 1}'], {"a": 1}),
    "object": (
        NODE,
        ['{"the-name": "a", "children": [{"the_name": "b"}], "more": 1}'],
        {"the-name": "a", "children": [{"the-name": "b"}], "more": 1},
    ),
    "objects item by item": (
        ListType(item=NODE),
        ['{"the-name": "a"}', '{"the-name": "b"}'],
        [{"the-name": "a"}, {"the-name": "b"}],
    ),
    "file": (FILE, ["a.png"], "file a.png"),
    "file with an at sign": (FILE, ["@a.png"], "file a.png"),
    "files": (ListType(item=FILE), ["@a.png"], ["file a.png"]),
    "files as JSON": (ListType(item=FILE), ['["a.png"]'], ["file a.png"]),
}  # fmt: skip


def read(words: list[str], type_: Type) -> Any:
    validation = Validation(DEFINITIONS, lambda value: f"file {str(value).removeprefix('file ')}")
    return validation.read(read_words(words, type_, validation), type_)


@pytest.mark.parametrize(("type_", "words", "value"), VALUES.values(), ids=list(VALUES))
def test_words_have_the_value_that_the_type_says(
    type_: Type, words: list[str], value: object
) -> None:
    found = read(words, type_)
    assert found == value
    assert type(found) is type(value) or isinstance(value, dict)


@pytest.mark.parametrize(
    ("type_", "word"),
    [
        (INTEGER, "1.5"),
        (NUMBER, "11"),
        (NUMBER, "nan"),
        (NUMBER, "inf"),
        (BOOLEAN, "maybe"),
        (ChoiceType(values=("a",)), "b"),
        (ChoiceType(values=(True,)), "1"),
        (union(INTEGER, NULL), "x"),
        (TupleType(items=(INTEGER,)), "[1, 2]"),
        (MappingType(value=INTEGER), '{"a": "b"}'),
        (NODE, '{"children": []}'),
        (NODE, '{"the-name": "a", "children": [{"the-name": 1}]}'),
        (ListType(item=INTEGER, bounds=(("minItems", 2),)), "1"),
    ],
)
def test_a_word_that_does_not_fit(type_: Type, word: str) -> None:
    with pytest.raises(ValidationError):
        read([word], type_)


def test_json_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "node.json"
    file.write_text('{"the-name": "a"}', encoding="utf-8")
    assert read([f"@{file}"], NODE) == {"the-name": "a"}
    assert read([f"@{file}"], AnyType()) == {"the-name": "a"}
    assert read(['"@text"'], AnyType()) == "@text"


@pytest.mark.parametrize(
    ("type_", "words", "message"),
    [
        (NODE, ["{"], "is not JSON: "),
        (NODE, ["@gone.json"], "is not JSON: gone.json cannot be read: "),
        (AnyType(), ["@gone.json"], "is not JSON: gone.json cannot be read: "),
        (ListType(item=NODE), ["x"], "is not JSON: "),
        (TEXT, ["a", "b"], "was given 2 times, but takes one value."),
    ],
)
def test_a_word_that_cannot_be_read(type_: Type, words: list[str], message: str) -> None:
    with pytest.raises(ArgumentError, match=f"^{message}"):
        read(words, type_)


def test_no_path_is_not_the_working_folder() -> None:
    with pytest.raises(ValueError, match="a path or a URL is required"):
        file_of_word("")
