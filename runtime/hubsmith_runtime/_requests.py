"""The requests that are sent to a Space, described without sending them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import BinaryIO
from urllib.parse import quote, urlencode

from ._encode import Call
from ._http import HttpRequest

_CALLER = {"x-gradio-user": "api"}
_JSON = {**_CALLER, "content-type": "application/json"}
_STREAM = {**_CALLER, "accept": "text/event-stream"}
_FORM = {"content-type": "application/x-www-form-urlencoded"}


def config(root: str) -> HttpRequest:
    """Ask what the Space at `root` is."""
    return HttpRequest("GET", f"{root}/config", {"headers": _CALLER})


def info(base: str, *, undocumented: bool = False) -> HttpRequest:
    """Ask which parameters the endpoints have."""
    query = "?all_endpoints=true" if undocumented else ""
    # A server that fails to make this document drops the connection, and maybe only when the job
    # is being sent on it.
    headers = {**_CALLER, "connection": "close"}
    return HttpRequest("GET", f"{base}/info{query}", {"headers": headers})


def login(root: str, auth: tuple[str, str]) -> HttpRequest:
    """Log in with user and password."""
    form = urlencode({"username": auth[0], "password": auth[1]}).encode()
    return HttpRequest("POST", f"{root}/login", {"headers": _FORM, "content": form})


def upload(
    base: str, parts: Sequence[tuple[str, BinaryIO, str]], headers: Mapping[str, str]
) -> HttpRequest:
    """Send files, each as name, content and type."""
    files = [("files", part) for part in parts]
    return HttpRequest(
        "POST", f"{base}/upload", {"headers": {**headers, **_CALLER}, "files": files}
    )


def join(base: str, session_hash: str, call: Call) -> HttpRequest:
    """Send a job to the queue."""
    job = {"data": call.values, "fn_index": call.fn_index, "session_hash": session_hash}
    body = {"event_data": None, "trigger_id": None, **call.extras, **job}
    content = json.dumps(body, separators=(",", ":")).encode()
    headers = {**call.headers, **_JSON}
    return HttpRequest("POST", f"{base}/queue/join", {"headers": headers, "content": content})


def cancel(base: str, session_hash: str, fn_index: int, event_id: str) -> HttpRequest:
    """Cancel a job."""
    job = {"session_hash": session_hash, "fn_index": fn_index, "event_id": event_id}
    content = json.dumps(job).encode()
    return HttpRequest("POST", f"{base}/cancel", {"headers": _JSON, "content": content})


def heartbeat(base: str, session_hash: str) -> HttpRequest:
    """Open the stream whose end tells the Space that a session is over."""
    return HttpRequest(
        "GET", f"{base}/heartbeat/{quote(session_hash)}", {"headers": _STREAM, "timeout": 5.0}
    )


def events(base: str, session_hash: str, silence_limit: float | None) -> HttpRequest:
    """Open the event stream of a session; it may be silent for so many seconds."""
    url = f"{base}/queue/data?session_hash={quote(session_hash)}"
    timeout = float("inf") if silence_limit is None else silence_limit
    return HttpRequest("GET", url, {"headers": _STREAM, "timeout": timeout})
