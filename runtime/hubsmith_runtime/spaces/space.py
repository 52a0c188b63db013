"""`Space` and `AsyncSpace`: the base classes of generated clients."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar

from ..driver import Driver
from ..effects import Effects, Run
from ..limit import CALLS, Limit
from ..retries import Retries
from ..saving import FileOrigin
from ..transport import Origins
from .codec import Request
from .connection import Preparation
from .connector import WAKE_SECONDS, Connector
from .core import BACKGROUND_SECONDS, SpaceCore
from .job import AsyncJob, BaseJob, Job
from .session import JobState
from .source import Source

if TYPE_CHECKING:
    import ssl

    from typing_extensions import Self

# Not vendored:
if TYPE_CHECKING:
    import hubsmith_bulk as bulk
    from typing_extensions import Unpack
# End.

R = TypeVar("R")
Callbacks: TypeAlias = "Sequence[Callable[[JobState, BaseJob[Any]], object]]"


class BaseSpace:
    """The base class of all clients of Spaces; see `Space` for the arguments."""

    _source: ClassVar[str | None] = None
    _is_async: ClassVar[bool] = False
    _job: ClassVar[type[BaseJob[Any]]] = Job

    def __init__(
        self,
        source: str | None = None,
        *,
        token: str | bool | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        download_dir: str | os.PathLike[str] | None = None,
        cookies: Mapping[str, str] | None = None,
        ssl_verify: bool | ssl.SSLContext = True,
        retries: Retries | None = None,
        on_stage: Callable[[str], object] | None = None,
        wake_timeout: float = WAKE_SECONDS,
        max_concurrency: int | None = CALLS,
    ) -> None:
        if cookies:
            pairs = "; ".join(f"{name}={value}" for name, value in cookies.items())
            headers = {**(headers or {}), "cookie": pairs}
        where = Source.parse(source if source is not None else self._source, token, headers)
        origins = Origins(where.credentials(None), verify=ssl_verify)
        origins.hide(dict(zip(("user", "password"), auth or (), strict=False)))
        limit = Limit(max_concurrency, where.name)
        if self._is_async:
            from ..async_driver import AsyncDriver  # asyncio is slow to import: not for Space.

            self._driver: Any = AsyncDriver(origins, limit)
        else:
            self._driver = Driver(origins, limit)
        folder = Path(download_dir) if download_dir else None
        connector = Connector(
            source=where,
            retries=retries or Retries(),
            origins=origins,
            files=FileOrigin("", self._driver, folder, timeout),
            auth=auth,
            wake_timeout=wake_timeout,
            on_stage=on_stage,
        )
        reads_in_place = timeout is None and not self._is_async
        self._core = SpaceCore(connector=connector, timeout=timeout, reads_in_place=reads_in_place)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._core.name!r})"

    def __getstate__(self) -> dict[str, Any]:
        connector = self._core.connector
        options = {
            "source": connector.source.name,
            "timeout": self._core.timeout,
            "download_dir": connector.files.lasting_folder,
            "ssl_verify": connector.origins.verify,
            "retries": connector.retries,
            "on_stage": connector.on_stage,
            "wake_timeout": connector.wake_timeout,
            "max_concurrency": self._driver.limit.most,
        }
        own = {k: v for k, v in vars(self).items() if k not in ("_core", "_driver", "_oauth_token")}
        return {"options": options, "own": own}

    def __setstate__(self, state: dict[str, Any]) -> None:
        BaseSpace.__init__(self, **state["options"])
        vars(self).update(state["own"])

    @property
    def session_hash(self) -> str:
        """The id of the session under which the Space keeps state."""
        return self._core.session_hash

    def reset_session(self) -> None:
        """Begin a new session, without the Space's state. Running jobs stay in the old one."""
        for ending in self._core.reset_session():
            with contextlib.suppress(RuntimeError):  # No event loop runs: the next call ends it.
                self._driver.spawn(ending, BACKGROUND_SECONDS)

    def _call(self, prepare: Preparation) -> Any:
        """Return the result or, for an asynchronous client, an awaitable of it."""
        return self._driver.call(self._core.call(prepare), self._core.timeout)

    def _begin(self, prepare: Preparation, callbacks: Callbacks = ()) -> Any:
        return self._driver.call(self._submit_job(prepare, callbacks), self._core.timeout)

    def _submit_job(self, prepare: Preparation, callbacks: Callbacks) -> Effects[BaseJob[Any]]:
        state = yield from self._core.submit(prepare)
        job = self._job(self._core, state, self._driver)
        for callback in callbacks:
            yield Run(partial(job.add_done_callback, partial(callback, state)), blocks=False)
        return job


