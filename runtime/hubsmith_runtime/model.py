"""The base classes of generated objects and requests."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, TypeAlias, TypeVar, cast

import pydantic

from .errors import ValidationError, place_of, shorten

R = TypeVar("R", covariant=True)

if TYPE_CHECKING:
    import typing_extensions

    M = TypeVar("M")
    D = typing_extensions.TypeVar("D", default=dict[str, Any])

    ObjectInput: TypeAlias = M | D
    """What is accepted for an object: an instance of its class, or a dict of the second type."""

    ListInput: TypeAlias = Sequence[M]
    """What is accepted for a list."""

    Real: TypeAlias = float
    """What is accepted for a number; an integer stays an integer."""
else:
    ListInput = list  # Pydantic converts the value to a list.

    class _AsGiven:
        def __get_pydantic_core_schema__(self, source, handler):
            return {**handler(int | float), "custom_error_type": "float_type"}

    Real = Annotated[float, _AsGiven()]

    class ObjectInput:
        """What is accepted for an object: pydantic converts a dict to the first type, the class."""

        def __class_getitem__(cls, types):
            return Annotated[types[0] if isinstance(types, tuple) else types, "object"]


class Model(pydantic.BaseModel):
    """Base class of every generated object.

    Fields that a newer server adds are kept as attributes, so that no part of an answer is lost.
    """

    model_config = pydantic.ConfigDict(
        extra="allow",
        populate_by_name=True,
        arbitrary_types_allowed=True,
        protected_namespaces=(),
        loc_by_alias=False,  # Errors use the names that a caller writes.
    )


class RequestModel(Model, Generic[R]):
    """The arguments of one call, checked when it is made.

    A subclass names the type of the call's result, `class GreetRequest(Request[str])`.

    Raises:
        ValidationError: when an argument is missing, unknown, of the wrong type or out of bounds;
            for a missing file, the error is also a `FileNotFoundError`.
    """

    model_config = pydantic.ConfigDict(extra="forbid")

    __result__: ClassVar[Any] = None

    @classmethod
    def _called(cls) -> object:
        """Return the name of the endpoint or task, for messages."""
        return cls.__name__

    if not TYPE_CHECKING:
        # Hidden from type checkers, which then infer the constructor's signature from the fields.

        def __init__(self, /, **arguments: object) -> None:
            try:
                super().__init__(**arguments)
            except pydantic.ValidationError as error:
                raise refusal(self._called(), arguments, error) from None

        def __class_getitem__(cls, result):
            # Not pydantic's generics: a parametrised class per request would cost import time, and
            # no field depends on the result. An open base, `RequestModel[R]`, is the class itself.
            return cls if isinstance(result, TypeVar) else types.GenericAlias(cls, result)

        def __init_subclass__(cls, **kwargs: object) -> None:
            super().__init_subclass__(**kwargs)
            for base in cls.__dict__.get("__orig_bases__", ()):
                if isinstance(base, types.GenericAlias):
                    (cls.__result__,) = base.__args__


def refusal(
    endpoint: object, arguments: Mapping[str, object], error: pydantic.ValidationError
) -> ValidationError:
    """Return an error that says, in one line per parameter, what is wrong with the arguments."""
    kind = ValidationError
    # By parameter, then by the path within it. A union reports each of its members: they are
    # alternatives of one problem.
    problems: dict[str, dict[str, tuple[list[str], str]]] = {}
    values: dict[str, object] = {}
    for detail in error.errors(include_url=False):
        cause, place = detail.get("ctx", {}).get("error"), detail["loc"]
        if kind is ValidationError and isinstance(cause, ValidationError):
            kind = type(cause)  # The most specific class.
        message = detail["msg"].removeprefix("Value error, ")
        if is_missing := detail["type"] == "missing":
            message = "a value is required"
        elif detail["type"] == "extra_forbidden":
            message = "there is no such parameter"
        # Without a location, it concerns several parameters, and the value would be all of them.
        has_value = bool(place) and not is_missing
        got = f", got {shorten(detail['input'])}" if has_value else ""
        parameter = str(place[0]) if place else ""
        values.setdefault(parameter, detail["input"] if has_value else None)
        path = _path(place, arguments, is_missing=is_missing)
        messages, _ = problems.setdefault(parameter, {}).setdefault(path, ([], got))
        if message not in messages:
            messages.append(message)
    lines: list[str] = []
    errors: list[tuple[str, str, object]] = []
    for parameter, paths in problems.items():
        found = [(path, "; or ".join(messages), got) for path, (messages, got) in paths.items()]
        parts = [f"{path}{': ' if path else ''}{message}{got}" for path, message, got in found]
        lines.append(f"{endpoint}: {'; or '.join(parts)}")
        said = [
            message if path == parameter else f"{path}: {message}" for path, message, _ in found
        ]
        errors.append((parameter, "; or ".join(said), values[parameter]))
    made = kind("\n".join(lines))
    made.errors = tuple(errors)
    return made


def _path(place: tuple[int | str, ...], value: Any, *, is_missing: bool) -> str:
    """Return the location of a problem in Python syntax, such as `history[0].content`.

    pydantic adds the members of unions to it: steps that do not exist in the value are left out.
    """
    path = list[int | str]()
    for at, step in enumerate(place, 1):
        name: Any = step
        if isinstance(value, pydantic.BaseModel):
            value = vars(value)
        elif isinstance(value, Mapping):
            names = cast("Mapping[Any, Any]", value)
            name = next((one for one in names if _letters(one) == _letters(step)), step)
        try:
            value = cast("Any", value)[name]
        except (LookupError, TypeError):
            if at > 1 and not (is_missing and at == len(place)):
                continue
        path.append(step)
    return place_of(path)


def _letters(name: object) -> str:
    """Normalise the name of a member: its wire name and its name in Python become equal."""
    return re.sub(r"[\W_]", "", str(name)).lower()
