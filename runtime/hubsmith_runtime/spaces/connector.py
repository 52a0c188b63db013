"""`Connector`: finds a Space, wakes it if it sleeps, logs in and reads its configuration.

It waits for a Space of the Hub that sleeps, builds or starts; a broken one is an error.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from urllib.parse import quote, urlencode

from ..effects import Effects, Run, Signal, Sleep, Wait
from ..errors import (
    AuthenticationError,
    ConnectionFailedError,
    HubsmithError,
    SpaceUnavailableError,
    SpecError,
)
from ..http import HttpRequest, Response, origin_of, shown
from ..reading import as_object, as_text
from ..retries import Retries
from ..saving import FileOrigin
from ..tokens import hub_url
from ..transport import Origins
from . import protocol
from .connection import Connection
from .live import LiveSpace
from .source import Source

WAKE_SECONDS = 300.0
_WAITED_FOR = (
    "SLEEPING", "STOPPED", "BUILDING", "APP_STARTING", "RUNNING_BUILDING", "RUNNING_APP_STARTING",
)  # fmt: skip
_BROKEN = {
    "PAUSED": "its owner paused it, and only they can start it again",
    "RUNTIME_ERROR": "its code failed",
    "BUILD_ERROR": "it could not be built",
    "CONFIG_ERROR": "its README contains an error",
    "NO_APP_FILE": "it has no app file",
    "DELETING": "it is being deleted",
}
_FIRST_POLL, _LONGEST_POLL, _GROWTH = 1.0, 5.0, 1.5
_FORM = {"content-type": "application/x-www-form-urlencoded"}


@dataclass(slots=True, kw_only=True)
class Connector:
    """Connects to a Space once, for all calls."""

    source: Source
    retries: Retries
    origins: Origins  # Updated, like `files`, with where the Space runs.
    files: FileOrigin
    auth: tuple[str, str] | None = field(default=None, repr=False)  # For a Space with a login.
    wake_timeout: float = WAKE_SECONDS
    on_stage: Callable[[str], object] | None = None
    clock: Callable[[], float] = time.monotonic
    connection: Connection | None = None  # Set to `None` to find the Space again.
    _is_connecting: bool = False
    _connected: Signal = field(default_factory=Signal)
    _stage: str = ""

    def connect(self) -> Effects[Connection]:
        while self._is_connecting:
            yield Wait(self._connected)
        if self.connection is None:
            self._is_connecting = True
            try:
                self.connection = yield from self._find()
            finally:
                self._is_connecting = False
                self._connected.notify()
        return self.connection

    def _find(self) -> Effects[Connection]:
        source, retries, name = self.source, self.retries, self.source.name
        root = source.root
        if root is None:
            request = source.hub_request("host")
            root = source.read_host((yield from protocol.ask(request, f"{name}: host", retries)))
        self.origins.allow(source.credentials(root))
        if self.auth is not None:
            yield from self._log_in(root, self.auth)
        answer = yield from self.ask(protocol.config(root))
        where = f"{name}: {shown(answer.url)}"
        if answer.status == 404:
            raise SpecError(f"{where} does not exist (404). Is this the address of a Gradio Space?")
        protocol.check(answer, f"{name}: /config")
        config = answer.json()
        if config is None:
            raise SpecError(f"{where} did not answer with JSON. Is it a Gradio Space?")
        live = LiveSpace.parse(config, name)
        live = replace(live, silence=max(live.silence, self.origins.silence))
        moved, named = answer.url.partition("?")[0], origin_of(root)
        root = moved.removesuffix("/config") if moved.endswith("/config") else root
        self.files.base = base = root + live.prefix
        return Connection(
            name=name,
            retries=retries,
            base=base,
            live=live,
            files=self.files,
            is_named=origin_of(base) == named,
        )

    def _log_in(self, root: str, auth: tuple[str, str]) -> Effects[None]:
        form = urlencode({"username": auth[0], "password": auth[1]}).encode()
        request = HttpRequest(method="POST", url=f"{root}/login", headers=_FORM, content=form)
        name = self.source.name
        try:
            answer = yield from self.ask(request)
        except ConnectionFailedError as error:
            if error.may_pass or not error.was_sent:
                raise
            words = f"{error} If the Space has no login, leave auth= out."
            raise AuthenticationError(f"{name}: {words}") from None
        if answer.status == 400:
            words = protocol.words_of(answer)
            raise AuthenticationError(f"{name} refused the login: {words} Check auth=.")
        protocol.check(answer, f"{name}: login", "Check auth=.")

    def ask(self, request: HttpRequest) -> Effects[Response]:
        """Send a request, wake the Space if necessary, and return the app's answer.

        Raises:
            SpaceUnavailableError: when it is paused or broken, or does not start in time.
        """
        where = f"{self.source.name}: {request.url.rpartition('/')[2]}"
        if self.source.root is not None:
            return protocol.ask(request, where, self.retries)
        step = partial(self._wake, request, where, self.clock() + self.wake_timeout)
        return protocol.retried(step, self.retries, where)

    def _wake(self, request: HttpRequest, where: str, until: float) -> Effects[Response]:
        wait = _FIRST_POLL
        while True:
            try:
                answer: Response | HubsmithError = yield from protocol.answer_to(request, where)
            except HubsmithError as error:
                answer = error
            if _is_of_app(answer):
                break
            stage = yield from self._ask_stage()
            if stage in _BROKEN:
                raise self._unavailable(stage, f"is in the invalid state {stage}: {_BROKEN[stage]}")
            # A Space that has just started may not be reachable at its address yet.
            has_just_started = stage == "RUNNING" and wait > _FIRST_POLL
            is_waking = has_just_started and isinstance(answer, HubsmithError)
            if stage not in _WAITED_FOR and not is_waking:
                break
            if self.clock() + wait > until:
                late = f"did not start within {self.wake_timeout:g} s and is {stage} now"
                raise self._unavailable(stage, f"{late}: raise wake_timeout=, or try later")
            yield Sleep(wait, f"{self.source.name} is {stage}")
            wait = min(_LONGEST_POLL, wait * _GROWTH)
        if isinstance(answer, HubsmithError):
            raise answer
        yield from self._report(self._stage and "RUNNING")
        return answer

    def _ask_stage(self) -> Effects[str]:
        request = self.source.hub_request("runtime")
        answer = yield from protocol.ask(request, f"{self.source.name}: runtime", self.retries)
        stage = as_text(as_object(answer.json()).get("stage")) if answer.status == 200 else ""
        yield from self._report(stage)
        return stage

    def _report(self, stage: str) -> Effects[None]:
        if stage and stage != self._stage and self.on_stage is not None:
            yield Run(partial(self.on_stage, stage), blocks=False)
        self._stage = stage or self._stage

    def _unavailable(self, stage: str, what: str) -> SpaceUnavailableError:
        name, page = self.source.name, f"{hub_url()}/spaces/{quote(self.source.name)}"
        return SpaceUnavailableError.of(f"{name} {what}. See {page} for more.", stage=stage)


def _is_of_app(answer: Response | HubsmithError) -> bool:
    """Whether the app itself answered, even with an error, and not a proxy in front of it."""
    if isinstance(answer, HubsmithError):
        return isinstance(answer, SpaceUnavailableError) and answer.status == 429
    return answer.json() is not None or not (answer.status < 300 or answer.status == 404)
