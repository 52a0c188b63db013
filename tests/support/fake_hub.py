"""The Hub on loopback: its Spaces, its models and its users. It notes what it is asked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.support.recorder import Answer, Recorder, Seen

_MISSING = {"error": "Repository not found"}
_ANONYMOUS = {"error": "Invalid username or password."}


@dataclass(kw_only=True)
class HubSpace:
    """What the Hub knows about a Space."""

    host: str
    private: bool = False
    stages: list[str] = field(default_factory=lambda: ["RUNNING"])
    hardware: str = "cpu-basic"
    sleep_seconds: int | None = None
    secrets: dict[str, str] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)

    def next_stage(self) -> str:
        """Return the stage of now; the next time it is another, until the last."""
        return self.stages.pop(0) if len(self.stages) > 1 else self.stages[0]

    def runtime(self, stage: str) -> dict[str, Any]:
        return {
            "stage": stage,
            "hardware": {"current": self.hardware, "requested": self.hardware},
            "gcTimeout": self.sleep_seconds or 172800,
            "replicas": {"current": 1, "requested": 1},
            "devMode": False,
            "domains": [{"domain": urlsplit(self.host).netloc, "stage": "READY"}],
        }


class FakeHub(Recorder):
    """The parts of the Hub's API that deal with Spaces and with models.

    Attributes:
        users: The account by token.
        spaces: By name. Private ones are their owner's alone.
        models: By name, as the Hub describes them.
        private_models: The token that may see a model, by its name.
        tasks: What the Hub says of each task, such as its recommended models.
    """

    def __init__(self) -> None:
        super().__init__()
        self.users: dict[str, str] = {}
        self.spaces: dict[str, HubSpace] = {}
        self.models: dict[str, dict[str, Any]] = {}
        self.private_models: dict[str, str] = {}
        self.tasks: dict[str, Any] = {}

    def add(self, name: str, host: str, **about: Any) -> HubSpace:
        """Make a Space known."""
        space = self.spaces[name] = HubSpace(host=host, **about)
        return space

    def add_model(
        self,
        name: str,
        mapping: dict[str, Any] | list[Any] | None = None,
        *,
        tag: str = "",
        tags: Sequence[str] = (),
    ) -> None:
        """Make a model known, with the providers that run it."""
        self.models[name] = {
            "id": name, "pipeline_tag": tag, "tags": list(tags), "inferenceProviderMapping": mapping,
        }  # fmt: skip

    def answer(self, seen: Seen) -> Answer:
        token = seen.headers.get("authorization", "").removeprefix("Bearer ")
        if seen.path == "/api/tasks":
            return 200, {}, self.tasks
        if seen.path.startswith("/api/models/"):
            return self._model(seen, token)
        user = self.users.get(token)
        if token and user is None:
            return 401, {}, _ANONYMOUS
        if seen.path == "/api/whoami-v2":
            return (200, {}, {"name": user, "type": "user"}) if user else (401, {}, _ANONYMOUS)
        if seen.path == "/api/spaces/zero-gpu/quota":
            quota = {"base": 210, "current": 12, "resetsAt": None, "overquotaUsed": 0}
            return (200, {}, quota) if user else (401, {}, _ANONYMOUS)
        if seen.path == "/api/spaces/semantic-search":
            return 200, {}, self._search(seen, user)
        if match := re.fullmatch(r"/api/spaces/by-subdomain/([\w-]+)", seen.path):
            named = (name for name in self.spaces if _subdomain(name) == match[1])
            found = next(named, None)
            return (200, {}, {"id": found}) if found else (404, {}, _MISSING)
        if match := re.fullmatch(r"/api/spaces/([\w.-]+/[\w.-]+?)(/\w+)?", seen.path):
            return self._space(seen, match[1], match[2] or "", user)
        return 404, {}, {"error": "Sorry, we can't find the page you are looking for."}

    def _model(self, seen: Seen, token: str) -> Answer:
        name = unquote(seen.path).removeprefix("/api/models/")
        if name not in self.models or self.private_models.get(name, token) != token:
            return (404, {}, _MISSING) if token else (401, {}, _ANONYMOUS)
        about = dict(self.models[name])
        if "inferenceProviderMapping" not in seen.query.get("expand", []):
            del about["inferenceProviderMapping"]
        return 200, {}, about

    def _space(self, seen: Seen, name: str, action: str, user: str | None) -> Answer:
        space = self.spaces.get(name)
        if space is None or (space.private and user != name.partition("/")[0]):
            # Whether a private Space exists is not revealed: an anonymous caller gets 401 for both.
            code = {"x-error-code": "RepoNotFound"}
            return (404, code, _MISSING) if user else (401, code, _ANONYMOUS)
        if seen.method == "POST" and user is None:
            return 401, {}, _ANONYMOUS
        body = seen.json() if seen.method == "POST" else {}
        match seen.method, action:
            case "GET", "":
                return (
                    200,
                    {},
                    {**self._about(name, space), "runtime": space.runtime(space.stages[0])},
                )
            case "GET", "/host":
                return 200, {}, {"subdomain": _subdomain(name), "host": space.host}
            case "GET", "/runtime":
                return 200, {}, space.runtime(space.next_stage())
            case "POST", "/duplicate":
                return self._duplicate(space, body)
            case "POST", "/secrets":
                space.secrets[body["key"]] = body["value"]
            case "POST", "/hardware":
                space.hardware = body["flavor"]
            case "POST", "/sleeptime":
                space.sleep_seconds = body["seconds"]
            case _:
                return 404, {}, _MISSING
        return 200, {}, space.runtime(space.stages[0])

    def _duplicate(self, origin: HubSpace, body: Mapping[str, Any]) -> Answer:
        name = body["repository"]
        url = f"{self.url}/spaces/{name}"
        if name in self.spaces:
            return 409, {}, {"error": "You already created this space repo", "url": url}
        self.add(
            name,
            origin.host,
            private=body.get("visibility") != "public",
            hardware=body.get("hardware", "cpu-basic"),
            sleep_seconds=body.get("sleepTimeSeconds"),
            secrets={secret["key"]: secret["value"] for secret in body.get("secrets", ())},
        )
        return 200, {}, {"url": url}

    def _search(self, seen: Seen, user: str | None) -> list[dict[str, Any]]:
        wanted = set(" ".join(seen.query.get("q", [])).lower().split())
        found: list[dict[str, Any]] = []
        for name, space in self.spaces.items():
            about = self._about(name, space)
            if space.private and user != about["author"]:
                continue
            if space.stages[0] != "RUNNING" and "includeNonRunning" not in seen.query:
                continue
            if not {about["sdk"]} & set(seen.query.get("sdk", [about["sdk"]])):
                continue
            if not set(seen.query.get("filter", [])) <= set(about["tags"]):
                continue
            words = set(f"{name} {about['title']} {about['ai_short_description']}".lower().split())
            if hits := wanted & words:
                score = len(hits) / len(wanted)
                runtime = space.runtime(space.stages[0])
                found.append({**about, "runtime": runtime, "semanticRelevancyScore": score})
        return sorted(found, key=lambda entry: -entry["semanticRelevancyScore"])

    def _about(self, name: str, space: HubSpace) -> dict[str, Any]:
        return {
            "_id": "0", "id": name, "author": name.partition("/")[0], "title": name.partition("/")[2],
            "emoji": "🎈", "sdk": "gradio", "likes": 0, "private": space.private, "tags": ["gradio"],
            "subdomain": _subdomain(name), "host": space.host, "ai_short_description": "",
            "ai_category": "Other", "trendingScore": 0, **space.about,
        }  # fmt: skip


def _subdomain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower())
