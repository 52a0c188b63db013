"""The content of a file in other forms: base64, a Pillow image, a pandas DataFrame."""

# Pillow and pandas are optional, for programs and for type checkers.
# pyright: reportUnknownParameterType=false, reportUnnecessaryTypeIgnoreComment=false

from __future__ import annotations

import base64
import contextlib
import importlib
import io
import mimetypes
import os
from collections.abc import Callable, Generator
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeVar

from .effects import Effects, Run
from .errors import DownloadError, MissingDependencyError, ValidationError, shorten
from .http import shown
from .saving import FileOrigin

if TYPE_CHECKING:
    from pandas import DataFrame  # type: ignore[import-not-found,import-untyped,unused-ignore]
    from PIL.Image import Image  # type: ignore[import-not-found,unused-ignore]

T = TypeVar("T")

BINARY = "application/octet-stream"
# By file suffix: the pandas function that reads such a table, and its arguments.
_TABLES: dict[str, tuple[str, dict[str, Any]]] = {
    ".csv": ("read_csv", {}), ".tsv": ("read_csv", {"sep": "\t"}),
    ".json": ("read_json", {}), ".jsonl": ("read_json", {"lines": True}),
    ".parquet": ("read_parquet", {}), ".feather": ("read_feather", {}),
    ".xlsx": ("read_excel", {}), ".xls": ("read_excel", {}), ".ods": ("read_excel", {}),
}  # fmt: skip


class FileContent(os.PathLike[str]):
    """The content of a `File` in other forms."""

    name: str
    url: str | None
    mime_type: str | None
    origin: FileOrigin

    if TYPE_CHECKING:  # `File` defines these.

        @property
        def is_local(self) -> bool: ...
        def read(self) -> bytes: ...
        def _fetch(self) -> Effects[bytes]: ...

    def image(self) -> Image:
        """Return the content as a Pillow image. Pillow must be installed.

        Raises:
            MissingDependencyError: when Pillow is not installed.
            ValidationError: when Pillow cannot read the content as an image.
            DownloadError: when the content cannot be downloaded.
        """
        return self._image(self.read())

    def dataframe(self, **options: Any) -> DataFrame:
        """Return the content as a pandas DataFrame. pandas must be installed.

        The format is taken from the file's name, or else from its MIME type: CSV, TSV, JSON,
        JSON Lines, Parquet, Feather or a spreadsheet.

        Args:
            **options: Passed to the function of pandas, such as `sep=";"` to `read_csv`.

        Raises:
            MissingDependencyError: when pandas, or a package it needs for the format, is missing.
            ValidationError: when the content is not a table in that format.
            DownloadError: when the content cannot be downloaded.
        """
        return self._dataframe(options, self.read())

    async def aimage(self) -> Image:
        """Return the content as an image without blocking the event loop; see `image`."""
        return await self.origin.run(self._read_as(self._image))

    async def adataframe(self, **options: Any) -> DataFrame:
        """Return the content as a DataFrame without blocking the event loop; see `dataframe`."""
        return await self.origin.run(self._read_as(partial(self._dataframe, options)))

    def base64(self) -> str:
        """Return the content as base64; a `DownloadError` if it has not been downloaded."""
        if not self.is_local:
            raise DownloadError(f"{shown(self.url or self.name)} has not been downloaded.")
        return base64.b64encode(self.read()).decode()

    def data_url(self, default_mime: str = BINARY) -> str:
        """Return the content as a data URL, with `default_mime` if its own type is unknown."""
        return f"data:{self.mime_type or default_mime};base64,{self.base64()}"

    def _read_as(self, form: Callable[[bytes], T]) -> Effects[T]:
        content = yield from self._fetch()
        return (yield Run(partial(form, content)))

    def _image(self, content: bytes) -> Any:
        with _reading(self.name, "an image"):
            image: Any = importlib.import_module("PIL.Image").open(io.BytesIO(content))
            image.load()
            return image

    def _dataframe(self, options: dict[str, Any], content: bytes) -> Any:
        suffixes = PurePath(self.name).suffix, mimetypes.guess_extension(self.mime_type or "")
        found = next(
            (_TABLES[one.lower()] for one in suffixes if one and one.lower() in _TABLES), None
        )
        if found is None:
            raise ValidationError(
                f"{shorten(self.name)} is not a table by its name or type: the name should end "
                f"with one of {', '.join(_TABLES)}. Use `File(file, name=...)` to rename it."
            )
        with _reading(self.name, "a table"):
            read = getattr(importlib.import_module("pandas"), found[0])
            return read(io.BytesIO(content), **{**found[1], **options})


@contextlib.contextmanager
def _reading(name: str, what: str) -> Generator[None, None, None]:
    """Raise a reader's error as one that names the file, or the package that is missing."""
    problem = f"{shorten(name)} cannot be read as {what}"
    try:
        yield
    except ImportError as error:
        package = (error.name or "").partition(".")[0].replace("PIL", "pillow")
        advice = f" `pip install {package}`." if package else ""
        raise MissingDependencyError(f"{problem}: {error}.{advice}", name=error.name) from None
    except Exception as error:  # Each reader raises its own errors.
        raise ValidationError(f"{problem}: {type(error).__name__}: {error}") from error
