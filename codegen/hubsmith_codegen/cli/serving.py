"""The Spaces that `hubsmith mcp` serves: a client of each, and a check that it has not changed."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import sys
import tempfile
import time
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

from hubsmith_runtime import (
    AsyncClient,
    AsyncSpace,
    ConnectionFailedError,
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
from .source import Reader, address_of, name_for, path_of

FRESH = 300.0
"""Seconds before a Space that was found unchanged is checked again."""

_LISTED = 6


@dataclass(kw_only=True)
class ServedSpace:
    """A Space, the documents that its tools are made from, and a client made from them."""

    source: str  # As the command line names it.
    raw: RawSpec
    address: str
    token: str | None
    is_recorded: bool
    is_live: bool  # Whether the running Space was read, rather than a snapshot.
    space: AsyncSpace
    module: str  # The package of its client.

    def __post_init__(self) -> None:
        # A live Space was read just now, so it counts as checked.
        self._checked = time.monotonic() if self.is_live else None
        self._refusal: str | None = None
        self._lock = asyncio.Lock()

    async def check(self) -> str | None:
        """Return why its tools may not be called, if the Space has changed, else `None`.

        Raises:
            HubsmithError: when the Space cannot be read.
        """
        async with self._lock:
            if self._checked is None or time.monotonic() - self._checked > FRESH:
                self._refusal = await self._compare()
                self._checked = time.monotonic()
            return self._refusal

    async def _compare(self) -> str | None:
        await awake(self.address, self.token)
        now = await asyncio.to_thread(fetch, self.address, token=self.token)
        for document in self.raw.documents:
            if (reason := now.notes.get(document)) in (BROKEN, NO_ANSWER):
                raise ConnectionFailedError(
                    f"{shown(self.source)} did not serve its {document} document: {reason}. Its "
                    "tools cannot be called until it is known to be unchanged. Try again."
                )
        now = replace(now, name=self.raw.name, source=self.raw.source)
        if now.digest == self.raw.digest:
            return None
        changes = diff_services(normalise(self.raw), normalise(now))
        # Changes of the title, the version or the set of documents do not affect any tool.
        found = tuple(one for one in changes.changes if one.rule.subject != "api")
        if not found:
            return None
        for line in filter(None, to_text(changes).splitlines()):
            warn(line)
        return self._words(found)

    def _words(self, changes: Sequence[Change]) -> str:
        # A model reads this, so it contains no text of the changed Space: only rules and old names.
        known = {str(one.endpoint) for one in normalise(self.raw).operations}
        named = [
            f"{one.endpoint} {one.rule.value}" if one.endpoint in known else one.rule.value
            for one in changes
        ]
        listed = ", ".join(dict.fromkeys(named[:_LISTED]))
        more = f" and {len(named) - _LISTED} more" if len(named) > _LISTED else ""
        since = "this server started" if self.is_live else "its snapshot was taken"
        name = f" {self.source}" if self.is_recorded else ""
        update = "" if self.is_live else f", run `hubsmith update{name}`"
        return (
            f"{shown(self.source)} changed since {since}: {listed}{more}. Its tools can no longer "
            f"be called. Tell the user to review the changes{update} and restart this server."
        )


def served(
    sources: Iterable[str], reader: Reader, folder: Path, timeout: float | None
) -> list[ServedSpace]:
    """Generate clients of the Spaces in a folder that Python imports from.

    Raises:
        HubsmithError: when one cannot be read, or its address is not known.
    """
    read = {source: _read(source, reader) for source in dict.fromkeys(sources)}
    configuration = reader.configuration
    targets: list[Target] = []
    for number, (source, raw) in enumerate(read.items()):
        options, name = Options(), source
        if reader.is_recorded(source):
            recorded = configuration.options(configuration.space(source))
            options = Options(outputs=recorded.outputs)
        else:
            name = name_for(source, raw)
        # Each in its own package, because two Spaces may have the same name.
        root = folder / f"hubsmith_served_{number}" / name
        targets.append(Target(raw=raw, root=root, options=options))
    spaces: list[ServedSpace] = []
    for source, made in zip(read, generate(targets), strict=True):
        if isinstance(made, Exception):
            raise made
        write(made.files, made.root)
        for omission in made.service.omissions:
            warn(f"{source}: left out {omission}")
        importlib.invalidate_caches()  # The finder may have cached the folder without it.
        module = importlib.import_module(f"{made.root.parent.name}.{made.name}")
        address = address_of(source, made.raw, "Give owner/name or the URL of the Space instead.")
        token = reader.token if reader.is_alone or "://" not in address else None
        spaces.append(
            ServedSpace(
                source=source,
                raw=made.raw,
                address=address,
                token=token,
                is_recorded=reader.is_recorded(source),
                is_live=path_of(source) is None,
                space=_client_in(module)(address, token=token, timeout=timeout),
                module=module.__name__,
            )
        )
    return spaces


@contextlib.contextmanager
def importable() -> Generator[Path, None, None]:
    """Make a folder that Python imports from while the block runs."""
    with tempfile.TemporaryDirectory(prefix="hubsmith-") as folder:
        sys.path.insert(0, folder)
        try:
            yield Path(folder)
        finally:
            sys.path.remove(folder)
            # Another run in this process would create packages with the same names.
            for name in [one for one in sys.modules if one.startswith("hubsmith_served_")]:
                del sys.modules[name]


async def awake(address: str, token: str | None) -> None:
    """Wait until an `owner/name` is awake: a sleeping Space serves no documents."""
    if "://" not in address:

        def tell(stage: str) -> None:
            warn(f"{address} is {stage}.")

        async with AsyncClient(address, token=token, on_stage=tell) as client:
            await client.view_api(print_info=False)


def _read(source: str, reader: Reader) -> RawSpec:
    if path_of(source) is None:
        asyncio.run(awake(root_of(source), reader.token if reader.is_alone else None))
    raw = reader.read_named(source)
    address_of(source, raw, "Give owner/name or the URL of the Space instead.")
    return raw


def _client_in(module: ModuleType) -> type[AsyncSpace]:
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, AsyncSpace) and value is not AsyncSpace:
            return value
    raise SpecError(f"{module.__name__} holds no client.")
