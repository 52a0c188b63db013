"""The options of `CallSpace` and `CallModel`: limits of one actor, and secrets that are not taken."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from hubsmith_runtime import ArgumentError, AuthenticationError
from typing_extensions import Required, TypedDict

from ..options import DEFAULT_LARGEST, MapOptions, Settings

_SECRET = ("token", "hf_token", "api_key", "auth", "headers", "cookies")


class ActorOptions(TypedDict, total=False):
    """The options of `CallSpace` and `CallModel`.

    Keys:
        actors: The most actors that the pool may have. Limits are divided by it.
        concurrency: How many calls all actors make at the same time: a number, or `"auto"` (the
            default), with which each finds out how many the server takes.
        max_concurrency: The most calls at the same time of all actors; 64 by default.
        rate: The most calls that all actors begin in a second; no limit by default.
        repeat_lost: Whether a call is sent again whose answer was lost, so that it may have run.
        patience: Seconds for which a server may refuse every call of an actor before that gives its
            rows up; 600 by default.
        timeout: Seconds that a call may take; no limit by default.
        columns: Parameters by column, for columns that are called otherwise.
        arguments: Arguments that are the same for every row.
        prefix: Begins the names of the columns `result`, `error` and `error_kind`.
        token_variable: The environment variable of the workers that has the token. By default it is
            the saved one, `HF_TOKEN` or that of `hf auth login` on the worker.
    """

    actors: Required[int]
    concurrency: int | Literal["auto"]
    max_concurrency: int
    rate: float | None
    repeat_lost: bool
    patience: float
    timeout: float | None
    columns: Mapping[str, str]
    arguments: Mapping[str, Any]
    prefix: str
    token_variable: str | None


def settings_of(name: str, options: Mapping[str, Any]) -> Settings:
    """Return the part of the limits that one actor has."""
    actors = options.get("actors")
    if not isinstance(actors, int) or isinstance(actors, bool) or actors < 1:
        raise ArgumentError(
            f"{name}: actors: pass how many actors the pool has at most, as size= or max_size= of "
            f"its ActorPoolStrategy; got {actors!r}."
        )
    shared = ("concurrency", "max_concurrency", "rate", "repeat_lost", "patience")
    given = {key: options[key] for key in shared if key in options}
    Settings.of(cast("MapOptions", given))  # As they were given, for messages.
    limits = {"max_concurrency": DEFAULT_LARGEST, **given}
    for key in ("concurrency", "max_concurrency"):
        if isinstance(limits.get(key), int):
            if limits[key] < actors:
                raise ArgumentError(
                    f"{name}: {key}: {limits[key]} calls cannot be divided by {actors} actors. "
                    "Use fewer actors."
                )
            limits[key] //= actors
    if limits.get("rate") is not None:
        limits["rate"] /= actors
    return Settings.of(cast("MapOptions", limits))


def token_of(name: str, variable: str | None) -> str | None:
    if variable is None:
        return None
    if found := os.environ.get(variable, "").strip():
        return found
    raise AuthenticationError(
        f"{name}: token_variable: the environment of this worker has no {variable}. Set it where "
        "the nodes of the cluster are started."
    )


def refuse_secrets(name: str, options: Mapping[str, Any]) -> None:
    for secret in _SECRET:
        if secret in options:
            raise ArgumentError(
                f"{name}: {secret}: a secret is not taken here, because Ray keeps in clear what is "
                "passed to map_batches. Set HF_TOKEN on the workers, or name another variable of "
                "theirs with token_variable=. A function as source can make any client there."
            )


def refuse_userinfo(name: str, url: str) -> None:
    if "://" in url and "@" in urlsplit(url).netloc:
        raise ArgumentError(
            f"{name}: the URL has a user or a password, which Ray would keep in clear. Pass a "
            "function as source that makes the client in the worker."
        )
