"""From bytes to a `RawSpec`: parsing documents and identifying which is which."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hubsmith_runtime import SpecError

from ..ir.json_type import Json, mapping
from . import canonical
from .document import PATHS, Document, WireGeneration, generation_of, identify, parse

__all__ = ["Document", "RawSpec", "WireGeneration", "load", "load_document"]

_PATH = re.compile(r"(?:/[\w.~-]+)*", re.ASCII)
_VERSION = re.compile(r"(\d{1,6})\.(\d{1,6})", re.ASCII)
_FIRST_BY_NAME = (6, 13)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSpec:
    """The API documents of one Space, parsed but not yet interpreted.

    They are in canonical form, see `canonical.reduce`: the same from a server and from a stored
    snapshot.
    """

    info: Mapping[str, Json] | None  # `/gradio_api/info`, the fullest source.
    # `/config`, the only source for generators, positions, bounds and state slots.
    config: Mapping[str, Json] | None
    openapi: Mapping[str, Json] | None  # `/gradio_api/openapi.json`.
    # The shape of `openapi`: `none` (before Gradio 5.29), `run` (to 6.12), `call-v2` (6.13 on).
    generation: WireGeneration
    source: str | None  # The Space's name or URL; `None` if the documents came without it.
    name: str | None  # The name for the client; `None` to derive it from the source.
    # Why a document is missing, by document, such as `{"info": "answered 500"}`.
    notes: Mapping[str, str]
    # sha256 over the documents in canonical form (sorted keys, no spaces), hexadecimal.
    digest: str

    @property
    def documents(self) -> dict[Document, Mapping[str, Json]]:
        """The documents that are there."""
        present: dict[Document, Mapping[str, Json] | None] = {
            "config": self.config,
            "info": self.info,
            "openapi": self.openapi,
        }
        return {kind: document for kind, document in present.items() if document is not None}

    @property
    def gradio_version(self) -> str:
        """The version of the server that wrote the documents; empty if unknown."""
        return self._said("version")

    @property
    def title(self) -> str:
        """The title of the app; empty if it is Gradio's default title."""
        title = self._said("title")
        return "" if title in ("Gradio", "Gradio App") else title

    @property
    def api_prefix(self) -> str:
        """The prefix of the API's paths; empty before Gradio 5."""
        prefix = "/gradio_api" if self.config is None else self.config.get("api_prefix", "")
        is_path = isinstance(prefix, str) and _PATH.fullmatch(prefix.rstrip("/"))
        return str(prefix).rstrip("/") if is_path else "/gradio_api"

    @property
    def calls_by_name(self) -> bool:
        """Whether plain HTTP calls pass arguments by name."""
        version = _VERSION.match(self.gradio_version)
        is_late = version is not None and (int(version[1]), int(version[2])) >= _FIRST_BY_NAME
        return self.generation == "call-v2" or is_late

    def _said(self, key: str) -> str:
        for document in (self.config or {}, mapping((self.openapi or {}).get("info"))):
            if isinstance(said := document.get(key), str):
                return said
        return ""


def load(
    documents: Mapping[str, bytes],
    *,
    source: str | None = None,
    name: str | None = None,
    notes: Mapping[str, str] | None = None,
    folder: str | None = None,
) -> RawSpec:
    """Parse the documents of one Space, at least one; `folder` is their place, for messages.

    Raises a `SpecError` if one of them is not the kind of document that its key says.
    """
    if unknown := sorted(set(documents) - set(PATHS)):
        raise SpecError(f"There is no document {unknown[0]!r}. Expected: {', '.join(PATHS)}.")
    if not documents:
        raise SpecError("There is no API document: one of info, config or openapi is needed.")
    parsed: dict[Document, Mapping[str, Json]] = {}
    for kind, path in PATHS.items():
        if kind in documents:
            what = f"The {path} document of {source}" if source else f"The {path} document"
            what = f"{folder}/{kind}.json" if folder else what
            parsed[kind] = parse(documents[kind], what)
            if (found := identify(parsed[kind], what)) != kind:
                raise SpecError(f"{what} is the document that a Space serves at {PATHS[found]}.")
    return _spec(parsed, source=source, name=name, notes=notes or {})


def load_document(content: bytes, *, what: str = "The document") -> RawSpec:
    """Parse one document of unknown kind; `what` names it in messages."""
    document = parse(content, what)
    return _spec({identify(document, what): document}, source=None, name=None, notes={})


def _spec(
    parsed: Mapping[Document, Mapping[str, Json]],
    *,
    source: str | None,
    name: str | None,
    notes: Mapping[str, str],
) -> RawSpec:
    reduced: dict[Document, Mapping[str, Json]] = {
        kind: canonical.reduce(kind, document) for kind, document in parsed.items()
    }
    openapi = parsed.get("openapi")
    return RawSpec(
        info=reduced.get("info"),
        config=reduced.get("config"),
        openapi=reduced.get("openapi"),
        generation="none" if openapi is None else generation_of(openapi, "openapi.json"),
        source=source,
        name=name,
        notes={kind: notes[kind] for kind in sorted(notes) if kind not in parsed},
        digest=canonical.digest_of(reduced),
    )
