"""The files in the body of an upload."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BOUNDARY = re.compile(
    r'multipart/form-data\s*;.*?boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.I
)
_PARAMETER = re.compile(r';\s*(name|filename)="((?:[^"\\]|\\.)*)"', re.I)


class BadForm(Exception):
    """The body is not a form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A file of a form."""

    field: str
    name: str
    mime_type: str
    content: bytes


def read_form(content_type: str, body: bytes) -> Iterator[Part]:
    """Yield the files of a form.

    Raises:
        BadForm: when it is none, or broken off.
    """
    match = _BOUNDARY.match(content_type)
    if match is None:
        raise BadForm("The body is not multipart/form-data.")
    boundary = b"--" + (match[1] or match[2]).encode("latin-1")
    # The boundary stands at the start of a line, so that a first one without a line is one too.
    pieces = (b"\r\n" + body).split(b"\r\n" + boundary)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise BadForm("The form has no end.")
    for piece in pieces[1:-1]:
        head, separator, content = piece.partition(b"\r\n\r\n")
        if not separator:
            raise BadForm("A part of the form has no end of its headers.")
        headers = dict(_headers(head.decode("utf-8", errors="replace")))
        disposition = headers.get("content-disposition", "")
        found = {key.lower(): value for key, value in _PARAMETER.findall(disposition)}
        if "filename" in found:
            yield Part(
                field=found.get("name", ""),
                name=found["filename"].replace("%22", '"').replace('\\"', '"'),
                mime_type=headers.get("content-type", "").partition(";")[0].strip(),
                content=content,
            )


def _headers(head: str) -> Iterator[tuple[str, str]]:
    for line in head.split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            yield name.strip().lower(), value.strip()
