"""`CallSpace`: calls a Space for every row of a batch."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias, cast

from hubsmith_runtime import (
    ArgumentError,
    Client,
    EndpointNotFoundError,
    HubsmithError,
    Request,
    Space,
)
from hubsmith_runtime.effects import Effects
from hubsmith_runtime.errors import shorten
from hubsmith_runtime.reading import as_list, as_object
from hubsmith_runtime.spaces.signature import Info
from hubsmith_runtime.spaces.space import BaseSpace
from hubsmith_runtime.spaces.untyped import space_info
from typing_extensions import Unpack

from ..callers import Caller, SpaceCaller, UntypedCaller
from ..failures import CallError, asked_to_wait, verdict_of
from .arrow import form_of, form_of_outputs
from .options import ActorOptions, refuse_userinfo
from .rows import CallRows, parameters_of

_PAUSE = 1.0  # Seconds between attempts to get the parameters of an endpoint.

Source: TypeAlias = "str | type[BaseSpace] | Callable[[], BaseSpace]"


class CallSpace(CallRows):
    """Calls a Space for every row of a batch; for `ray.data.Dataset.map_batches`.

    Columns named like parameters of the endpoint are passed as arguments, except null values. All
    columns are kept. Three are added or replaced: `result`, `error` (the message) and `error_kind`
    (the name of the exception class); the latter two are null if the call succeeded. A failing row
    does not stop the others. If an error affects all rows, such as an exhausted quota, later rows
    of the same actor get the same error without being sent.

    A result is text, a number, a boolean, a list of these, or, for several outputs, a struct with a
    field for each. Anything else is JSON text; a file is `{"url": ...}`, or `{"file": ...}` with
    `files`.

    Args:
        source: `owner/name`, a URL, a generated class, or a function without parameters that returns
            a client. The function is called in the worker, and can read secrets there.
        endpoint: A request class, such as `GreetRequest`, or the name of an endpoint. Optional if
            the Space has only one.
        files: A folder that every node can write to; files of results are downloaded into it.
        **options: See `ActorOptions`; `actors` is required.

    Raises:
        ArgumentError: if an option is wrong or a secret; the cluster stores arguments of
            `map_batches` in clear text.
        AuthenticationError: if the environment variable `token_variable` is not set.
        MissingDependencyError: if pyarrow is not installed.
    """

    _name = "CallSpace"

    def __init__(
        self,
        source: Source,
        endpoint: type[Request[Any]] | str | None = None,
        *,
        files: str | os.PathLike[str] | None = None,
        **options: Unpack[ActorOptions],
    ) -> None:
        super().__init__(cast("Mapping[str, Any]", options))
        self._files = None if files is None else Path(files)
        self._source, self._endpoint = source, endpoint
        self._describing = asyncio.Lock()
        self._request: type[Request[Any]] | None = None
        if isinstance(endpoint, type):
            self._request = endpoint
            self._form = form_of(endpoint.__result__)
            self._known(*parameters_of(endpoint))
        self._space = self._connect()

    def _connect(self) -> BaseSpace:
        source, options = self._source, {"token": self._token, "timeout": self._timeout}
        if isinstance(source, str):
            refuse_userinfo(self._name, source)
            return (Client if self._request is None else Space)(source, **cast("Any", options))
        if isinstance(source, type) and issubclass(source, BaseSpace):
            return source(**cast("Any", options))
        if any(value is not None for value in options.values()):
            raise ArgumentError(
                f"{self._name}: token_variable and timeout cannot be combined with a function as "
                "source. Set them in the client that it returns."
            )
        make = cast("Any", source)
        made: object = make() if callable(make) else make
        if not isinstance(made, BaseSpace):
            raise ArgumentError(
                f"{self._name}: source: must be owner/name, a URL, a generated class or a function "
                f"that returns a client; got {type(made).__name__}."
            )
        return made

    def _caller(self) -> Caller:
        if self._request is not None:
            return SpaceCaller(self._space, self._files, shares_session=False)
        name = str(self._endpoint)
        return UntypedCaller(self._space, name, "read", self._files, shares_session=False)

    def _make(self, arguments: dict[str, Any]) -> Any:
        return arguments if self._request is None else self._request(**arguments)

    async def _ready(self) -> None:
        if self._request is None and self._parameters is None:
            async with self._describing:
                if self._parameters is None:
                    await self._describe()

    async def _describe(self) -> None:
        """Get the parameters and outputs of the endpoint; wait for a Space that is away."""
        until = time.monotonic() + self._settings.patience
        asking = _DescribingCaller(self._space)
        try:
            while True:
                try:
                    name, about = await asking.described(cast("str | None", self._endpoint))
                    break
                except HubsmithError as error:
                    verdict = verdict_of(CallError(error, may_have_run=False))
                    if verdict not in ("busy", "away") or time.monotonic() > until:
                        raise
                    await asyncio.sleep(max(_PAUSE, asked_to_wait(error)))
        finally:
            await asking.close()
        outputs = as_list(about.get("returns"))
        self._form = form_of_outputs(outputs)
        parameters = [as_object(one) for one in as_list(about.get("parameters"))]
        names = {str(one.get("parameter_name") or one.get("label")): one for one in parameters}
        needed = [name for name, one in names.items() if not one.get("parameter_has_default")]
        self._endpoint = name
        self._known([*names], needed)


class _DescribingCaller(SpaceCaller):
    """Requests the description of an endpoint."""

    def __init__(self, space: BaseSpace) -> None:
        super().__init__(space, None, shares_session=False)

    async def described(self, endpoint: str | None) -> tuple[str, dict[str, Any]]:
        """Return the name of an endpoint and its description in `/info`."""
        named = as_object((await self._driver.run(self._info(), self._timeout))["named_endpoints"])
        name = f"/{endpoint.removeprefix('/')}" if endpoint else next(iter(named), "")
        if name not in named or (endpoint is None and len(named) > 1):
            problem = "name the endpoint" if endpoint is None else f"there is no endpoint {name}"
            raise EndpointNotFoundError(f"{self.source}: {problem}; it has {shorten([*named])}.")
        return name, as_object(named[name])

    def _info(self) -> Effects[Info]:
        return (yield from space_info((yield from self._connector.connect())))
