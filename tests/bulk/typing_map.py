"""What type checkers know of the results of `map`; it is checked, not run."""

from __future__ import annotations

from clients.kitchen import AsyncKitchen, GreetRequest, Kitchen, SuggestRequest, SuggestResult
from hubsmith import AsyncInferenceClient, Client, InferenceClient, tasks
from hubsmith_bulk import AsyncRun, Done, Run
from typing_extensions import assert_type

with Kitchen() as kitchen:
    run = kitchen.map((GreetRequest(name=name) for name in ["Ann"]), checkpoint="a.jsonl")
    assert_type(run, Run[str])
    for done in run:
        assert_type(done, Done[str])
        assert_type(done.value, str)
        assert_type(done.error, Exception | None)
    for one in kitchen.map([("a", GreetRequest(name="Ann"))], concurrency=4):
        assert_type(one.value, str)
    kitchen.map([GreetRequest(name="Ann")], concurrencyy=4)  # type: ignore
    kitchen.map([GreetRequest(name="Ann")], on_error="ignore")  # type: ignore
    kitchen.map(["Ann"])  # type: ignore

with InferenceClient("lab/mood") as client:
    for answer in client.map([tasks.TextClassificationRequest(text="Lovely.")]):
        assert_type(answer.value, list[tasks.ClassificationOutputElement])

with Client("owner/kitchen") as untyped:
    for result in untyped.map("/greet", [{"name": "Ann"}, ["Bob"]]):
        print(result.value.anything)


async def main(requests: list[SuggestRequest]) -> None:
    async with AsyncKitchen() as space, AsyncInferenceClient() as models:
        planned = space.map(requests)
        assert_type(planned, AsyncRun[SuggestResult])
        async for one in planned:
            assert_type(one.value, SuggestResult)
        async for answer in models.map([tasks.TextClassificationRequest(text="Lovely.")]):
            assert_type(answer.value, list[tasks.ClassificationOutputElement])
