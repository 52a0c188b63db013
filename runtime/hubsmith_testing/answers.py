"""The answers of a mock: those that were set, else values generated from the declared types."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeAlias, cast

import pydantic
from hubsmith_runtime import ValidationError

from .examples import Examples, partial_values
from .files import FileStore
from .json import JsonObject, is_array, is_object, mapping, parse_object
from .snapshot import RecordedEndpoint, Snapshot


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer of a mock to one call.

    Values are JSON as sent by the server: a list of values for an endpoint with several results,
    and `None` for one without results. The attributes are also the keys in a JSON file of answers.

    Attributes:
        value: The result. By default, it is the last item of `stream`, or else generated from the
            declared types.
        stream: Partial results to send before the result, each like `value`. Generated answers of
            streaming endpoints have three.
        error: The message of an error that ends the call instead of a result.
        title: The title of the error.
        delay: Seconds to wait before each progress report, each partial result and the end; at most
            3600.
        logs: Log messages to send first.
        progress: Fractions of the work done, from 0 to 1, to report one after the other.
        status: An HTTP status from 400 to 599 to refuse the call with; `error` is the reason.
        arguments: Makes the answer apply only to calls with exactly these arguments, as JSON by
            parameter name; arguments left out have the Space's defaults. Without it, the answer
            applies to all calls that have no answer of their own.
    """

    __pydantic_config__ = pydantic.ConfigDict(extra="forbid")

    value: Any = dataclasses.field(default_factory=lambda: ...)
    stream: list[Any] | tuple[Any, ...] = ()
    error: str | None = None
    title: str = "Error"
    delay: Annotated[float, pydantic.Field(ge=0, le=3600)] = 0.0
    logs: Sequence[str] = ()
    progress: Sequence[pydantic.FiniteFloat] = ()
    status: Annotated[int, pydantic.Field(ge=400, le=599)] | None = None
    arguments: Mapping[str, Any] | None = None


AnswerSource: TypeAlias = (
    "Answer | Mapping[str, Any] | Sequence[Answer | Mapping[str, Any]] | Callable[..., Any]"
)
"""An answer, a list of answers to give in turn, or a function of the arguments.

The last answer of a list repeats. A function gets keyword arguments, and returns a value or an
`Answer`."""
Answers: TypeAlias = "Mapping[str, AnswerSource] | str | os.PathLike[str]"
"""Answers by endpoint, or the path of a JSON file with them."""

_ADAPTER = pydantic.TypeAdapter(Answer)
_KEYS = [field.name for field in dataclasses.fields(Answer)]


