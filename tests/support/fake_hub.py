"""A Hub and a Space that run on loopback, answer as the real ones do, and note what they hear."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, dict[str, str], Any]
"""Status, headers, and a body: bytes, or what becomes JSON."""

_MISSING = {"error": "Repository not found"}
_ANONYMOUS = {"error": "Invalid username or password."}


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]  # By lower-case name.
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Recorder(ThreadingHTTPServer):
    """Notes every request, and asks `answer` what to say."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.seen: list[Seen] = []
        self.planned: dict[str, list[Answer]] = {}
        self.lock = threading.Lock()

    def plan(self, path: str, *answers: Answer) -> None:
        """Answer the next requests for a path like this, before the usual answers."""
        self.planned.setdefault(path, []).extend(answers)

    def paths(self) -> list[str]:
        return [seen.path for seen in self.seen]

    def requests(self, path: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.path == path]

    def hear(self, seen: Seen) -> Answer:
        with self.lock:
            self.seen.append(seen)
            if planned := self.planned.get(seen.path):
                return planned.pop(0)
        return self.answer(seen)

    def answer(self, seen: Seen) -> Answer:
        raise NotImplementedError

    @contextmanager
    def running(self) -> Iterator[None]:
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            thread.join()
            self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Recorder

    def handle_any(self) -> None:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        if headers.get("transfer-encoding") == "chunked":
            body = b"".join(self._chunks())
        seen = Seen(
            method=self.command, path=parts.path, query=parse_qs(parts.query),
            headers=headers, body=body,
        )  # fmt: skip
        status, extra, content = self.server.hear(seen)
        if status == 0:  # Breaks the connection instead of answering.
            self.close_connection = True
            return
        if not isinstance(content, bytes):
            content, extra = (
                json.dumps(content).encode(),
                {"content-type": "application/json"} | extra,
            )
        self.send_response(status)
        for name, value in {**extra, "content-length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_HEAD = handle_any  # names that http.server looks for

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def log_message(self, *_: object) -> None:
        pass


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
    """The parts of the Hub's API that deal with Spaces."""

    def __init__(self) -> None:
        super().__init__()
        self.spaces: dict[str, HubSpace] = {}
        self.users: dict[str, str] = {}  # Account by token.

    def add(self, name: str, host: str, **about: Any) -> HubSpace:
        """Make a Space known."""
        space = self.spaces[name] = HubSpace(host=host, **about)
        return space

    def answer(self, seen: Seen) -> Answer:
        token = seen.headers.get("authorization", "").removeprefix("Bearer ")
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

    def _space(self, seen: Seen, name: str, action: str, user: str | None) -> Answer:
        space = self.spaces.get(name)
        if space is None or (space.private and user != name.partition("/")[0]):
            # Whether a private Space exists is not told: an anonymous caller gets 401 for both.
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


class FakeSpace(Recorder):
    """A Gradio Space with one endpoint, `/echo`, that returns its argument.

    Where it is not `awake`, it answers as the proxy before a sleeping Space.
    """

    def __init__(self) -> None:
        super().__init__()
        self.awake: Callable[[], bool] = lambda: True
        self.result: Callable[[Any], Any] = lambda value: value
        self.login: tuple[str, str] | None = None
        self._jobs: list[Any] = []

    def answer(self, seen: Seen) -> Answer:
        if not self.awake():
            return 503, {"content-type": "text/html"}, b"<h1>Your space is sleeping</h1>"
        match seen.path:
            case "/config":
                return 200, {}, self._config()
            case "/gradio_api/info":
                parameters = [{"parameter_name": "value", "parameter_has_default": False}]
                endpoint = {"parameters": parameters, "returns": [{"label": "value"}]}
                return 200, {}, {"named_endpoints": {"/echo": endpoint}, "unnamed_endpoints": {}}
            case "/gradio_api/upload":
                names = re.findall(rb'filename="([^"]+)"', seen.body)
                return 200, {}, [f"/files/{name.decode()}" for name in names]
            case "/gradio_api/queue/join":
                self._jobs.append(seen.json()["data"][0])
                return 200, {}, {"event_id": f"e{len(self._jobs)}"}
            case "/gradio_api/queue/data":
                return 200, {"content-type": "text/event-stream"}, self._events()
            case "/login":
                return 200, {"set-cookie": "access-token-unsecure-0=1"}, {"success": True}
            case path if path.startswith(("/gradio_api/file=", "/gradio_api/stream/")):
                return 200, {}, b"content of the file"
            case _:
                return 404, {}, {"detail": "Not Found"}

    def _config(self) -> dict[str, Any]:
        component = {"type": "json", "skip_api": False, "props": {}}
        dependency = {"id": 0, "api_name": "echo", "inputs": [1], "outputs": [2]}
        return {
            "version": "6.31.0", "protocol": "sse_v3", "api_prefix": "/gradio_api",
            "components": [{"id": 1, **component}, {"id": 2, **component}],
            "dependencies": [dependency],
        }  # fmt: skip

    def _events(self) -> bytes:
        number = len(self._jobs)
        output = {"data": [self.result(self._jobs[-1])]}
        messages = [
            {
                "msg": "process_completed",
                "event_id": f"e{number}",
                "output": output,
                "success": True,
            },
            {"msg": "close_stream", "event_id": None},
        ]
        return "".join(f"data: {json.dumps(message)}\n\n" for message in messages).encode()
