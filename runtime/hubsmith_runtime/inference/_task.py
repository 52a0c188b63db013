"""What generated task models stand on: `Task`, `TaskRequest`, `TaskOutput`."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeAlias, TypeVar

import pydantic

from .._endpoint import Model
from .._errors import ValidationError

R = TypeVar("R", covariant=True)

ResultForm: TypeAlias = Literal["json", "image", "bytes", "array"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """The facts of one task that its schema does not say.

    Attributes:
        name: The Hub's name of the task, such as `text-to-image`; `conversational` for chat.
        method: The name of the client's method.
        inputs: The request field that is the wire's `inputs`, or, where `inputs` is an object, the
            field by the name of its member. Every other field is a parameter.
        binary: Fields whose value is a file: image, audio or video.
        result: `json`: the answer is validated as the result type. `image`, `bytes`, `array`: it is
            a PIL image, bytes, or a numpy array of float32.
        shapes: Names of the other forms of an answer that are understood, in the order they are tried.
        text_unless: The field that turns a plain text into the whole result.
        many_if: The field that asks for a list of results instead of one.
        parsed_by: The field that may hold a pydantic model class, which the answer is parsed by.
        one_of: Fields of which at least one is needed.
        together: Fields that are given together or not at all.
    """

    name: str
    method: str
    inputs: str | Mapping[str, str] = ""
    binary: tuple[str, ...] = ()
    result: ResultForm = "json"
    shapes: tuple[str, ...] = ()
    text_unless: str = ""
    many_if: str = ""
    parsed_by: str = ""
    one_of: tuple[str, ...] = ()
    together: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.method

    def check(self, request: object) -> None:
        """Check what concerns several fields of a request.

        Raises:
            ValueError: when fields are missing.
        """
        if self.one_of and all(getattr(request, name) is None for name in self.one_of):
            raise ValueError(f"give {' or '.join(self.one_of)}, or both")
        missing = [name for name in self.together if getattr(request, name) is None]
        if missing and len(missing) < len(self.together):
            raise ValueError(
                f"give {' and '.join(self.together)} together; {missing[0]} is missing"
            )


class TaskOutput(Model):
    """Base of everything that a task returns: attributes, and also keys (`out["label"]`)."""

    if not TYPE_CHECKING:

        def __getitem__(self, key: str) -> Any:
            try:
                return getattr(self, key)
            except AttributeError:
                raise KeyError(key) from None
    else:

        def __getitem__(self, key: str) -> Any: ...

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key in self.keys()

    def get(self, key: str, default: Any = None) -> Any:
        """Return the member of this name, or `default`."""
        try:
            return self[key]
        except KeyError:
            return default

    def keys(self) -> list[str]:
        """Return the names of all members, those that the schema does not know included."""
        return [*type(self).model_fields, *(self.model_extra or {})]


class TaskRequest(Model, Generic[R]):
    """The arguments of one call of one task, checked when it is made.

    A subclass names its result type, `class FillMaskRequest(TaskRequest[list[FillMaskOutputElement]])`,
    and its `__task__`. A field's alias is its name on the wire.

    Raises:
        ValidationError: when an argument is missing, unknown, of the wrong type or out of bounds.
    """

    model_config = pydantic.ConfigDict(extra="forbid")

    __task__: ClassVar[Task]
    __result__: ClassVar[Any] = None

    if not TYPE_CHECKING:

        def __init__(self, /, **arguments: object) -> None:
            try:
                super().__init__(**arguments)
            except pydantic.ValidationError as error:
                raise _refusal(error).of_arguments(type(self).__task__, error) from None

        @pydantic.model_validator(mode="after")
        def _check(self):
            type(self).__task__.check(self)
            return self

        def __class_getitem__(cls, result):
            return types.GenericAlias(cls, result)

        def __init_subclass__(cls, **kwargs: object) -> None:
            super().__init_subclass__(**kwargs)
            for base in cls.__dict__.get("__orig_bases__", ()):
                if isinstance(base, types.GenericAlias):
                    (cls.__result__,) = base.__args__


def _refusal(error: pydantic.ValidationError) -> type[ValidationError]:
    """Return the class that says most: a missing file is also a `FileNotFoundError`."""
    causes = (detail.get("ctx", {}).get("error") for detail in error.errors(include_url=False))
    return next((type(one) for one in causes if isinstance(one, ValidationError)), ValidationError)
