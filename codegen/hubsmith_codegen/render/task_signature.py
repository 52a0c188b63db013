"""The parameters of a method, and its overloads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ..ir.names import Identifier
from ..ir.text import Source, literal
from ..normalise.tasks.model import TaskOperation
from ..normalise.tasks.operation import COMMON_ARGUMENTS

_KWARGS = "**kwargs"
_COMMON = {
    "model": Source("str | None"),
    "timeout": Source("float | None"),
    "extra_headers": Source("Mapping[str, str] | None"),
    "extra_body": Source("Mapping[str, Any] | None"),
}
_NONE = Source("None")
_FALSE = Source("Literal[False]")
_TRUE = Source("Literal[True]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One parameter of a method.

    Attributes:
        name: Its name.
        annotation: Its type.
        default: What it is where it is left out; absent for a required one.
    """

    name: Identifier
    annotation: Source
    default: Source | None = None

    def __str__(self) -> str:
        default = "" if self.default is None else f" = {self.default}"
        return f"{self.name}: {self.annotation}{default}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """The parameters of a method, behind `self`.

    Attributes:
        by_position: Those that may be given by position.
        by_keyword: Those behind them.
        takes_kwargs: Whether it takes what nobody lists, as `**kwargs`.
        result: What it returns.
    """

    by_position: tuple[Argument, ...]
    by_keyword: tuple[Argument, ...]
    takes_kwargs: bool
    result: Source

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all parameters in order."""
        names = [str(one.name) for one in (*self.by_position, *self.by_keyword)]
        return (*names, "kwargs") if self.takes_kwargs else tuple(names)

    @property
    def source(self) -> Source:
        """The parameters, each behind a comma."""
        parts = [str(one) for one in self.by_position]
        if self.by_keyword:
            parts += ["*", *(str(one) for one in self.by_keyword)]
        if self.takes_kwargs:
            parts.append(f"{_KWARGS}: Any")
        return Source("".join(f", {part}" for part in parts))

    def with_(self, changes: Mapping[str, Argument], result: Source) -> Signature:
        """The same with other types."""

        def changed(arguments: tuple[Argument, ...]) -> tuple[Argument, ...]:
            return tuple(changes.get(one.name, one) for one in arguments)

        return replace(
            self,
            by_position=changed(self.by_position),
            by_keyword=changed(self.by_keyword),
            result=result,
        )


def signature_of(
    operation: TaskOperation, types: Mapping[str, Source], result: Source
) -> Signature:
    """The signature of a method: in the order of the overlay, then what it does not list.

    Args:
        operation: The task.
        types: The annotation of each of its parameters.
        result: What it returns.
    """
    overlay = operation.overlay
    own = {str(one.parameter.identifier): one.parameter for one in operation.parameters}
    listed = [name for name in overlay.signature if name not in (_KWARGS, "extra_body")]
    mark = listed.index("*") if "*" in listed else len(listed)
    rest = [name for name in (*own, *COMMON_ARGUMENTS) if name not in listed]

    def argument(name: str) -> Argument:
        if name in _COMMON:
            return Argument(name=Identifier(name), annotation=_COMMON[name], default=_NONE)
        default = own[name].default
        return Argument(
            name=Identifier(name),
            annotation=types[name],
            default=None if default is None else literal(default.value),
        )

    return Signature(
        by_position=tuple(argument(name) for name in listed[:mark]),
        by_keyword=tuple(argument(name) for name in (*listed[mark + 1 :], *rest)),
        takes_kwargs=_KWARGS in overlay.signature,
        result=result,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """Types of some parameters, and what is returned then."""

    changes: Mapping[str, Argument]
    result: Source


def overloads(operation: TaskOperation, whole: Signature, is_async: bool) -> tuple[Signature, ...]:
    """The overloads of a method; none where it always returns the same.

    Args:
        operation: The task.
        whole: The signature of the method itself.
        is_async: Whether streams are those of the async client.
    """
    variants = list(_variants(operation, whole))
    if operation.chunk_class:
        variants = [*_streams(operation, whole, variants, is_async)]
    if len(variants) < 2:
        return ()
    # What a type checker cannot tell apart, such as a `bool`, gets the union.
    last = whole.with_({}, _union([variant.result for variant in variants]))
    found = [whole.with_(one.changes, one.result) for one in variants]
    return tuple(found) if found[-1] == last else (*found, last)


def _variants(operation: TaskOperation, whole: Signature) -> Iterator[Variant]:
    overlay = operation.overlay
    if name := overlay.text_unless:
        yield _variant(whole, {name: (_TRUE, False)}, Source(str(operation.output_class)))
        yield _variant(whole, {name: (_false(whole, name), True)}, Source("str"))
    elif name := overlay.many_if:
        element = Source(str(operation.output_class))
        given = Source(_argument(whole, name).annotation.removesuffix(" | None"))
        yield _variant(whole, {name: (_NONE, True)}, element)
        yield _variant(whole, {name: (given, False)}, Source(f"list[{element}]"))
    elif name := overlay.parsed_by:
        plain = _argument(whole, name).annotation.replace(f"{MODEL_CLASS} | ", "")
        parsed = Source(f"Parsed{operation.output_class}[ModelT]")
        yield _variant(whole, {name: (Source("type[ModelT]"), False)}, parsed)
        yield _variant(whole, {name: (Source(plain), True)}, Source(str(operation.output_class)))
    else:
        yield Variant(changes={}, result=whole.result)


MODEL_CLASS = "type[pydantic.BaseModel]"


def _streams(
    operation: TaskOperation, whole: Signature, variants: list[Variant], is_async: bool
) -> Iterator[Variant]:
    stream = "AsyncStream" if is_async else "Stream"
    streamed = {"stream": replace(_argument(whole, "stream"), annotation=_TRUE, default=None)}
    done = {"stream": replace(_argument(whole, "stream"), annotation=_false(whole, "stream"))}
    seen: set[str] = set()
    for variant in variants:
        chunk = "str" if variant.result == "str" else operation.chunk_class
        result = Source(f"{stream}[{chunk}]")
        is_only = not operation.overlay.text_unless
        if result not in seen:
            seen.add(result)
            yield Variant(
                changes=streamed if is_only else {**variant.changes, **streamed}, result=result
            )
    for variant in variants:
        yield Variant(changes={**variant.changes, **done}, result=variant.result)


def _variant(whole: Signature, types: Mapping[str, tuple[Source, bool]], result: Source) -> Variant:
    changes = {
        name: replace(
            _argument(whole, name),
            annotation=annotation,
            default=_argument(whole, name).default if is_optional else None,
        )
        for name, (annotation, is_optional) in types.items()
    }
    return Variant(changes=changes, result=result)


def _argument(whole: Signature, name: str) -> Argument:
    return next(one for one in (*whole.by_position, *whole.by_keyword) if one.name == name)


def _false(whole: Signature, name: str) -> Source:
    return _FALSE if _argument(whole, name).default == "False" else Source(f"{_FALSE} | None")


def _union(results: list[Source]) -> Source:
    # A parsed answer is an answer, too.
    options = [one for one in " | ".join(results).split(" | ") if not one.startswith("Parsed")]
    return Source(" | ".join(dict.fromkeys(options)))
