"""What a provider answered, as the tests of results need it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hubsmith_runtime.http import Response
from hubsmith_runtime.inference.payload import TaskResponse


def task_response(*, headers: Mapping[str, str] | None = None, **parts: Any) -> TaskResponse:
    response = Response(status=200, headers=headers or {}, body=b"", url="http://127.0.0.1/")
    return TaskResponse(response=response, **parts)
