"""`CallRows`: the common base of `CallSpace` and `CallModel`."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from hubsmith_runtime import ArgumentError, HubsmithError

from ..callers import Caller
from .arrow import Form, arrow, column
from .batches import Batch, columns_of
from .open_run import OpenRun, Outcome
from .options import ActorOptions, refuse_secrets, settings_of, token_of

RESULT, ERROR, KIND = "result", "error", "error_kind"


class CallRows:
    """Takes a batch of rows, and returns it with three more columns; calls are up to subclasses."""

    _name: ClassVar[str]

    def __init__(self, options: Mapping[str, Any]) -> None:
        refuse_secrets(self._name, options)
        if unknown := options.keys() - ActorOptions.__annotations__.keys():
            raise ArgumentError(f"{self._name}: there is no option {min(unknown)!r}.")
        self._settings = settings_of(self._name, options)
        self._files: Path | None = None
        self._timeout: float | None = options.get("timeout")
        self._columns: dict[str, str] = dict(options.get("columns") or {})
        self._arguments: dict[str, Any] = dict(options.get("arguments") or {})
        prefix = options.get("prefix", "")
        self._own = tuple(f"{prefix}{name}" for name in (RESULT, ERROR, KIND))
        self._token = token_of(self._name, options.get("token_variable"))
        self._required: tuple[str, ...] = ()
        self._parameters: tuple[str, ...] | None = None  # `None` until known.
        self._form: Form | None = None
        self._run: OpenRun | None = None
        arrow()

    @property
    def result_type(self) -> Any:
        """The Arrow type of the result column; `None` until the Space has been asked for it."""
        return None if self._form is None else self._form.type

    async def __call__(self, batch: Batch) -> Batch:
        """Return the batch with the result or error of each row."""
        found = columns_of(batch)
        try:
            await self._ready()
        except HubsmithError as error:
            # The parameters are unknown; the next batch tries again.
            return found.plus(self._result([Outcome(error=error)] * found.count))
        sent = self._sent(found.names)
        contents = [self._content(row, sent) for row in found.rows([*sent])]
        asked = [one for one in contents if not isinstance(one, Exception)]
        coming = iter(await self._open().outcomes(asked))
        return found.plus(
            self._result(
                [
                    Outcome(error=one) if isinstance(one, Exception) else next(coming)
                    for one in contents
                ]
            )
        )

    async def aclose(self) -> None:
        """Wait for the calls in progress, and close all connections. Not needed with Ray."""
        if self._run is not None:
            await self._run.close()
            self._run = None

    async def _ready(self) -> None:
        """Find out the parameters of the endpoint, if not known yet."""

    def _caller(self) -> Caller:
        """Return the caller for a new engine."""
        raise NotImplementedError

    def _make(self, arguments: dict[str, Any]) -> Any:
        """Return the request or arguments of a call.

        Raises:
            HubsmithError: if the arguments are wrong.
        """
        raise NotImplementedError

    def _open(self) -> OpenRun:
        if self._run is None:
            self._run = OpenRun(self._caller, self._settings, self._files)
        return self._run

    def _known(self, parameters: Sequence[str], required: Sequence[str]) -> None:
        """Store the names of the parameters, and check those named in the options."""
        for name in [*self._columns.values(), *self._arguments]:
            if name not in parameters:
                near = difflib.get_close_matches(name, parameters, 1)
                hint = f" Did you mean {near[0]}?" if near else ""
                raise ArgumentError(
                    f"{self._name}: there is no parameter {name!r}.{hint} The parameters are: "
                    f"{', '.join(parameters) or 'none'}."
                )
        self._parameters, self._required = tuple(parameters), tuple(required)

    def _sent(self, names: Sequence[str]) -> dict[str, str]:
        """Return the parameter of each column that is sent, by column name."""
        renamed = {name: to for name, to in self._columns.items() if name in names}
        taken = {*renamed.values(), *self._arguments}
        known = [name for name in self._parameters or () if name not in taken]
        return {**{name: name for name in names if name in known}, **renamed}

    def _content(self, row: Mapping[str, Any], sent: Mapping[str, str]) -> Any:
        """Return the request or arguments of a row, or its error if they are wrong."""
        given = dict(self._arguments)
        for column_name, name in sent.items():
            value = row[column_name]
            if value is not None or name in self._required:  # Else use the default.
                given[name] = value
        try:
            return self._make(given)
        except Exception as error:
            return error

    def _result(self, outcomes: Sequence[Outcome]) -> dict[str, Any]:
        """Return the result and error columns."""
        form = self._form or Form(arrow().null(), lambda value: value)
        results, misfits = column(form, [one.value for one in outcomes])
        errors = [misfits.get(place, one.error) for place, one in enumerate(outcomes)]
        texts = [None if error is None else _printable(str(error)) for error in errors]
        kinds = [None if error is None else type(error).__name__ for error in errors]
        string = arrow().string()
        values = (results, arrow().array(texts, string), arrow().array(kinds, string))
        return dict(zip(self._own, values, strict=True))


def parameters_of(request: type[Any]) -> tuple[list[str], list[str]]:
    """Return the names of all parameters of a request, and of the required ones."""
    fields = request.model_fields
    return [*fields], [name for name, field in fields.items() if field.is_required()]


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
