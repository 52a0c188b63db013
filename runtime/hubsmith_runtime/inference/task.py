"""The base classes of generated task models: `Task`, `TaskRequest`, `TaskOutput`, and arguments."""

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
    """The facts about a task that its schema lacks. Fields are named as in the request."""

    name: str  # The Hub's, such as `text-to-image`; `conversational` for chat.
    method: str  # Of the client.
    # The field that is sent as `inputs`, or the fields of its members. Others are parameters.
    inputs: str | Mapping[str, str] = ""
    binary: tuple[str, ...] = ()  # Fields whose value is a file: image, audio or video.
    result: Literal["json", "image", "bytes", "array"] = "json"  # JSON is validated.
    shapes: tuple[str, ...] = ()  # Other accepted forms of an answer, in the order tried.
    text_unless: str = ""  # Unless this field is set, the result is the text alone.
    many_if: str = ""  # The field that requests a list of results instead of one.
    parsed_by: str = ""  # The field that may be a model class to parse the answer with.
    one_of: tuple[str, ...] = ()  # Fields of which at least one is needed.
    together: tuple[str, ...] = ()  # Fields given together or not at all.

    def __str__(self) -> str:
        return self.method


class TaskOutput(Model):
    """Base class of what a task returns: members are attributes, and also keys (`out["label"]`)."""

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
        """Return the names of all members, including those that are not in the schema."""
        return [*type(self).model_fields, *(self.model_extra or {})]


class TaskObject(TaskOutput):
    """Base class of objects in arguments, such as a chat message.

    A mapping is accepted instead, and so is a result with the same members: the message of an
    answer can be sent back unchanged.
    """

    @pydantic.model_validator(mode="before")
    @classmethod
    def _of_mapping(cls, value: object) -> object:
        if isinstance(value, (cls, dict)):
            return cast("object", value)
        if isinstance(value, pydantic.BaseModel):
            # Members that the server omitted stay omitted: `null` may mean something else.
            known = {*value.model_fields_set, *(value.model_extra or ())}
            return {name: given for name, given in value if name in known}
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
    """What is accepted for an object: its class, a result with the same members, or a dict."""
else:
    from ..model import ObjectInput as ObjectInput


ContentInput: TypeAlias = Annotated[
    FileInput | tuple[Any, int],
    pydantic.GetPydanticSchema(lambda source, handler: handler(_File)),
]
"""What a file argument accepts; it is converted to a `File`."""

ImageInput: TypeAlias = Annotated[
    FileInput | str,
    pydantic.GetPydanticSchema(lambda source, handler: handler(_Address)),
]
"""What the URL of an image in a message accepts: a URL, or a file, sent as a data URL."""

_File = Annotated[File, pydantic.BeforeValidator(file_of)]

_Address = Annotated[
    Any,
    pydantic.BeforeValidator(image_address),
    pydantic.PlainSerializer(lambda at: at.as_url() if isinstance(at, File) else at),
]
