"""Worlds for the pages of the documentation.

Every ```python block of a page runs, from top to bottom, in one namespace; `await` may stand at the top
level. Every `$ command` of its ```console blocks runs as well. A page gets its world like this:

1. `WORLDS` below names a fixture for the page; a page without an entry gets `kitchen_world`. README and
   CONTRIBUTING are pages, too.
2. The fixture gives a `World` (world.py): a temporary folder, which is the working directory and first
   on `sys.path`; environment variables go through `monkeypatch`, and commands inherit them.

A page of its own kind is a fixture of its own: write it in a module beside this one, import it here and
enter it in `WORLDS`. Servers must be on loopback. Inference is played by `inference_web.py`: the
fixture `internet` lets every httpx client of this process reach it under the real addresses, loopback
aside.

What a page can say to the harness, in HTML comments above a block or between two:

    <!-- file: NAME -->     the block is the content of this file in the folder; it is not run by itself
    <!-- run: STEP -->      the step of the page's world happens here, such as: the Space changes
    <!-- notest: REASON --> the block does not run; a test lists these, and there should be none

`# -> TEXT` behind a statement is compared with its value, the lines below a `$ command` with its output,
`$ echo $?` with its exit status; `...` stands for any text. A console command that fails without
`$ echo $?` behind it fails the page. Other ```shell blocks (pip, make, git) are checked, not run.
"""

from __future__ import annotations

import logging
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from hubsmith_testing import MockSpace

from tests.docs.changed_space import changed_kitchen
from tests.docs.inference_web import (
    InferenceWeb,
    errors_world,  # noqa: F401
    inference_world,  # noqa: F401
)
from tests.docs.ray_world import ray_world  # noqa: F401
from tests.docs.recording_world import recording_world  # noqa: F401
from tests.docs.tools_world import tools_world  # noqa: F401
from tests.docs.world import World
from tests.support.fake_hub import FakeHub
from tests.support.internet import instead_of_the_internet, picture
from tests.support.tokens import forget_tokens

TESTS = Path(__file__).resolve().parents[1]

WORLDS: dict[str, str] = {
    "design": "inference_world",
    "errors": "errors_world",
    "for-space-authors": "authors_world",
    "inference": "inference_world",
    "migrating-from-huggingface-hub": "inference_world",
    "README": "changing_world",
    "vendoring": "changing_world",
    "typescript": "changing_world",
    "cookbook/ray": "ray_world",
    "commands/check": "changing_world",
    "commands/diff": "changing_world",
    "commands/mock": "changing_world",
    "commands/update": "changing_world",
    "providers": "inference_world",
    "tools": "tools_world",
    "recording": "recording_world",
}
"""The fixture of each page that needs another one than `kitchen_world`."""

KITCHEN = TESTS.parent / "demo" / "app.py"
StartGradio = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working directory of a page, with the files of its samples, where nobody is logged in."""
    folder = tmp_path / "page"
    folder.mkdir()
    (folder / "photo.png").write_bytes(picture())
    (folder / "card.txt").write_text("salt to taste", encoding="utf-8")
    # The nearest configuration counts: without one, that of a folder above.
    (folder / "hubsmith.toml").touch()
    forget_tokens(monkeypatch, tmp_path)
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    logging.getLogger("hubsmith").setLevel(logging.NOTSET)  # A page shows how to turn it on.


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Iterator[InferenceWeb]:
    """The hosts of inference, for every httpx client of this process; loopback stays what it is."""
    monkeypatch.setenv("HF_TOKEN", "hf_saved")
    internet = InferenceWeb()
    with instead_of_the_internet(monkeypatch, internet, spared="127.0.0.1"):
        yield internet


@pytest.fixture
def hub(internet: InferenceWeb, monkeypatch: pytest.MonkeyPatch) -> FakeHub:
    """The Hub, on loopback, with the users of the pages."""
    hub = internet.hub
    hub.users.update({"hf_saved": "you", "hf_...": "you"})
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    return hub


@pytest.fixture
def kitchen_world(folder: Path, hub: FakeHub, start_gradio: StartGradio) -> World:
    """The demo app is the Space `owner/kitchen`; inference has the hosts of the guides."""
    url = start_gradio(KITCHEN)
    about = {"ai_short_description": "Cook and bake, with recipes", "likes": 12}
    hub.add("owner/kitchen", url, about=about)
    hub.add("you/private-kitchen", url, private=True)
    return World(folder=folder, spelling={"http://127.0.0.1:7860": url})


@pytest.fixture
def authors_world(kitchen_world: World) -> Iterator[World]:
    """The same for the author of the Space, whose own machine serves the next version of the app."""
    recorded = TESTS.parent / "generated" / "spaces" / "kitchen" / "spec"
    with MockSpace(changed_kitchen(recorded)) as mock:
        yield replace(kitchen_world, spelling={"http://127.0.0.1:7860": mock.url})


@pytest.fixture
def changing_world(kitchen_world: World, hub: FakeHub) -> Iterator[World]:
    """The same, with a Space that changes at a step, in a git repository."""
    shell = {"cwd": kitchen_world.folder, "check": True, "capture_output": True}
    subprocess.run(["git", "init", "--quiet"], **shell)
    with ExitStack() as stack:

        def change() -> None:
            documents = changed_kitchen(kitchen_world.folder / "clients" / "kitchen" / "spec")
            mock = stack.enter_context(MockSpace(documents))
            hub.spaces["owner/kitchen"].host = mock.url

        steps = {"the Space changes": change}
        spelling = {**kitchen_world.spelling, "7861": free_port(), "7862": free_port()}
        yield replace(kitchen_world, steps=steps, spelling=spelling)


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])
