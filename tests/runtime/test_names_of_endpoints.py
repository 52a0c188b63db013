"""Endpoints that are called like methods of the library: `/run` and `/submit`."""

from __future__ import annotations

import asyncio

from hubsmith_runtime import AsyncJob, AsyncJobs, AsyncSpace, Job, Jobs, Space

from tests.runtime.kitchen_client import EchoRequest


class RunJobs(Jobs):
    def run(self, text: str) -> Job[str]:
        return self._submit(EchoRequest(text=text))

    def submit(self, text: str) -> Job[str]:
        return self.run(text)


class Run(Space):
    """A client as it is generated for a Space with both names."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.jobs = RunJobs(self)

    def run(self, text: str) -> str:  # type: ignore[override]
        return self._run(EchoRequest(text=text))

    def submit(self, text: str) -> str:  # type: ignore[override]
        return self.run(text)


class AsyncRunJobs(AsyncJobs):
    async def run(self, text: str) -> AsyncJob[str]:
        return await self._submit(EchoRequest(text=text))


class AsyncRun(AsyncSpace):
    """The same for asyncio."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.jobs = AsyncRunJobs(self)

    async def run(self, text: str) -> str:  # type: ignore[override]
        return await self._run(EchoRequest(text=text))


def test_they_keep_their_names_and_ours_have_a_line_behind(url: str) -> None:
    with Run(url) as client:
        assert client.run("a") == client.submit("a") == client.jobs.run("a").result()
        assert client.jobs.submit("a").result() == client.run_(EchoRequest(text="a"))
        assert client.submit_(EchoRequest(text="b")).result() == client.run("b")


def test_so_they_do_with_asyncio(url: str) -> None:
    async def main() -> None:
        async with AsyncRun(url) as client:
            job, request = await client.jobs.run("a"), EchoRequest(text="a")
            assert await client.run("a") == await job.result() == await client.run_(request)

    asyncio.run(main())
