"""`Answer`: what a mock says to one call, and how a file of answers is read."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, cast

from .._errors import ValidationError
from ._json import items, mapping

_LONGEST_DELAY = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a mock says to one call.

    Values are those of the wire: JSON, with a list of values for an endpoint with several results
    and `None` for one without. In a file of answers each of these is a key.

    Attributes:
        value: The result. Where it is left out, it is made from the declared types; after a
            `stream` it is the last of that.
        stream: Partial results that come before it, each like `value`. A streaming endpoint whose
            answer is made gives three.
        error: The words of the error that the call ends with instead of a result.
        title: The heading of the error.
        delay: Seconds to wait before each message that is about the work, and before the end.
        logs: Messages to show to the user first.
        progress: Shares of the work that are done, from 0 to 1, reported one after the other.
        status: An HTTP status to refuse the call with, such as 503; `error` gives the reason.
    """

    value: Any = ...
    stream: Sequence[Any] = ()
    error: str | None = None
    title: str = "Error"
    delay: float = 0.0
    logs: Sequence[str] = ()
    progress: Sequence[float] = ()
    status: int | None = None


AnswerSource: TypeAlias = (
    "Answer | Mapping[str, Any] | Sequence[Answer | Mapping[str, Any]] | Callable[..., Any]"
)
"""An answer, several (in turn; the last one stays), or a function of the arguments by name.

A function returns the value, or an `Answer`.
"""
Answers: TypeAlias = "Mapping[str, AnswerSource] | str | os.PathLike[str]"
"""Answers by endpoint, or the JSON file that holds them."""

_FIELDS = {one.name for one in dataclasses.fields(Answer)}


def answer_of(given: object, where: str) -> Answer:
    """Return an answer that was given as one or as the JSON of one.

    Raises:
        ValidationError: when it is neither, or one of its settings is wrong.
    """
    if isinstance(given, Answer):
        answer = given
    elif isinstance(given, Mapping):
        entries = mapping(dict(cast("Mapping[str, Any]", given)))
        if unknown := sorted(set(entries) - _FIELDS):
            raise ValidationError(
                f"{where}: an answer has no {unknown[0]!r}. Its keys are: "
                f'{", ".join(sorted(_FIELDS))}. A plain value is given as {{"value": ...}}.'
            )
        answer = Answer(**entries)
    else:
        raise ValidationError(
            f'{where}: an answer is an object such as {{"value": "Hello"}}, '
            f"not a {type(given).__name__}."
        )
    if fault := _fault(answer):
        raise ValidationError(f"{where}: the answer's {fault}.")
    return answer


def _fault(answer: Answer) -> str:
    """Say what is wrong with the settings of an answer; empty where nothing is."""
    delay, texts = answer.delay, (answer.error or "", answer.title, *_each(answer.logs))
    if not _is_number(delay) or not 0 <= delay <= _LONGEST_DELAY:
        return f"delay is not a number of seconds from 0 to {_LONGEST_DELAY}"
    if not all(isinstance(text, str) for text in texts):
        return "error, title or one of its logs is not text"
    if not all(map(_is_number, _each(answer.progress))):
        return "progress is not a list of numbers"
    if not isinstance(cast("object", answer.stream), list | tuple):
        return "stream is not a list of partial results"
    if answer.status is not None and answer.status not in range(400, 600):
        return "status is not an HTTP status from 400 to 599"
    return ""


def _each(value: object) -> Sequence[object]:
    """The entries of a list; anything else stands for itself, and is found wanting."""
    return cast("Sequence[object]", value) if isinstance(value, list | tuple) else (..., value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def read_answers(file: Path) -> Mapping[str, Any]:
    """Read a file of answers: an object with one answer or a list of them per endpoint.

    Raises:
        ValidationError: when it cannot be read, or is no such object.
    """
    try:
        content = json.loads(file.read_bytes())
    except OSError as error:
        raise ValidationError(f"{file} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise ValidationError(f"{file} is not JSON: {error}.") from None
    if not isinstance(content, dict):
        raise ValidationError(f"{file}: a file of answers is an object with a list per endpoint.")
    return {name: items(given) or given for name, given in mapping(cast("object", content)).items()}
