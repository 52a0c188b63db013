"""The inference tasks as one service: signatures, overloads, and classes that exist once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hubsmith_codegen.ir.model import Operation
from hubsmith_codegen.ir.spelling import spelled
from hubsmith_codegen.ir.types import ChoiceType, holds_file
from hubsmith_codegen.normalise.tasks import service_of_tasks
from hubsmith_repository.upstream import TASKS
from hubsmith_runtime import SpecError

SERVICE = service_of_tasks(TASKS)
OPERATIONS = {str(operation.method): operation for operation in SERVICE.operations}
CLASSES = {str(definition.class_name): definition for definition in SERVICE.definitions}
ALIASES = {str(alias.class_name): alias for alias in SERVICE.aliases}
OPTIONS = ["model", "timeout", "extra_headers", "extra_body"]


def overloads(operation: Operation) -> list[tuple[dict[str, str], set[str], str]]:
    return [
        ({name: spelled(type_) for name, type_ in one.types.items()}, set(one.required),
         spelled(one.result))
        for one in operation.overloads
    ]  # fmt: skip


def test_every_method_has_its_own_name_and_the_options_of_the_client() -> None:
    assert len(OPERATIONS) == len(SERVICE.operations) == 35
    for operation in SERVICE.operations:
        options = [str(one.identifier) for one in operation.parameters if one.is_option]
        assert options == OPTIONS
    assert {str(one.wire_name) for one in OPERATIONS["fill_mask"].parameters} >= {"inputs", "top_k"}


def test_a_signature_follows_the_overlay_then_the_schema_then_the_options() -> None:
    operation = OPERATIONS["feature_extraction"]
    names = [str(parameter.identifier) for parameter in operation.parameters]
    assert names == [
        "text", "normalize", "prompt_name", "truncate", "truncation_direction", "dimensions",
        "encoding_format", "model", "timeout", "extra_headers", "extra_body",
    ]  # fmt: skip
    assert (operation.by_position, operation.takes_more) == (1, False)
    assert OPERATIONS["image_to_image"].takes_more
    types = [spelled(one.type) for one in operation.parameters if one.is_option]
    assert types == [
        "str | None", "float | None", "Mapping[str, str] | None", "Mapping[str, Any] | None",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("text_to_image", "Image"),
        ("text_to_video", "bytes"),
        ("feature_extraction", "Array"),
        ("image_classification", "list[ClassificationOutputElement]"),
        ("text_generation", "str | TextGenerationOutput"),
        ("question_answering", "QuestionAnsweringOutputElement | list[QuestionAnsweringOutputElement]"),
        ("chat_completion", "ChatCompletionOutput"),
    ],
)  # fmt: skip
def test_what_a_call_returns(method: str, expected: str) -> None:
    assert spelled(OPERATIONS[method].result) == expected


def test_a_chat_is_streamed_parsed_or_neither() -> None:
    output, chunk = "ChatCompletionOutput", "ChatCompletionStreamOutput"
    forms = "ChatCompletionInputGrammarType | dict[str, Any] | None"
    assert overloads(OPERATIONS["chat_completion"]) == [
        ({"stream": "Literal[True]"}, {"stream"}, f"Stream[{chunk}]"),
        ({"response_format": "type[ModelT]", "stream": "Literal[False]"}, {"response_format"},
         f"Parsed{output}[ModelT]"),
        ({"response_format": forms, "stream": "Literal[False]"}, set(), output),
        ({}, set(), f"Stream[{chunk}] | {output}"),
    ]  # fmt: skip


def test_several_answers_are_a_list_and_one_is_itself() -> None:
    """Type checkers take an `int | None` apart, so there is no third overload."""
    element = "QuestionAnsweringOutputElement"
    assert overloads(OPERATIONS["question_answering"]) == [
        ({"top_k": "None"}, set(), element),
        ({"top_k": "int"}, {"top_k"}, f"list[{element}]"),
    ]


def test_a_text_is_streamed_as_texts_and_its_details_as_objects() -> None:
    off = "Literal[False] | None"
    assert overloads(OPERATIONS["text_generation"])[:2] == [
        ({"details": "Literal[True]", "stream": "Literal[True]"}, {"details", "stream"},
         "Stream[TextGenerationStreamOutput]"),
        ({"details": off, "stream": "Literal[True]"}, {"stream"}, "Stream[str]"),
    ]  # fmt: skip


def test_only_methods_with_several_return_types_have_overloads() -> None:
    assert {name for name, one in OPERATIONS.items() if one.overloads} == {
        "chat_completion", "question_answering", "text_generation",
    }  # fmt: skip


def test_what_several_tasks_share_exists_once_and_keeps_its_other_names() -> None:
    shared = {name for name, one in CLASSES.items() if one.module == "_common"}
    assert shared == {
        "BoundingBox", "ClassificationOutputElement", "GenerationParameters", "TargetSize",
    }  # fmt: skip
    alias = ALIASES["ZeroShotImageClassificationOutputElement"]
    assert spelled(alias.type) == "ClassificationOutputElement"
    assert alias.module == "zero_shot_image_classification"
    names = [*CLASSES, *ALIASES, *(str(one.request_class) for one in SERVICE.operations)]
    assert len(names) == len(set(names))


def test_a_union_that_has_a_name_is_an_alias() -> None:
    alias = ALIASES["ChatCompletionInputGrammarType"]
    assert spelled(alias.type).count("|") == 2
    assert alias.module == CLASSES["ChatCompletionInputMessage"].module == "chat_completion"


def test_a_tag_with_one_value_need_not_be_given() -> None:
    (tag,) = CLASSES["ChatCompletionInputResponseFormatText"].members
    assert (tag.is_required, tag.default) == (False, "text")
    assert tag.type == ChoiceType(values=("text",), is_constant=True)


def test_files_and_the_facts_of_a_task_are_there() -> None:
    operation = OPERATIONS["image_text_to_video"]
    assert [str(one.identifier) for one in operation.parameters if holds_file(one.type)] == [
        "image"
    ]
    assert operation.task is not None
    assert operation.task.call.one_of == ("image", "prompt")
    assert operation.task.call.result == "bytes"


def test_an_overlay_without_a_schema_is_refused(tmp_path: Path) -> None:
    (tmp_path / "overlay").mkdir()
    (tmp_path / "common-definitions.json").write_text('{"$id": "/c"}', encoding="utf-8")
    (tmp_path / "overlay" / "shout.toml").write_text(
        'method = "shout"\nsummary = "S"\nreturns = "R"\nsignature = []', encoding="utf-8"
    )
    with pytest.raises(SpecError, match="schemas or overlay missing for shout"):
        service_of_tasks(tmp_path)
