"""Callers: how a run calls a Space, an untyped client or an inference client, on asyncio.

A run opens its own connections, configured like those of the client. It needs them because a
blocking run has its own event loop, and because it handles the refusals that a client would retry.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol, cast

from hubsmith_runtime import File, HubsmithError, Request, ValidationError
from hubsmith_runtime.async_driver import AsyncDriver
from hubsmith_runtime.effects import Effects
from hubsmith_runtime.http import shown
from hubsmith_runtime.inference import CallOptions, TaskRequest
from hubsmith_runtime.inference.base import BaseInference
from hubsmith_runtime.model import RequestModel
from hubsmith_runtime.reading import as_list, as_object
from hubsmith_runtime.saving import FileOrigin
from hubsmith_runtime.spaces.codec import Call
from hubsmith_runtime.spaces.connection import Connection, Preparation
from hubsmith_runtime.spaces.core import BACKGROUND_SECONDS, SpaceCore
from hubsmith_runtime.spaces.events import Queued
from hubsmith_runtime.spaces.space import BaseSpace
from hubsmith_runtime.spaces.untyped import UntypedCall, space_info
from pydantic.json_schema import GenerateJsonSchema

from .failures import CallError
from .pools import Pools

# The parts of `/info` that describe a parameter or result; examples and descriptions may change.
_DESCRIBING = ("parameter_name", "parameter_has_default", "type", "component")


class Caller(Protocol):
    """Makes the calls of a run."""

    source: str
    """The name of the Space or model, as used in messages and in the journal."""

    def check(self, content: Any) -> None:
        """Raise a `ValidationError` if a row is of the wrong type."""
        ...

    def endpoint_of(self, content: Any) -> str:
        """Return the name of the endpoint or task that a row calls."""
        ...

    async def digest_of(self, content: Any) -> str:
        """Return a digest of the parameters and result of the endpoint or task."""
        ...

    async def call(self, content: Any) -> tuple[Any, int | None]:
        """Make a call; return its result, and how many jobs were queued ahead of it, if known.

        Raises:
            CallError: if it fails.
        """
        ...

    async def fetch(self, file: File) -> None:
        """Download a file of a result."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


class SpaceCaller:
    """Calls the endpoints of a Space, each time in a new session unless the session is shared."""

    def __init__(self, space: BaseSpace, files: Path | None, *, shares_session: bool) -> None:
        core: SpaceCore = space._core  # pyright: ignore[reportPrivateUsage]
        before = core.connector
        self.source = core.name
        self._timeout = core.timeout
        self._driver = AsyncDriver(before.origins)  # For requests other than the calls of rows.
        self._drivers = Pools(lambda: AsyncDriver(before.origins))
        self._connector = dataclasses.replace(
            before,
            files=FileOrigin("", self._driver, files or before.files.lasting_folder),
            retries=dataclasses.replace(before.retries, attempts=1, after_accepted=False),
            connection=None,
        )
        self._shared = self._new_core() if shares_session else None

    def _new_core(self) -> SpaceCore:
        return SpaceCore(connector=self._connector, timeout=self._timeout, reads_in_place=False)

    def check(self, content: Any) -> None:
        if not isinstance(content, Request):
            raise ValidationError(
                f"{self.source}: map takes requests, such as GreetRequest(...), or pairs of an id "
                f"and a request; got {type(content).__name__}."
            )

    def endpoint_of(self, content: Any) -> str:
        request: Request[Any] = content
        return request.__endpoint__.name

    async def digest_of(self, content: Any) -> str:
        return _digest(cast("type[RequestModel[Any]]", type(content)))

    def preparation(self, content: Any) -> Preparation:
        """Return a function that turns a row into a call, given a connection to the Space."""
        return lambda connection: connection.prepare(content)

    async def call(self, content: Any) -> tuple[Any, int | None]:
        if self._shared is not None:
            return await self._call(content, self._shared, self._driver)
        with self._drivers.lent() as driver:
            core = self._new_core()
            try:
                return await self._call(content, core, driver)
            finally:
                driver.spawn(core.close(), BACKGROUND_SECONDS)

    async def _call(
        self, content: Any, core: SpaceCore, driver: AsyncDriver
    ) -> tuple[Any, int | None]:
        prepared: list[Call] = []
        try:
            calling = _call(core, self.preparation(content), prepared)
            return await driver.run(calling, self._timeout)
        except HubsmithError as error:
            raise CallError(error, may_have_run=_may_have_run(prepared, error)) from None
        except Exception as error:  # From an argument, such as a broken image: only this row fails.
            raise CallError(error, may_have_run=True) from error

    async def fetch(self, file: File) -> None:
        await self._driver.run(file.cache())

    async def close(self) -> None:
        if self._shared is not None:
            await self._driver.run(self._shared.close(), BACKGROUND_SECONDS)
        for driver in (*self._drivers.made(), self._driver):
            await driver.close()


