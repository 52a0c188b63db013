"""The requests that we send are those of huggingface_hub, but for a list of deliberate differences."""

from __future__ import annotations

import email.parser
import email.policy
import fnmatch
import functools
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import hubsmith
import pytest

from tests.inference.provider_cases import CASES, Case

if sys.version_info < (3, 11):
    pytest.skip("huggingface_hub 2.4.0 needs Python 3.11", allow_module_level=True)

import tomllib

huggingface_hub = pytest.importorskip("huggingface_hub", minversion="2.4.0")

import httpx2  # noqa: E402  # huggingface_hub brings it
from huggingface_hub.inference._providers import (  # noqa: E402
    PROVIDERS,
    _common,
    hf_inference,
)

DIFFERENCES = tomllib.loads((Path(__file__).parent / "differences.toml").read_text("utf-8"))[
    "difference"
]

# What names the client or the connection and not the call.
_UNCOMPARED = {
    "accept-encoding", "connection", "content-length", "host", "user-agent", "x-amzn-trace-id",
}  # fmt: skip

_ROUTED, _DIRECT, _NONE = "routed", "direct", "anonymous"
_KEYS = {_ROUTED: "hf_token", _DIRECT: "key-1", _NONE: None}

_ARGUMENTS = {
    "source_sentence": "sentence", "sentences": "other_sentences", "data": "table",
}  # fmt: skip


def _kinds(case: Case) -> list[str]:
    if case.provider == "hf-inference":
        return [_ROUTED, _NONE]
    return [_DIRECT] if case.provider == "openai" else [_ROUTED, _DIRECT]


PARAMETERS = [
    pytest.param(case, kind, id=f"{case.id}/{kind}") for case in CASES for kind in _kinds(case)
]


class CapturedError(Exception):
    """Ends a call of the other client once it has sent its request."""


@dataclass
class Wire:
    """What both clients send: the Hub's answer is ready, the provider's never comes."""

    about: Mapping[str, Any] = field(default_factory=dict)  # What the Hub says of the model.
    theirs: list[httpx2.Request] = field(default_factory=list)
    ours: list[httpx.Request] = field(default_factory=list)

    def hub_knows(self, case: Case) -> None:
        """Let the Hub know the model of a case."""
        entry: dict[str, Any] = {"providerId": case.model, "status": "live", "task": case.task}
        if case.adapter:
            entry |= {"adapter": "lora", "adapterWeightsPath": case.adapter}
        self.about = {
            "id": "org/model",
            "pipeline_tag": "text-generation" if case.task == "conversational" else case.task,
            "tags": [case.task],
            "inferenceProviderMapping": {case.provider: entry},
        }

    def take_theirs(self, request: httpx2.Request) -> httpx2.Response:
        """Take what huggingface_hub sends."""
        if request.url.host == "huggingface.co":
            return httpx2.Response(200, json=self.about)
        request.read()
        self.theirs.append(request)
        raise CapturedError

    def take_ours(self, request: httpx.Request) -> httpx.Response:
        """Take what we send."""
        if request.url.host == "huggingface.co":
            return httpx.Response(200, json=self.about)
        if request.method == "GET":  # A server tells the model that it serves.
            return httpx.Response(200, json={"data": [{"id": "served"}]})
        request.read()
        self.ours.append(request)
        raise CapturedError


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """Put a wire of our own under huggingface_hub."""
    made = Wire()

    ours = functools.partial(httpx.Client, transport=httpx.MockTransport(made.take_ours))
    monkeypatch.setattr(httpx, "Client", ours)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
    monkeypatch.setattr("huggingface_hub.inference._providers.hf_inference.get_token", lambda: None)
    huggingface_hub.set_client_factory(
        lambda: httpx2.Client(transport=httpx2.MockTransport(made.take_theirs))
    )
    _common._fetch_inference_provider_mapping.cache_clear()
    hf_inference._check_supported_task.cache_clear()
    yield made
    huggingface_hub.close_session()
    huggingface_hub.set_client_factory(huggingface_hub.utils._http.default_client_factory)


def _call(client: Any, case: Case) -> None:
    """Make a case's call with either client."""
    model = case.url or (case.model if case.provider == "openai" else "org/model")
    method = {"conversational": "chat_completion"}.get(case.task, case.task.replace("-", "_"))
    parameters, positional = dict(case.parameters), [case.inputs]
    if isinstance(case.inputs, dict):
        positional = []
        parameters |= {_ARGUMENTS.get(name, name): v for name, v in case.inputs.items()}
    with pytest.raises(CapturedError):
        result = getattr(client, method)(*positional, model=model, **parameters)
        for _ in result if parameters.get("stream") else ():
            pass


