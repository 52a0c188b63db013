"""The guide "Run inference on servers": its Python code runs with only the import line changed.

Each section runs as it stands, and once more with the async client: the same statements, awaited.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hubsmith
import pytest
from hubsmith import AsyncInferenceClient, InferenceApi, InferenceClient

from tests.guides.guide_internet import CHAT, SENTENCE, GuideInternet, local_internet
from tests.guides.interactive import sections
from tests.support.internet import picture

TITLES = [
    "Getting started",
    "Using a specific provider",
    "Using a specific model",
    "Using a specific URL",
    "Authentication",
    "OpenAI compatibility",
    "Supported providers and tasks",
    "Custom requests",
    "Async client",
    "Timeout",
    "Binary inputs",
    "Initialization",
    "Run on a specific task",
    "Run custom request",
    "Run with parameters",
]
SECTIONS = sections("run-inference-on-servers.txt", TITLES)
ENDPOINT = "uu149rez6gw9ehej.eu-west-1.aws.endpoints.huggingface.cloud"
BOTH = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
CLIENTS = ("client", "inference", "replicate_client")


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[GuideInternet]:
    for name in ("HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_TOKEN", "hf_saved")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf_home"))
    monkeypatch.chdir(tmp_path)
    with local_internet(monkeypatch) as internet:
        yield internet


class Awaited(ast.NodeTransformer):
    """What a user writes who has the async client instead."""

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name("AsyncInferenceClient", node.ctx) if node.id == "InferenceClient" else node

    def visit_alias(self, node: ast.alias) -> ast.AST:
        return ast.alias("AsyncInferenceClient") if node.name == "InferenceClient" else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        owner = node.func
        while isinstance(owner, ast.Attribute):
            owner = owner.value
        is_call = isinstance(node.func, ast.Attribute) and isinstance(owner, ast.Name)
        return ast.Await(node) if is_call and owner.id in CLIENTS else node

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        return ast.AsyncFor(**{name: getattr(node, name, None) for name in node._fields})


def run(block: str, *, is_async: bool = False, **names: Any) -> dict[str, Any]:
    """Run a block; the values of its bare expressions are `results` of what it leaves."""
    tree = ast.parse(block)
    if is_async:
        tree = Awaited().visit(tree)
    tree.body = [
        ast.Expr(ast.Call(ast.Name("keep", ast.Load()), [one.value], []))
        if isinstance(one, ast.Expr) and not ast.unparse(one).startswith(("print", "asyncio.run"))
        else one
        for one in tree.body
    ]
    results: list[Any] = []
    space = {"__name__": "guide", **names, "keep": results.append}
    made: list[Any] = []
    code = compile(ast.fix_missing_locations(tree), "guide", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)

    async def awaited() -> None:
        # Python gives back a coroutine where the block itself awaits something.
        if code.co_flags & inspect.CO_COROUTINE:
            await eval(code, space)
        else:
            exec(code, space)
        for client in made:
            if isinstance(client, AsyncInferenceClient):
                await client.close()

    with pytest.MonkeyPatch.context() as patch:
        for kind in (InferenceClient, AsyncInferenceClient, InferenceApi):
            start = kind.__init__

            def noting(self: Any, *args: Any, _start: Any = start, **kwargs: Any) -> None:
                made.append(self)
                _start(self, *args, **kwargs)

            patch.setattr(kind, "__init__", noting)
        if "asyncio.run" in block:
            exec(code, space)
        else:
            asyncio.run(awaited())
    for client in made:
        if not isinstance(client, AsyncInferenceClient):
            client.close()
    return {**space, "results": results}


def test_every_python_block_has_a_test() -> None:
    counts = {title: len(blocks) for title, blocks in SECTIONS.items()}
    assert list(counts.values()) == [2, 1, 1, 1, 2, 2, 0, 1, 1, 1, 1, 2, 2, 2, 2]


@BOTH
def test_getting_started(internet: GuideInternet, tmp_path: Path, is_async: bool) -> None:
    image, chat = SECTIONS["Getting started"]
    assert run(image, is_async=is_async)["replicate_image"].size == (4, 2)
    assert (tmp_path / "flying_car.png").is_file()
    (sent,) = internet.to("api.replicate.com")
    assert sent.headers["authorization"] == "Bearer my_replicate_api_key"
    assert sent.json() == {"input": {"prompt": "A flying car crossing a futuristic cityscape."}}
    (output,) = run(chat, is_async=is_async)["results"]
    assert isinstance(output, hubsmith.ChatCompletionOutput)
    assert output.choices[0].message.content == "The capital of France is Paris."
    assert output.usage is not None
    assert output.usage.total_tokens == 25
    (sent,) = internet.to("api.together.xyz")
    assert sent.json()["model"] == "together/llama-3-8b"


@BOTH
def test_using_a_specific_provider(internet: GuideInternet, is_async: bool) -> None:
    (block,) = SECTIONS["Using a specific provider"]
    assert run(block, is_async=is_async)["client"].provider == "replicate"


@BOTH
def test_using_a_specific_model(internet: GuideInternet, is_async: bool) -> None:
    (block,) = SECTIONS["Using a specific model"]
    images = run(block, is_async=is_async, something="a cat")["results"]
    assert [image.size for image in images] == [(4, 2), (4, 2)]
    paths = {seen.path for seen in internet.to("router.huggingface.co")}
    assert paths == {"/hf-inference/models/prompthero/openjourney-v4"}


@BOTH
def test_using_a_specific_url(internet: GuideInternet, is_async: bool) -> None:
    (block,) = SECTIONS["Using a specific URL"]
    (image,) = run(block, is_async=is_async, something="a cat")["results"]
    assert image.size == (4, 2)
    (sent,) = internet.to(ENDPOINT)
    assert sent.path == "/deepfloyd-if"
    assert sent.headers["authorization"] == "Bearer hf_saved"


@BOTH
def test_authentication(internet: GuideInternet, is_async: bool) -> None:
    hub, provider = SECTIONS["Authentication"]
    assert "hf_***" not in repr(run(hub, is_async=is_async)["client"])
    names = {"InferenceClient": InferenceClient, "AsyncInferenceClient": AsyncInferenceClient}
    assert run(provider, is_async=is_async, **names)["client"].provider == "replicate"


@BOTH
def test_openai_compatibility_streaming(
    internet: GuideInternet, is_async: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {"base_url": "https://router.huggingface.co/v1", "api_key": "hf_mine"}
    block = SECTIONS["OpenAI compatibility"][0]
    block = block.replace("base_url=something", f"base_url={names['base_url']!r}")
    block = block.replace("api_key=something", f"api_key={names['api_key']!r}")
    run(block, is_async=is_async)
    assert capsys.readouterr().out.split() == ["1", "2", "3", "None"]
    (sent,) = internet.to("router.huggingface.co")
    assert sent.headers["authorization"] == "Bearer hf_mine"
    assert sent.json()["model"] == CHAT


def test_openai_compatibility_async(
    internet: GuideInternet, capsys: pytest.CaptureFixture[str]
) -> None:
    run(SECTIONS["OpenAI compatibility"][1])
    assert capsys.readouterr().out == "1 2 3"
    (sent,) = internet.to("router.huggingface.co")
    assert sent.path == "/v1/chat/completions"


def test_supported_providers_and_tasks() -> None:
    text = (
        Path(__file__).resolve().parents[3] / "shared/guides/run-inference-on-servers.txt"
    ).read_text()
    table = text.partition("Supported providers and tasks\n")[2].partition("Custom requests")[0]
    methods = [
        cell.strip(" ()")
        for line in table.splitlines()
        for cell in line.split("|")[1:3]
        if "()" in cell
    ]
    assert len(methods) == 28
    assert [name for name in methods if not hasattr(InferenceClient, name)] == []
    assert [name for name in methods if not hasattr(AsyncInferenceClient, name)] == []


@BOTH
def test_custom_requests(internet: GuideInternet, is_async: bool) -> None:
    (block,) = SECTIONS["Custom requests"]
    assert run(block, is_async=is_async)["results"] == [picture(size=(4, 2))]


def test_async_client(
    internet: GuideInternet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(SECTIONS["Async client"][0])
    assert (tmp_path / "astronaut.png").is_file()
    assert capsys.readouterr().out == " a platform"


@BOTH
def test_timeout(
    internet: GuideInternet, is_async: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    (block,) = SECTIONS["Timeout"]
    internet.plan(
        "/hf-inference/models/recommended/image",
        *[(503, {"retry-after": "60"}, {"error": "Loading"})] * 9,
    )
    run(block, is_async=is_async, something="a cat")
    assert capsys.readouterr().out == "Inference timed out after 30s.\n"


@BOTH
def test_binary_inputs(internet: GuideInternet, is_async: bool) -> None:
    (block,) = SECTIONS["Binary inputs"]
    ((first,),) = run(block, is_async=is_async)["results"]
    assert (first.label, first["score"]) == ("Blenheim spaniel", 0.9779096841812134)
    (fetched,) = internet.to("upload.wikimedia.org")
    assert "authorization" not in fetched.headers
    (sent,) = internet.to("router.huggingface.co")
    assert (sent.body, sent.headers["content-type"]) == (b"\xff\xd8 a dog", "image/jpeg")


def test_initialization(internet: GuideInternet) -> None:
    legacy, present = SECTIONS["Initialization"]
    assert isinstance(run(legacy, API_TOKEN="hf_mine")["inference"], InferenceApi)
    assert isinstance(run(present, API_TOKEN="hf_mine")["inference"], InferenceClient)


def test_run_on_a_specific_task(internet: GuideInternet) -> None:
    legacy, present = SECTIONS["Run on a specific task"]
    assert run(legacy, something="hello")["results"] == [[[0.5, 0.25]]]
    (array,) = run(present, something="hello")["results"]
    assert array.tolist() == [[0.5, 0.25]]


def test_run_custom_request(internet: GuideInternet) -> None:
    results = [run(block)["results"][-1] for block in SECTIONS["Run custom request"]]
    assert [result[0]["sequence"] for result in results] == [SENTENCE, SENTENCE]


def test_run_with_parameters(internet: GuideInternet) -> None:
    results = [run(block)["results"][-1] for block in SECTIONS["Run with parameters"]]
    assert [result["labels"] for result in results] == [["refund", "legal", "faq"]] * 2