class UntypedCaller(SpaceCaller):
    """Calls one endpoint of a Space by name; a row is a mapping or a sequence of arguments."""

    def __init__(
        self,
        space: BaseSpace,
        endpoint: str,
        spec: str,
        files: Path | None,
        *,
        shares_session: bool,
    ) -> None:
        super().__init__(space, files, shares_session=shares_session)
        self._spec = spec
        self._endpoint = f"/{endpoint.removeprefix('/')}"
        self._oauth_token: str | None = getattr(space, "_oauth_token", None)

    def check(self, content: Any) -> None:
        if isinstance(content, str | bytes) or not isinstance(content, Mapping | Sequence):
            raise ValidationError(
                f"{self.source}: {self._endpoint}: map takes dicts of arguments by name, or lists "
                f"of arguments in order; got {type(content).__name__}."
            )

    def endpoint_of(self, content: Any) -> str:
        return self._endpoint

    async def digest_of(self, content: Any) -> str:
        if not self._spec:
            self._spec = await self._driver.run(self._described(), self._timeout)
        return self._spec

    def _described(self) -> Effects[str]:
        connection = yield from self._connector.connect()
        endpoints = (yield from space_info(connection))["named_endpoints"]
        endpoint = as_object(endpoints.get(self._endpoint))
        what = [
            {name: as_object(one).get(name) for name in _DESCRIBING}
            for part in ("parameters", "returns")
            for one in as_list(endpoint.get(part))
        ]
        return _hash(what)

    def preparation(self, content: Any) -> Preparation:
        args: Any = content
        kwargs: Any = {}
        if isinstance(content, Mapping):
            args, kwargs = (), cast("Any", content)
        call = UntypedCall(args, kwargs, self._endpoint, None, None, None)
        return partial(call.prepare, self._oauth_token)


class ModelCaller:
    """Calls a model with the requests of a task."""

    def __init__(self, client: BaseInference, options: CallOptions) -> None:
        import hubsmith

        self._options = options
        own: dict[str, Any] = vars(client)
        retries = dataclasses.replace(own["_retries"], attempts=1)

        def make() -> Any:
            made = hubsmith.AsyncInferenceClient.__new__(hubsmith.AsyncInferenceClient)
            vars(made).update(own, _drivers=[], _retries=retries, _max_concurrency=None)
            return made

        self._clients = Pools(make)
        chosen = options.model or client.model
        self.source = " ".join(
            [str(client.provider or "auto"), shown(chosen) if chosen else "the task's default"]
        )

    def check(self, content: Any) -> None:
        if not isinstance(content, TaskRequest):
            raise ValidationError(
                "map takes requests of tasks, such as SummarizationRequest(...), or pairs of an id "
                f"and a request; got {type(content).__name__}."
            )

    def endpoint_of(self, content: Any) -> str:
        request: TaskRequest[Any] = content
        return request.__task__.method

    async def digest_of(self, content: Any) -> str:
        return _digest(cast("type[RequestModel[Any]]", type(content)))

    async def call(self, content: Any) -> tuple[Any, int | None]:
        try:
            with self._clients.lent() as client:
                return await client._run(content, self._options), None  # As every task method does.
        except HubsmithError as error:
            # Repeating a model call has no side effects, so it does not matter whether it ran.
            raise CallError(error, may_have_run=False) from None
        except Exception as error:
            raise CallError(error, may_have_run=True) from error

    async def fetch(self, file: File) -> None:
        await file.aread()

    async def close(self) -> None:
        for client in self._clients.made():
            await client.close()


def _call(
    core: SpaceCore, prepare: Preparation, prepared: list[Call]
) -> Effects[tuple[Any, int | None]]:
    def preparing(connection: Connection) -> Effects[Call]:
        prepared[:] = [(yield from prepare(connection))]
        return prepared[0]

    job = yield from core.submit(preparing)
    value = yield from core.result(job, cancels=True)
    ranks = (event.rank for event in job.events if isinstance(event, Queued))
    return value, next(ranks, None)


def _may_have_run(prepared: Sequence[Call], error: HubsmithError) -> bool:
    """Whether the request to start the job had been sent when the call failed."""
    is_uploaded = all(
        "path" in reference
        for call in prepared
        for sent in call.uploads
        for reference in sent.references
    )
    return bool(prepared) and is_uploaded and getattr(error, "was_sent", True)


class _Schema(GenerateJsonSchema):
    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> dict[str, Any]:
        return {}  # A file input has no JSON schema; it is the same for every Space.


@cache
def _digest(kind: type[RequestModel[Any]]) -> str:
    """Hash the parameters of a request, their types and defaults, and the name of its result."""
    schema = kind.model_json_schema(schema_generator=_Schema)
    return _hash([schema, str(kind.__result__).rpartition(".")[2]])


def _hash(what: Any) -> str:
    text = json.dumps(what, sort_keys=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
