"""`AsyncSpace` against a real Gradio server."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hubsmith_runtime import (
    AppError,
    Completed,
    HubsmithError,
    InferenceTimeoutError,
    JobCancelledError,
)

from tests.runtime.kitchen_client import (
    AsyncKitchen,
    CountRequest,
    EndlessRequest,
    OriginalNameRequest,
    RefuseRequest,
    ReportRequest,
    SlowRequest,
    UpperFileRequest,
)


def test_many_calls_run_at_once(url: str) -> None:
    async def main() -> list[str]:
        async with AsyncKitchen(url) as kitchen:
            return await asyncio.gather(*(kitchen.echo(f"{n},") for n in range(40)))

    assert asyncio.run(main()) == [f"{n},{n}," for n in range(40)]


def test_a_client_without_an_event_loop_says_what_it_needs(url: str) -> None:
    kitchen = AsyncKitchen(url)
    for call in (kitchen.echo("x"), kitchen.aclose()):
        with pytest.raises(HubsmithError, match="need a running asyncio task"):
            call.send(None)  # As another library would.


def test_a_job_is_iterated_and_awaited(url: str) -> None:
    async def main() -> None:
        async with AsyncKitchen(url) as kitchen:
            job = await (await kitchen.jobs.tokens(3))  # One `await` too many does no harm.
            assert [partial async for partial in job] == ["t0 ", "t0 t1 ", "t0 t1 t2 "]
            assert await job.result() == "t0 t1 t2 "
            report = await kitchen.submit(ReportRequest(text="x"))
            events = [event async for event in report.events()]
            assert events[-1] == Completed(value="x")
            assert report.done()

    asyncio.run(main())


def test_state_lives_in_the_session(url: str) -> None:
    async def main() -> None:
        async with AsyncKitchen(url) as kitchen:
            assert [await kitchen.run(CountRequest(add=1)) for _ in range(2)] == [1, 2]
            kitchen.reset_session()
            assert await kitchen.run(CountRequest(add=1)) == 1

    asyncio.run(main())


def test_a_timeout_leaves_the_job_running(url: str) -> None:
    async def main() -> None:
        async with AsyncKitchen(url) as kitchen:
            job = await kitchen.submit(SlowRequest(seconds=1))
            with pytest.raises(InferenceTimeoutError):
                await job.result(timeout=0.1)
            assert await job.result(timeout=30) == "done"
        async with AsyncKitchen(url, timeout=1) as impatient:
            with pytest.raises(InferenceTimeoutError, match="within 1 s"):
                await impatient.run(EndlessRequest())

    asyncio.run(main())


def test_cancelling_the_waiting_task_cancels_the_job(url: str) -> None:
    async def main() -> None:
        async with AsyncKitchen(url) as kitchen:
            job = await kitchen.submit(EndlessRequest())
            waiting = asyncio.ensure_future(job.result())
            async for number in job:
                if number == 2:
                    break
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            with pytest.raises(JobCancelledError):  # The cancelling goes on in the background.
                await job.result()
            assert job.status().stage == "cancelled"
            assert await kitchen.echo("x") == "xx"

    asyncio.run(main())


def test_cancel_and_errors(url: str) -> None:
    async def main() -> None:
        async with AsyncKitchen(url) as kitchen:
            job = await kitchen.submit(EndlessRequest())
            assert await job.cancel()
            assert not await job.cancel()
            failed = await kitchen.submit(RefuseRequest())
            with pytest.raises(AppError, match="no thanks"):
                _ = [partial async for partial in failed]
            with pytest.raises(AppError, match="no thanks"):
                await failed.result()

    asyncio.run(main())


def test_files_go_there_and_come_back(url: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with AsyncKitchen(url, download_dir=tmp_path / "cache") as kitchen:
            file = await kitchen.run(UpperFileRequest(file=b"abc"))
            assert await file.aread() == b"ABC"
            assert file.read() == b"ABC"
            assert (await file.asave(tmp_path)).read_bytes() == b"ABC"
            assert Path(file).read_bytes() == b"ABC"
            assert await kitchen.run(OriginalNameRequest(file=file)) == file.name

    asyncio.run(main())


def test_a_closed_client_says_so(url: str) -> None:
    async def main() -> None:
        kitchen = AsyncKitchen(url)
        job = await kitchen.submit(EndlessRequest())
        await kitchen.close()
        await kitchen.aclose()
        with pytest.raises(JobCancelledError, match="closed"):
            await job.result()
        with pytest.raises(HubsmithError, match="closed"):
            await kitchen.echo("x")
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())
