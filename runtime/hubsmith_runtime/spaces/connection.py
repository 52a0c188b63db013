"""`Connection`: a running Space, and the requests that can be sent to it."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias
from urllib.parse import quote

from .. import errors
from ..effects import Close, DeadlineExceeded, Effects, Open, Read, Send
from ..http import Body, HttpRequest, Response
from ..reading import as_list, as_object, as_text
from ..retries import Retries
from ..saving import FileOrigin
from . import protocol
from .codec import Call, Request, encode
from .live import LiveSpace


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A running Space."""

    name: str  # For messages.
    retries: Retries
    base: str  # The API root.
    live: LiveSpace
    files: FileOrigin
    is_named: bool = True  # Whether the caller or the Hub named its host; `False`: a redirect did.
    known: dict[object, Any] = field(default_factory=dict[object, Any])  # Cached answers.

    def ask(self, request: HttpRequest) -> Effects[Response]:
        """Send a request that may safely be repeated."""
        what = request.url.removeprefix(self.base)
        return protocol.ask(request, f"{self.name}: {what}", self.retries)

    def trusted_headers(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Return the caller's headers if this server may see them: none after a redirect."""
        return headers if self.is_named else {}

    def prepare(self, request: Request[Any]) -> Effects[Call]:
        endpoint = type(request).__endpoint__
        live = self.live.endpoint(endpoint, self.name)
        if not endpoint.is_ordered and endpoint.name not in self.known:
            self.known[endpoint.name] = yield from self._read_order(endpoint.name)
        return encode(request, live, self.name, self.files, self.known.get(endpoint.name))

    def _read_order(self, endpoint: str) -> Effects[list[str]]:
        """Return the names of an endpoint's parameters, in the order of its inputs."""
        answer = yield from self.ask(protocol.info(self.base))
        protocol.check(answer, f"{self.name}: /info")
        try:
            parameters = answer.json()["named_endpoints"][endpoint]["parameters"]
            return [str(parameter["parameter_name"]) for parameter in parameters]
        except (KeyError, TypeError):
            raise errors.SpecError(
                f"{self.name}: /info does not name the parameters of {endpoint}, and this client "
                "was generated without their order. Run `hubsmith update` to generate it again."
            ) from None

    def upload(self, call: Call) -> Effects[None]:
        """Upload the files of a call, and write the server's paths into it."""
        limit = self.live.max_file_size
        for sent in call.uploads:
            yield from sent.file.cache()
            if limit is not None and (sent.file.size or 0) > limit:
                raise errors.FileTooLargeError(
                    f"{self.name} accepts files of at most {limit:.0f} bytes, but "
                    f"{sent.file.name!r} has {sent.file.size}."
                )
        if not call.uploads:
            return
        with contextlib.ExitStack() as opened:
            files = [("files", opened.enter_context(sent.file.part())) for sent in call.uploads]
            url = f"{self.base}/upload"
            headers = {**self.trusted_headers(call.headers), **protocol.CALLER}
            request = HttpRequest(method="POST", url=url, headers=headers, files=files)
            answer = yield from self.ask(request)
        names = ", ".join(repr(sent.file.name) for sent in call.uploads)[:80]
        protocol.check(answer, f"{self.name}: upload of {names}")
        paths = [as_text(path) for path in as_list(answer.json())]
        if len(paths) != len(files) or not all(paths):
            what = f"the answer to the upload of {len(files)} files does not name each"
            raise errors.UploadError(f"{self.name}: {what}. Try again.")
        for sent, path in zip(call.uploads, paths, strict=True):
            for reference in sent.references:
                reference["path"] = path

    def join(self, call: Call, session_hash: str, headers: Mapping[str, str]) -> Effects[str]:
        """Send a job to the queue, once its files are uploaded, and return its event id."""
        body = {"event_data": None, "trigger_id": None, **call.extras, "data": call.values}
        body |= {"fn_index": call.endpoint.fn_index, "session_hash": session_hash}
        request = protocol.post(f"{self.base}/queue/join", body, self.trusted_headers(headers))
        answer = yield from protocol.ask(request, call.where, self.retries, runs_job=True)
        protocol.check(answer, call.where)
        event_id = as_text(as_object(answer.json()).get("event_id"))
        if not event_id:
            raise errors.SpecError(f"{call.where}: the Space accepted the job without an event id.")
        return event_id

    def cancel(self, call: Call, session_hash: str, event_id: str, function: int) -> Effects[None]:
        job = {"session_hash": session_hash, "fn_index": function, "event_id": event_id}
        answer: Response = yield Send(protocol.post(f"{self.base}/cancel", job))
        # Gradio before 4.31 cannot cancel: the job is forgotten here, but keeps running there.
        if answer.status not in (404, 405):
            protocol.check(answer, f"{call.where}: cancel")

    def open_events(self, session_hash: str) -> Effects[Body]:
        url = f"{self.base}/queue/data?session_hash={quote(session_hash)}"
        step = partial(self._open_once, protocol.stream(url, self.live.silence))
        # Not opened again if the server may have sent the events to the first stream.
        retries = dataclasses.replace(self.retries, after_accepted=False)
        return protocol.retried(step, retries, f"{self.name}: event stream", runs_job=True)

    def _open_once(self, request: HttpRequest) -> Effects[Body]:
        body: Body = yield Open(request)
        if body.status == 200:
            return body
        try:
            while (piece := (yield Read(body))) is not None:
                body.keep(piece)
        finally:
            yield Close(body)
        protocol.check(body.kept(), f"{self.name}: event stream")
        words = f"{self.name}: event stream: HTTP {body.status} instead of events."
        raise errors.ConnectionFailedError(words)

    def forget(self, session_hash: str) -> Effects[None]:
        """Tell a Space that keeps session state that the session is over."""
        if not self.live.keeps_sessions:
            return
        with contextlib.suppress(errors.HubsmithError, DeadlineExceeded):
            # The Space drops the state of a session when its heartbeat stream ends.
            url = f"{self.base}/heartbeat/{quote(session_hash)}"
            body = yield Open(protocol.stream(url, silence=5.0))
            try:
                yield Read(body)
            finally:
                yield Close(body)


Preparation: TypeAlias = "Callable[[Connection], Effects[Call]]"
"""Prepares a call for a running Space."""
