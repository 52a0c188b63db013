"""What a call gave: as JSON for programs, as text for people, its files saved."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO, cast

from hubsmith_runtime import File

from ...ir.model import Operation
from ...snippets.place import json_text


class FileFolder:
    """The folder that files are saved into, each under a name that is still free there.

    Args:
        folder: The folder, made where it is missing; `None` saves nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._saved: dict[int, Path] = {}
        self._kept: list[File] = []  # So that no other file gets the identity of one.

    def path_of(self, file: File) -> Path | None:
        """Save a file once, and return where; `None` where nothing is saved.

        Raises:
            DownloadError: when it cannot be fetched or written.
        """
        if self._folder is None:
            return None
        if id(file) not in self._saved:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._saved[id(file)] = self._save(file, self._folder)
            self._kept.append(file)
        return self._saved[id(file)]

    def _save(self, file: File, folder: Path) -> Path:
        name = Path(file.name)
        for number in range(1, 10_000):
            target = folder / (f"{name.stem}-{number}{name.suffix}" if number > 1 else name.name)
            try:
                # Taken before the content is there, so that no other process takes it meanwhile.
                target.touch(exist_ok=False)
            except FileExistsError:
                continue
            try:
                return file.save(target)
            except BaseException:
                with contextlib.suppress(OSError):
                    target.unlink()
                raise
        raise FileExistsError(17, "there are too many files of this name", str(folder / name))


def as_json(value: object, folder: FileFolder) -> object:
    """A result with its files as objects: name, type, size, URL, and the path where it was saved."""
    match value:
        case File():
            about: dict[str, object] = {
                "name": value.name,
                "mime_type": value.mime_type,
                "size": value.size,
                "url": value.url,
            }
            path = folder.path_of(value)
            return {"path": str(path), **about} if path is not None else about
        case Mapping():
            entries = cast("Mapping[object, object]", value)
            return {str(key): as_json(item, folder) for key, item in entries.items()}
        case list() | tuple():
            return [as_json(item, folder) for item in cast("Sequence[object]", value)]
        case _:
            return value


def named(result: object, operation: Operation) -> object:
    """Several results by their names; one alone as itself, none as null."""
    if not isinstance(result, tuple):
        return result
    values = cast("tuple[object, ...]", result)
    if not values:
        return None
    if len(values) != len(operation.results):
        return list(values)  # The Space has changed since its snapshot.
    names = [str(one.identifier) for one in operation.results]
    return dict(zip(names, values, strict=True))


class TextWriter:
    """Writes results for people: text as it is, and as it grows.

    Args:
        stream: The terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._written = ""

    def grow(self, text: str) -> None:
        """Write what a partial result adds to the one before."""
        shown = self._written if text.startswith(self._written) else ""
        start = "\n" if self._written and not shown else ""
        # Kept first: an interruption may come between the two.
        self._written = text
        self._stream.write(start + _visible(text[len(shown) :]))
        self._stream.flush()

    def finish(self, value: object, folder: FileFolder) -> None:
        """Write the whole result, or what is missing of it."""
        was_growing = bool(self._written)
        if was_growing and isinstance(value, str):
            self.grow(value)
        self.abandon()
        if value is not None and not (was_growing and isinstance(value, str)):
            self._write(value, folder)
        self._stream.flush()

    def abandon(self) -> None:
        """End the line of text that grew and gets no end, so that what follows starts its own."""
        if self._written:
            self._stream.write("\n")
            self._stream.flush()
            self._written = ""

    def _write(self, value: object, folder: FileFolder) -> None:
        if isinstance(value, dict):
            for name, item in cast("dict[str, object]", value).items():
                text = _text(item, folder)
                gap = "\n" if "\n" in text else " "
                self._stream.write(f"{_visible(name)}:{gap}{text}\n")
        else:
            self._stream.write(f"{_text(value, folder)}\n")


def _text(value: object, folder: FileFolder) -> str:
    if isinstance(value, str):
        return _visible(value)
    if isinstance(value, File):
        path = folder.path_of(value)
        where = str(path) if path is not None else value.url or value.name
        return _visible(where)
    return json_text(as_json(value, folder), indent=2)


def _visible(text: str) -> str:
    """Text with its lines, but without what would steer a terminal."""
    lines = text.replace("\r\n", "\n")
    return "".join(c if c.isprintable() or c in "\n\t" else ascii(c)[1:-1] for c in lines)