class Script:
    """Decides the next answer of each endpoint.

    Raises:
        ValidationError: if the answers do not fit the snapshot.
    """

    def __init__(
        self, snapshot: Snapshot, files: FileStore, seed: int, answers: Answers | None
    ) -> None:
        self._snapshot = snapshot
        self._files = files
        self._seed = seed
        self._folder: Path | None = None
        self._given: dict[int, Callable[..., Any]] = {}
        if isinstance(answers, str | os.PathLike):
            self._folder = Path(answers).parent
            answers = _read_answers(Path(answers))
        for name, source in (answers or {}).items():
            self.give(name, source)

    def give(self, name: str, source: Any) -> None:
        """Set the answers of an endpoint.

        Raises:
            ValidationError: if there is no such endpoint, or the answers do not fit it.
        """
        endpoint = self._snapshot.find(name)
        if endpoint is None:
            raise ValidationError(
                f"{self._snapshot.name} has no endpoint {name!r}. It has: "
                f"{self._snapshot.live.names()}."
            )
        if not callable(source):
            several = source if is_array(source) else [source]
            answers = [_answer_of(one, endpoint) for one in several]
            if not answers:
                raise ValidationError(f"{endpoint}: the list of answers is empty.")
            for answer in answers:
                self._laid_out(answer, endpoint)  # Raise now rather than at the call.
                if unknown := {*(answer.arguments or {})}.difference(endpoint.names):
                    raise ValidationError(f"{endpoint} has no parameter {min(unknown)!r}.")
            source = self._turns(answers, endpoint.defaults)
        self._given[endpoint.live.fn_index] = source

    def _turns(self, answers: Sequence[Answer], defaults: JsonObject) -> Callable[..., Answer]:
        """Return a function that gives the answers for the same arguments in turn."""
        turns: dict[str, Iterator[Answer]] = {}

        def key_of(answer: Answer) -> str:
            given = answer.arguments
            return "" if given is None else _key({**defaults, **self._served(given)})

        for key, same in itertools.groupby(sorted(answers, key=key_of), key_of):
            first, *others = same
            last = others[-1] if others else first
            turns[key] = itertools.chain([first, *others], itertools.repeat(last))

        def answer(**arguments: Any) -> Answer:
            own = turns.get(_key(arguments), turns.get(""))
            return Answer() if own is None else next(own)

        return answer

    def next(self, endpoint: RecordedEndpoint, arguments: Mapping[str, Any]) -> Answer:
        """Return the answer to a call. Its values are lists with one value per output slot."""
        given = self._given.get(endpoint.live.fn_index)
        if given is None:
            return self._laid_out(Answer(), endpoint)
        try:
            value = given(**arguments)
            answer = value if isinstance(value, Answer) else Answer(value=value)
            return self._laid_out(_answer_of(answer, endpoint), endpoint)
        except Exception as error:  # Reported to the caller, as a real Space does.
            return Answer(error=f"{type(error).__name__}: {error}")

    def _laid_out(self, answer: Answer, endpoint: RecordedEndpoint) -> Answer:
        partials = [self._values(partial, endpoint) for partial in answer.stream]
        if answer.value is not ...:
            final = self._values(answer.value, endpoint)
        elif partials:
            final = partials[-1]
        elif answer.error is not None:
            final = []
        else:
            final = self._examples(endpoint)
            if endpoint.streams:
                grown = [
                    partial_values(value, result.get("type"))
                    for value, result in zip(final, endpoint.results, strict=True)
                ]
                partials = [*map(list, zip(*grown, strict=True))]
        if endpoint.streams and answer.error is None and partials[-1:] != [final]:
            # The result of a generator is its last partial result, and some clients read only that.
            partials.append(final)
        stream = [endpoint.slots(values) for values in partials]
        return dataclasses.replace(answer, value=endpoint.slots(final), stream=stream)

    def _examples(self, endpoint: RecordedEndpoint) -> list[Any]:
        values: list[Any] = []
        for place, result in enumerate(endpoint.results):
            chance = random.Random(f"{self._seed} {endpoint} {place}")
            component = str(result.get("component", "")).lower()
            examples = Examples(chance, self._files.make, component)
            values.append(examples.value(result.get("type")))
        return values

    def _values(self, value: object, endpoint: RecordedEndpoint) -> list[Any]:
        """Return the value of an answer as a list with one value per result."""
        count = len(endpoint.results)
        values = value if count != 1 and is_array(value) else [value]
        if count == 0 and value is None:
            values = []
        if len(values) != count:
            wanted = f"a list of {count} values" if count else "None, as it returns nothing"
            raise ValidationError(f"{endpoint}: an answer's value must be {wanted}.")
        return [self._served(one) for one in values]

    def _served(self, value: object) -> Any:
        """Replace local files referenced in a file of answers by files of the mock."""
        if is_array(value):
            return [self._served(one) for one in value]
        if not is_object(value):
            return value
        path, kind = str(value.get("path")), mapping(value.get("meta")).get("_type")
        if self._folder and kind == "gradio.FileData" and path not in self._files.contents:
            file = (self._folder / path).resolve()
            # A file of answers may not be trusted: it can only reference files in its own folder.
            if not file.is_relative_to(self._folder.resolve()) or not file.is_file():
                raise ValidationError(
                    f"{path!r} is not a file in {self._folder}, the folder of the file of answers."
                )
            return self._files.reference(self._files.add(file.read_bytes(), file.name))
        return {key: self._served(one) for key, one in value.items()}


def _key(arguments: object) -> str:
    return json.dumps(_compared(arguments), sort_keys=True)


def _compared(value: object) -> Any:
    """Normalise arguments for comparison: files by their content, whole floats as integers."""
    if is_array(value):
        return [_compared(one) for one in value]
    if is_object(value):
        is_file = mapping(value.get("meta")).get("_type") == "gradio.FileData"
        # The folder of an uploaded file is named by a hash of its content.
        kept = {"path": str(value.get("path")).rpartition("/")[0]} if is_file else value
        return {key: _compared(one) for key, one in kept.items() if one is not None}
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _answer_of(given: object, endpoint: RecordedEndpoint) -> Answer:
    if isinstance(given, Answer):
        given = {key: getattr(given, key) for key in _KEYS}
    elif isinstance(given, Mapping):
        given = dict(cast("Mapping[str, Any]", given))
    try:
        return _ADAPTER.validate_python(given)
    except pydantic.ValidationError as error:
        fault = error.errors()[0]
        where = f"the answer's {fault['loc'][0]}" if fault["loc"] else "the answer"
        raise ValidationError(
            f"{endpoint}: {where}: {fault['msg']}. An answer is an object such as "
            f'{{"value": "Hello"}}; its keys are {", ".join(_KEYS)}.'
        ) from None


def _read_answers(file: Path) -> JsonObject:
    try:
        return parse_object(file.read_bytes())
    except OSError as error:
        raise ValidationError(f"{file} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise ValidationError(
            f"{file}: a file of answers must be a JSON object with answers by endpoint: {error}."
        ) from None
