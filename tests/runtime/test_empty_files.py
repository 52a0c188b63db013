"""A file input that Gradio lets be empty takes `None` in a generated client, too."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hubsmith_runtime import AppError, ValidationError

ROOT = Path(__file__).resolve().parents[2]


def test_a_generated_client_sends_no_picture(
    start_gradio: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "generated" / "spaces"))
    package = importlib.import_module("kitchen")
    try:
        with package.Kitchen(start_gradio(ROOT / "demo" / "app.py")) as kitchen:
            # The function of the Space is called with `None`, and says what it thinks of that.
            with pytest.raises(AppError, match="picture"):
                kitchen.img(None)
            with pytest.raises(ValidationError, match="im"):
                kitchen.img(5)
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "kitchen"]:
            del sys.modules[name]
