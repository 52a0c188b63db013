"""`hubsmith mcp` beside the MCP server that Gradio has of its own, for the demo app.

Gradio's runs with `make test-mcp`, which makes an environment for it. Both are asked the same by the
same client; where they differ on purpose, the reason stands here.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from mcp import Client

from tests.mcp.conftest import ONLY_ALL, offered, text_of
from tests.mcp.environment import EnvironmentFailed, python_with_gradio_mcp
from tests.mcp.test_server import CALLS, picture
from tests.support.paths import KITCHEN_APP

pytestmark = [pytest.mark.slow, ONLY_ALL]

_START = f"""
import os, runpy
kitchen = runpy.run_path({str(KITCHEN_APP)!r})
app = kitchen["build"]()
app.queue(default_concurrency_limit=4)
app.launch(server_name="127.0.0.1", server_port=int(os.environ["GRADIO_SERVER_PORT"]),
           mcp_server=True, quiet=True, share=False)
"""

ABSENT = "absent"
# Gradio leaves out what is falsy, so that a model does not know these.
FALSY = {"img.strength": 0, "suggest.avoid": [], "chat.history": []}


@pytest.fixture(scope="module")
def gradio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the demo app, served with Gradio's own MCP server."""
    try:
        python = python_with_gradio_mcp()
    except EnvironmentFailed as error:
        pytest.fail(str(error), pytrace=False)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("gradio-mcp")
    environment = {
        **os.environ,
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_TEMP_DIR": str(folder),
        "NO_PROXY": "127.0.0.1,localhost",
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(python), "-c", _START], env=environment, stdout=log, stderr=log
        )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{url}/config").status_code == 200:
                    break
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def beside(gradio: str, kitchen: Any, ask: Any) -> tuple[Any, Any]:
    """Ask both servers the same; return what Gradio's answers, and ours."""

    async def run() -> tuple[Any, Any]:
        async with Client(f"{gradio}/gradio_api/mcp/") as theirs:
            async with offered(kitchen.AsyncKitchen(gradio)) as ours:
                return await ask(theirs), await ask(ours)

    return asyncio.run(run())


async def tools_of(client: Client) -> dict[str, Any]:
    return {tool.name: tool for tool in (await client.list_tools()).tools}


def test_tools_and_what_they_need_have_the_same_names(gradio: str, kitchen: Any) -> None:
    theirs, ours = beside(gradio, kitchen, tools_of)
    assert set(theirs) == set(ours)
    for name, tool in ours.items():
        their, our = theirs[name].input_schema, tool.input_schema
        assert list(their["properties"]) == list(our["properties"])
        assert set(their.get("required", [])) == set(our.get("required", [])), name


def test_defaults_are_the_same_and_those_that_gradio_leaves_out_are_there(
    gradio: str, kitchen: Any
) -> None:
    theirs, ours = beside(gradio, kitchen, tools_of)
    different: dict[str, tuple[Any, Any]] = {}
    for name, tool in ours.items():
        for parameter, schema in tool.input_schema["properties"].items():
            their = theirs[name].input_schema["properties"][parameter].get("default", ABSENT)
            our = schema.get("default", ABSENT)
            if their == ABSENT and (told := f"{name}.{parameter}") in FALSY:
                assert f"Default: {FALSY[told]}" in schema["description"]
            elif their != our:
                different[f"{name}.{parameter}"] = (their, our)
    assert different == {}


def test_ours_say_more_than_gradios(gradio: str, kitchen: Any) -> None:
    theirs, ours = beside(gradio, kitchen, tools_of)
    for name, tool in ours.items():
        assert theirs[name].output_schema is theirs[name].annotations is None
        assert tool.output_schema is not None
        assert tool.annotations.open_world_hint is True
        # The words of the Space are quoted, not said as if they were the server's own.
        assert "The Space describes it as: '" in tool.description
    their = theirs["greet"].input_schema["properties"]
    our = ours["greet"].input_schema["properties"]
    # Bounds are in our descriptions. Gradio has here what the app's author wrote, which /info lacks.
    assert "At least 0. At most 10" in our["intensity"]["description"]
    assert "minimum" not in their["intensity"]
    assert their["name"]["description"] == "Who to greet, as they like to be called."
    assert "$defs" in json.dumps(theirs["chat"].input_schema)
    assert "$defs" not in json.dumps(ours["chat"].input_schema)


def test_results_are_the_same(gradio: str, kitchen: Any) -> None:
    async def ask(client: Client) -> dict[str, Any]:
        sent = {**CALLS, "img": {"im": picture(), "strength": 0.5}}
        return {name: await client.call_tool(name, sent[name]) for name in sent}

    theirs, ours = beside(gradio, kitchen, ask)
    for name in ("bake", "greet", "stream"):
        assert text_of(theirs[name]) == text_of(ours[name])
    # Gradio's text is a Python repr, ours JSON, and structured content besides.
    read = {name: ast.literal_eval(text_of(theirs[name])) for name in ("chat", "plan", "suggest")}
    said = {name: one.structured_content for name, one in ours.items()}
    assert read["plan"] == json.loads(text_of(ours["plan"])) == said["plan"]["result"]
    assert read["suggest"] == [said["suggest"]["vegetable"], said["suggest"]["sauces"]]
    words = [turn["content"][0]["text"] for turn in read["chat"]]
    assert words == ["Hello", "Question 1 was: Hello"]
    assert [turn["role"] for turn in said["chat"]["result"]] == ["user", "assistant"]
    assert {one.structured_content for one in theirs.values()} == {None}
    # Files: both give their addresses. A picture is part of our result, also beside other values,
    # where Gradio shows the dictionaries that it has of them, with the paths on its machine.
    assert text_of(theirs["shout"]).endswith("-shouted.txt")
    assert said["shout"]["result"]["url"].endswith("-shouted.txt")
    assert [block.type for block in ours["img"].content] == ["text", "image", "resource_link"]
    assert [block.type for block in theirs["img"].content] == ["text"]
    assert "'path': '/" in text_of(theirs["img"])
    # An app's state fails in Gradio's server; here it is that of the session.
    assert theirs["count"].is_error and said["count"] == {"result": 1}


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("greet", {}, ("'name' is a required property", "name: a value is required")),
        ("greet", {"name": 1}, ("1 is not of type 'string'", "name")),
        ("greet", {"name": "Bob", "style": "rude"}, ("'rude' is not one of", "style")),
        ("greet", {"name": "Bob", "intensity": 11}, ("greater than maximum value 10", "10")),
        ("greet", {"name": "Bob", "size": 1}, ("not a valid key-word", "no such parameter")),
        ("fail", {"dish": "soup"}, ("There is no more soup today.",) * 2),
        ("img", {"im": None}, ("None is not of type", "There is no picture to toast.")),
        ("shout", {"recipe": "/etc/hostname"}, ("", "is not a URL")),
    ],
)
def test_faults_are_the_same(
    name: str, arguments: dict[str, Any], words: tuple[str, str], gradio: str, kitchen: Any
) -> None:
    async def ask(client: Client) -> Any:
        return await client.call_tool(name, arguments)

    theirs, ours = beside(gradio, kitchen, ask)
    assert theirs.is_error and ours.is_error
    assert words[0] in text_of(theirs)
    assert words[1] in text_of(ours)
