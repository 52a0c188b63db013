"""Results on their way into a journal: as JSON, with their files in a folder beside it."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pydantic
from hubsmith_runtime import File
from pydantic_core import to_jsonable_python

from .callers import Caller
from .results import Done


class Values:
    """Makes results ready for a journal, and for whoever reads them when the server forgot them.

    Args:
        caller: Fetches files.
        folder: Where they are kept; `None` leaves them where they are.
    """

    def __init__(self, caller: Caller, folder: Path | None) -> None:
        self._caller, self._folder = caller, folder

    async def settled(self, value: Any) -> Any:
        """Fetch the files of a result at once, where there is a journal: their URLs end soon.

        Sound and pictures that came as they are become files as well.
        """
        if self._folder is None or isinstance(value, str | int | float | bool | None):
            return value
        for file in files_in(value):
            await self._caller.fetch(file)
        return value

    def entry(self, done: Done[Any]) -> dict[str, Any]:
        """Return the line of a journal for a row that came to its end."""
        end: dict[str, Any]
        if done.error is None:
            end = {"value": self.stored(done.value)}
        else:
            end = {"error": {"kind": type(done.error).__name__, "text": str(done.error)}}
        told = {"attempts": done.attempts, "seconds": round(done.seconds, 6)}
        return {"key": done.key, "index": done.index, **end, **told}

    def stored(self, value: Any) -> Any:
        """Return a result as JSON."""
        match value:
            case None | str() | int() | float() | bool():
                return value
            case File():
                return self._stored_file(value)
            case pydantic.BaseModel():
                return {name: self.stored(item) for name, item in value}
            case Mapping():
                entries = cast("Mapping[object, object]", value)
                return {str(name): self.stored(item) for name, item in entries.items()}
            case tuple() if hasattr(cast("object", value), "_asdict"):
                return self.stored(cast("Any", value)._asdict())  # One field for each output.
            case list() | tuple():
                return [self.stored(item) for item in cast("list[object]", value)]
            case bytes():
                return {"base64": base64.b64encode(value).decode()}
            case _:
                return to_jsonable_python(value, fallback=repr)

    def _stored_file(self, file: File) -> dict[str, Any]:
        if self._folder is None or not file.is_local:
            return {"url": file.url}
        path = os.path.relpath(file, self._folder.parent)
        return {"file": Path(path).as_posix(), "name": file.name}


def files_in(value: Any) -> Iterator[File]:
    """Iterate over the files in a result, at any depth."""
    match value:
        case File():
            yield value
        case pydantic.BaseModel():
            for _, item in value:
                yield from files_in(item)
        case Mapping():
            for item in cast("Mapping[object, object]", value).values():
                yield from files_in(item)
        case list() | tuple():
            for item in cast("list[object]", value):
                yield from files_in(item)
        case _:
            pass
