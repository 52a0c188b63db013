"""Calls of endpoints by name, for `Client` and `AsyncClient`, without I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from ..arrays import is_array, json_forms
from ..effects import Effects
from ..errors import ConnectionFailedError, ValidationError
from ..files import File, answered_file
from ..reading import as_object, as_text
from ..saving import FileOrigin
from . import protocol
from .codec import Call, Encoder, fill, results_of
from .connection import Connection
from .filedata import convert_files
from .live import LiveEndpoint
from .signature import Info, bind, described, info_of_config, read_info
from .source import lower_names

T = TypeVar("T")


@dataclass(frozen=True, slots=True, repr=False)
class UntypedCall:
    """A call as the caller wrote it."""

    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    api_name: str | None
    fn_index: int | None
    headers: Mapping[str, str] | None
    event_data: Any

    def prepare(self, oauth_token: str | None, connection: Connection) -> Effects[Call]:
        """Prepare the call for a running Space."""
        endpoint = self._endpoint(connection)
        where = f"{connection.name}: {endpoint.name or f'fn_index={endpoint.fn_index}'}"
        adopt = partial(adopted, base=connection.base)
        try:
            args = [convert_files(value, adopt) for value in self.args]
            kwargs = {name: convert_files(value, adopt) for name, value in self.kwargs.items()}
        except RecursionError:
            raise ValidationError(f"{where}: an argument is nested too deeply.") from None
        # `/info` is read only for names and defaults, and for the JSON form of arrays.
        given = [*args, *kwargs.values()]
        if kwargs or len(args) != sum(endpoint.inputs) or any(map(is_array, given)):
            parameters, note = yield from _parameters(connection, endpoint)
            args = bind(parameters, args, kwargs, where, note)
            args = list(map(_fitting, args, parameters))
        encoder, extras = Encoder(connection.base), dict[str, Any]()
        if self.event_data is not None:
            extras["event_data"] = encoder.argument(self.event_data, f"{where}: event_data")
        if oauth_token is not None and connection.is_named:
            named = (yield from space_info(connection))["named_endpoints"]
            if named.get(endpoint.name, {}).get("oauth_token"):  # Only for code that declares it.
                extras["oauth_token"] = oauth_token
        values = [encoder.argument(value, f"{where}: argument {i}") for i, value in enumerate(args)]
        return Call(
            where=where,
            endpoint=endpoint,
            values=fill(endpoint, values),
            uploads=encoder.uploads,
            decode=partial(_decode, endpoint, connection.files),
            headers=lower_names(self.headers),
            extras=extras,
        )

    def _endpoint(self, connection: Connection) -> LiveEndpoint:
        """Find the endpoint by its name or number, or the only one if neither is given."""
        live = connection.live
        if self.api_name is not None:
            found, problem = live.named(self.api_name), repr(self.api_name)
        elif self.fn_index is not None:
            found, problem = live.by_index.get(self.fn_index), f"with fn_index={self.fn_index}"
        else:
            public = [one for one in live.by_index.values() if one.is_public and one.name]
            found = public[0] if len(public) == 1 else None
            problem = "to call by default: pass api_name= or fn_index="
        if found is None:
            raise live.not_found(connection.name, problem, self.api_name or "")
        return found


def _fitting(value: Any, parameter: Mapping[str, Any]) -> Any:
    """Convert an array or a data frame to the type that the Space declares for the parameter."""
    schema = as_object(parameter.get("type"))
    kind = {"array": list, "object": dict}.get(as_text(schema.get("type")))
    return next((form for form in json_forms(value) if type(form) is kind), value)


def space_info(connection: Connection) -> Effects[Info]:
    """Read `/info`, or derive it from `/config` if the Space cannot serve it."""
    info = yield from _once(connection, _read_documented)
    if isinstance(info, str):
        public = [one for one in connection.live.by_index.values() if one.is_public]
        info = info_of_config((yield from _once(connection, _read_config)), public)
    return info


def _parameters(connection: Connection, endpoint: LiveEndpoint) -> Effects[tuple[list[Any], str]]:
    """Return the parameters in the order of the inputs, and what is wrong with their names."""
    problem = "does not describe this endpoint"
    for read in (_read_documented, _read_undocumented):
        info = yield from _once(connection, read)
        if isinstance(info, str):
            problem = info
        elif (found := described(info, endpoint, "parameters")) is not None:
            return found, ""
    info = info_of_config((yield from _once(connection, _read_config)), [endpoint])
    advice = "so the names are the labels of its inputs. Give arguments by position instead."
    return described(info, endpoint, "parameters") or [], f" The Space's /info {problem}, {advice}"


def _once(connection: Connection, read: Callable[[Connection], Effects[T]]) -> Effects[T]:
    if read not in connection.known:
        connection.known[read] = yield from read(connection)
    return connection.known[read]


def _read_documented(connection: Connection, all_endpoints: bool = False) -> Effects[Info | str]:
    """Read `/info`, or return why it cannot be read."""
    try:
        request = protocol.info(connection.base, undocumented=all_endpoints)
        answer = yield from connection.ask(request)
    except ConnectionFailedError as error:
        # Masked here, because it is cached and not only raised.
        return f"cannot be read ({connection.files.masked(str(error))})"
    if answer.status >= 500:  # The Space fails to create it.
        return f"cannot be read (HTTP {answer.status})"
    protocol.check(answer, f"{connection.name}: /info")
    return read_info(answer.json()) or "cannot be read (it is not what Gradio serves there)"


_read_undocumented = partial(_read_documented, all_endpoints=True)


def _read_config(connection: Connection) -> Effects[object]:
    root = connection.base.removesuffix(connection.live.prefix)
    answer = yield from connection.ask(protocol.config(root))
    protocol.check(answer, f"{connection.name}: /config")
    return answer.json()


def _decode(endpoint: LiveEndpoint, origin: FileOrigin, outputs: list[Any]) -> Any:
    read = partial(answered_file, origin=origin)
    results = tuple(convert_files(value, read) for value in results_of(endpoint, outputs))
    return results[0] if len(results) == 1 else results


def adopted(entries: dict[str, Any], base: str) -> File | dict[str, Any]:
    """Convert a FileData object among the arguments to a `File`, unless it is the Space's own."""
    url = as_text(entries.get("url"))
    source = url if url.startswith(("http://", "https://", "data:")) else entries["path"]
    if source.startswith(f"{base}/"):
        return entries
    return File(source, name=as_text(entries.get("orig_name")) or None)
