"""Where the next answer comes from: those that were settled beforehand, else the declared types."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, cast

from .._errors import ValidationError
from ._answers import Answer, Answers, answer_of, read_answers
from ._examples import Examples, partial_values
from ._files import FileStore
from ._json import is_file, mapping
from ._snapshot import RecordedEndpoint, Snapshot

_PARTIALS = 3
_Planned: TypeAlias = "list[Answer] | Callable[..., Any]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """An answer whose values are settled: what is in the output slots, partial by partial."""

    answer: Answer
    partials: list[list[Any]]
    final: list[Any]

    @classmethod
    def failed(cls, error: str) -> Script:
        """A call that ends with an error."""
        return cls(answer=Answer(error=error), partials=[], final=[])


class AnswerBook:
    """Knows what to say next.

    Raises:
        ValidationError: when the answers do not fit the snapshot.
    """

    def __init__(
        self, snapshot: Snapshot, files: FileStore, seed: int, answers: Answers | None
    ) -> None:
        self._snapshot = snapshot
        self._files = files
        self._seed = seed
        self._folder: Path | None = None
        self._lock = threading.Lock()
        self._planned: dict[int, _Planned] = {}
        if isinstance(answers, str | os.PathLike):
            self._folder = Path(answers).parent
            answers = read_answers(Path(answers))
        for name, source in (answers or {}).items():
            self.plan(name, source)

    def plan(self, name: str, source: Any) -> None:
        """Settle what an endpoint answers from now on."""
        endpoint = self._snapshot.find(name)
        if endpoint is None:
            raise ValidationError(
                f"{self._snapshot.name} has no endpoint {name!r} to answer for. It has: "
                f"{self._snapshot.live.names()}."
            )
        planned = self._checked(endpoint, source)
        with self._lock:
            self._planned[endpoint.live.fn_index] = planned

    def next(self, endpoint: RecordedEndpoint, arguments: dict[str, Any]) -> Script:
        """Return what to say to a call."""
        planned = self._planned.get(endpoint.live.fn_index, [])
        if callable(planned):
            answer = self._ask(planned, endpoint, arguments)
        else:
            with self._lock:
                answer = planned.pop(0) if len(planned) > 1 else (planned or [Answer()])[0]
        return self._settle(endpoint, answer)

    def _checked(self, endpoint: RecordedEndpoint, source: Any) -> _Planned:
        if callable(source):
            return source
        several: Sequence[object] = [source]
        if isinstance(source, list | tuple):
            several = cast("Sequence[object]", source)
        answers = [answer_of(one, str(endpoint)) for one in several]
        if not answers:
            raise ValidationError(f"{endpoint}: the list of answers is empty.")
        for answer in answers:
            self._settle(endpoint, answer)
        return answers

    def _ask(
        self, function: Callable[..., Any], endpoint: RecordedEndpoint, arguments: dict[str, Any]
    ) -> Answer:
        try:
            said = function(**arguments)
            answer = said if isinstance(said, Answer) else Answer(value=said)
            self._settle(endpoint, answer)
        except Exception as error:  # The caller sees what the function of a real Space would show.
            return Answer(error=f"{type(error).__name__}: {error}")
        return answer

    def _settle(self, endpoint: RecordedEndpoint, answer: Answer) -> Script:
        partials = [self._values(endpoint, partial) for partial in answer.stream]
        if answer.value is not ...:
            final = self._values(endpoint, answer.value)
        elif partials:
            final = partials[-1]
        elif answer.error is not None:
            final = []
        else:
            final = self._made(endpoint)
            if endpoint.streams:
                partials = _growing(endpoint, final)
        if endpoint.streams and answer.error is None and partials[-1:] != [final]:
            # A generator ends with what it yielded last, and some clients look at that only.
            partials.append(final)
        return Script(
            answer=answer,
            partials=[endpoint.slots(values) for values in partials],
            final=endpoint.slots(final) if final or not endpoint.results else [],
        )

    def _made(self, endpoint: RecordedEndpoint) -> list[Any]:
        return [
            Examples(
                random.Random(f"{self._seed} {endpoint} {place}"),
                self._files.make,
                result.component,
            ).value(result.schema)
            for place, result in enumerate(endpoint.results)
        ]

    def _values(self, endpoint: RecordedEndpoint, value: Any) -> list[Any]:
        """Lay out one canned value as one per result."""
        count = len(endpoint.results)
        if count == 1:
            return [self._served(value)]
        values = list(cast("Sequence[Any]", value)) if isinstance(value, list | tuple) else []
        if len(values) != count or (count == 0 and value not in (None, [], ())):
            wanted = f"a list of {count} values" if count else "None, as it returns nothing"
            raise ValidationError(f"{endpoint}: an answer's value must be {wanted}.")
        return [self._served(one) for one in values]

    def _served(self, value: Any) -> Any:
        """Replace the local files that a file of answers names by files of the mock."""
        if isinstance(value, dict):
            if self._folder is not None and is_file(cast("object", value)):
                return self._served_file(self._folder, mapping(cast("object", value)))
            return {key: self._served(one) for key, one in cast("dict[str, Any]", value).items()}
        if isinstance(value, list | tuple):
            return [self._served(one) for one in cast("Sequence[Any]", value)]
        return value

    def _served_file(self, folder: Path, named: dict[str, Any]) -> Any:
        given = named.get("path")
        if not isinstance(given, str) or self._files.get(given) is not None:
            return named
        path = (folder / given).resolve()
        # A file of answers may come from someone else: it names nothing outside of its folder.
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            raise ValidationError(
                f"{given!r} is not a file in {folder}, the folder of the file of answers."
            )
        return self._files.reference(self._files.add(path.read_bytes(), path.name))


def _growing(endpoint: RecordedEndpoint, final: list[Any]) -> list[list[Any]]:
    """Return the partial results of a streaming endpoint, the last one being the result."""
    grown = [
        partial_values(value, result.schema, _PARTIALS)
        for value, result in zip(final, endpoint.results, strict=True)
    ]
    return [list(values) for values in zip(*grown, strict=True)]
