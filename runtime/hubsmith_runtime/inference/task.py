"""What generated task models stand on: `Task`, `TaskRequest`, `TaskOutput`, and their arguments."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias, TypeVar, cast

import pydantic

from ..files import File, FileInput
from ..model import ListInput as ListInput, Model, Real as Real, RequestModel
from .media import file_of, image_address

if TYPE_CHECKING:
    import typing_extensions
    from typing_extensions import Self

    D = typing_extensions.TypeVar("D", default=dict[str, Any])

T = TypeVar("T")
R = TypeVar("R", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """The facts of one task that its schema does not say; its fields are those of the request."""

    name: str  # The Hub's, such as `text-to-image`; `conversational` for chat.
    method: str  # Of the client.
    # The field that is the wire's `inputs`, or those of its members. All others are parameters.
    inputs: str | Mapping[str, str] = ""
    binary: tuple[str, ...] = ()  # Fields whose value is a file: image, audio or video.
    result: Literal["json", "image", "bytes", "array"] = "json"  # JSON is validated.
    shapes: tuple[str, ...] = ()  # Other forms of an answer that are understood, as they are tried.
    text_unless: str = ""  # The field that turns a plain text into the whole result.
    many_if: str = ""  # The field that asks for a list of results instead of one.
    parsed_by: str = ""  # The field that may hold a model class to parse the answer by.
    one_of: tuple[str, ...] = ()  # Fields of which at least one is needed.
    together: tuple[str, ...] = ()  # Fields given together or not at all.

    def __str__(self) -> str:
        return self.method


class TaskOutput(Model):
    """Base of everything that a task returns: attributes, and also keys (`out["label"]`)."""

    def __getitem__(self, key: str) -> Any:
        try:
            return getattr(self, key)
        except AttributeError:
            raise KeyError(key) from None

    def __contains__(self, key: object) -> bool:
        return key in self.keys()

    def get(self, key: str, default: Any = None) -> Any:
        """Return the member of this name, or `default`."""
        try:
            return self[key]
        except KeyError:
            return default

    def keys(self) -> list[str]:
        """Return the names of all members, those that the schema does not know included."""
        return [*type(self).model_fields, *(self.model_extra or {})]


class TaskObject(TaskOutput):
    """Base of objects in arguments, such as a chat message.

    Where one is expected, a mapping will do, and so will a result with the same members: the
    message of an answer can be sent back as it is.
    """

    @pydantic.model_validator(mode="before")
    @classmethod
    def _of_mapping(cls, value: object) -> object:
        if isinstance(value, (cls, dict)):
            return cast("object", value)
        if isinstance(value, pydantic.BaseModel):
            # What the server left out stays left out: a `null` may mean something else to it.
            return {name: given for name, given in value if name in value.model_fields_set}
        return dict(cast("Mapping[str, Any]", value)) if isinstance(value, Mapping) else value


@functools.lru_cache(maxsize=128)
def adapter_of(kind: Any) -> pydantic.TypeAdapter[Any]:
    return pydantic.TypeAdapter(kind)


class TaskRequest(RequestModel[R]):
    """The arguments of one call of one task, checked when it is made.

    A subclass names its result type, `class ImageToTextRequest(TaskRequest[ImageToTextOutput])`, and
    its `__task__`. A field's alias is its name on the wire.

    Raises:
        ValidationError: when an argument is missing, unknown, of the wrong type or out of bounds.
    """

    __task__: ClassVar[Task]

    @classmethod
    def _called(cls) -> object:
        return cls.__task__

    @pydantic.model_validator(mode="after")
    def _check_together(self) -> Self:
        one_of, together = self.__task__.one_of, self.__task__.together
        if not (one_of or together):
            return self
        if one_of and all(getattr(self, name) is None for name in one_of):
            raise ValueError(f"give {' or '.join(one_of)}, or both")
        missing = [name for name in together if getattr(self, name) is None]
        if missing and len(missing) < len(together):
            raise ValueError(f"give {' and '.join(together)} together; {missing[0]} is missing")
        return self


if TYPE_CHECKING:
    ObjectInput: TypeAlias = T | D | TaskOutput | dict[str, Any]
    """What is taken for an object: one of its class, a result with the same members, a dict."""
else:
    from ..model import ObjectInput as ObjectInput


ContentInput: TypeAlias = Annotated[
    FileInput | tuple[Any, int],
    pydantic.GetPydanticSchema(lambda source, handler: handler(_File)),
]
"""What a file argument takes; it becomes a `File`."""

ImageInput: TypeAlias = Annotated[
    FileInput | str,
    pydantic.GetPydanticSchema(lambda source, handler: handler(_Address)),
]
"""What the URL of an image in a message takes: a URL, or what becomes a data URL."""

_File = Annotated[File, pydantic.BeforeValidator(file_of)]

_Address = Annotated[
    Any,
    pydantic.BeforeValidator(image_address),
    pydantic.PlainSerializer(lambda at: at.as_url() if isinstance(at, File) else at),
]
