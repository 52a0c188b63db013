"""What every generated class of objects and of arguments stands on."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, TypeAlias, TypeVar

import pydantic

from .errors import ValidationError, shorten

R = TypeVar("R", covariant=True)

if TYPE_CHECKING:
    import typing_extensions

    M = TypeVar("M")
    D = typing_extensions.TypeVar("D", default=dict[str, Any])

    ObjectInput: TypeAlias = M | D
    """What is taken for an object: one of its class, or a dict, as the second type describes it."""
else:

    class ObjectInput:
        """What is taken for an object: pydantic makes a dict one of the class, the first type."""

        def __class_getitem__(cls, types):
            return Annotated[types[0] if isinstance(types, tuple) else types, "object"]


class Model(pydantic.BaseModel):
    """Base of every generated object.

    Fields that a newer server adds are kept as attributes, so that nothing of an answer is lost.
    """

    model_config = pydantic.ConfigDict(
        extra="allow",
        populate_by_name=True,
        arbitrary_types_allowed=True,
        protected_namespaces=(),
        loc_by_alias=False,  # Errors speak of the names that a caller writes.
    )


class RequestModel(Model, Generic[R]):
    """The arguments of one call, checked when it is made.

    A subclass names the type of the call's result, `class GreetRequest(Request[str])`.

    Raises:
        ValidationError: when an argument is missing, unknown, of the wrong type or out of bounds;
            one about a file that is missing is also a `FileNotFoundError`.
    """

    model_config = pydantic.ConfigDict(extra="forbid")

    __result__: ClassVar[Any] = None

    @classmethod
    def _called(cls) -> object:
        """Return what the arguments are for, as messages call it."""
        return cls.__name__

    if not TYPE_CHECKING:
        # Type checkers read the fields; hiding these keeps each field in the constructor's help.

        def __init__(self, /, **arguments: object) -> None:
            try:
                super().__init__(**arguments)
            except pydantic.ValidationError as error:
                raise _refusal(self._called(), error) from None

        def __class_getitem__(cls, result):
            # Not pydantic's generics: a parametrised class per request would cost import time, and
            # no field depends on the result. An open base, `RequestModel[R]`, is the class itself.
            return cls if isinstance(result, TypeVar) else types.GenericAlias(cls, result)

        def __init_subclass__(cls, **kwargs: object) -> None:
            super().__init_subclass__(**kwargs)
            for base in cls.__dict__.get("__orig_bases__", ()):
                if isinstance(base, types.GenericAlias):
                    (cls.__result__,) = base.__args__


def _refusal(endpoint: object, error: pydantic.ValidationError) -> ValidationError:
    """Say in one line per problem what is wrong with the arguments of an endpoint or a task."""
    kind = ValidationError
    problems: dict[str, tuple[list[str], object, bool]] = {}
    for detail in error.errors(include_url=False):
        cause, place = detail.get("ctx", {}).get("error"), detail["loc"]
        if kind is ValidationError and isinstance(cause, ValidationError):
            kind = type(cause)  # It says most.
        message = detail["msg"].removeprefix("Value error, ")
        if detail["type"] == "missing":
            message = "a value is required" + (f" for {place[-1]}" if len(place) > 1 else "")
        elif detail["type"] == "extra_forbidden":
            message = "there is no such parameter"
        # Without a place it is about several of them, and all would be shown.
        has_value = bool(place) and detail["type"] != "missing"
        new: tuple[list[str], object, bool] = [], detail["input"] if has_value else None, has_value
        # A union reports each of its members: they are alternatives of one problem.
        messages, _, _ = problems.setdefault(str(place[0]) if place else "", new)
        if message not in messages:
            messages.append(message)
    lines: list[str] = []
    errors: list[tuple[str, str, object]] = []
    for parameter, (messages, value, has_value) in problems.items():
        message = "; or ".join(messages)
        got = f", got {shorten(value)}" if has_value else ""
        lines.append(f"{endpoint}: {parameter}{': ' if parameter else ''}{message}{got}")
        errors.append((parameter, message, value))
    made = kind("\n".join(lines))
    made.errors = tuple(errors)
    return made
