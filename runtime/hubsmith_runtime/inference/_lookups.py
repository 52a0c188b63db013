"""What the Hub is asked about models before a call, remembered for a while."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast
from urllib.parse import quote

from .._errors import (
    InferenceError,
    ModelNotFoundError,
    SpecError,
    ValidationError,
    shorten,
)
from .._http import Exchange, HttpRequest
from .._retries import Retries
from ._failures import Callee, sent

V = TypeVar("V")

Entry = Mapping[str, Any]
"""What the Hub knows of a model at one provider: `provider`, `providerId`, `task`, `status` ..."""

_MODEL_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")


class Cache(Generic[V]):
    """Remembers the last `size` answers for `seconds`; safe to use from several threads."""

    def __init__(self, size: int = 256, seconds: float = 600.0) -> None:
        self._size = size
        self._seconds = seconds
        self._known: OrderedDict[tuple[str, ...], tuple[float, V]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, ...]) -> V | None:
        """Return what is known and not too old."""
        with self._lock:
            until, value = self._known.get(key, (0.0, None))
            if until < time.monotonic():
                return None
            self._known.move_to_end(key)
            return value

    def put(self, key: tuple[str, ...], value: V) -> V:
        """Remember an answer, and forget the one that was not used for longest."""
        with self._lock:
            self._known[key] = (time.monotonic() + self._seconds, value)
            self._known.move_to_end(key)
            while len(self._known) > self._size:
                self._known.popitem(last=False)
        return value

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._known.clear()


_mappings: Cache[tuple[Entry, ...]] = Cache()
_models: Cache[tuple[str, frozenset[str]]] = Cache()
_tasks: Cache[Mapping[str, str]] = Cache(size=8, seconds=3600.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """The Hub as one caller sees it during one call."""

    url: str
    find_token: Callable[[], str | None] = field(repr=False)  # It may have to read a file.
    retries: Retries
    deadline: float = float("inf")

    def mapping(self, model: str) -> Exchange[tuple[Entry, ...]]:
        """Return where a model is served, in the order that the caller set at the Hub."""
        key = self._key(model)
        if (known := _mappings.get(key)) is not None:
            return known
        query = "?expand=inferenceProviderMapping"
        about = yield from self._get(f"/api/models/{_path(model)}{query}", model)
        return _mappings.put(key, _entries(about))

    def check_task(self, model: str, task: str) -> Exchange[None]:
        """Refuse a task that a model is not made for; the Hub's own servers have it as it is.

        Raises:
            ValidationError: naming the task that it is made for.
        """
        key = self._key(model)
        if (known := _models.get(key)) is None:
            about = yield from self._get(f"/api/models/{_path(model)}", model)
            tags = about.get("tags")
            tags = cast("list[object]", tags) if isinstance(tags, list) else []
            own = str(about.get("pipeline_tag") or "")
            known = _models.put(key, (own, frozenset(str(tag) for tag in tags)))
        if not _does(known[0], known[1], task):
            made = f"made for {known[0]}" if known[0] else "made for no task that the Hub knows"
            raise ValidationError(
                f"hf-inference: model: {model} is {made}, not for {task}. Choose another model."
            )

    def recommended(self, task: str) -> Exchange[str]:
        """Return the model that the Hub recommends for a task."""
        known = _tasks.get((self.url,))
        if known is None:
            known = _tasks.put((self.url,), _widgets((yield from self._get("/api/tasks", ""))))
        if task not in known:
            raise ValidationError(
                f"hf-inference: model: the Hub recommends none for {task}. Pass model=, an id of "
                "the Hub or the URL of a server."
            )
        return known[task]

    def _key(self, model: str) -> tuple[str, ...]:
        # Not the token itself: a dump of the process should not show it once more.
        token = self.find_token()
        who = hashlib.sha256(token.encode()).hexdigest() if token else ""
        return self.url, who, model

    def _get(self, path: str, model: str) -> Exchange[dict[str, Any]]:
        token = self.find_token()
        callee = Callee(provider="the Hub", model=model, key=token)
        headers = {"authorization": f"Bearer {token}"} if token else {}
        request = HttpRequest("GET", f"{self.url}{path}", {"headers": headers})
        try:
            answer = yield from sent(request, callee, retries=self.retries, deadline=self.deadline)
        except InferenceError as error:
            if error.status not in (401, 403, 404):
                raise
            raise ModelNotFoundError(
                f"The Hub answered {error.status} for {model or path}: "
                f"{error.server_message.rstrip('.')}. "
                "Check the model's name; where it is private or gated, pass the token of an "
                "account that may use it.",
                model=model,
                status=error.status,
                request_id=error.request_id,
                server_message=error.server_message,
            ) from None
        about: object = answer.json()
        if not isinstance(about, dict):
            raise SpecError(f"{callee}: the answer is no JSON object. Is HF_ENDPOINT the Hub?")
        return cast("dict[str, Any]", about)


def _path(model: str) -> str:
    if not _MODEL_ID.fullmatch(model) or {".", ".."} & set(model.split("/")):
        raise ValidationError(
            f"model: {shorten(model)} is neither an id of the Hub, such as owner/name, nor a URL."
        )
    return quote(model)


def _entries(about: Mapping[str, Any]) -> tuple[Entry, ...]:
    """Read both forms of the mapping: an object by provider, and a list."""
    mapping = about.get("inferenceProviderMapping")
    if isinstance(mapping, dict):
        by_name = cast("dict[str, Any]", mapping)
        listed = [
            {**cast("dict[str, Any]", entry), "provider": name}
            for name, entry in by_name.items()
            if isinstance(entry, dict)
        ]
    elif isinstance(mapping, list):
        items = cast("list[Any]", mapping)
        listed = [cast("dict[str, Any]", entry) for entry in items if isinstance(entry, dict)]
    else:
        listed = []
    texts = ("provider", "providerId", "task")
    return tuple(e for e in listed if all(isinstance(e.get(name), str) for name in texts))


def _widgets(tasks: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for task, about in tasks.items():
        models = cast("dict[str, Any]", about).get("widgetModels") if isinstance(about, dict) else 0
        first = next(iter(cast("list[Any]", models)), None) if isinstance(models, list) else None
        if isinstance(first, str) and first:
            found[task] = first
    return found


def _does(own: str, tags: frozenset[str], task: str) -> bool:
    """Whether the Hub's servers do a task with a model that is made for `own`."""
    match own, task:
        case "text-generation", "text-generation" | "conversational":
            return True
        case "text2text-generation", _:
            return task == "text-generation"
        case "image-text-to-text", _:
            return task == "conversational"
        case (
            ("feature-extraction" | "sentence-similarity"),
            ("feature-extraction" | "sentence-similarity"),
        ):
            return own == task or task in tags
        case _:
            return own == task
