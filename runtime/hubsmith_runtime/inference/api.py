"""`InferenceApi`: calls a model without knowing its task, as older code does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError
from ..http import shown
from .client import InferenceBase
from .hub import HF_INFERENCE

if TYPE_CHECKING:
    from typing_extensions import Self

    from ..files import FileInput


class InferenceApi:
    """A legacy client: sends any inputs to one model of hf-inference, and returns JSON.

    Prefer `InferenceClient`, which has a typed method for each task.

    Args:
        repo_id: The model's id on the Hub, or the URL of a server.
        task: The task to run; only needed for models that support several.
        token: A Hub token; the saved one by default.
        gpu: Whether to request a GPU, if the server supports that option.
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
        self.task = task
        self.options: dict[str, Any] = {"use_gpu": True} if gpu else {}
        self._client = InferenceBase(repo_id, provider=HF_INFERENCE, token=token, timeout=timeout)

    @property
    def repo_id(self) -> str:
        """The model's id on the Hub, or the URL of a server."""
        return self._client.model or ""

    def __call__(
        self,
        inputs: str | Mapping[str, Any] | list[Any] | None = None,
        params: Mapping[str, Any] | None = None,
        data: FileInput | None = None,
        raw_response: bool = False,
    ) -> Any:
        """Call the model.

        Args:
            inputs: The inputs of the model.
            params: Its parameters.
            data: A file that is sent as the body, instead of `inputs` and `params`.
            raw_response: Whether to return the undecoded `RawResponse`.

        Returns:
            The parsed JSON, or a PIL image if the answer is one.

        Raises:
            InferenceError: when the server answers with an error.
        """
        given = {"inputs": inputs, "parameters": params}
        body = {name: value for name, value in given.items() if value is not None}
        if data is not None and body:
            raise ArgumentError("InferenceApi: pass either inputs= and params=, or data=.")
        if self.options:
            body["options"] = self.options
        answer = self._client.post(json=body if data is None else None, data=data, task=self.task)
        if raw_response or not answer.headers.get("content-type", "").startswith("image/"):
            return answer if raw_response else answer.json()
        from .media import image_of

        return image_of(answer.content)

    def __repr__(self) -> str:
        return f"InferenceApi(repo_id={shown(self.repo_id)!r}, task={self.task!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
