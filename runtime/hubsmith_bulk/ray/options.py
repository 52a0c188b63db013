"""The options of `CallSpace` and `CallModel`: limits per actor, and secrets that are refused."""

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
        actors: The maximum size of the actor pool. Limits are divided by it.
        concurrency: The number of concurrent calls of all actors together, or `"auto"` (the
            default), which lets each actor adapt to what the server can handle.
        max_concurrency: The most concurrent calls of all actors with `"auto"`; 64 by default.
        rate: The most calls that all actors start per second; no limit by default.
        repeat_lost: Whether to send a call again if its answer was lost, although it may have run.
        patience: Seconds for which a server may refuse every call of an actor before the actor
            fails its rows; 600 by default.
        timeout: Seconds that a call may take; no limit by default.
        columns: The parameter for each column whose name differs, by column name.
        arguments: Arguments that are the same for every row.
        prefix: A prefix for the names of the columns `result`, `error` and `error_kind`.
        token_variable: The environment variable of the workers that contains the token. By default,
            the token is taken from `HF_TOKEN`, or as saved by `hf auth login`, on the worker.
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
    """Return the settings of one actor: the limits divided by the number of actors."""
    actors = options.get("actors")
    if not isinstance(actors, int) or isinstance(actors, bool) or actors < 1:
        raise ArgumentError(
            f"{name}: actors: pass the maximum size of the actor pool, the size= or max_size= of "
            f"its ActorPoolStrategy; got {actors!r}."
        )
    shared = ("concurrency", "max_concurrency", "rate", "repeat_lost", "patience")
    given = {key: options[key] for key in shared if key in options}
    Settings.of(cast("MapOptions", given))  # Undivided, for messages.
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
        f"{name}: token_variable: {variable} is not set in the environment of this worker. Set it "
        "where the nodes of the cluster are started."
    )


def refuse_secrets(name: str, options: Mapping[str, Any]) -> None:
    for secret in _SECRET:
        if secret in options:
            raise ArgumentError(
                f"{name}: {secret}: secrets cannot be passed here, because Ray stores arguments of "
                "map_batches in clear text. Set HF_TOKEN on the workers, or name another of their "
                "variables with token_variable=. A function as source can create any client there."
            )


def refuse_userinfo(name: str, url: str) -> None:
    if "://" in url and "@" in urlsplit(url).netloc:
        raise ArgumentError(
            f"{name}: the URL contains a user or a password, which Ray would store in clear text. "
            "Pass a function as source that creates the client in the worker."
        )
