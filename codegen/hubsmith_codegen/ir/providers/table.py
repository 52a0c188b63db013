"""A provider's table as it is read: where it is, which tasks it does, and how its bodies look.

Values that hold `{...}` are templates, see `template`. `render` compiles a table to the types of
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
    is_safe = parts.scheme == "https" or parts.hostname in _LOOPBACK  # A key travels there.
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
    """How a job that was taken is asked after until it is over.

    An answer without the `location` is already the last one. What names a host that is not among
    `hosts`, nor below one, is asked for at the provider's own.
    """

    location: Location  # Over the answer that took the job: a path, or a URL of the answer.
    status: Path  # Of the job, in an answer.
    done: Annotated[tuple[str, ...], Field(min_length=1)]  # Statuses of a job that succeeded.
    failed: tuple[str, ...] = ()  # Every other status means that it goes on.
    error: tuple[Paths, ...] = ()  # Why it failed; the first that is there is taken.
    result: Location = ""  # Where it is another than `location`.
    position: Path = ""  # In the queue.
    interval: Annotated[float, Field(gt=0)] = 0.5  # Seconds between two questions.
    limit: float = 3600.0  # Seconds until it is given up, whatever the caller's timeout.
    hosts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.limit < self.interval:
            raise ValueError("limit must not be below interval")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result(Checked):
    """How the last answer becomes the result; as it stands, it is a result of JSON."""

    is_media: bool = False  # The answer's content is the image, audio or video itself.
    media: tuple[Paths, ...] = ()  # Where an answer has it: a URL, a data URL, or base64.
    value: Annotated[Any, _template(None)] = None  # `media` is what was fetched.

    def __post_init__(self) -> None:
        if self.is_media and (self.media or self.value):
            raise ValueError("is_media stands alone: the answer is the media itself")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant(Checked):
    """What is different for models whose provider's id, in lower case, matches all patterns."""

    models: Annotated[tuple[Pattern, ...], Field(min_length=1)]
    route: Route = ""
    body: Body = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Checked):
    """How one task is done.

    The parameters go through `flatten`, `rename`, `drop`, `join` and `group`, in this order, and
    then into `body`, where `"*" = "parameters"` stands: they replace the members above it and not
    those below.
    """

    route: Route
    url: Address = ""  # Where it is another than the provider's.
    routed_query: Annotated[str, Field(pattern=r"^([\w.~-]+=[\w.~-]+(&|$))*$")] = ""
    needs_url: bool = False  # Only a model server that the caller names by its URL does it.
    headers: Headers = field(default_factory=dict[str, str])
    # `multipart`: a form with the files; `binary`: the file itself while there are no parameters.
    form: Literal["json", "binary", "multipart"] = "json"
    flatten: tuple[str, ...] = ()  # Objects, whose members take their place.
    rename: Mapping[str, str] = field(default_factory=dict[str, str])
    drop: tuple[str, ...] = ()
    join: Mapping[str, Names] = field(default_factory=dict[str, Names])  # Such as `64x32`.
    group: Mapping[str, Names] = field(default_factory=dict[str, Names])  # Members of an object.
    body: Body
    json_schema: SchemaBody = field(default_factory=dict[str, Any])  # Where a schema is asked for.
    poll: Poll | None = None
    result: Result = field(default_factory=Result)
    variants: tuple[Variant, ...] = ()  # The first that fits is taken.


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider(Checked):
    """One inference provider."""

    name: str
    url: Address = ""  # Where a key of the provider's own is sent to.
    is_routed: bool = True  # The Hub's router takes requests with a Hub token.
    router_path: Annotated[str, Field(pattern=r"^(/[\w.-]+)*$")] | None = None  # Default: the name.
    is_mapped: bool = True  # The Hub knows the provider's model ids.
    needs_key: bool = True  # A request without one is refused before it is sent.
    key_header: HeaderName = "authorization"
    key_scheme: HeaderText = "Bearer"  # The word before the key.
    headers: Headers = field(default_factory=dict[str, str])
    tasks: Annotated[Mapping[str, Operation], Field(min_length=1)]

    def __post_init__(self) -> None:
        if not self.url and not self.is_routed:
            raise ValueError("url is missing, and nothing is routed to it either")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One provider's table."""

    provider: Provider
    # The name of the preset that a task extends, where it does, by the task.
    presets: Mapping[str, str]
    module: str  # The name of the module that it becomes.
    digest: str  # sha256 of what it was read from, hexadecimal.
