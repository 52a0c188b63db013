"""The cells of the table: which fault is done to which exchange, and who calls."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hubsmith import File

from tests.faults.table_of_faults import FAULTS, LOADS, MESSAGES, Fault

T = TypeVar("T")

TIMEOUT = 2.0
MESSAGE = [{"role": "user", "content": "hi"}]
_END: Any = object()


@dataclass
class Clock:
    """Measures the longest step of a caller: each may take as long as its limit says."""

    longest: float = 0.0

    def time(self, step: Callable[[], T]) -> T:
        start = time.monotonic()
        try:
            return step()
        finally:
            self.longest = max(self.longest, time.monotonic() - start)

    async def atime(self, step: Awaitable[T]) -> T:
        start = time.monotonic()
        try:
            return await step
        finally:
            self.longest = max(self.longest, time.monotonic() - start)


@dataclass(frozen=True)
class Caller:
    """Somebody who makes a call.

    Attributes:
        run: Makes it with a client, timing each step, and returns what came of it.
        is_async: Whether the client is one for asyncio.
        has_limit: Whether the client has a limit of time.
    """

    name: str
    run: Callable[[Any, Cell, Clock], Any]
    is_async: bool = False
    has_limit: bool = True


@dataclass(frozen=True)
class Cell:
    """A fault, the exchange that it is done to, and a caller."""

    exchange: str
    fault: Fault
    caller: Caller
    key: str = field(default="", compare=False)  # Names the call to the server.

    def __str__(self) -> str:
        return f"{self.exchange}, {self.fault.name}, {self.caller.name}"

    @property
    def is_space(self) -> bool:
        return self.exchange in SPACE_PATHS

    @property
    def limit(self) -> float | None:
        return TIMEOUT if self.caller.has_limit else None

    def is_right(self, value: Any) -> bool:
        """Whether what came of the call is what the server meant, as far as one can know."""
        if value == self._meant():
            return True
        if self.exchange == "cancel":
            return isinstance(value, bool)
        return self.exchange == "download" and self.fault.is_content

    def _meant(self) -> Any:
        match self.exchange:
            case "upload" | "download":
                return self.key.upper().encode()
            case "whole answer":
                return "Paris."
            case "streamed answer":
                return ["Pa", "ris"]
            case exchange if exchange in POLLED_PATHS:
                return (1, 1)
            case "events" if "iterated" in self.caller.name:
                return [f"{self.key} {number}" for number in range(3)]
            case _:
                return [self.key] if "iterated" in self.caller.name else self.key


# By exchange: the path that is asked for. `{}` is the key of a cell.

SPACE_PATHS = {
    "config": r"/config$",
    "info": r"/info$",
    "upload": r"/upload$",
    "join": r"/queue/join$",
    "events": r"/queue/data$",
    "cancel": r"/cancel$",
    "download": r"/file=",
}
CHAT_PATHS = {
    "whole answer": r"/chat/completions$",
    "streamed answer": r"/chat/completions$",
}
POLLED_PATHS = {
    "hub mapping": r"/api/models/org/{}$",
    "taken": r"/models/org/{}/predictions$",
    "polled answer": r"/jobs/org/{}$",
    "media": r"/media/org/{}$",
}
BEFORE = {
    "config": "nothing",
    "info": SPACE_PATHS["config"],
    "upload": SPACE_PATHS["config"],
    "join": SPACE_PATHS["config"],
    "events": SPACE_PATHS["join"],
    "cancel": SPACE_PATHS["events"],
    "download": SPACE_PATHS["events"],
    "whole answer": "nothing",
    "streamed answer": "nothing",
}
"""What is asked for before an exchange, on another connection."""


# Who calls a Space


def _arguments(cell: Cell) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments of a call, with which each caller exercises the exchange."""
    is_job = "job" in cell.caller.name
    match cell.exchange:
        case "info":
            return [], {"name": cell.key, "api_name": "/echo"}
        case "upload" | "download":
            return [File(cell.key.encode(), name="a.txt"), cell.key], {"api_name": "/upper"}
        case "cancel":
            return [cell.key], {"api_name": "/last"}
        case "events":
            name = "/parts" if "iterated" in cell.caller.name else "/report" if is_job else "/echo"
            return [cell.key], {"api_name": name}
        case _:
            return [cell.key], {"api_name": "/echo"}


def _read(value: Any, clock: Clock) -> Any:
    """Read the file that came, alone or as the one part of a job."""
    match value:
        case File() | [File()]:
            return clock.time((value if isinstance(value, File) else value[0]).read)
        case _:
            return value


async def _aread(value: Any, clock: Clock) -> Any:
    match value:
        case File() | [File()]:
            return await clock.atime((value if isinstance(value, File) else value[0]).aread())
        case _:
            return value


def _call(client: Any, cell: Cell, clock: Clock) -> Any:
    args, kwargs = _arguments(cell)
    return _read(clock.time(lambda: client.predict(*args, **kwargs)), clock)


def _job(client: Any, cell: Cell, clock: Clock) -> Any:
    args, kwargs = _arguments(cell)
    job = clock.time(lambda: client.submit(*args, **kwargs))
    if cell.exchange == "cancel":
        next(iter(job))
        return clock.time(job.cancel)
    return _read(clock.time(lambda: job.result(timeout=cell.limit)), clock)


