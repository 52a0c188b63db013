"""A scripted model in a loop with tools: our client and openai's, blocking and asynchronous."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import pytest
from hubsmith import ArgumentError, AsyncInferenceClient, InferenceClient, ResultError
from hubsmith.tools import Conversation, RoundsError, run_tools, tools_of

from tests.tools.scripted_model import ScriptedModel, calls
from tests.waits.scripted_inference import completion

QUESTION: list[dict[str, Any]] = [{"role": "user", "content": "Greet Bob, and count his order."}]
Run = Callable[..., Conversation]


def with_ours(server: ScriptedModel, space: Any, **options: Any) -> Conversation:
    with InferenceClient(base_url=server.url) as client, space.Kitchen(server.space) as kitchen:
        model = partial(client.chat_completion, model="tiny")
        return run_tools(model, QUESTION, tools_of(kitchen), **options)


def with_ours_async(server: ScriptedModel, space: Any, **options: Any) -> Conversation:
    async def main() -> Conversation:
        async with AsyncInferenceClient(base_url=server.url) as client:
            async with space.AsyncKitchen(server.space) as kitchen:
                model = partial(client.chat_completion, model="tiny")
                return await run_tools(model, QUESTION, tools_of(kitchen), **options)

    return asyncio.run(main())


def with_openai(server: ScriptedModel, space: Any, **options: Any) -> Conversation:
    openai = pytest.importorskip("openai")
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="own", max_retries=0) as client:
        with space.Kitchen(server.space) as kitchen:
            model = partial(client.chat.completions.create, model="tiny")
            return run_tools(model, QUESTION, tools_of(kitchen), **options)


def with_openai_async(server: ScriptedModel, space: Any, **options: Any) -> Conversation:
    openai = pytest.importorskip("openai")

    async def main() -> Conversation:
        async with openai.AsyncOpenAI(
            base_url=f"{server.url}/v1", api_key="own", max_retries=0
        ) as client:
            async with space.AsyncKitchen(server.space) as kitchen:
                model = partial(client.chat.completions.create, model="tiny")
                return await run_tools(model, QUESTION, tools_of(kitchen), **options)

    return asyncio.run(main())


every_client = pytest.mark.parametrize(
    "run", [with_ours, with_ours_async, with_openai, with_openai_async]
)


@pytest.fixture(autouse=True)
def at_the_demo(model: ScriptedModel, url: str) -> None:
    model.space = url


@every_client
def test_a_model_calls_tools_until_it_answers(
    model: ScriptedModel, kitchen: ModuleType, run: Run
) -> None:
    model.script = [
        calls(("greet", {"name": "Bob", "style": "casual", "intensity": None})),
        calls(("count", '{"order": "soup"}')),
        completion("Bob is greeted."),
    ]
    done = run(model, kitchen)
    assert done.text == "Bob is greeted."
    assert [result.value for result in done.results] == ["Hi, Bob!!!", 1]
    assert [one["content"] for one in model.told] == ["Hi, Bob!!!", "1"]
    # The call stands before its result, as the model asked for it.
    asked = model.bodies[1]["messages"][1]
    assert asked["role"] == "assistant"
    assert asked["tool_calls"][0]["id"] == model.told[0]["tool_call_id"] == "call_0"
    assert isinstance(asked["tool_calls"][0]["function"]["arguments"], str)
    assert len(done.messages) == 6
    assert len(QUESTION) == 1
    offered = {one["function"]["name"]: one["function"] for one in model.bodies[0]["tools"]}
    assert offered["greet"]["strict"] is True
    assert offered["greet"]["parameters"]["required"] == ["name", "style", "intensity"]
    assert model.bodies[0]["tools"] == model.bodies[2]["tools"]


@every_client
def test_several_calls_of_one_answer_are_answered_in_order(
    model: ScriptedModel, kitchen: ModuleType, run: Run
) -> None:
    model.script = [
        calls(*(("bake", {"dish": f"pie {number}", "minutes": 2}) for number in range(3))),
        completion("Done."),
    ]
    assert len(run(model, kitchen).results) == 3
    said = [(one["tool_call_id"], one["content"]) for one in model.told]
    assert said == [(f"call_{n}", f"pie {n}, baked for 2 minutes") for n in range(3)]


@every_client
def test_what_fails_is_told_to_the_model_which_goes_on(
    model: ScriptedModel, kitchen: ModuleType, run: Run
) -> None:
    model.script = [
        calls(("greet", '{"nam'), ("fry", {}), ("fail", {"dish": "soup"}), ("stream", {"n": 0})),
        calls(("greet", {"name": "Ann"})),
        completion("It worked."),
    ]
    done = run(model, kitchen)
    assert [one.is_error for one in done.results] == [True, True, True, True, False]
    words = [one["content"] for one in model.told]
    assert words[0].startswith("The arguments are not JSON")
    assert words[1].startswith("There is no tool 'fry'")
    assert "There is no more soup today." in words[2]
    assert "greater than or equal to 1" in words[3]
    assert words[4] == "Good evening, Ann!!!"


@every_client
def test_a_model_that_never_answers_is_stopped(
    model: ScriptedModel, kitchen: ModuleType, run: Run
) -> None:
    model.script = [calls(("count", {"order": "soup"})) for _ in range(5)]
    with pytest.raises(RoundsError, match="still asks for tools after 3 answers") as caught:
        run(model, kitchen, max_rounds=3)
    assert len(model.bodies) == 3
    assert len(caught.value.messages) == 6  # The calls of the last answer are not made.


@every_client
def test_an_answer_without_choices_is_an_error(
    model: ScriptedModel, kitchen: ModuleType, run: Run
) -> None:
    model.script = [{**completion(), "choices": []}]
    with pytest.raises(ResultError):
        run(model, kitchen)


@every_client
def test_the_conversation_can_go_on(model: ScriptedModel, kitchen: ModuleType, run: Run) -> None:
    model.script = [calls(("greet", {"name": "Bob"})), completion("Hello.")]
    done = run(model, kitchen)
    assert json.loads(json.dumps(model.bodies[-1]["messages"])) == model.bodies[-1]["messages"]
    assert done.answer.choices[0].message is done.messages[-1]


def test_the_model_and_the_spaces_are_called_in_one_way(
    model: ScriptedModel, kitchen: ModuleType
) -> None:
    model.script = [completion()]

    async def main() -> None:
        async with AsyncInferenceClient(base_url=model.url) as client:
            chat: Any = partial(client.chat_completion, model="tiny")
            with pytest.raises(ArgumentError, match="the model is asynchronous"):
                run_tools(chat, QUESTION, tools_of(kitchen.Kitchen(model.space)))
        with InferenceClient(base_url=model.url) as blocking:
            chat = partial(blocking.chat_completion, model="tiny")
            with pytest.raises(ArgumentError, match="the model is not asynchronous"):
                await run_tools(chat, QUESTION, tools_of(kitchen.AsyncKitchen(model.space)))

    asyncio.run(main())
