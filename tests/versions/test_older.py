"""A server that is too old to be called is recognised by its version."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hubsmith_runtime import Endpoint, Request, Space, UnsupportedVersionError

RECORDED = Path(__file__).resolve().parents[3] / "shared/corpus/gradio-versions/4.0.0"


class PredictRequest(Request[str]):
    __endpoint__ = Endpoint(name="/predict")

    text: str


class OldServer(http.server.BaseHTTPRequestHandler):
    """Answers `/config` as Gradio 4.0.0 did."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        assert self.path == "/config"
        content = (RECORDED / "api.config.json").read_bytes()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def old_url() -> Iterator[str]:
    if not RECORDED.is_dir():
        pytest.skip("the recorded Gradio 4.0.0 is not there (../shared/corpus/gradio-versions)")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), OldServer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_server_before_4_9_is_named_with_the_oldest_that_works(old_url: str) -> None:
    with Space(old_url) as space, pytest.raises(UnsupportedVersionError) as caught:
        space.run(PredictRequest(text="x"))
    assert f"{old_url} runs Gradio 4.0.0" in str(caught.value)
    assert "Gradio 4.9 or newer" in str(caught.value)
