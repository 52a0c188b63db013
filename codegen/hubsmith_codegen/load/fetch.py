"""The API documents of a running Space."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hubsmith_runtime import (
    AuthenticationError,
    HubsmithError,
    InferenceTimeoutError,
    SpaceUnavailableError,
    SpecError,
)
from hubsmith_runtime.driver import Driver
from hubsmith_runtime.effects import Effects, Send
from hubsmith_runtime.http import HttpRequest, Response, shown
from hubsmith_runtime.spaces.source import Source
from hubsmith_runtime.transport import Origins

from .document import MAX_BYTES, Document, identify, parse
from .spec import RawSpec, load

NO_ANSWER, BROKEN = "no answer in time", "the connection broke"
"""Temporary reasons for a missing document, in the notes of a `RawSpec`."""

_DOCUMENT_PATH = re.compile(r"/(?:config|gradio_api(?:/info|/openapi\.json)?)/?$")
_HUB_PAGE = re.compile(r"https?://(?:www\.)?(?:huggingface\.co|hf\.co)/spaces/([\w.-]+/[\w.-]+)/?$")
_PREFIX = re.compile(r"(?:/[\w.~-]+)*")


def fetch(source: str, *, token: str | None = None, timeout: float = 10) -> RawSpec:
    """Read the API documents of a running Space.

    Only `/config` is required. If one of the others cannot be read, the reason goes into the notes
    of the result: a single endpoint that Gradio cannot describe makes the whole document fail.

    Args:
        source: `owner/name`, or the URL of the app or of one of its documents.
        token: A Hub token. It is sent to the Hub and to the Space only.
        timeout: Seconds for each document, from the first byte sent to the last one read.

    Raises:
        HubsmithError: when the server is down or too slow, needs a login, or is not a Gradio app.
    """
    place = Source.parse(root_of(source), token, None)
    driver = Driver(Origins(place.credentials(None)))
    try:
        root = place.root or resolve(driver, place, timeout)
        driver.origins.allow(place.credentials(root))
        return _read(driver, place.name, root, timeout)
    finally:
        driver.close()


def root_of(source: str) -> str:
    """The address of the app, also from the URL of one of its documents or of its Hub page."""
    if "://" not in source:
        return source
    address = re.split(r"[?#]", source.strip(), maxsplit=1)[0].rstrip("/")
    if page := _HUB_PAGE.fullmatch(address):
        return page[1]
    return _DOCUMENT_PATH.sub("", address)


def _read(driver: Driver, name: str, root: str, timeout: float) -> RawSpec:
    url = f"{root}/config"
    config = required(get(driver, url, timeout), name)
    version, prefix = _version_and_prefix(config, shown(url))
    documents: dict[str, bytes] = {"config": config}
    notes: dict[str, str] = {}
    wanted: dict[Document, str] = {"info": f"{root}{prefix}/info"}
    if prefix:
        wanted["openapi"] = f"{root}{prefix}/openapi.json"
    else:
        notes["openapi"] = f"not served by Gradio {version}" if version else "not served"
    for kind, address in wanted.items():
        found = _optional(driver, kind, address, timeout)
        if isinstance(found, bytes):
            documents[kind] = found
        else:
            notes[kind] = found
    return load(documents, source=name, notes=notes)


def resolve(driver: Driver, place: Source, timeout: float) -> str:
    """Ask the Hub where a Space runs."""
    answer = get(driver, place.hub_request("host").url, timeout)
    if answer.status == 200:  # Raises unless the answer is a JSON object, as the Hub's are.
        parse(answer.body, f"The Hub's answer about {place.name}")
    return place.read_host(answer)


def get(driver: Driver, url: str, timeout: float) -> Response:
    """Read one answer, within the limits of time and size."""

    def call() -> Effects[Response]:
        request = HttpRequest(method="GET", url=url, silence=timeout, largest=MAX_BYTES)
        return (yield Send(request))

    try:
        return driver.run(call(), timeout)
    except InferenceTimeoutError:
        raise InferenceTimeoutError(
            f"GET {shown(url)}: the answer was not complete after {timeout:g} s."
        ) from None


def required(answer: Response, name: str) -> bytes:
    """Return the body of the answer to `/config`, or raise an error if it is not one."""
    where = f"{name}: GET {shown(answer.url)}"
    if answer.status in (401, 403):
        raise AuthenticationError(
            f"{where} answered {answer.status}: the app needs a token or a login."
        )
    if answer.status == 404:
        raise SpecError(f"{where} answered 404: this is not a Gradio app, or not its address.")
    if answer.status >= 500:
        raise SpaceUnavailableError(
            f"{where} answered {answer.status}: the Space is not running, or is still starting. "
            "Check its page, then try again."
        )
    if answer.status != 200:
        raise SpecError(f"{where} answered {answer.status} instead of an API document.")
    what = f"The answer of {shown(answer.url)}"
    if identify(parse(answer.body, what), what) != "config":
        raise SpecError(f"{what} is not the configuration of a Gradio app.")
    return answer.body


def _optional(driver: Driver, kind: Document, url: str, timeout: float) -> bytes | str:
    """Return a document, or the reason why it cannot be read."""
    try:
        answer = get(driver, url, timeout)
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
    # The prefix becomes part of a URL, where "@host" would lead to another server.
    if not isinstance(prefix, str) or not _PREFIX.fullmatch(prefix.rstrip("/")):
        raise SpecError(f"{what}: api_prefix is not a path.")
    return version if isinstance(version, str) else "", prefix.rstrip("/")
