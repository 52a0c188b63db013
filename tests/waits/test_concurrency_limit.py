"""`max_concurrency`: how many calls of one client are under way, and what becomes of the others."""

from __future__ import annotations

import asyncio
import json
import pickle
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hubsmith import AsyncClient, AsyncInferenceClient, Client, InferenceClient
from hubsmith.tasks import ChatCompletionRequest
from hubsmith_runtime import HubsmithError, InferenceTimeoutError, Space, ValidationError
from hubsmith_runtime.effects import Effects, Sleep, Wait
from hubsmith_runtime.limit import Limit

from tests.runtime.kitchen_client import AsyncKitchen, Kitchen
from tests.waits.scripted_http import Answer, Asked, Fault, Loopback
from tests.waits.scripted_inference import ScriptedInference, completion
from tests.waits.scripted_space import Script, ScriptedSpace, completed

JOIN = "/gradio_api/queue/join"
CHAT = "/v1/chat/completions"
MESSAGES = [{"role": "user", "content": "hi"}]
PIXEL = bytes.fromhex(
    "47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b"
)
MOMENT = 0.01  # Seconds in which others may begin.


class Count:
    """Counts what a server does at the same time.

    Attributes:
        order: What it began with, in order.
        most: How much of it was under way at most.
    """

    def __init__(self) -> None:
        self.order: list[Any] = []
        self.now = self.most = 0

    def __call__(self, what: Any, answer: Any) -> Iterator[Any]:
        self.order.append(what)
        self.now += 1
        self.most = max(self.most, self.now)
        yield MOMENT
        self.now -= 1
        yield answer


@pytest.fixture
def count(space: ScriptedSpace, server: ScriptedInference) -> Count:
    """Count the jobs of the Space and the chats of the server."""
    count = Count()

    def script(data: list[Any]) -> Script:
        return count(data[0], completed(data[0]))

    def chat(asked: Asked) -> Answer:
        words = asked.json()["messages"][0]["content"]
        return Answer(steps=count(words, json.dumps(completion(words)).encode()))

    space.script = script
    server.plan(CHAT, chat)
    return count


@pytest.fixture
def server(loopback: Loopback) -> ScriptedInference:
    server = ScriptedInference()
    loopback.start(server)
    return server


def message(number: int) -> list[dict[str, str]]:
    return [{"role": "user", "content": str(number)}]


def test_calls_of_an_async_client_take_turns_in_their_order(
    space: ScriptedSpace, count: Count
) -> None:
    async def main() -> list[Any]:
        async with AsyncClient(space.url, max_concurrency=3) as client:
            return await asyncio.gather(
                *(client.predict(number, api_name="/echo") for number in range(20))
            )

    assert asyncio.run(main()) == list(range(20))
    assert count.most == 3
    # Three are sent side by side, so neighbours may change places on the way, and no others.
    assert all(abs(place - number) < 3 for place, number in enumerate(count.order))


def test_chats_take_turns(server: ScriptedInference, count: Count) -> None:
    async def main() -> list[Any]:
        async with AsyncInferenceClient(server.url, max_concurrency=3) as client:
            return await asyncio.gather(
                *(client.chat_completion(message(number)) for number in range(20))
            )

    texts = [answer.choices[0].message.content for answer in asyncio.run(main())]
    assert texts == [str(number) for number in range(20)]
    assert count.most == 3


def test_sixty_four_are_under_way_unless_the_caller_says_otherwise(space: ScriptedSpace) -> None:
    is_held = True

    def held(data: list[Any]) -> Script:
        while is_held:
            yield MOMENT
        yield completed(data[0])

    space.script = held

    async def main(expected: int, **options: Any) -> None:
        nonlocal is_held
        is_held, space.asked[JOIN] = True, 0
        async with AsyncKitchen(space.url, **options) as kitchen:
            calls = asyncio.gather(*(kitchen.echo(str(number)) for number in range(150)))
            await until(lambda: space.asked[JOIN] >= expected)
            await asyncio.sleep(10 * MOMENT)
            assert space.asked[JOIN] == expected
            is_held = False
            await calls

    asyncio.run(asyncio.wait_for(main(64), 30))
    asyncio.run(asyncio.wait_for(main(150, max_concurrency=None), 30))


def test_threads_that_share_a_client_take_turns(
    space: ScriptedSpace, server: ScriptedInference, count: Count
) -> None:
    with (
        Kitchen(space.url, max_concurrency=2) as kitchen,
        InferenceClient(server.url, max_concurrency=2) as client,
        ThreadPoolExecutor(8) as threads,
    ):
        assert list(threads.map(kitchen.echo, "abcdefgh")) == list("abcdefgh")
        assert count.most == 2
        count.most = 0
        list(threads.map(lambda number: client.chat_completion(message(number)), range(8)))
        assert count.most == 2


