"""Requests to the Hub about models before a call, its tokens, and the address of its router."""

from __future__ import annotations

import base64
import json
import os
import re
import time
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlsplit

from ..effects import Effects
from ..errors import SpecError, ValidationError, shorten
from ..http import HttpRequest, origin_of
from ..reading import as_list, as_object, as_text
from ..retries import Retries
from ..tokens import hub_url
from .errors import InferenceError, ModelNotFoundError
from .failures import Callee, send_checked

V = TypeVar("V")

AUTO = "auto"
CHAT = "conversational"
HF_INFERENCE = "hf-inference"

Entry = Mapping[str, Any]
"""What the Hub knows about a model at one provider: `provider`, `providerId`, `task`, `status`."""

_TOKENS = ("hf_", "api_org_")
_HOSTS = ("huggingface.co", "hf.co")
_MODEL_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")
_CACHED, _CACHED_SECONDS = 256, 600.0
_SIMILAR = {"feature-extraction", "sentence-similarity"}  # Models of these may support both.


def router_url() -> str:
    """Return the router's address: `HUBSMITH_ROUTER` or the default."""
    router = (os.environ.get("HUBSMITH_ROUTER") or "https://router.huggingface.co").rstrip("/")
    origin_of(router)
    return router


class Cache(Generic[V]):
    """Caches the latest answers for ten minutes. It needs no lock: calls use it one at a time."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], tuple[float, V]] = {}

    def get(self, url: str, token: str | None) -> V | None:
        """Return the cached answer, unless it has expired."""
        until, value = self._known.get((url, hash(token)), (0.0, None))
        return value if time.monotonic() < until else None

    def put(self, url: str, token: str | None, value: V) -> V:
        """Cache the answer of a URL to a token, and drop the oldest one if there are too many."""
        if len(self._known) >= _CACHED:
            del self._known[next(iter(self._known))]
        # Not the token itself, so that a dump of the process has no further copy of it.
        self._known[url, hash(token)] = time.monotonic() + _CACHED_SECONDS, value
        return value


class Hub:
    """What the Hub knows about models, as the owner of a token sees it. Answers are cached."""

    def __init__(self, retries: Retries) -> None:
        self._retries = retries
        self._cache: Cache[Any] = Cache()

    def mapping(self, model: str, token: str | None) -> Effects[tuple[Entry, ...]]:
        """Return the providers of a model, in the order that the token's owner set on the Hub."""
        path = f"{_path(model)}?expand=inferenceProviderMapping"
        return self._ask(path, model, token, _entries)

    def misfit(self, model: str, task: str, token: str | None) -> Effects[str]:
        """Return why the Hub's own servers cannot run a task with a model; empty if they can."""
        own, tags = yield from self._ask(_path(model), model, token, _task)
        made = f"made for {own or 'no task that the Hub knows'}"
        return "" if _does(own, tags, task) else f"{model} is {made}, not for {task}"

    def recommended(self, task: str, token: str | None) -> Effects[str]:
        """Return the model that the Hub recommends for a task."""
        models = yield from self._ask("/api/tasks", "", token, _recommendations)
        if not models.get(task):
            raise ValidationError(
                f"hf-inference: model: no model is recommended for {task}. Pass model=."
            )
        return models[task]

    def _ask(
        self, path: str, model: str, token: str | None, read: Callable[[Mapping[str, Any]], V]
    ) -> Effects[V]:
        url, callee = hub_url() + path, Callee(provider="the Hub", model=model, key=token)
        if (known := self._cache.get(url, token)) is not None:
            return known
        request = HttpRequest(method="GET", url=url, headers=callee.bearer)
        try:
            answer = yield from send_checked(request, callee, self._retries)
        except InferenceError as error:
            if error.status not in (401, 403, 404):
                raise
            raise ModelNotFoundError(
                f"The Hub answered {error.status} for {model or path}: "
                f"{error.server_message.rstrip('.')}. Check the model's name; if it is private or "
                "gated, pass the token of an account that may use it.",
                **vars(error),
            ) from None
        if about := as_object(answer.json()):
            return self._cache.put(url, token, read(about))
        raise SpecError(f"{callee}: the answer is not a JSON object. Is HF_ENDPOINT the Hub?")


def _path(model: str) -> str:
    if not _MODEL_ID.fullmatch(model) or {".", ".."} & {*model.split("/")}:
        raise ValidationError(
            f"model: {shorten(model)} is neither a model id, such as owner/name, nor a URL."
        )
    return f"/api/models/{quote(model)}"


def _entries(about: Mapping[str, Any]) -> tuple[Entry, ...]:
    """Read both forms of the mapping: an object by provider, and a list."""
    mapping = about.get("inferenceProviderMapping")
    listed = [as_object(entry) for entry in as_list(mapping)]
    listed += [{**as_object(entry), "provider": name} for name, entry in as_object(mapping).items()]
    texts = ("provider", "providerId", "task")
    return tuple(entry for entry in listed if all(as_text(entry.get(name)) for name in texts))


def _task(about: Mapping[str, Any]) -> tuple[str, set[str]]:
    return as_text(about.get("pipeline_tag")), {as_text(tag) for tag in as_list(about.get("tags"))}


def _recommendations(tasks: Mapping[str, Any]) -> dict[str, str]:
    widgets = {task: as_list(as_object(tasks[task]).get("widgetModels")) for task in tasks}
    return {task: as_text(models[0]) for task, models in widgets.items() if models}


def _does(own: str, tags: set[str], task: str) -> bool:
    """Whether the Hub's servers can run a task with a model that is made for `own`."""
    match own:
        case "text-generation":
            return task in ("text-generation", "conversational")
        case "text2text-generation":
            return task == "text-generation"
        case "image-text-to-text":
            return task == "conversational"
        case _:
            return own == task or ({own, task} == _SIMILAR and task in tags)


def is_hub_token(key: str) -> bool:
    """Whether a key is a Hub token, which is sent to the router.

    These are user, organisation and OAuth access tokens (`hf_`, `api_org_`), and JSON web tokens
    whose issuer is the Hub, such as those of signed-in visitors and of jobs. Any other key is the
    provider's own. A token that was found in the environment or in the file of a login is always
    the Hub's, whatever its form, and is not checked by this function.
    """
    return key.startswith(_TOKENS) or _issuer(key) in _HOSTS


def _issuer(key: str) -> str:
    """Return the host that a JSON web token names as its issuer; it is not verified."""
    _, _, claims = key.rpartition(".")[0].rpartition(".")
    try:
        found: object = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        issuer = as_text(as_object(found).get("iss"))
        return (urlsplit(issuer).hostname or issuer).removeprefix("www.")
    except (ValueError, RecursionError):
        return ""
