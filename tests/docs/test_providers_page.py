"""The table of the page about providers makes a provider that works; its keys are all explained."""

from __future__ import annotations

import dataclasses
import importlib.util
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hubsmith import InferenceClient
from hubsmith_codegen.ir.providers.table import Operation, Poll, Provider, Result, Variant
from hubsmith_codegen.normalise.providers.load import load_providers
from hubsmith_codegen.render.providers.module import render_providers
from hubsmith_codegen.write.formatting import format_python

from tests.docs.inference_web import SAYS, InferenceWeb, picture
from tests.docs.page import ROOT, blocks_of, page_path
from tests.support.recorder import Answer, Seen

CHAT, IMAGES = "/v1/chat/completions", "/v2/own/model/images"


class NewOne(InferenceWeb):
    """The provider of the page, the Hub that knows it, and where it keeps its images."""

    def answer(self, seen: Seen) -> Answer:
        if seen.path.startswith("/api/models/"):
            task = seen.path.rpartition("/")[2]
            entry = {"providerId": "own/model", "task": task, "status": "live"}
            return 200, {}, {"inferenceProviderMapping": {"new-one": entry}}
        if seen.path == IMAGES:
            # By another name, as a CDN is another host than the provider.
            url = self.url.replace("127.0.0.1", "localhost")
            return 200, {}, {"images": [{"url": f"{url}/file.png"}]}
        if seen.path == "/file.png":
            return 200, {"content-type": "image/png"}, picture()
        return super().answer(seen)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[NewOne]:
    server = NewOne()
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    with server.running():
        yield server


@pytest.fixture
def providers(tmp_path: Path, server: NewOne) -> Iterator[ModuleType]:
    """The package that the generator makes of the page's table."""
    (table,) = [block.code for block in blocks_of("providers") if block.language == "toml"]
    folder = tmp_path / "tables"
    folder.mkdir()
    shutil.copy(ROOT / "specs" / "providers" / "presets.toml", folder)
    real = table.replace("https://api.new-one.example", server.url)
    (folder / "new-one.toml").write_text(real, encoding="utf-8")
    package = tmp_path / "providers_of_the_page"
    package.mkdir()
    for path, text in format_python(render_providers(load_providers(folder))).items():
        (package / path).write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(package.name, package / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[package.name] = module
    spec.loader.exec_module(module)
    yield module
    for name in [name for name in sys.modules if name.startswith(package.name)]:
        del sys.modules[name]


def test_the_provider_of_the_page_answers(server: NewOne, providers: Any) -> None:
    class Client(InferenceClient):
        _find_provider = staticmethod(providers.find)

    with Client(provider="new-one", api_key="mine") as client:
        output = client.chat_completion(
            [{"role": "user", "content": "?"}], model="a/conversational"
        )
        image = client.text_to_image(
            "a cat", model="a/text-to-image", width=64, height=48, num_inference_steps=4
        )

    assert output.choices[0].message.content == SAYS
    assert image.size == (64, 48)
    assert server.requests(CHAT)[0].json()["model"] == "own/model"
    assert server.requests(IMAGES)[0].json() == {
        "prompt": "a cat", "format": "png", "steps": 4, "size": "64x48", "model": "own/model"
    }  # fmt: skip
    keys = {seen.path: seen.headers.get("authorization") for seen in server.seen}
    assert keys.pop(CHAT) == keys.pop(IMAGES) == "Bearer mine"
    assert set(keys.values()) == {None}, "the key is the provider's alone"


@pytest.mark.parametrize("part", [Provider, Operation, Poll, Result, Variant])
def test_every_key_is_explained(part: type) -> None:
    text = page_path("providers").read_text(encoding="utf-8")
    names = [field.name for field in dataclasses.fields(part)]
    assert [name for name in names if f"`{name}`" not in text and f"`{name}." not in text] == []
