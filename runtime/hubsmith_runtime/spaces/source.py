"""Where a Space runs, and which hosts may see the caller's token, or that of a visitor."""

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, cast
from urllib.parse import quote, unquote, urlsplit

from ..errors import (
    ArgumentError,
    AuthenticationError,
    HubsmithError,
    SpaceUnavailableError,
    SpecError,
    a_type,
)
from ..http import HttpRequest, Response, origin_of, shown
from ..reading import as_object, as_text
from ..tokens import choose_token, hub_url
from ..transport import Credentials

_SPACE_ID = re.compile(r"[\w.-]+/[\w.-]+")
_HUB_PAGE = re.compile(r"^https?://(?:www\.)?(?:huggingface\.co|hf\.co)/spaces/([\w.-]+/[\w.-]+).*")
_IP_TOKEN = "x-ip-token"


def hub_credentials(hub: str, token: str | bool | None) -> Credentials:
    return {origin_of(hub): _bearer("authorization", choose_token(token, "The Hub"))}


def lower_names(headers: object) -> dict[str, str]:
    """Return headers by lower-case name, or raise for anything but a mapping."""
    if headers is not None and not isinstance(headers, Mapping):
        raise ArgumentError(
            f"headers: it must be a mapping of names to values, not {a_type(headers)}. An endpoint's "
            "own parameter of this name can be passed by position."
        )
    given = cast("Mapping[str, str]", headers or {})
    return {name.lower(): value for name, value in given.items()}


def check_space_id(name: str) -> str:
    """Return the name if it is a valid `owner/name`, or raise."""
    if not _SPACE_ID.fullmatch(name) or {".", ".."} & set(name.split("/")):
        raise SpecError(f"{name!r} is neither owner/name nor an http(s) URL of a Space.")
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A Space as its caller named it."""

    name: str  # For messages: `owner/name`, or the URL without secrets.
    root: str | None  # The address of the app; `None` until the Hub is asked.
    token: str | None = field(repr=False)
    headers: dict[str, str] = field(repr=False)  # The caller's own, for the Space only.

    @classmethod
    def parse(
        cls, source: str | None, token: str | bool | None, headers: Mapping[str, str] | None
    ) -> Source:
        if source is None:
            raise HubsmithError("No source: pass the Space's owner/name or URL.")
        source = _HUB_PAGE.sub(r"\1", source.strip())
        own = lower_names(headers)
        if "://" not in source:
            name = check_space_id(source)
            return cls(name=name, root=None, token=choose_token(token, name), headers=own)
        origin_of(source)
        parts, root = urlsplit(source), shown(source).rstrip("/")
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            own.setdefault("authorization", f"Basic {base64.b64encode(pair.encode()).decode()}")
        # A token is sent to a URL only if it was given for that URL.
        if token is True:
            raise AuthenticationError(
                f"{root}: token=True uses the saved token, which is for the Hub and for an "
                "owner/name only. Pass owner/name, or the token itself."
            )
        return cls(name=root, root=root, token=token or None, headers=own)

    def hub_request(self, what: str) -> HttpRequest:
        """Ask the Hub for the Space's `host` or `runtime`."""
        return HttpRequest(method="GET", url=f"{hub_url()}/api/spaces/{quote(self.name)}/{what}")

    def read_host(self, response: Response) -> str:
        status, host = response.status, as_text(as_object(response.json()).get("host"))
        if status in (401, 403, 404):
            raise AuthenticationError(
                f"The Hub answered {status} for {self.name}: there is no such Space, or it is "
                "private. Check the name, and pass token= of an account that may see it."
            )
        if status != 200:
            message = f"The Hub does not say where {self.name} runs ({status})."
            raise SpaceUnavailableError.of(message, status)
        if not host:
            raise SpecError(f"{self.name}: the Hub's answer does not say where the Space runs.")
        if origin_of(hub_url()).startswith("https:") and not host.startswith("https:"):
            raise SpecError(f"{self.name}: the Hub names an address that is not https.")
        origin_of(host)
        return host.rstrip("/")

    def visitor_headers(self, chosen: Mapping[str, str]) -> dict[str, str]:
        """Return the visitor's headers that a call from within a Gradio event passes on.

        Only a Space of the Hub gets them, and the caller's own headers take precedence.
        """
        is_chosen = _IP_TOKEN in self.headers or _IP_TOKEN in chosen
        return {} if self.root is not None or is_chosen else visitor_headers()

    def credentials(self, root: str | None) -> dict[str, dict[str, str]]:
        """Return the headers that each origin may see: the Hub and the Space itself."""
        allowed: dict[str, dict[str, str]] = {}
        if self.root is None:
            allowed = {origin_of(hub_url()): _bearer("authorization", self.token)}
        if root is not None:
            # The Hub removes this header before the Space's own code can read it.
            allowed[origin_of(root)] = _bearer("x-hf-authorization", self.token) | self.headers
        return allowed


class HasHeaders(Protocol):
    """A request as FastAPI, Starlette and Gradio pass it to a function."""

    @property
    def headers(self) -> Any: ...


def ip_token_headers(request: HasHeaders | None) -> dict[str, str]:
    """Return the header that makes a ZeroGPU Space count a call on your visitor's quota.

    Args:
        request: The visitor's request, from FastAPI, Starlette or Gradio.

    Returns:
        Headers for `Space(..., headers=...)`; empty if the request has no such token.
    """
    headers: Mapping[object, object] = dict(getattr(request, "headers", None) or {})
    found = {str(name).lower(): value for name, value in headers.items()}.get(_IP_TOKEN)
    return {_IP_TOKEN: str(found)} if found else {}


def visitor_headers() -> dict[str, str]:
    """Return the same for the Gradio event in which this code runs, if any."""
    context = getattr(sys.modules.get("gradio.context"), "LocalContext", None)
    variable = getattr(context, "request", None)
    return ip_token_headers(variable.get(None)) if variable is not None else {}


def _bearer(name: str, token: str | None) -> dict[str, str]:
    return {name: f"Bearer {token}"} if token else {}
