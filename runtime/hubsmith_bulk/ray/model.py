"""`CallModel`: calls a model for every row of a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from hubsmith_runtime import ArgumentError
from hubsmith_runtime.inference import CallOptions, TaskRequest
from typing_extensions import Unpack

from ..callers import Caller, ModelCaller
from .arrow import Form, form_of, image_form, json_form, text_form
from .options import ActorOptions, refuse_userinfo
from .rows import CallRows, parameters_of


class CallModel(CallRows):
    """Calls a model for every row of a batch; for `ray.data.Dataset.map_batches`.

    Columns and errors are as in `CallSpace`. Images are PNG files, audio is bytes, and objects
    such as chat completions are JSON text.

    Args:
        task: A request class, such as `SummarizationRequest`, or the name of a task.
        model: A model id on the Hub or a URL; with `base_url`, the model's name on that server.
        provider: The inference provider that runs the model.
        base_url: The URL of a server with an OpenAI-compatible API.
        bill_to: The organisation to bill.
        **options: See `ActorOptions`; `actors` is required.

    Raises:
        ArgumentError: if an option is wrong or a secret; see `CallSpace`.
        AuthenticationError: if the environment variable `token_variable` is not set.
        MissingDependencyError: if pyarrow is not installed.
    """

    _name = "CallModel"

    def __init__(
        self,
        task: type[TaskRequest[Any]] | str,
        *,
        model: str | None = None,
        provider: str | None = None,
        base_url: str | None = None,
        bill_to: str | None = None,
        **options: Unpack[ActorOptions],
    ) -> None:
        import hubsmith

        super().__init__(cast("Mapping[str, Any]", options))
        for url in (model, base_url):
            refuse_userinfo(self._name, url or "")
        self._request = _request_of(task)
        self._known(*parameters_of(self._request))
        self._client = hubsmith.AsyncInferenceClient(
            None if base_url else model,
            provider=cast("Any", provider),
            base_url=base_url,
            bill_to=bill_to,
            token=self._token,
            timeout=self._timeout,
        )
        self._call = CallOptions(model=model if base_url else None)
        self._form = self._form_of_task()

    def _form_of_task(self) -> Form:
        about = self._request.__task__
        if about.result in ("image", "array"):
            return image_form() if about.result == "image" else json_form()
        asked = {*self._columns.values(), *self._arguments}
        if about.text_unless and about.text_unless not in asked:
            return text_form()
        return form_of(self._request.__result__)

    def _sent(self, names: Sequence[str]) -> dict[str, str]:
        # A column of the same name is not enough for the parameter that decides the result type.
        sent, decides = super()._sent(names), self._request.__task__.text_unless
        return {name: to for name, to in sent.items() if to != decides or name in self._columns}

    def _caller(self) -> Caller:
        return ModelCaller(self._client, self._call)

    def _make(self, arguments: dict[str, Any]) -> Any:
        return self._request(**arguments)


def _request_of(task: type[TaskRequest[Any]] | str) -> type[TaskRequest[Any]]:
    if isinstance(task, type):
        return task
    from hubsmith import tasks

    kinds = [getattr(tasks, name) for name in dir(tasks) if name.endswith("Request")]
    known = {kind.__task__.method: kind for kind in kinds if hasattr(kind, "__task__")}
    wanted = task.replace("-", "_")
    if wanted not in known:
        raise ArgumentError(f"CallModel: there is no task {task!r}. There are: {', '.join(known)}.")
    return known[wanted]
