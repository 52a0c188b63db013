"""A provider's table as it is read: where it is, which tasks it does, and how its bodies look.

Values that hold `{...}` are templates, see `template`. `render` compiles a table to the types of
`hubsmith_runtime.inference.provider`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from ...load.typed import Checked
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


def _request(template: Any) -> Any:
    check_template(template, REQUEST)
    return template


def _schema_request(template: Any) -> Any:
    check_template(template, SCHEMA)
    return template


def _answer(template: Any) -> Any:
    check_template(template, None)
    return template


Address: TypeAlias = Annotated[str, AfterValidator(_address)]
Route: TypeAlias = Annotated[str, AfterValidator(_route)]
Location: TypeAlias = Annotated[str, AfterValidator(_location)]
Path: TypeAlias = Annotated[str, AfterValidator(_path)]
Paths: TypeAlias = Annotated[str, AfterValidator(_paths)]
HeaderName: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
HeaderText: TypeAlias = Annotated[str, AfterValidator(_header)]
Headers: TypeAlias = Mapping[HeaderName, HeaderText]
Body: TypeAlias = Annotated[Mapping[str, Any], AfterValidator(_request)]
Names: TypeAlias = Annotated[tuple[str, ...], Field(min_length=2)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll(Checked):
    """How a job that was taken is asked after until it is over.

    Attributes:
        location: The template of the address to ask, over the answer that took the job: a path,
            or a URL of the answer. An answer without it is already the last one.
        status: Where an answer tells the job's status.
        done: The statuses of a job that succeeded.
        failed: The statuses of one that failed. Every other means that it goes on.
        error: Where an answer tells why it failed; the first that is there is taken.
        result: The template of the address of the result, where it is another than `location`.
        position: Where an answer tells the place in the queue.
        interval: Seconds between two questions.
        limit: Seconds after which the job is given up, whatever the caller's timeout.
        hosts: Hosts, each with all below it, that a URL of an answer may name. What names another
            host is asked for at the provider's own.
    """

    location: Location
    status: Path
    done: Annotated[tuple[str, ...], Field(min_length=1)]
    failed: tuple[str, ...] = ()
    error: tuple[Paths, ...] = ()
    result: Location = ""
    position: Path = ""
    interval: Annotated[float, Field(gt=0)] = 0.5
    limit: float = 3600.0
    hosts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.limit < self.interval:
            raise ValueError("limit must not be below interval")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result(Checked):
    """How the last answer becomes the result; as it stands, it is a result of JSON.

    Attributes:
        is_media: Whether the answer's content is the image, audio or video itself.
        media: Where the answer has the media: the first that is there is taken. It is a URL, which
            is fetched, a data URL, or base64.
        value: The template of the result, over the answer; `media` is what was fetched.
    """

    is_media: bool = False
    media: tuple[Paths, ...] = ()
    value: Annotated[Any, AfterValidator(_answer)] = None

    def __post_init__(self) -> None:
        if self.is_media and (self.media or self.value):
            raise ValueError("is_media stands alone: the answer is the media itself")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant(Checked):
    """What is different for some models.

    Attributes:
        models: Patterns with `*` that the provider's model id must all match, in lower case.
        route: The route, where it is another.
        body: The template of the body, where it is another.
    """

    models: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[\w./:@+,~*-]+$")], ...], Field(min_length=1)
    ]
    route: Route = ""
    body: Body = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Checked):
    """How one task is done.

    The parameters go through `flatten`, `rename`, `drop`, `join` and `group`, in this order, and
    then into `body`.

    Attributes:
        route: The template of the path.
        url: The address of this task's server, where it is another than the provider's.
        routed_query: The query that the router needs.
        needs_url: Whether only a model server that the caller names by its URL does this.
        headers: Headers of the request.
        form: `json`; `multipart`, a form whose files are the file inputs; or `binary`: the file
            itself as long as there are no parameters, else JSON.
        flatten: Parameters that are objects, whose members take their place.
        rename: The provider's name by the parameter's name.
        drop: Parameters that the provider does not know.
        join: Two parameters that become one text, such as `64x32`, where both are given.
        group: Parameters that become the members of one object, where all are given.
        body: The template of the body. `"*" = "parameters"` stands where the parameters go: they
            replace the members above it and not those below.
        json_schema: The template that replaces members of the body where the caller wants an
            answer that follows a JSON schema.
        poll: How the job is asked after, where it is one.
        result: How the last answer is read.
        variants: What is different for some models; the first that fits is taken.
    """

    route: Route
    url: Address = ""
    routed_query: Annotated[str, Field(pattern=r"^([\w.~-]+=[\w.~-]+(&|$))*$")] = ""
    needs_url: bool = False
    headers: Headers = field(default_factory=dict[str, str])
    form: Literal["json", "binary", "multipart"] = "json"
    flatten: tuple[str, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict[str, str])
    drop: tuple[str, ...] = ()
    join: Mapping[str, Names] = field(default_factory=dict[str, Names])
    group: Mapping[str, Names] = field(default_factory=dict[str, Names])
    body: Body
    json_schema: Annotated[Mapping[str, Any], AfterValidator(_schema_request)] = field(
        default_factory=dict[str, Any]
    )
    poll: Poll | None = None
    result: Result = field(default_factory=Result)
    variants: tuple[Variant, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider(Checked):
    """One inference provider.

    Attributes:
        name: Its name at the Hub.
        url: The address that a key of the provider's own is sent to; empty where there is none.
        is_routed: Whether the Hub's router passes requests with a Hub token on to it.
        router_path: Its path at the router; `None` for its name.
        is_mapped: Whether the Hub maps its own model ids to the provider's. Where it does not, the
            caller names the provider's id.
        needs_key: Whether a request without a key is refused before it is sent.
        key_header: The header that carries the provider's own key.
        key_scheme: The word before the key in that header.
        headers: Headers of every request.
        tasks: What it does, by the Hub's name of the task.
    """

    name: str
    url: Address = ""
    is_routed: bool = True
    router_path: Annotated[str, Field(pattern=r"^(/[\w.-]+)*$")] | None = None
    is_mapped: bool = True
    needs_key: bool = True
    key_header: HeaderName = "authorization"
    key_scheme: HeaderText = "Bearer"
    headers: Headers = field(default_factory=dict[str, str])
    tasks: Annotated[Mapping[str, Operation], Field(min_length=1)]

    def __post_init__(self) -> None:
        if not self.url and not self.is_routed:
            raise ValueError("url is missing, and nothing is routed to it either")
