"""Where a Space lives, and which hosts may see the caller's token."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from ._errors import AuthenticationError, HubsmithError, SpecError
from ._http import origin_of, shown
from ._tokens import choose_token
from ._transport import Credentials
from ._zerogpu import visitor_headers

_SPACE_ID = re.compile(r"[\w.-]+/[\w.-]+")
_HUB = "https://huggingface.co"


def hub_url(endpoint: str | None = None) -> str:
    """Return the address of the Hub: a given one, that of `HF_ENDPOINT`, or the usual one."""
    hub = (endpoint or os.environ.get("HF_ENDPOINT") or _HUB).rstrip("/")
    origin_of(hub)
    return hub


def hub_credentials(hub: str, token: str | bool | None) -> Credentials:
    """Return the headers for the Hub alone."""
    found = choose_token(token, "The Hub")
    return {origin_of(hub): {"authorization": f"Bearer {found}"}} if found else {}


def check_space_id(name: str) -> str:
    """Return `owner/name`, or raise where it is not that."""
    if not _SPACE_ID.fullmatch(name) or {".", ".."} & set(name.split("/")):
        raise SpecError(f"{name!r} is neither owner/name nor an http(s) URL of a Space.")
    return name


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
            if token is True:
                raise AuthenticationError(
                    f"{shown(root)}: token=True uses the saved token, which is for the Hub and "
                    "for an owner/name only. Pass owner/name, or the token itself."
                )
            explicit = token if isinstance(token, str) else None
            return cls(name=shown(root), root=root, token=explicit, headers=own)
        name = check_space_id(source)
        return cls(name=name, root=None, token=choose_token(token, name), headers=own)

    @property
    def host_url(self) -> str:
        """The Hub's address that tells where the Space runs."""
        return f"{hub_url()}/api/spaces/{quote(self.name)}/host"

    @property
    def runtime_url(self) -> str:
        """The Hub's address that tells whether the Space runs."""
        return f"{hub_url()}/api/spaces/{quote(self.name)}/runtime"

    @property
    def page_url(self) -> str:
        """The Space's page, for people."""
        return f"{hub_url()}/spaces/{quote(self.name)}"

    def visitor_headers(self, chosen: Mapping[str, str]) -> dict[str, str]:
        """Return what a call from within a Gradio event passes on of its visitor.

        Only a Space of the Hub gets it, and what the caller chose goes before it.
        """
        names = {name.lower() for name in (*self.headers, *chosen)}
        return {} if self.root is not None or "x-ip-token" in names else visitor_headers()

    def credentials(self, root: str | None) -> dict[str, dict[str, str]]:
        """Return the headers that each origin may see: the Hub and the Space itself."""
        allowed: dict[str, dict[str, str]] = {}
        bearer = {"authorization": f"Bearer {self.token}"} if self.token else {}
        if self.root is None:
            allowed[origin_of(self.host_url)] = dict(bearer)
        if root is not None:
            # The Hub takes this one away before the Space's own code could read it.
            hidden = {"x-hf-authorization": f"Bearer {self.token}"} if self.token else {}
            own = {name.lower(): value for name, value in self.headers.items()}
            allowed[origin_of(root)] = {**hidden, **own}
        return allowed