class BlockingSpace(BaseSpace):
    """Calls a Space in the caller's thread."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End pending jobs and close every connection. It is safe to call this twice."""
        self._driver.run(self._core.close(), BACKGROUND_SECONDS)
        self._driver.close()
        self._core.connector.files.cleanup()


class AwaitableSpace(BaseSpace):
    """Calls a Space within one event loop."""

    _is_async = True
    _job = AsyncJob

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End pending jobs and close every connection. It is safe to call this twice."""
        await self._driver.run(self._core.close(), BACKGROUND_SECONDS)
        await self._driver.close()
        self._core.connector.files.cleanup()

    close = aclose


class Space(BlockingSpace):
    """A client for a Gradio Space. Creating one sends no request; the first call does.

    A client belongs to the process that created it. An unpickled copy connects again, without the
    token, headers, cookies and login of the original: it uses the saved token.

    Args:
        source: `owner/name` or a URL; a generated class has its own.
        token: A Hub token, sent only to the Hub and to the Space's own host. `None` uses the saved
            one (`HF_TOKEN`, or that of `hf auth login`) for an `owner/name`, `False` uses none, and
            `True` requires a saved one.
        headers: Extra headers for the Space.
        auth: User and password, for a Space with a login.
        timeout: Seconds for a whole call, including connecting and waking the Space; for iterating
            over a job, seconds until its next partial result. Unlimited by default.
        download_dir: The folder for files that are used as paths; by default a temporary folder
            that is removed when the client is closed.
        cookies: Cookies for the Space, by name.
        ssl_verify: Whether to verify its certificate, or the SSL context to verify it with.
        retries: Which failures are retried; by default, three attempts at anything that cannot run
            a job twice.
        on_stage: Called with each stage while waiting for an `owner/name` to start, such as
            `SLEEPING`, `BUILDING` and finally `RUNNING`.
        wake_timeout: Seconds to wait for an `owner/name` to start, 300 by default.
        max_concurrency: The maximum number of concurrent calls, 64 by default, `None` for no limit;
            others wait within their `timeout`. A job counts until the Space has accepted it.

    Raises:
        SpecError: when the source is neither a name nor a URL.
        AuthenticationError: when `token=True` and no token is saved.
    """

    def run(self, request: Request[R]) -> R:
        """Make a call and wait for its result.

        Raises:
            InferenceTimeoutError: when it takes longer than the client's `timeout`.
            HubsmithError: when anything else fails; see its subclasses.
        """
        return self._call(lambda space: space.prepare(request))

    def submit(self, request: Request[R]) -> Job[R]:
        """Make a call and return a job without waiting for the result.

        Raises:
            HubsmithError: when the call is not accepted.
        """
        return self._begin(lambda space: space.prepare(request))

    # Not vendored:
    def map(
        self, requests: bulk.Rows[Request[R]], **options: Unpack[bulk.MapOptions]
    ) -> bulk.Run[R]:
        """Make many calls at once, and iterate over the results as they complete.

        Args:
            requests: Requests of one endpoint, such as `GreetRequest(...)`, or pairs of an id and
                a request. They are consumed as earlier calls complete.
            **options: The number of concurrent calls, the journal to resume from, and how failures
                are handled; see `hubsmith_bulk.MapOptions`.
        """
        from hubsmith_bulk import map_space

        return map_space(self, requests, options)

    map_ = map
    # End.

    # An endpoint may be named `/run`. Generated methods call the aliases that begin with `_`.
    _run = run_ = run
    _submit = submit_ = submit


class AsyncSpace(AwaitableSpace):
    """An asyncio client for a Gradio Space; see `Space` for the arguments.

    Use it within one event loop. Cancelling a task that awaits a call cancels the call.
    """

    async def run(self, request: Request[R]) -> R:
        """Make a call and wait for its result; see `Space.run`."""
        return await self._call(lambda space: space.prepare(request))

    async def submit(self, request: Request[R]) -> AsyncJob[R]:
        """Make a call and return a job without waiting for the result; see `Space.submit`."""
        return await self._begin(lambda space: space.prepare(request))

    # Not vendored:
    def map(
        self, requests: bulk.AsyncRows[Request[R]], **options: Unpack[bulk.MapOptions]
    ) -> bulk.AsyncRun[R]:
        """Make many calls at once; see `Space.map`. `requests` may be asynchronous."""
        from hubsmith_bulk import map_space

        return map_space(self, requests, options)

    map_ = map
    # End.

    # As in `Space`.
    _run = run_ = run
    _submit = submit_ = submit


class Jobs:
    """The endpoints of a Space, each returning a `Job` at once."""

    def __init__(self, space: Space) -> None:
        self._submit = space.submit_


class AsyncJobs:
    """The endpoints of a Space, each returning an `AsyncJob` at once."""

    def __init__(self, space: AsyncSpace) -> None:
        self._submit = space.submit_