def _iterated(client: Any, cell: Cell, clock: Clock) -> Any:
    args, kwargs = _arguments(cell)
    job = clock.time(lambda: client.submit(*args, **kwargs))
    parts, taken = iter(job), list[Any]()
    while (part := clock.time(lambda: next(parts, _END))) is not _END:
        taken.append(part)
    return _read(taken, clock)


async def _acall(client: Any, cell: Cell, clock: Clock) -> Any:
    args, kwargs = _arguments(cell)
    return await _aread(await clock.atime(client.predict(*args, **kwargs)), clock)


async def _ajob(client: Any, cell: Cell, clock: Clock) -> Any:
    args, kwargs = _arguments(cell)
    job = await clock.atime(client.submit(*args, **kwargs))
    if cell.exchange == "cancel":
        await anext(aiter(job))
        return await clock.atime(job.cancel())
    return await _aread(await clock.atime(job.result(timeout=cell.limit)), clock)


async def _aiterated(client: Any, cell: Cell, clock: Clock) -> Any:
    args, kwargs = _arguments(cell)
    job = await clock.atime(client.submit(*args, **kwargs))
    parts, taken = aiter(job), list[Any]()
    while (part := await clock.atime(anext(parts, _END))) is not _END:
        taken.append(part)
    return await _aread(taken, clock)


# Who calls a model


def _chat(client: Any, cell: Cell, clock: Clock) -> Any:
    answer = clock.time(lambda: client.chat_completion(MESSAGE))
    return answer.choices[0].message.content


def _streamed(client: Any, cell: Cell, clock: Clock) -> Any:
    chunks = clock.time(lambda: client.chat_completion(MESSAGE, stream=True))
    taken = list[Any]()
    while (chunk := clock.time(lambda: next(chunks, _END))) is not _END:
        taken.append(chunk.choices[0].delta.content)
    return taken


def _picture(client: Any, cell: Cell, clock: Clock) -> Any:
    return clock.time(lambda: client.text_to_image("a cat")).size


async def _achat(client: Any, cell: Cell, clock: Clock) -> Any:
    return (await clock.atime(client.chat_completion(MESSAGE))).choices[0].message.content


async def _astreamed(client: Any, cell: Cell, clock: Clock) -> Any:
    chunks = await clock.atime(client.chat_completion(MESSAGE, stream=True))
    taken = list[Any]()
    while (chunk := await clock.atime(anext(chunks, _END))) is not _END:
        taken.append(chunk.choices[0].delta.content)
    return taken


async def _apicture(client: Any, cell: Cell, clock: Clock) -> Any:
    return (await clock.atime(client.text_to_image("a cat"))).size


_ANOTHER_JOB = ("a surrogate", "another encoding")  # They name a job that is not there.
SPACE_CALLERS = [
    Caller("call", _call),
    Caller("call without limit", _call, has_limit=False),
    Caller("job", _job),
    Caller("iterated job", _iterated),
    Caller("iterated job without limit", _iterated, has_limit=False),
    Caller("asyncio call", _acall, is_async=True),
    Caller("asyncio job", _ajob, is_async=True),
    Caller("asyncio iterated job without limit", _aiterated, is_async=True, has_limit=False),
]


def _model_callers(name: str, run: Any, arun: Any) -> list[Caller]:
    return [
        Caller(name, run),
        Caller(f"{name} without limit", run, has_limit=False),
        Caller(f"asyncio {name}", arun, is_async=True),
    ]


def _is_sensible(cell: Cell) -> bool:
    fault, caller = cell.fault, cell.caller
    if cell.exchange == "download" and fault.drips:
        return False  # Reading a file has no limit but that of each wait for a byte.
    if cell.exchange == "join" and not caller.has_limit and fault.name in _ANOTHER_JOB:
        return False  # Its events are waited for as long as the stream is alive.
    if not caller.has_limit and (fault.is_slow or fault.is_heavy):
        return False  # It has no end, and nobody wants one.
    if fault.is_heavy and caller.name not in ("call", "asyncio call", "chat", "picture"):
        return False
    if cell.exchange == "cancel" and ("iterated" in caller.name or caller.name.endswith("limit")):
        return False
    # The Hub of all cells is one, and so is its port.
    return fault.keeps_port is True or cell.exchange not in POLLED_PATHS


def _cells(exchanges: Iterable[str], faults: list[Fault], callers: list[Caller]) -> Iterator[Cell]:
    for exchange in exchanges:
        for fault in faults:
            for caller in callers:
                cell = Cell(exchange, fault, caller)
                if _is_sensible(cell):
                    yield cell


def all_cells() -> list[Cell]:
    """Return the whole table."""
    chat = _model_callers("chat", _chat, _achat)
    streamed = _model_callers("streamed chat", _streamed, _astreamed)
    return [
        *_cells(SPACE_PATHS, FAULTS, SPACE_CALLERS),
        *_cells(["events"], MESSAGES, SPACE_CALLERS),
        *_cells(["whole answer"], FAULTS + LOADS, chat),
        *_cells(["streamed answer"], FAULTS + LOADS, streamed),
        *_cells(POLLED_PATHS, FAULTS, _model_callers("picture", _picture, _apicture)),
    ]
