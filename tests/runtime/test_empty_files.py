"""A file input that Gradio lets be empty takes `None` in a generated client, too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hubsmith_runtime import AppError, ValidationError

from tests.support.generated_client import imported

ROOT = Path(__file__).resolve().parents[2]


def test_a_generated_client_sends_no_picture(
    start_gradio: Callable[..., str],
) -> None:
    url = start_gradio(ROOT / "demo" / "app.py")
    with (
        imported("kitchen", ROOT / "generated" / "spaces") as package,
        package.Kitchen(url) as kitchen,
    ):
        # The function of the Space is called with `None`, and says what it thinks of that.
        with pytest.raises(AppError, match="picture"):
            kitchen.img(None)
        with pytest.raises(ValidationError, match="im"):
            kitchen.img(5)