def test_a_job_counts_until_the_space_took_it(space: ScriptedSpace) -> None:
    space.script = lambda data: [0.05, completed(data[0])]
    with Client(space.url, max_concurrency=1) as client:
        jobs = [client.submit(number, api_name="/echo") for number in range(5)]
        assert client.predict(5, api_name="/echo") == 5
        assert [job.result() for job in jobs] == list(range(5))


def test_downloads_take_turns(space: ScriptedSpace) -> None:
    count = Count()
    named = {"path": "a.txt", "orig_name": "a.txt", "meta": {"_type": "gradio.FileData"}}
    space.script = lambda data: [completed(named)]
    space.plan("/gradio_api/file=a.txt", lambda asked: Answer(steps=count("", b"content")))

    async def main() -> None:
        async with AsyncClient(space.url, max_concurrency=2) as client:
            file = await client.predict("a", api_name="/echo")
            assert await asyncio.gather(*(file.aread() for _ in range(8))) == [b"content"] * 8

    asyncio.run(main())
    assert count.most == 2


def test_an_open_stream_holds_up_nobody(server: ScriptedInference) -> None:
    async def main() -> None:
        async with AsyncInferenceClient(server.url, max_concurrency=1) as client:
            # They are more than httpx would open connections for.
            streams = [await client.chat_completion(MESSAGES, stream=True) for _ in range(120)]
            await client.chat_completion(MESSAGES)
            for stream in streams:
                assert [chunk.choices[0].delta.content async for chunk in stream] == ["Pa", "ris"]

    asyncio.run(asyncio.wait_for(main(), 30))


def test_a_call_that_is_cancelled_while_it_waits_leaves_its_turn_to_the_next(
    space: ScriptedSpace,
) -> None:
    space.script = lambda data: [0.05, completed(data[0])]

    async def main() -> None:
        async with AsyncClient(space.url, max_concurrency=1) as client:
            calls = [
                asyncio.create_task(client.predict(number, api_name="/echo")) for number in range(4)
            ]
            await asyncio.sleep(MOMENT)
            calls[1].cancel()
            assert await asyncio.gather(calls[0], calls[2], calls[3]) == [0, 2, 3]
            assert calls[1].cancelled()

    asyncio.run(main())
    assert space.asked[JOIN] == 3


def test_a_call_that_is_cancelled_under_way_makes_room(server: ScriptedInference) -> None:
    server.plan(CHAT, Fault.SILENT, times=2)

    async def main() -> None:
        async with AsyncInferenceClient(server.url, max_concurrency=2) as client:
            calls = [asyncio.create_task(client.chat_completion(MESSAGES)) for _ in range(3)]
            await until(lambda: server.asked[CHAT] == 2)
            for call in calls[:2]:
                call.cancel()
            await calls[2]
            await asyncio.gather(*(client.chat_completion(MESSAGES) for _ in range(4)))

    asyncio.run(asyncio.wait_for(main(), 10))


def test_a_call_that_is_cancelled_when_its_turn_comes_passes_it_on() -> None:
    limit, effect = Limit(1), Sleep(1.0)

    def call() -> Effects[None]:
        yield effect

    first, second, third = (limit.kept(call(), caller) for caller in "abc")
    assert next(first) is effect
    assert isinstance(next(second), Wait)
    turn = next(third)
    assert isinstance(turn, Wait)
    first.close()
    with pytest.raises(asyncio.CancelledError):
        second.throw(asyncio.CancelledError())
    assert turn.signal.changes > turn.change


def test_the_time_of_a_call_includes_its_wait(server: ScriptedInference) -> None:
    words = (
        "InferenceClient: no answer in time, because 1 other calls of this client were running. "
        "Try a longer timeout, or raise max_concurrency."
    )
    server.plan(CHAT, Fault.SILENT, times=2)
    with InferenceClient(server.url, max_concurrency=1, max_retries=0) as client:
        first = threading.Thread(target=failing, args=(client,))
        first.start()
        wait_until(lambda: server.asked[CHAT] == 1)
        with pytest.raises(InferenceTimeoutError) as late:
            client.chat_completion(MESSAGES, timeout=0.1)
        assert str(late.value) == words
    first.join(5)

    async def main() -> None:
        async with AsyncInferenceClient(server.url, max_concurrency=1) as client:
            first = asyncio.create_task(client.chat_completion(MESSAGES))
            await until(lambda: server.asked[CHAT] == 2)
            with pytest.raises(InferenceTimeoutError) as late:
                await client.chat_completion(MESSAGES, timeout=0.1)
            assert str(late.value) == f"Async{words}"
            first.cancel()
            await client.chat_completion(MESSAGES)  # Nobody holds the place that was waited for.

    asyncio.run(main())


