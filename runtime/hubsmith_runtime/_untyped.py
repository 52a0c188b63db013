"""Calls of endpoints by name: what `Client` and `AsyncClient` share, without I/O."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pydantic_core

from . import _requests
from ._answers import check
from ._connection import Connection, Prepared
from ._downloads import FileOrigin
from ._encode import Call, Upload, encode_value, fill
from ._errors import EndpointNotFoundError, ValidationError
from ._files import File, answered_file
from ._http import Exchange
from ._job_state import JobState
from ._live import LiveEndpoint
from ._signature import Info, bind, info_of_config, parameters_of, read_info


@dataclass(frozen=True, slots=True)
class UntypedCall:
    """A call as its caller wrote it."""

    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    api_name: str | None
    fn_index: int | None
    headers: Mapping[str, str] | None
    event_data: Any


@dataclass(slots=True)
class Documents:
    """What a Space says about its endpoints, asked once."""

    oauth_token: str | None = field(default=None, repr=False)
    of: Connection | None = None
    info: Info | None = None
    undocumented: Info | None = None
    config: Any = None

    def read(self, connection: Connection) -> Exchange[Info]:
        """Return the content of `/info`, made from `/config` where the Space cannot give it."""
        if self.of is not connection:  # Woken again, it may be another version.
            self.of, self.info, self.undocumented, self.config = connection, None, None, None
        if self.info is None:
            answer = yield from connection.ask(_requests.info(connection.base))
            if answer.status < 500:
                check(answer, f"{connection.name}: /info")
            self.info = read_info(answer.json()) if answer.status < 500 else None
        if self.info is None:
            public = [one for one in connection.live.by_index.values() if one.is_public]
            self.info = yield from self._read_config(connection, public)
        return self.info

    def parameters(
        self, connection: Connection, endpoint: LiveEndpoint
    ) -> Exchange[list[dict[str, Any]]]:
        """Return the parameters of an endpoint, in the order of its inputs."""
        found = parameters_of((yield from self.read(connection)), endpoint)
        if found is None:
            if self.undocumented is None:
                ask = _requests.info(connection.base, undocumented=True)
                self.undocumented = read_info((yield from connection.ask(ask)).json()) or {}
            found = parameters_of(self.undocumented, endpoint)
        if found is None:
            found = parameters_of((yield from self._read_config(connection, [endpoint])), endpoint)
        return found or []

    def _read_config(
        self, connection: Connection, endpoints: Sequence[LiveEndpoint]
    ) -> Exchange[Info]:
        if self.config is None:
            root = connection.base.removesuffix(connection.live.prefix)
            answer = yield from connection.ask(_requests.config(root))
            check(answer, f"{connection.name}: /config")
            self.config = answer.json()
        return info_of_config(self.config, endpoints)

    def prepare(
        self, connection: Connection, asked: UntypedCall, *, keeps_events: bool
    ) -> Exchange[Prepared[Any]]:
        """Make a call of what was asked for."""
        endpoint = find(connection, asked.api_name, asked.fn_index)
        where = f"{connection.name}: {endpoint.name or f'fn_index={endpoint.fn_index}'}"
        try:
            args = [adopt(value, connection.base) for value in asked.args]
            kwargs = {name: adopt(value, connection.base) for name, value in asked.kwargs.items()}
        except RecursionError:
            raise ValidationError(f"{where}: an argument is nested too deeply.") from None
        # Where every input has its argument there is nothing to ask.
        if kwargs or len(args) != sum(endpoint.inputs):
            args = bind((yield from self.parameters(connection, endpoint)), args, kwargs, where)
        extras: dict[str, Any] = {}
        if asked.event_data is not None:
            extras["event_data"] = asked.event_data
        if self.oauth_token is not None:
            described = (yield from self.read(connection))["named_endpoints"].get(endpoint.name, {})
            if described.get("oauth_token"):  # Only for code that declares that it takes one.
                extras["oauth_token"] = self.oauth_token
        uploads: dict[int, Upload] = {}
        try:
            values = [encode_value(value, uploads, connection.base) for value in args]
        except (pydantic_core.PydanticSerializationError, RecursionError) as error:
            raise ValidationError(f"{where}: an argument cannot be sent as JSON: {error}") from None
        headers = {name.lower(): value for name, value in (asked.headers or {}).items()}
        call = Call(
            fn_index=endpoint.fn_index,
            values=fill(endpoint, values),
            uploads=list(uploads.values()),
            headers=headers,
            extras=extras,
        )
        state = JobState(
            where=where,
            fn_index=endpoint.fn_index,
            sends_diffs=connection.live.sends_diffs,
            keeps_events=keeps_events,
        )
        return call, state, _decoder(endpoint, connection.files)


def find(connection: Connection, api_name: str | None, fn_index: int | None) -> LiveEndpoint:
    """Find the endpoint that a call means; without a name and index the only one there is."""
    live, found = connection.live, None
    if api_name is not None:
        asked, found = repr(api_name), live.endpoints.get(f"/{api_name.removeprefix('/')}")
    elif fn_index is not None:
        asked, found = f"with fn_index={fn_index}", live.by_index.get(fn_index)
    else:
        public = [one for one in live.by_index.values() if one.is_public and one.name]
        if len(public) == 1:
            return public[0]
        raise EndpointNotFoundError(
            f"{connection.name} has more than one endpoint, or none with a name: pass api_name= "
            f"or fn_index=. It has: {live.names()}."
        )
    if found is None:
        raise EndpointNotFoundError(
            f"{connection.name} has no endpoint {asked}. It has: {live.names()}."
        )
    return found


def adopt(value: Any, base: str) -> Any:
    """Make files of the FileData objects among the arguments, as gradio_client has them."""
    match value:
        case dict():
            entries = cast("dict[Any, Any]", value)
            if not is_file(entries):
                return {key: adopt(item, base) for key, item in entries.items()}
            path, url = entries["path"], entries.get("url")
            is_url = isinstance(url, str) and url.startswith(("http://", "https://", "data:"))
            source = url if is_url else path
            if not isinstance(source, str) or source.startswith(f"{base}/"):
                return entries  # The Space's own.
            name = entries.get("orig_name")
            return File(source, name=name if isinstance(name, str) else None)
        case list() | tuple():
            return [adopt(item, base) for item in cast("Sequence[Any]", value)]
        case _:
            return value


def is_file(value: Mapping[Any, Any]) -> bool:
    """Whether a JSON object is a FileData."""
    meta = value.get("meta")
    if "path" not in value:
        return False
    if isinstance(meta, Mapping):
        return cast("Mapping[Any, Any]", meta).get("_type") == "gradio.FileData"
    # Gradio before 4.21 does not mark its files.
    return isinstance(value["path"], str) and {"orig_name", "size", "mime_type"} <= value.keys()


def _decoder(endpoint: LiveEndpoint, origin: FileOrigin) -> Callable[[list[Any]], Any]:
    def decode(outputs: list[Any]) -> Any:
        # Some versions leave trailing outputs out of an answer: they are empty.
        padded = outputs + [None] * (len(endpoint.outputs) - len(outputs))
        values = itertools.compress(padded, endpoint.outputs)
        results = tuple(answered(_unwrapped(value), origin) for value in values)
        return results[0] if len(results) == 1 else results

    return decode


def _unwrapped(value: Any) -> Any:
    if isinstance(value, dict):
        update = cast("dict[str, Any]", value)
        return update.get("value") if update.get("__type__") == "update" else update
    return value


def answered(value: Any, origin: FileOrigin) -> Any:
    """Make files of the FileData objects in an answer."""
    match value:
        case dict():
            entries = cast("dict[str, Any]", value)
            if is_file(entries):
                with contextlib.suppress(ValidationError):  # It may be empty.
                    return answered_file(entries, origin)
            return {key: answered(item, origin) for key, item in entries.items()}
        case list():
            return [answered(item, origin) for item in cast("list[Any]", value)]
        case _:
            return value
