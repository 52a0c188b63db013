"""What `hubsmith map` calls for each row: an endpoint of a Space, or a task of a model."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Generator, Iterable, Mapping
from typing import Any, Protocol

import pydantic
from hubsmith_bulk import MapOptions, Run, map_model, map_space
from hubsmith_runtime import ArgumentError, Client, ValidationError
from hubsmith_runtime.model import refusal

from ...ir.model import Operation, Service
from ...snippets.validation import Validation
from ..calling.arguments import file_of_word, read_words
from .tables import Record


class Target(Protocol):
    """What a run calls."""

    endpoint: str
    """Its name in a journal."""

    names: tuple[str, ...]
    """Its parameters."""

    def read(self, row: Record, *, is_text: bool) -> Any:
        """Return the arguments of a row; with `is_text`, as from CSV, all its cells are strings.

        Raises:
            ValidationError: when an argument is wrong.
        """
        ...

    def map(
        self, rows: Iterable[Any], options: MapOptions
    ) -> contextlib.AbstractContextManager[Run[Any]]:
        """Return the run that calls the target for these rows."""
        ...


class EndpointTarget:
    """An endpoint of a Space, with the Space's own names for its arguments."""

    def __init__(
        self, service: Service, operation: Operation, address: str, options: Mapping[str, Any]
    ) -> None:
        if not operation.endpoint:
            raise ArgumentError("map: the endpoint has no API name. Choose one that has.")
        self._operation, self._address, self._options = operation, address, options
        self.endpoint = str(operation.endpoint)
        self._parameters = {str(one.wire_name): one for one in operation.parameters}
        self.names = tuple(self._parameters)
        self._validation = Validation(service.definitions, file_of_word)
        self._arguments = self._validation.of_arguments(operation.parameters)

    def read(self, row: Record, *, is_text: bool) -> Any:
        where = self.endpoint
        given: dict[str, Any] = {}
        for name, value in row.items():
            if is_text:
                if value == "":
                    continue  # An empty cell is an argument that is left out.
                try:
                    value = read_words([value], self._parameters[name].type, self._validation)
                except ArgumentError as error:
                    raise ArgumentError(f"{where}: {name} {error}") from None
            given[name] = value
        try:
            return self._arguments.validate_python(given)
        except pydantic.ValidationError as error:
            raise refusal(where, given, error) from None

    @contextlib.contextmanager
    def map(self, rows: Iterable[Any], options: MapOptions) -> Generator[Run[Any], None, None]:
        # If this is unchanged, so are the types of the arguments and the results.
        spec = f"sha256:{hashlib.sha256(repr(self._operation).encode()).hexdigest()}"
        with Client(self._address, **self._options) as client:
            yield map_space(client, rows, options, self.endpoint, spec)


class TaskTarget:
    """A task of a model."""

    def __init__(self, task: str, client: Mapping[str, Any]) -> None:
        from hubsmith import tasks

        self._client = client
        kinds = [getattr(tasks, name) for name in dir(tasks) if name.endswith("Request")]
        found = {kind.__task__.method: kind for kind in kinds if hasattr(kind, "__task__")}
        wanted = task.replace("-", "_")
        if wanted not in found:
            raise ArgumentError(
                f"--task: there is no task {task!r}. The tasks are: {', '.join(found)}."
            )
        self._kind: Any = found[wanted]
        self.endpoint = wanted
        self.names = tuple(self._kind.model_fields)

    def read(self, row: Record, *, is_text: bool) -> Any:
        if not is_text:
            return self._kind(**row)
        given = {name: value for name, value in row.items() if value != ""}
        try:
            return self._kind(**given)
        except ValidationError as error:
            # A cell that does not fit as a string may be a number, a list or an object.
            for name, _, _ in error.errors:
                with contextlib.suppress(ValueError, KeyError, RecursionError):
                    given[name] = json.loads(given[name])
            return self._kind(**given)

    @contextlib.contextmanager
    def map(self, rows: Iterable[Any], options: MapOptions) -> Generator[Run[Any], None, None]:
        from hubsmith import InferenceClient
        from hubsmith_runtime.inference import CallOptions

        with InferenceClient(**self._client) as client:
            yield map_model(client, rows, options, CallOptions())
