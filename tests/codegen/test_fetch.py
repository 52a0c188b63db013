"""Reading a running Space: what it may answer, and who sees the token."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from hubsmith_codegen.load import load
from hubsmith_codegen.load.fetch import fetch, root_of
from hubsmith_runtime import (
    AuthenticationError,
    ConnectionFailedError,
    HubsmithError,
    InferenceTimeoutError,
    SpecError,
)

Serve = Callable[[dict[str, Any]], str]


def drip(handler: BaseHTTPRequestHandler) -> None:
    """Answer without end, so that no single read times out."""
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b" ")
            handler.wfile.flush()
    except OSError:
        pass


@pytest.mark.parametrize(
    "suffix", ["", "/", "/config", "/gradio_api/info", "/gradio_api/openapi.json", "/?view=api#x"]
)
def test_reads_all_documents_from_any_of_the_addresses(
    suffix: str, serve: Serve, gradio_routes: dict[str, Any], documents: dict[str, bytes]
) -> None:
    url = serve(gradio_routes)
    raw = fetch(url + suffix)
    assert raw == load(documents, source=url)
    assert raw.notes == {}


def test_a_mounted_app_is_read_below_its_path(serve: Serve, gradio_routes: dict[str, Any]) -> None:
    url = serve({f"/sub/app{path}": route for path, route in gradio_routes.items()})
    assert len(fetch(f"{url}/sub/app/").documents) == 3


def test_gradio_4_has_no_prefix_and_no_openapi(serve: Serve, documents: dict[str, bytes]) -> None:
    config = json.loads(documents["config"]) | {"version": "4.44.1"}
    del config["api_prefix"]
    raw = fetch(serve({"/config": json.dumps(config).encode(), "/info": documents["info"]}))
    assert list(raw.documents) == ["config", "info"]
    assert raw.notes == {"openapi": "not served by Gradio 4.44.1"}


@pytest.mark.parametrize(
    ("route", "note"),
    [
        ((500, b"Internal Server Error"), "answered 500"),
        ((404, b"{}"), "answered 404"),
        (b'{"named_endpoints": {', "refused: the answer is cut off"),
        (b"<html>", "refused: the answer is an HTML page"),
    ],
)
def test_a_document_that_cannot_be_had_is_noted(
    route: Any, note: str, serve: Serve, gradio_routes: dict[str, Any]
) -> None:
    raw = fetch(serve({**gradio_routes, "/gradio_api/info": route}))
    assert raw.info is None
    assert raw.notes["info"].startswith(note)


@pytest.mark.parametrize(
    ("route", "error", "message"),
    [
        ((404, b"nothing"), SpecError, "answered 404: this is not a Gradio app"),
        ((401, b"{}"), AuthenticationError, "answered 401: the app needs a token or a login"),
        ((503, b"<html>"), ConnectionFailedError, "answered 503"),
        (b"<html><title>Hi</title>", SpecError, "is an HTML page titled 'Hi'"),
        (b'<input type="password">', SpecError, "login page"),
        (b"<html>Sign in", SpecError, "login page"),
        (b'{"dependencies": [', SpecError, "is cut off"),
        (b'{"named_endpoints": {}}', SpecError, "is not the configuration of a Gradio app"),
        (b'{"hello": "world"}', SpecError, "not an API document of a Gradio app"),
    ],
)
def test_what_is_no_gradio_app_gives_one_clear_line(
    route: Any, error: type[HubsmithError], message: str, serve: Serve
) -> None:
    url = serve({"/config": route})
    with pytest.raises(error) as caught:
        fetch(url)
    text = str(caught.value)
    assert message in text
    assert f"{url}/config" in text
    assert "\n" not in text


def test_a_server_that_is_down() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(ConnectionFailedError, match="no connection"):
        fetch(f"http://127.0.0.1:{port}")


def test_a_server_that_never_answers() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(InferenceTimeoutError):
            fetch(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.2)


def test_a_server_that_drips_meets_the_limit_on_the_whole(serve: Serve) -> None:
    with pytest.raises(InferenceTimeoutError, match=r"not complete after 0\.3 s"):
        fetch(serve({"/config": drip}), timeout=0.3)


def test_an_endless_answer_meets_the_limit_on_size(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hubsmith_codegen.load.fetch.MAX_BYTES", 2**20)
    with pytest.raises(SpecError, match="larger than 1 MiB"):
        fetch(serve({"/config": b" " * (2**20 + 1)}))


@pytest.mark.parametrize("prefix", ["@evil.example", "/a@b", "//evil.example", ".evil.example", 7])
def test_a_prefix_cannot_lead_to_another_host(
    prefix: object, serve: Serve, documents: dict[str, bytes]
) -> None:
    config = json.loads(documents["config"]) | {"api_prefix": prefix}
    with pytest.raises(SpecError, match="api_prefix is not a path"):
        fetch(serve({"/config": json.dumps(config).encode()}))


class TestHub:
    def test_owner_and_name_are_resolved_by_the_hub(
        self, serve: Serve, gradio_routes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        space = serve(gradio_routes)
        routes = {"/api/spaces/owner/greeter/host": json.dumps({"host": space}).encode()}
        monkeypatch.setenv("HF_ENDPOINT", serve(routes))
        raw = fetch("owner/greeter", token="hf_secret")
        assert raw.source == "owner/greeter"
        (_, asked), *_ = routes["seen"]
        assert asked["authorization"] == "Bearer hf_secret"
        assert all("hf_secret" in str(headers) for _, headers in gradio_routes["seen"])

    @pytest.mark.parametrize("status", [401, 404])
    def test_an_unknown_or_private_space(
        self, status: int, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hub = serve({"/api/spaces/owner/greeter/host": (status, b"{}")})
        monkeypatch.setenv("HF_ENDPOINT", hub)
        with pytest.raises(AuthenticationError, match=f"answered {status} .*or it is private"):
            fetch("owner/greeter")

    @pytest.mark.parametrize("answer", [b"{}", b'{"host": 1}', b'{"host": "file:///x"}', b"<html>"])
    def test_a_hub_that_answers_nonsense(
        self, answer: bytes, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HF_ENDPOINT", serve({"/api/spaces/owner/greeter/host": answer}))
        with pytest.raises(SpecError):
            fetch("owner/greeter")

    def test_the_token_of_the_environment_goes_to_no_other_address(
        self, serve: Serve, gradio_routes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HF_TOKEN", "hf_secret")
        fetch(serve(gradio_routes))
        assert "hf_secret" not in str(gradio_routes["seen"])

    def test_the_token_does_not_follow_a_redirect_to_another_host(
        self, serve: Serve, gradio_routes: dict[str, Any], documents: dict[str, bytes]
    ) -> None:
        other: dict[str, Any] = {"/config": documents["config"]}
        target = serve(other)

        def redirect(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(302)
            handler.send_header("location", f"{target}/config")
            handler.send_header("content-length", "0")
            handler.end_headers()

        fetch(serve({**gradio_routes, "/config": redirect}), token="hf_secret")
        assert len(other["seen"]) == 1
        assert "hf_secret" not in str(other["seen"])


def test_a_page_of_the_hub_names_its_space() -> None:
    assert root_of("https://huggingface.co/spaces/owner/name/") == "owner/name"
    assert root_of("owner/name") == "owner/name"
