"""A provider's table as it is read: where it is, which tasks it does, and how its bodies look.

Values that hold `{...}` are templates, see `template`. `render` compiles a table to the types of
`hubsmith_runtime.inference.provider`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Form: TypeAlias = Literal["json", "binary", "multipart"]


def _none() -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
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

    location: str
    status: str
    done: tuple[str, ...]
    failed: tuple[str, ...] = ()
    error: tuple[str, ...] = ()
    result: str = ""
    position: str = ""
    interval: float = 0.5
    limit: float = 3600.0
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How the last answer becomes the result; as it stands, it is a result of JSON.

    Attributes:
        is_media: Whether the answer's content is the image, audio or video itself.
        media: Where the answer has the media: the first that is there is taken. It is a URL, which
            is fetched, a data URL, or base64.
        value: The template of the result, over the answer; `media` is what was fetched.
    """

    is_media: bool = False
    media: tuple[str, ...] = ()
    value: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What is different for some models.

    Attributes:
        models: Patterns with `*` that the provider's model id must all match, in lower case.
        route: The route, where it is another.
        body: The template of the body, where it is another.
    """

    models: tuple[str, ...]
    route: str = ""
    body: Mapping[str, Any] = field(default_factory=_none)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
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

    route: str
    url: str = ""
    routed_query: str = ""
    needs_url: bool = False
    headers: Mapping[str, str] = field(default_factory=_none)
    form: Form = "json"
    flatten: tuple[str, ...] = ()
    rename: Mapping[str, str] = field(default_factory=_none)
    drop: tuple[str, ...] = ()
    join: Mapping[str, tuple[str, ...]] = field(default_factory=_none)
    group: Mapping[str, tuple[str, ...]] = field(default_factory=_none)
    body: Mapping[str, Any]
    json_schema: Mapping[str, Any] = field(default_factory=_none)
    poll: Poll | None = None
    result: Result = field(default_factory=Result)
    variants: tuple[Variant, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
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
    url: str = ""
    is_routed: bool = True
    router_path: str | None = None
    is_mapped: bool = True
    needs_key: bool = True
    key_header: str = "authorization"
    key_scheme: str = "Bearer"
    headers: Mapping[str, str] = field(default_factory=_none)
    tasks: Mapping[str, Operation]
