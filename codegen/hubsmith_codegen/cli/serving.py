"""The Spaces that `hubsmith mcp` serves: a client of each, and whether it still is what it was."""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

from hubsmith_runtime import (
    AsyncClient,
    AsyncSpace,
    ConnectionFailedError,
    HubsmithError,
    SpecError,
)
from hubsmith_runtime.http import shown

from ..compare.api import Change, diff_services, to_text
from ..load import RawSpec
from ..load.fetch import BROKEN, NO_ANSWER, fetch, root_of
from ..normalise.spaces import normalise
from ..pipeline import Target, generate
from ..write.files import write
from ..write.options import Options
from .console import warn
from .source import Reader, name_for, path_of

FRESH = 300.0
"""Seconds for which a Space that was found unchanged is not asked again."""

_LISTED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A source of the command line that was read."""

    source: str
    raw: RawSpec
    address: str
    name: str
    options: Options
    is_recorded: bool
    is_live: bool  # Whether it was the Space that was read, and no snapshot.

    @classmethod
    def of(cls, source: str, reader: Reader) -> _Read:
        path = path_of(source)
        is_recorded = (
            path is not None and not path.exists() and source in reader.configuration.spaces
        )
        if path is None:
            asyncio.run(awake(root_of(source), reader.token if reader.is_alone else None))
        raw = reader.read_named(source)
        address = root_of(source) if path is None else raw.source
        if address is None:
            raise HubsmithError(
                f"{source} does not say where the Space runs. Name the Space, or its address."
            )
        options = Options()
        if is_recorded:
            configuration = reader.configuration
            recorded = configuration.options(configuration.space(source))
            options = Options(outputs=recorded.outputs)
        name = source if is_recorded else name_for(source, raw)
        return cls(
            source=source,
            raw=raw,
            address=address,
            name=name,
            options=options,
            is_recorded=is_recorded,
            is_live=path is None,
        )


class ServedSpace:
    """A Space, the documents its tools are made of, and a client of them."""

    def __init__(
        self, read: _Read, raw: RawSpec, space: AsyncSpace, module: str, token: str | None
    ) -> None:
        self.space = space
        self.module = module  # The package of its client.
        self._label = shown(read.source)
        self._address, self._token, self._raw = read.address, token, raw
        self._recorded = read.source if read.is_recorded else None
        self._is_live = read.is_live
        # What was read just now is what the Space is.
        self._checked = time.monotonic() if read.is_live else None
        self._refusal: str | None = None
        self._lock = asyncio.Lock()

    async def check(self) -> str | None:
        """Say why its tools may not be called: the Space changed. `None` where it did not.

        Raises:
            HubsmithError: when that cannot be found out.
        """
        async with self._lock:
            if self._checked is None or time.monotonic() - self._checked > FRESH:
                self._refusal = await self._compare()
                self._checked = time.monotonic()
            return self._refusal

    async def _compare(self) -> str | None:
        await awake(self._address, self._token)
        now = await asyncio.to_thread(fetch, self._address, token=self._token)
        for document in self._raw.documents:
            if (reason := now.notes.get(document)) in (BROKEN, NO_ANSWER):
                raise ConnectionFailedError(
                    f"{self._label} did not serve its {document} document: {reason}. Its tools are "
                    "called once it is known that it is unchanged. Try again."
                )
        now = replace(now, name=self._raw.name, source=self._raw.source)
        if now.digest == self._raw.digest:
            return None
        changes = diff_services(normalise(self._raw), normalise(now))
        # Of its title, its version and its documents as such, no tool says anything.
        found = tuple(one for one in changes.changes if one.rule.subject != "api")
        if not found:
            return None
        for line in filter(None, to_text(changes).splitlines()):
            warn(line)
        return self._words(found)

    def _words(self, changes: Sequence[Change]) -> str:
        # A model reads it, so it has no word of the Space as it is now: rules, and former names.
        known = {str(one.endpoint) for one in normalise(self._raw).operations}
        named = [
            f"{one.endpoint} {one.rule.value}" if one.endpoint in known else one.rule.value
            for one in changes
        ]
        listed = ", ".join(dict.fromkeys(named[:_LISTED]))
        more = f" and {len(named) - _LISTED} more" if len(named) > _LISTED else ""
        since = "this server started" if self._is_live else "its snapshot was taken"
        name = f" {self._recorded}" if self._recorded else ""
        update = "" if self._is_live else f"to run `hubsmith update{name}`, and "
        return (
            f"{self._label} changed since {since}: {listed}{more}. Its tools are not called any "
            f"more. Tell the user to look at the changes, {update}to start this server again."
        )


def served(
    sources: Sequence[str], reader: Reader, folder: Path, timeout: float | None
) -> list[ServedSpace]:
    """Make clients of the Spaces in a folder that Python imports from.

    Raises:
        HubsmithError: when one cannot be read, or says too little.
    """
    read = [_Read.of(source, reader) for source in dict.fromkeys(sources)]
    targets = [
        # A package of its own for each, as two Spaces may have one name.
        Target(
            raw=one.raw, root=folder / f"hubsmith_served_{number}" / one.name, options=one.options
        )
        for number, one in enumerate(read)
    ]
    spaces: list[ServedSpace] = []
    for one, made in zip(read, generate(targets), strict=True):
        if isinstance(made, Exception):
            raise made
        write(made.files, made.root)
        for omission in made.service.omissions:
            warn(f"{one.source}: left out {omission}")
        importlib.invalidate_caches()  # It is newer than what Python knows of the folder.
        module = importlib.import_module(f"{made.root.parent.name}.{made.name}")
        token = reader.token if reader.is_alone or "://" not in one.address else None
        client = _client_in(module)(one.address, token=token, timeout=timeout)
        spaces.append(ServedSpace(one, made.raw, client, module.__name__, token))
    return spaces


async def awake(address: str, token: str | None) -> None:
    """Wait for an `owner/name` that sleeps: it serves no documents before it is up."""
    if "://" not in address:

        def tell(stage: str) -> None:
            warn(f"{address} is {stage}.")

        async with AsyncClient(address, token=token, on_stage=tell) as client:
            await client.view_api(print_info=False)


def _client_in(module: ModuleType) -> type[AsyncSpace]:
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, AsyncSpace) and value is not AsyncSpace:
            return value
    raise SpecError(f"{module.__name__} holds no client.")
