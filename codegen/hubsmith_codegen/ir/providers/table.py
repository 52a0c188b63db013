"""A provider's table as it is read: its address, its tasks, and the form of its requests.

Values with `{...}` are templates, see `template`. `render` compiles a table to the types in
`hubsmith_runtime.inference.provider`. `docs/providers.md` explains every key.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from ..checked import Checked
from .expression import REQUEST, SCHEMA
from .template import check_places, check_template, is_path, parts

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def _address(url: str) -> str:
    parts = urlsplit(url)
    is_safe = parts.scheme == "https" or parts.hostname in _LOOPBACK  # Keys are sent there.
    if not (is_safe and parts.hostname) or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(f"must be an https URL without a query: {url!r}")
    return url


def _route(route: str) -> str:
    check_places(route, ("model",))
    plain = "".join(part for part in parts(route) if isinstance(part, str))
    if not route.startswith("/") or not re.fullmatch(r"[\w/.~-]+", plain):
        raise ValueError(f"must be a path such as '/v1/{{model}}': {route!r}")
    return route


def _location(text: str) -> str:
    check_places(text, None)
    if not text.startswith(("/", "{")):
        raise ValueError("must be a path, or begin with a place such as '{url}'")
    return text


def _path(path: str) -> str:
    if not is_path(path):
        raise ValueError(f"must be a path such as 'data.0.url': {path!r}")
    return path


def _paths(paths: str) -> str:
    return "|".join(map(_path, paths.split("|")))


def _header(text: str) -> str:
    if not text.isprintable() or not text.isascii():
        raise ValueError("must be printable ASCII")
    return text


def _template(known: Collection[str] | None) -> AfterValidator:
    def check(template: Any) -> Any:
        check_template(template, known)
        return template

    return AfterValidator(check)


Address: TypeAlias = Annotated[str, AfterValidator(_address)]
Route: TypeAlias = Annotated[str, AfterValidator(_route)]
Location: TypeAlias = Annotated[str, AfterValidator(_location)]
Path: TypeAlias = Annotated[str, AfterValidator(_path)]
Paths: TypeAlias = Annotated[str, AfterValidator(_paths)]
HeaderName: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
HeaderText: TypeAlias = Annotated[str, AfterValidator(_header)]
Headers: TypeAlias = Mapping[HeaderName, HeaderText]
Body: TypeAlias = Annotated[Mapping[str, Any], _template(REQUEST)]
SchemaBody: TypeAlias = Annotated[Mapping[str, Any], _template(SCHEMA)]
Pattern: TypeAlias = Annotated[str, Field(pattern=r"^[\w./:@+,~*-]+$")]
Names: TypeAlias = Annotated[tuple[str, ...], Field(min_length=2)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll(Checked):
    """How a job is polled until it ends.

    An answer without the `location` is already the final one. A URL on a host that is neither in
    `hosts` nor a subdomain of one is requested from the provider's own host instead.
    """

    location: Location  # From the answer that accepted the job: a path, or a URL in that answer.
    status: Path  # The job's status, in an answer.
    done: Annotated[tuple[str, ...], Field(min_length=1)]  # The statuses of success.
    failed: tuple[str, ...] = ()  # The statuses of failure; with any other, the job is running.
    error: tuple[Paths, ...] = ()  # The reason of a failure: the first path that has a value.
    result: Location = ""  # The location of the result, if that is not `location`.
    position: Path = ""  # The position in the queue, in an answer.
    interval: Annotated[float, Field(gt=0)] = 0.5  # Seconds between two requests.
    limit: float = 3600.0  # Seconds until the client gives up, whatever the caller's timeout.
    hosts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.limit < self.interval:
            raise ValueError("limit must not be below interval")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result(Checked):
    """How the final answer becomes the result; by default, it is the result, as JSON."""

    is_media: bool = False  # Whether the answer's content is the image, audio or video itself.
    media: tuple[Paths, ...] = ()  # Where the answer has it: a URL, a data URL, or base64.
    value: Annotated[Any, _template(None)] = None  # A template; in it, `media` is the content.

    def __post_init__(self) -> None:
        if self.is_media and (self.media or self.value):
            raise ValueError("is_media excludes media and value: the answer is the media itself")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant(Checked):
    """What differs for models whose id at the provider, in lower case, matches all patterns."""

    models: Annotated[tuple[Pattern, ...], Field(min_length=1)]
    route: Route = ""
    body: Body = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Checked):
    """How one task is called.

    The parameters pass through `flatten`, `rename`, `drop`, `join` and `group`, in this order, and
    are then inserted in `body` at `"*" = "parameters"`: they override the members before it, and
    those after it override them.
    """

    route: Route
    url: Address = ""  # If it differs from the provider's.
    routed_query: Annotated[str, Field(pattern=r"^([\w.~-]+=[\w.~-]+(&|$))*$")] = ""
    needs_url: bool = False  # Whether only a model server given by its URL supports it.
    headers: Headers = field(default_factory=dict[str, str])
    # `multipart`: a form with the files; `binary`: the file itself, if there are no parameters.
    form: Literal["json", "binary", "multipart"] = "json"
    flatten: tuple[str, ...] = ()  # Objects to be replaced by their members.
    rename: Mapping[str, str] = field(default_factory=dict[str, str])
    drop: tuple[str, ...] = ()
    join: Mapping[str, Names] = field(default_factory=dict[str, Names])  # Such as `64x32`.
    group: Mapping[str, Names] = field(default_factory=dict[str, Names])  # Members of an object.
    body: Body
    json_schema: SchemaBody = field(default_factory=dict[str, Any])  # Added if a schema is wanted.
    poll: Poll | None = None
    result: Result = field(default_factory=Result)
    variants: tuple[Variant, ...] = ()  # The first that matches is used.


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider(Checked):
    """One inference provider."""

    name: str
    url: Address = ""  # Where requests with the provider's own key are sent.
    is_routed: bool = True  # Whether the Hub's router accepts requests with a Hub token.
    router_path: Annotated[str, Field(pattern=r"^(/[\w.-]+)*$")] | None = None  # Default: the name.
    is_mapped: bool = True  # Whether the Hub knows the provider's model ids.
    needs_key: bool = True  # Whether a call without a key is refused before it is sent.
    key_header: HeaderName = "authorization"
    key_scheme: HeaderText = "Bearer"  # What precedes the key.
    headers: Headers = field(default_factory=dict[str, str])
    tasks: Annotated[Mapping[str, Operation], Field(min_length=1)]

    def __post_init__(self) -> None:
        if not self.url and not self.is_routed:
            raise ValueError("url is missing, and the provider is not routed either")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One provider's table."""

    provider: Provider
    # By task: the name of the preset that it extends, if any.
    presets: Mapping[str, str]
    module: str  # The name of the generated module.
    digest: str  # sha256 of the files that it was read from, hexadecimal.
