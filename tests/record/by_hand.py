"""Recordings made by hand, as the proxy would make them of clicks on a real page."""

from __future__ import annotations

import itertools
import json
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any

from hubsmith_record.recording import RecordedCall, RecordedFile, Recording


def file_data(path: str) -> dict[str, Any]:
    """What the page and the Space say of a file on the server."""
    name = path.rpartition("/")[2]
    about = {"url": f"http://127.0.0.1:1/file={path}", "size": 5, "mime_type": "text/plain"}
    return {"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}, **about}


class Clicks:
    """The page of an app, and what is clicked on it."""

    def __init__(
        self, config: Mapping[str, Any], info: Mapping[str, Any], url: str, source: str = ""
    ) -> None:
        self.config, self.info, self.url, self.source = config, info, url, source or url
        self.calls: list[RecordedCall] = []
        self.uploads: dict[str, RecordedFile] = {}
        self._clock = itertools.count(1)
        self.functions = {one["api_name"]: one for one in config["dependencies"]}

    @classmethod
    def on(cls, url: str) -> Clicks:
        """The page of a running app."""

        def document(path: str) -> Any:
            with urllib.request.urlopen(f"{url}{path}", timeout=30) as answer:
                return json.load(answer)

        config = document("/config")
        return cls(config, document(f"{config.get('api_prefix', '')}/info"), url)

    def upload(self, path: str, content: bytes, name: str = "") -> dict[str, Any]:
        """Upload a file, and return what a call names it by."""
        name = name or path.rpartition("/")[2]
        file = RecordedFile(path=path, name=name, content=content, mime_type="text/plain")
        self.uploads[path] = file
        return file_data(path)

    def call(
        self, name: str, data: Sequence[Any], outputs: Sequence[Any] = (), **more: Any
    ) -> RecordedCall:
        """Make a call of an endpoint; each begins when the one before it has ended."""
        function = self.functions[name]
        started = float(next(self._clock))
        targets = function.get("targets") or [[None, ""]]
        facts: dict[str, Any] = {
            "trigger_id": targets[0][0],
            "session_hash": "session",
            "ended": started + 0.5,
            **more,
        }
        made = RecordedCall(
            fn_index=function["id"], data=data, outputs=outputs, started=started, **facts
        )
        self.calls.append(made)
        return made

    def recording(self, *, skipped: Sequence[str] = ()) -> Recording:
        """What was recorded so far."""
        return Recording(
            source=self.source,
            url=self.url,
            config=self.config,
            info=self.info,
            calls=[*self.calls],
            uploads={**self.uploads},
            skipped=skipped,
        )
