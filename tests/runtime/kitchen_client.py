"""A hand-written client in the form that the generator writes, for the Space in app.py."""

from __future__ import annotations

from typing import Any, NamedTuple

from hubsmith_runtime import (
    AsyncJob,
    AsyncJobs,
    AsyncSpace,
    Endpoint,
    File,
    FileInput,
    Job,
    Jobs,
    Real,
    Request,
    Space,
)


class TwoResult(NamedTuple):
    total: str
    joined: str


class StructuresResult(NamedTuple):
    structure: Any
    text: str


class EchoRequest(Request[str]):
    __endpoint__ = Endpoint(name="/echo")
    text: str
    times: float = 2


class UnqueuedRequest(EchoRequest):
    __endpoint__ = Endpoint(name="/unqueued")
    __result__ = str


class StepsRequest(Request[Any]):
    __endpoint__ = Endpoint(name="/steps")
    count: Real


class TwoRequest(Request[TwoResult]):
    __endpoint__ = Endpoint(name="/two", outputs=2)
    a: str
    b: str


class NothingRequest(Request[None]):
    __endpoint__ = Endpoint(name="/nothing", outputs=0)
    text: str


class TokensRequest(Request[str]):
    __endpoint__ = Endpoint(name="/tokens")
    count: float = 3


class StructuresRequest(Request[StructuresResult]):
    __endpoint__ = Endpoint(name="/structures", outputs=2)
    count: float = 3


class SlowRequest(Request[str]):
    __endpoint__ = Endpoint(name="/slow")
    seconds: float


class OneByOneRequest(Request[str]):
    __endpoint__ = Endpoint(name="/one_by_one")
    seconds: float


class EndlessRequest(Request[float]):
    __endpoint__ = Endpoint(name="/endless")


class RefuseRequest(Request[str]):
    __endpoint__ = Endpoint(name="/refuse")
    text: str = "thanks"


class CrashRequest(RefuseRequest):
    __endpoint__ = Endpoint(name="/crash")
    __result__ = str


class CrashMidwayRequest(RefuseRequest):
    __endpoint__ = Endpoint(name="/crash_midway")
    __result__ = str


class QuotaRequest(RefuseRequest):
    __endpoint__ = Endpoint(name="/quota")
    __result__ = str


class ReportRequest(Request[str]):
    __endpoint__ = Endpoint(name="/report")
    text: str


class CountRequest(Request[float]):
    __endpoint__ = Endpoint(name="/count")
    add: float


class UpperFileRequest(Request[File]):
    __endpoint__ = Endpoint(name="/upper_file")
    file: FileInput


class OriginalNameRequest(Request[str]):
    __endpoint__ = Endpoint(name="/original_name")
    file: FileInput


class ManyFilesRequest(Request[Any]):
    __endpoint__ = Endpoint(name="/many_files")
    files: list[FileInput]


class PictureRequest(Request[File]):
    __endpoint__ = Endpoint(name="/picture")
    image: FileInput | None = None


class UpdateRequest(Request[str]):
    __endpoint__ = Endpoint(name="/update")
    text: str


class SkipRequest(Request[str]):
    __endpoint__ = Endpoint(name="/skip")
    text: str = ""


class LineBreaksRequest(Request[str]):
    __endpoint__ = Endpoint(name="/line_breaks")


class ValidatedRequest(Request[float]):
    __endpoint__ = Endpoint(name="/validated")
    age: float


class HeadersRequest(Request[Any]):
    __endpoint__ = Endpoint(name="/headers")


class Kitchen(Space):
    _source = "http://127.0.0.1:7860"

    def echo(self, text: str, *, times: float = 2) -> str:
        return self._run(EchoRequest(text=text, times=times))

    @property
    def jobs(self) -> KitchenJobs:
        return KitchenJobs(self)


class KitchenJobs(Jobs):
    def echo(self, text: str, *, times: float = 2) -> Job[str]:
        return self._submit(EchoRequest(text=text, times=times))

    def tokens(self, count: float = 3) -> Job[str]:
        return self._submit(TokensRequest(count=count))


class AsyncKitchen(AsyncSpace):
    async def echo(self, text: str, *, times: float = 2) -> str:
        return await self._run(EchoRequest(text=text, times=times))

    @property
    def jobs(self) -> AsyncKitchenJobs:
        return AsyncKitchenJobs(self)


class AsyncKitchenJobs(AsyncJobs):
    async def tokens(self, count: float = 3) -> AsyncJob[str]:
        return await self._submit(TokensRequest(count=count))
