"""A Gradio Space on loopback that is played, and notes what it is asked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from tests.support.recorder import Answer, Recorder, Seen


class FakeSpace(Recorder):
    """A Gradio Space with one endpoint, `/echo`, that returns its argument.

    Where it is not `awake`, it answers as the proxy before a sleeping Space.
    """

    def __init__(self) -> None:
        super().__init__()
        self.awake: Callable[[], bool] = lambda: True
        self.result: Callable[[Any], Any] = lambda value: value
        self.login: tuple[str, str] | None = None
        self.is_generator = False
        self.api_name = "echo"
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
        dependency = {"id": 0, "api_name": self.api_name, "inputs": [1], "outputs": [2]}
        dependency["types"] = {"generator": self.is_generator}
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
