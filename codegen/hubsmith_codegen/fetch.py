"""The API documents of a running Space."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping

from hubsmith_runtime import (
    AuthenticationError,
    HubsmithError,
    InferenceTimeoutError,
    SpaceUnavailableError,
    SpecError,
)
from hubsmith_runtime._http import Response, origin_of, shown
from hubsmith_runtime._source import Source
from hubsmith_runtime._transport import Transport

from .document import MAX_BYTES, Document, identify, parse
from .load import RawSpec, load

NO_ANSWER, BROKEN = "no answer in time", "the connection broke"
"""Why a document may be missing this time only, in the notes of a `RawSpec`."""

_DOCUMENT_PATH = re.compile(r"/(?:config|gradio_api(?:/info|/openapi\.json)?)/?$")
_HUB_PAGE = re.compile(r"https?://(?:www\.)?(?:huggingface\.co|hf\.co)/spaces/([\w.-]+/[\w.-]+)/?$")
_PREFIX = re.compile(r"(?:/[\w.~-]+)*")


def fetch(source: str, *, token: str | None = None, timeout: float = 10) -> RawSpec:
    """Read the API documents of a running Space.

    Only `/config` is required. Where one of the others cannot be had, the reason goes to the notes
    of the result: one endpoint that Gradio cannot describe takes the whole document down.

    Args:
        source: `owner/name`, or the URL of the app or of one of its documents.
        token: A Hub token. It is sent to the Hub and to the Space only.
        timeout: Seconds for each document, from the first byte sent to the last one read.

    Raises:
        SpaceConnectionError: when the server is down or broke off.
        InferenceTimeoutError: when it is too slow.
        AuthenticationError: when it needs a token or a login.
        SpecError: when there is no Gradio app at this address.
    """
    place = Source.parse(root_of(source), token, None)
    root = place.root or _resolve(place, timeout)
    transport = Transport(place.credentials(root))
    try:
        return _read(transport, place.name, root, timeout)
    finally:
        transport.close()


def root_of(source: str) -> str:
    """Return the address of the app from that of one of its documents, or from its Hub page."""
    if "://" not in source:
        return source
    address = re.split(r"[?#]", source.strip(), maxsplit=1)[0].rstrip("/")
    if page := _HUB_PAGE.fullmatch(address):
        return page[1]
    return _DOCUMENT_PATH.sub("", address)


def _read(transport: Transport, name: str, root: str, timeout: float) -> RawSpec:
    url = f"{root}/config"
    config = _required(_get(transport, url, timeout), name)
    version, prefix = _version_and_prefix(config, shown(url))
    documents: dict[str, bytes] = {"config": config}
    notes: dict[str, str] = {}
    wanted: dict[Document, str] = {"info": f"{root}{prefix}/info"}
    if prefix:
        wanted["openapi"] = f"{root}{prefix}/openapi.json"
    else:
        notes["openapi"] = f"not served by Gradio {version}" if version else "not served"
    for kind, address in wanted.items():
        found = _optional(transport, kind, address, timeout)
        if isinstance(found, bytes):
            documents[kind] = found
        else:
            notes[kind] = found
    return load(documents, source=name, notes=notes)


def _resolve(place: Source, timeout: float) -> str:
    transport = Transport(place.credentials(None))
    try:
        answer = _get(transport, place.host_url, timeout)
    finally:
        transport.close()
    if answer.status in (401, 403, 404):
        raise AuthenticationError(
            f"{place.name}: the Hub knows no such Space, or it is private "
            f"(status {answer.status}). Check the name, or pass a token that may read it."
        )
    if answer.status != 200:
        raise SpaceUnavailableError(
            f"{place.name}: the Hub answered {answer.status} when asked where the Space runs. "
            "Try again later."
        )
    host = parse(answer.body, f"The Hub's answer about {place.name}").get("host")
    if not isinstance(host, str):
        raise SpecError(f"{place.name}: the Hub does not say where the Space runs.")
    if origin_of(place.host_url).startswith("https:") and not host.startswith("https:"):
        raise SpecError(f"{place.name}: the Hub names an address that is not https.")
    origin_of(host)
    return host.rstrip("/")


def _get(transport: Transport, url: str, timeout: float) -> Response:
    """Read one answer within the time and the size that are allowed."""
    deadline = time.monotonic() + timeout
    chunks: list[bytes] = []
    size = 0
    # The transport's own limit is one on silence; a server that drips would never meet it.
    with transport.stream("GET", url, timeout=timeout) as stream:
        for chunk in stream.iter_bytes():
            chunks.append(chunk)
            size += len(chunk)
            if size > MAX_BYTES:
                raise SpecError(
                    f"GET {shown(url)}: the answer is larger than {MAX_BYTES // 2**20} MiB."
                )
            if time.monotonic() > deadline:
                raise InferenceTimeoutError(
                    f"GET {shown(url)}: the answer was not complete after {timeout:g} s."
                )

        return Response(
            status=stream.status, headers=stream.headers, body=b"".join(chunks), url=stream.url
        )


def _required(answer: Response, name: str) -> bytes:
    where = f"{name}: GET {shown(answer.url)}"
    if answer.status in (401, 403):
        raise AuthenticationError(
            f"{where} answered {answer.status}: the app needs a token or a login."
        )
    if answer.status == 404:
        raise SpecError(f"{where} answered 404: this is not a Gradio app, or not its address.")
    if answer.status >= 500:
        raise SpaceUnavailableError(
            f"{where} answered {answer.status}: the Space does not run, or is starting. "
            "Open its page to see, then try again."
        )
    if answer.status != 200:
        raise SpecError(f"{where} answered {answer.status} instead of an API document.")
    what = f"The answer of {shown(answer.url)}"
    if identify(parse(answer.body, what), what) != "config":
        raise SpecError(f"{what} is not the configuration of a Gradio app.")
    return answer.body


def _optional(transport: Transport, kind: Document, url: str, timeout: float) -> bytes | str:
    """Return a document, or why it cannot be had."""
    try:
        answer = _get(transport, url, timeout)
        if answer.status != 200:
            return f"answered {answer.status}"
        what = "the answer"
        if identify(parse(answer.body, what), what) != kind:
            return "answered another document"
    except InferenceTimeoutError:
        return NO_ANSWER
    except SpecError as error:
        return f"refused: {error}"
    except HubsmithError:
        return BROKEN
    return answer.body


def _version_and_prefix(content: bytes, what: str) -> tuple[str, str]:
    config: Mapping[str, object] = parse(content, what)
    version, prefix = config.get("version"), config.get("api_prefix") or ""
    # The prefix becomes part of an address: "@host" in it would lead to another server.
    if not isinstance(prefix, str) or not _PREFIX.fullmatch(prefix.rstrip("/")):
        raise SpecError(f"{what}: api_prefix is not a path.")
    return version if isinstance(version, str) else "", prefix.rstrip("/")
