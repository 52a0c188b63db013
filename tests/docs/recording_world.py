"""The world of the page about recording: somebody clicks through the page of the demo app."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.docs.world import World
from tests.record.scripted_page import ScriptedPage


def click(url: str) -> None:
    """What the page says was clicked, as the page of Gradio sends it."""
    with ScriptedPage(url) as page:
        page.open()

        def call(name: str, *data: object) -> list[object]:
            trigger = page.dependency(name)["targets"][0][0]
            message = page.call(name, *data, trigger_id=trigger)
            return message["output"].get("data", [])

        call("greet", "Bob", "casual", 3)
        path = page.upload("card.txt", b"salt to taste")
        card = {"path": path, "orig_name": "card.txt", "meta": {"_type": "gradio.FileData"}}
        call("shout", call("shout", card)[0])
        call("stream", 3, 0.05)
        call("fail", "soup")


@pytest.fixture
def recording_world(kitchen_world: World) -> Iterator[World]:
    """The demo app, which is recorded at a step."""
    folder = kitchen_world.folder

    def record() -> None:
        command = [sys.executable, "-m", "hubsmith_codegen", "record", "owner/kitchen"]
        with subprocess.Popen(
            [*command, "--no-browser", "--fixture", "answers.json"],
            cwd=folder,
            env={**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as recorder:
            try:
                assert recorder.stdout is not None
                click(recorder.stdout.readline().strip())
                recorder.send_signal(signal.SIGINT)
                _, wrong = recorder.communicate(timeout=60)
            finally:
                recorder.kill()
        assert recorder.returncode == 0, wrong

    yield replace(kitchen_world, steps={"it is recorded": record})
