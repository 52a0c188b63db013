"""Where a Space lives, and which hosts may see the caller's token."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from ._errors import AuthenticationError, HubsmithError, SpecError
from ._transport import origin_of, shown

_SPACE_ID = re.compile(r"[\w.-]+/[\w.-]+")
_HUB = "https://huggingface.co"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A Space as its caller named it."""

    name: str  # What messages call it: `owner/name`, or the URL without secrets.
    root: str | None  # The address of the app; `None` until the Hub is asked.
    token: str | None = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)  # The caller's own, for the Space only.

    @classmethod
    def parse(
        cls, source: str | None, token: str | bool | None, headers: Mapping[str, str] | None
    ) -> Source:
        """Read `owner/name` or a URL."""
        if source is None:
            raise HubsmithError("No source: pass the Space's owner/name or URL.")
        own = dict(headers or {})
        if "://" in source:
            root = source.partition("#")[0].partition("?")[0].rstrip("/")
            origin_of(root)
            parts = urlsplit(root)
            if parts.username is not None:
                pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
                own.setdefault("authorization", f"Basic {base64.b64encode(pair.encode()).decode()}")
                root = shown(root)
            # A token that was not meant for this address in particular is not sent to it.
            explicit = token if isinstance(token, str) else None
            return cls(name=shown(root), root=root, token=explicit, headers=own)
        if not _SPACE_ID.fullmatch(source):
            raise SpecError(f"{source!r} is neither owner/name nor an http(s) URL of a Space.")
        if token is None or token is True:
            found = os.environ.get("HF_TOKEN") or None
            if token is True and found is None:
                raise AuthenticationError(f"{source}: token=True, but HF_TOKEN is not set.")
            token = found
        return cls(name=source, root=None, token=token or None, headers=own)

    @property
    def host_url(self) -> str:
        """The Hub's address that tells where the Space runs."""
        hub = os.environ.get("HF_ENDPOINT", _HUB).rstrip("/")
        return f"{hub}/api/spaces/{quote(self.name)}/host"

    def credentials(self, root: str | None) -> dict[str, dict[str, str]]:
        """Return the headers that each origin may see: the Hub and the Space itself."""
        allowed: dict[str, dict[str, str]] = {}
        bearer = {"authorization": f"Bearer {self.token}"} if self.token else {}
        if self.root is None:
            allowed[origin_of(self.host_url)] = dict(bearer)
        if root is not None:
            also = {"x-hf-authorization": f"Bearer {self.token}"} if self.token else {}
            own = {name.lower(): value for name, value in self.headers.items()}
            allowed[origin_of(root)] = {**bearer, **also, **own}
        return allowed
