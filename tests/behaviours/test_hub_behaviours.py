"""The numbered behaviours that need a Hub, or the routes that other clients use."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from hubsmith import AuthenticationError, Client, SpaceUnavailableError

from tests.support.fake_hub import FakeHub

pytestmark = pytest.mark.slow


def test_04_a_paused_space_is_in_an_invalid_state(fake_hub: FakeHub, url: str) -> None:
    fake_hub.add("owner/paused", "http://127.0.0.1:9", stages=["PAUSED"])
    with Client("owner/paused") as client, pytest.raises(SpaceUnavailableError, match="invalid"):
        client.predict("hi", api_name="/echo")


def test_06_a_private_space_works_with_a_token_only(fake_hub: FakeHub, url: str) -> None:
    fake_hub.users["hf_mine"] = "owner"
    fake_hub.add("owner/private", url, private=True)
    with Client("owner/private", token="hf_mine") as client:
        assert client.predict("hi", api_name="/echo") == "hi"
    with Client("owner/private") as client, pytest.raises(AuthenticationError, match="private"):
        client.predict("hi", api_name="/echo")


def test_42_an_uploaded_file_comes_back_by_its_url(url: str, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello")
    with path.open("rb") as file:
        (uploaded,) = httpx.post(f"{url}/gradio_api/upload", files={"files": file}).json()
    reference = {"path": uploaded, "meta": {"_type": "gradio.FileData"}}
    joined = httpx.post(f"{url}/gradio_api/call/v2/file", json={"value": reference})
    assert joined.status_code == 200, joined.text
    answers = httpx.get(f"{url}/gradio_api/call/file/{joined.json()['event_id']}").text
    (described,) = json.loads(answers.partition("event: complete\ndata: ")[2])
    assert httpx.get(described["url"]).text == "hello"
