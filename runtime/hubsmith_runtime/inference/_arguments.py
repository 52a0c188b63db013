"""Arguments that are objects, lists or files: `TaskObject`, and what is taken for each of them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar, cast

import pydantic

from .._files import Image as Picture
from .._files import Readable
from ._content import Content
from ._task import TaskOutput

T = TypeVar("T")


class TaskObject(TaskOutput):
    """Base of objects in arguments, such as a chat message.

    Where one is expected, a mapping will do, and so will a result with the same members: the
    message of an answer can be sent back as it is.
    """

    if not TYPE_CHECKING:

        @pydantic.model_validator(mode="before")
        @classmethod
        def _of_mapping(cls, value):
            if isinstance(value, cls):
                return value
            if isinstance(value, pydantic.BaseModel):
                # What the server left out stays left out: a `null` may mean something else to it.
                members = cast("dict[str, Any]", dict(value))
                return {key: members[key] for key in members if key in value.model_fields_set}
            return dict(value) if isinstance(value, Mapping) else value


if TYPE_CHECKING:
    ObjectInput: TypeAlias = T | TaskOutput | dict[str, Any]
    """What is taken for an object: one of its class, a result with the same members, a dict."""

    ListInput: TypeAlias = Sequence[T]
    """What is taken for a list."""
else:

    class ObjectInput:
        """What is taken for an object; pydantic makes it one of its class."""

        def __class_getitem__(cls, item):
            return item

    ListInput = list


ContentInput: TypeAlias = Annotated[
    Content | str | os.PathLike[str] | bytes | bytearray | memoryview | Readable | Picture
    | tuple[Any, int],
    pydantic.GetPydanticSchema(lambda source, handler: handler(Content)),
]  # fmt: skip
"""What a file argument takes; it becomes a `Content`."""
