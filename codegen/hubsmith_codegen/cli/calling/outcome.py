"""Writing the result of a call to stdout: as JSON for programs, as text for people."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import cast

from hubsmith_runtime import File, HubsmithError, ValidationError

from ...ir.model import Operation
from ...snippets.place import json_text
from ..display import CallDisplay

_DATA_URL = re.compile(r"data:[\w.+-]+/[\w.+-]+[;,]")
# Data URLs that are too long to show on a terminal.
_LONG_URL = re.compile(r"(data:[\w.+-]+/[\w.+-]+;base64,[\w+/]{16})[\w+/]{64,}=*")


class FileFolder:
    """The folder that files are saved to, each under a name that is not taken there.

    A missing folder is created; `None` saves nothing. Raises a `HubsmithError` if it is a file.
    """

    def __init__(self, folder: Path | None) -> None:
        if folder is not None and folder.exists() and not folder.is_dir():
            raise HubsmithError(f"{folder} is not a folder. Choose another --out.")
        self._folder = folder
        self._saved: dict[File, Path] = {}

    def path_of(self, file: File) -> Path | None:
        """Save a file, once, and return its path; `None` if nothing is saved."""
        if self._folder is not None and file not in self._saved:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._saved[file] = self._save(file, self._folder)
        return self._saved.get(file)

    def with_files(self, value: object, name: str = "file") -> object:
        """Return a result with each data URL, such as that of a plot, replaced by a file.

        Without a folder to save files to, data URLs are kept, because nothing else has the content.
        """
        if self._folder is None:
            return value
        match value:
            case dict():
                members = cast("dict[str, object]", value)
                return {key: self.with_files(item, key) for key, item in members.items()}
            case list():
                return [self.with_files(item, name) for item in cast("list[object]", value)]
            case str() if _DATA_URL.match(value):
                with contextlib.suppress(ValidationError):
                    file = File(value)
                    stem = name if name.isidentifier() else "file"
                    return File(file, name=f"{stem}{Path(file.name).suffix}")
            case _:
                pass
        return value

    def describe(self, file: object) -> dict[str, object]:
        """A file as JSON: name, type, size, URL, and the path where it was saved."""
        if not isinstance(file, File):
            raise TypeError(f"{type(file).__name__} is not JSON")
        path = self.path_of(file)
        return {
            **({"path": str(path)} if path is not None else {}),
            "name": file.name,
            "mime_type": file.mime_type,
            "size": file.size,
            "url": file.url,
        }

    def _save(self, file: File, folder: Path) -> Path:
        name = Path(file.name)
        for number in range(1, 10_000):
            target = folder / (f"{name.stem}-{number}{name.suffix}" if number > 1 else name.name)
            try:
                # Reserve the name before the content is there, so that no other process takes it.
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


class JsonWriter:
    """Writes the result as JSON; for a stream, each result as a line, without repeating the last.

    It has the methods of `TextWriter`.
    """

    def __init__(self, operation: Operation, folder: FileFolder, *, streams: bool) -> None:
        self._operation = operation
        self._folder = folder
        self._streams = streams
        self._last = ""

    def take(self, partial: object) -> bool:
        if self._streams:
            self._write(partial, FileFolder(None))
        return False

    def finish(self, result: object) -> None:
        self._write(result, self._folder)

    def abandon(self) -> None:
        pass

    def _write(self, result: object, folder: FileFolder) -> None:
        value = folder.with_files(_named(result, self._operation))
        indent = None if self._streams else 2
        text = json_text(value, indent=indent, default=folder.describe)
        if text != self._last:
            print(text, flush=True)
            self._last = text


class TextWriter:
    """Writes results to a terminal; streamed text appears as it grows."""

    def __init__(self, operation: Operation, folder: FileFolder, display: CallDisplay) -> None:
        self._operation = operation
        self._folder = folder
        self._display = display
        self._written = ""

    def take(self, partial: object) -> bool:
        """Write a partial result if it is text, and return whether it was written."""
        if not isinstance(partial, str):
            return False
        self._display.yield_line()
        self._grow(partial)
        return True

    def finish(self, result: object) -> None:
        """Write the whole result, or the part of it that was not written yet."""
        value = _named(result, self._operation)
        if not self._written:
            value = self._folder.with_files(value)
        is_grown = bool(self._written) and isinstance(value, str)
        if is_grown:
            self._grow(str(value))
        self.abandon()
        if isinstance(value, dict):
            for name, item in cast("dict[str, object]", value).items():
                text = self._text(item)
                gap = "\n" if "\n" in text else " "
                print(f"{_visible(name)}:{gap}{text}")
        elif value is not None and not is_grown:
            print(self._text(value))

    def abandon(self) -> None:
        """End the line of unfinished streamed text, so that further output starts a new one."""
        if self._written:
            print(flush=True)
            self._written = ""

    def _grow(self, text: str) -> None:
        """Write what a partial result adds to the previous one."""
        shown = self._written if text.startswith(self._written) else ""
        start = "\n" if self._written and not shown else ""
        # Set before printing: Ctrl-C may come between the two.
        self._written = text
        print(start + _visible(text[len(shown) :]), end="", flush=True)

    def _text(self, value: object) -> str:
        if isinstance(value, str):
            return _LONG_URL.sub(r"\1... (--out saves it)", _visible(value))
        if isinstance(value, File):
            path = self._folder.path_of(value)
            return _visible(str(path) if path is not None else value.url or value.name)
        text = json_text(value, indent=2, default=self._folder.describe)
        return _LONG_URL.sub(r"\1... (--out saves it)", text)


def _named(result: object, operation: Operation) -> object:
    """Several results by name; a single one as it is, none as null."""
    if not isinstance(result, tuple):
        return result
    values = cast("tuple[object, ...]", result)
    if not values:
        return None
    if len(values) != len(operation.results):
        return list(values)  # The Space has changed since its snapshot.
    names = [str(one.identifier) for one in operation.results]
    return dict(zip(names, values, strict=True))


def _visible(text: str) -> str:
    """Text with its lines, but with control characters escaped, which could steer the terminal."""
    lines = text.replace("\r\n", "\n")
    return "".join(c if c.isprintable() or c in "\n\t" else ascii(c)[1:-1] for c in lines)
