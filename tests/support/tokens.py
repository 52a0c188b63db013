"""A user who is not logged in, whoever runs the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

_NAMES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HUB_DISABLE_IMPLICIT_TOKEN")


def forget_tokens(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Forget every saved token; the home of the Hub's tools is in a folder."""
    for name in _NAMES:
        patch.delenv(name, raising=False)
    patch.setenv("HF_HOME", str(folder / "hf_home"))
