"""What the words of a command line mean for a type, before anything judges whether it fits."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from hubsmith_runtime import ArgumentError
from hubsmith_runtime.errors import shorten

from ...ir.json_type import Json
from ...ir.types import (
    NULL,
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
    holds_file,
    options_of,
)
from ...snippets.validation import Validation


def read_words(words: Sequence[str], type_: Type, validation: Validation) -> object:
    """The value that the words for one parameter mean; several are the items of a list.

    Numbers, truth values and choices are written as they are, lists and objects as JSON or as
    `@path` of a file with JSON, files as their path, `@path` or URL. For a list of anything else
    than lists or objects, a word that is not JSON list is its only item.

    Raises:
        ArgumentError: when a word should be JSON and is not, or there are too many.
    """
    if len(words) == 1:
        return _read(words[0], type_, validation)
    for option in options_of(type_):
        if isinstance(option, ListType):
            return [_read(word, option.item, validation) for word in words]
    raise ArgumentError(f"is given {len(words)} times, but takes one value.")


def _read(word: str, type_: Type, validation: Validation) -> object:
    match type_:
        case UnionType(options=options):
            if word == "null" and NULL in options:
                return None
            *others, vaguest = sorted((one for one in options if one != NULL), key=_vagueness)
            for option in others:
                with contextlib.suppress(ValueError):
                    return validation.read(_read(word, option, validation), option)
            return _read(word, vaguest, validation)
        case ChoiceType(values=values):
            return next((one for one in values if _choice_word(one) == word), word)
        case ScalarType(kind="null"):
            return None if word == "null" else word
        case FileType():
            return word.removeprefix("@")
        case ListType(item=item) if not _is_json(word, item):
            return [_read(word, item, validation)]
        case ListType() | TupleType() | MappingType() | Reference():
            return _json(word)
        case AnyType():
            with contextlib.suppress(ValueError, RecursionError):
                return json.loads(word)
            return word
        case _:
            return word


def _vagueness(option: Type) -> int:
    """What only some words can be is tried first, text at last."""
    match option:
        case AnyType():
            return 3
        case ScalarType(kind="string"):
            return 2
        case FileType():
            return 1
        case _:
            return 0


def _is_json(word: str, item: Type) -> bool:
    """Whether a word for a list is the whole list as JSON, and not its only item."""
    is_flat = all(isinstance(one, ScalarType | ChoiceType | FileType) for one in options_of(item))
    is_path = word.startswith("@") and not holds_file(item)
    return word.lstrip().startswith("[") or is_path or not is_flat


def _choice_word(choice: str | int | bool) -> str:
    return choice if isinstance(choice, str) else json.dumps(choice)


def _json(word: str) -> Json:
    content = word
    if word.startswith("@"):
        path = Path(word[1:])
        try:
            content = path.expanduser().read_text(encoding="utf-8")
        except (OSError, ValueError, RuntimeError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise ArgumentError(f"is not JSON: {path} cannot be read: {reason}.") from None
    try:
        return cast("Json", json.loads(content))
    except (ValueError, RecursionError) as error:
        raise ArgumentError(f"is not JSON: {error}, got {shorten(content)}.") from None
