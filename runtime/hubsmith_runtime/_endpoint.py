"""What generated models stand on: `Endpoint`, `Model`, `Request`."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import pydantic

from ._errors import ValidationError

R = TypeVar("R", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Which endpoint of a Space a request model calls.

    Attributes:
        name: The endpoint's API name with its leading slash, such as `/predict`. Empty for an
            endpoint without a name, which is then found by `fn_index`.
        fn_index: Position of the function in the Space, used only where there is no name, because
            it shifts when the Space's author adds an event.
        outputs: How many values the endpoint returns. With 0 the result is `None`, with 1 it is
            the value itself, with more it is the request's named tuple.
        is_ordered: Whether the request's fields stand in the order of the Space's inputs. Where
            they do not, the running Space is asked for the order of their names.
        defaults: The Space's own values, by wire name, for parameters whose default is not a
            scalar. They are sent when the argument is `None`.
    """

    name: str = ""
    fn_index: int | None = None
    outputs: int = 1
    is_ordered: bool = True
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __str__(self) -> str:
        return self.name or f"fn_index={self.fn_index}"


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


class Request(Model, Generic[R]):
    """The arguments of one call of one endpoint, checked when it is made.

    A subclass names its result type, `class GreetRequest(Request[str])`, and its `__endpoint__`.
    It can be stored, queued and sent later with `space.run(request)`.

    Raises:
        ValidationError: when an argument is missing, unknown, of the wrong type or out of bounds.
    """

    model_config = pydantic.ConfigDict(extra="forbid")

    __endpoint__: ClassVar[Endpoint]
    __result__: ClassVar[Any] = None

    if not TYPE_CHECKING:
        # Type checkers read the fields; hiding these keeps each field in the constructor's help.

        def __init__(self, /, **arguments: object) -> None:
            try:
                super().__init__(**arguments)
            except pydantic.ValidationError as error:
                raise ValidationError.of_arguments(type(self).__endpoint__, error) from None

        def __class_getitem__(cls, result):
            # An alias instead of pydantic's generics: a parametrised model class per endpoint
            # would cost import time and gain nothing, as no field depends on the result type.
            return types.GenericAlias(cls, result)

        def __init_subclass__(cls, **kwargs: object) -> None:
            super().__init_subclass__(**kwargs)
            for base in cls.__dict__.get("__orig_bases__", ()):
                if isinstance(base, types.GenericAlias):
                    (cls.__result__,) = base.__args__
