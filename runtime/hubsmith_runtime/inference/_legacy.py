"""`InferenceApi`: the call style of old, for code that is not migrated yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .._errors import ArgumentError
from ._client import InferenceBase
from ._media import image_of
from ._raw import RawResponse
from ._routing import HF_INFERENCE

if TYPE_CHECKING:
    from typing_extensions import Self

    from ._arguments import ContentInput


class InferenceApi:
    """Calls one model of hf-inference with whatever it takes, and returns the parsed answer.

    `InferenceClient` has a typed method per task; prefer it.

    Args:
        repo_id: The model's id at the Hub, or the URL of a server.
        task: What the model is asked to do; only models that do several things need it.
        token: A token of the Hub; the saved one by default.
        gpu: Asks for a GPU, where the server takes that option.
        timeout: Seconds that a call may take; `None` for no limit.
    """

    def __init__(
        self,
        repo_id: str,
        task: str | None = None,
        token: str | None = None,
        gpu: bool = False,
        *,
        timeout: float | None = None,
    ) -> None:
        self.repo_id = repo_id
        self.task = task
        self.options: dict[str, Any] = {"use_gpu": True} if gpu else {}
        self._client = InferenceBase(repo_id, provider=HF_INFERENCE, token=token, timeout=timeout)

    def __call__(
        self,
        inputs: str | Mapping[str, Any] | list[Any] | None = None,
        params: Mapping[str, Any] | None = None,
        data: ContentInput | None = None,
        raw_response: bool = False,
    ) -> Any:
        """Call the model.

        Args:
            inputs: What it is asked.
            params: Its parameters.
            data: A file that is sent as it is, instead of `inputs` and `params`.
            raw_response: Whether to return the `RawResponse` as it came.

        Returns:
            The parsed JSON, or a PIL image where the answer is one.

        Raises:
            InferenceError: when the server answers with an error.
        """
        if data is not None and (inputs is not None or params is not None):
            raise ArgumentError("InferenceApi: pass either inputs= and params=, or data=.")
        body: dict[str, Any] | None = None
        if data is None:
            given = {"inputs": inputs, "parameters": params, "options": self.options or None}
            body = {name: value for name, value in given.items() if value is not None}
        answer = self._client.post(json=body, data=data, task=self.task)
        return answer if raw_response else _result(answer)

    def __repr__(self) -> str:
        return f"InferenceApi(repo_id={self.repo_id!r}, task={self.task!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _result(answer: RawResponse[Any]) -> Any:
    if answer.headers.get("content-type", "").startswith("image/"):
        return image_of(answer.content)
    return answer.json()