def failing(client: InferenceClient) -> None:
    with pytest.raises(HubsmithError):
        client.chat_completion(MESSAGES)


async def until(is_met: Callable[[], bool]) -> None:
    while not is_met():
        await asyncio.sleep(MOMENT)


def wait_until(is_met: Callable[[], bool]) -> None:
    for _ in range(500):
        if is_met():
            return
        threading.Event().wait(MOMENT)
    raise AssertionError("it never happened")


def test_closing_ends_those_who_wait(space: ScriptedSpace, server: ScriptedInference) -> None:
    space.script = lambda _: [60.0]
    server.plan(CHAT, Fault.SILENT)
    clients: list[tuple[Any, Callable[[Any], Any], Callable[[], int]]] = [
        (
            Kitchen(space.url, max_concurrency=1),
            lambda kitchen: kitchen.echo("a"),
            lambda: space.asked["/gradio_api/queue/data"],
        ),
        (
            InferenceClient(server.url, max_concurrency=1, max_retries=0),
            lambda client: client.chat_completion(MESSAGES),
            lambda: server.asked[CHAT],
        ),
    ]
    for client, call, begun in clients:
        with ThreadPoolExecutor(3) as threads:
            calls = [threads.submit(call, client) for _ in range(3)]
            wait_until(lambda begun=begun: begun() == 1)
            client.close()
            errors = [one.exception(5) for one in calls]
        assert all(isinstance(error, HubsmithError) for error in errors)
        assert sum("is closed. Make a new one." in str(error) for error in errors) >= 2
    assert space.asked[JOIN] == server.asked[CHAT] == 1


def test_closing_ends_those_who_wait_with_asyncio(
    space: ScriptedSpace, server: ScriptedInference
) -> None:
    space.script = lambda _: [60.0]
    server.plan(CHAT, Fault.SILENT)

    async def main(
        client: Any, call: Callable[[], Any], begun: Callable[[], bool], where: str
    ) -> None:
        calls = [asyncio.create_task(call()) for _ in range(3)]
        await until(begun)
        await client.close()
        first, *others = await asyncio.gather(*calls, return_exceptions=True)
        assert isinstance(first, HubsmithError)
        for other in others:
            assert str(other) == f"{where}: the client is closed. Make a new one."

    async def both() -> None:
        kitchen = AsyncKitchen(space.url, max_concurrency=1)
        await main(kitchen, lambda: kitchen.echo("a"), lambda: space.asked[JOIN] == 1, space.url)
        client = AsyncInferenceClient(server.url, max_concurrency=1, max_retries=0)
        call = lambda: client.chat_completion(MESSAGES)  # noqa: E731
        await main(client, call, lambda: server.asked[CHAT] == 1, "AsyncInferenceClient")

    asyncio.run(both())


def test_a_callback_may_call_its_own_client(
    loopback: Loopback, environment: pytest.MonkeyPatch
) -> None:
    hub = ScriptedInference()
    loopback.start(hub)
    environment.setenv("HF_ENDPOINT", hub.url)
    environment.setenv("HUBSMITH_ROUTER", hub.url)
    hub.plan("/media/org/job", Answer(PIXEL, headers={"content-type": "image/gif"}))
    made: list[Any] = []

    def on_progress(_: object) -> None:
        if not made:
            made.append("a dog")
            made.append(client.text_to_image("a dog"))

    with InferenceClient(
        "org/job", provider="replicate", token="hf_x", max_concurrency=1, on_progress=on_progress,
        timeout=10,
    ) as client:  # fmt: skip
        client.text_to_image("a cat")
    assert len(made) == 2


def test_many_calls_of_a_client_make_a_limit_of_their_own(
    server: ScriptedInference, count: Count
) -> None:
    with InferenceClient(server.url, max_concurrency=1) as client:
        rows = [ChatCompletionRequest(messages=message(number)) for number in range(12)]
        assert len(list(client.map(rows, concurrency=4))) == 12
    assert count.most == 4


@pytest.mark.parametrize("wrong", [0, -1, "8", 2.5])
@pytest.mark.parametrize("kind", [Client, Space, AsyncKitchen, InferenceClient])
def test_what_is_no_number_of_calls_is_refused(kind: Any, wrong: Any) -> None:
    with pytest.raises(ValidationError, match="max_concurrency: must be a whole number of"):
        kind("http://127.0.0.1:9", max_concurrency=wrong)


@pytest.mark.parametrize("kind", [Client, AsyncKitchen])
def test_it_is_pickled_with_a_client(kind: Any) -> None:
    client = pickle.loads(pickle.dumps(kind("http://127.0.0.1:9", max_concurrency=7)))
    assert client._driver.limit.most == 7