def _theirs(case: Case, kind: str, wire: Wire) -> dict[str, Any]:
    """Return what huggingface_hub sends."""
    provider = None if case.url else case.provider
    _call(huggingface_hub.InferenceClient(provider=provider, token=_KEYS[kind]), case)
    return _seen(wire.theirs[-1])


def _ours(case: Case, kind: str, wire: Wire) -> dict[str, Any]:
    """Return what we send."""
    provider = None if case.url else case.provider
    with hubsmith.InferenceClient(provider=provider, token=_KEYS[kind]) as client:
        _call(client, case)
    return _seen(wire.ours[-1])


def _parts(content: bytes, kind: str) -> dict[str, Any]:
    head = f"content-type: {kind}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + content)
    parts: dict[str, Any] = {}
    for part in message.iter_parts():
        value: Any = part.get_payload(decode=True)
        if part.get_filename():
            value = (part.get_filename(), part.get_content_type(), value)
        parts[str(part.get_param("name", header="content-disposition"))] = value
    return parts


def _flat(value: Any, place: str) -> dict[str, Any]:
    if isinstance(value, dict) and value:
        return {
            k: v for key, item in value.items() for k, v in _flat(item, f"{place}.{key}").items()
        }
    if isinstance(value, list) and value:
        return {
            k: v for i, item in enumerate(value) for k, v in _flat(item, f"{place}.{i}").items()
        }
    return {place: value}


def _seen(request: httpx.Request | httpx2.Request) -> dict[str, Any]:
    """Take a request apart, so that a test can say where two differ."""
    url, query = str(request.url).partition("?")[::2]
    content = request.content
    seen: dict[str, Any] = {"url": (request.method, url, sorted(parse_qsl(query)))}
    for name, value in request.headers.items():
        if name.lower() not in _UNCOMPARED and (name.lower(), value) != ("accept", "*/*"):
            seen[f"header.{name.lower()}"] = value
    kind = seen.get("header.content-type", "")
    if kind.startswith("multipart/"):
        seen["header.content-type"] = "multipart/form-data"
        return seen | _flat(_parts(content, kind), "body")
    try:
        return seen | _flat(json.loads(content), "body")
    except ValueError:
        return seen | {"body": content}


def _listed(case: Case) -> dict[str, str]:
    """Return the reason of every place that may differ in a case."""
    return {
        place: difference["reason"]
        for difference in DIFFERENCES
        if any(fnmatch.fnmatchcase(case.id, pattern) for pattern in difference["cases"])
        for place in difference["at"]
    }


@pytest.mark.parametrize(("case", "kind"), PARAMETERS)
def test_a_request_is_theirs_but_for_the_listed_differences(
    case: Case, kind: str, wire: Wire
) -> None:
    wire.hub_knows(case)
    theirs, ours = _theirs(case, kind, wire), _ours(case, kind, wire)

    nothing = object()
    differing = {
        place for place in theirs | ours if theirs.get(place, nothing) != ours.get(place, nothing)
    }
    listed = _listed(case)
    assert differing == set(listed), {
        place: (theirs.get(place), ours.get(place)) for place in differing ^ set(listed)
    }


def test_every_task_of_every_provider_of_theirs_is_compared() -> None:
    theirs = {(provider, task) for provider, tasks in PROVIDERS.items() for task in tasks}

    assert theirs - {(case.provider, case.task) for case in CASES} == set()


def test_every_listed_difference_is_of_a_compared_case_and_has_a_reason() -> None:
    ids = [case.id for case in CASES]
    patterns = [pattern for difference in DIFFERENCES for pattern in difference["cases"]]

    assert [pattern for pattern in patterns if not fnmatch.filter(ids, pattern)] == []
    assert all(difference["reason"].endswith(".") for difference in DIFFERENCES)


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.task == "conversational" and case.url is None],
    ids=lambda case: case.id,
)
def test_the_model_is_the_first_member_of_a_chat(case: Case, wire: Wire) -> None:
    """So that a router finds it without reading megabytes of images."""
    wire.hub_knows(case)
    _ours(case, _kinds(case)[0], wire)

    assert wire.ours[-1].content.startswith(b'{"model":')
