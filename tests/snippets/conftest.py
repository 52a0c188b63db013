"""The demo app, and a folder with the files that its snippets name."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hubsmith_codegen.cli import main

ROOT = Path(__file__).resolve().parents[2]
Snippets = Callable[[str], dict[str, str]]


def white_png() -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\xff" * 24) * 8)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def add_files(folder: Path) -> None:
    (folder / "image.png").write_bytes(white_png())
    (folder / "file.txt").write_text("salt to taste")


@pytest.fixture(scope="session")
def kitchen_url(start_gradio: Callable[..., str]) -> str:
    return start_gradio(ROOT / "demo" / "app.py")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with the files that snippets name."""
    (tmp_path / "hubsmith.toml").touch()
    add_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def snippets_of(kitchen_url: str, capsys: pytest.CaptureFixture[str]) -> Snippets:
    """Give `snippets_of(language) -> snippet by endpoint`, as the command prints them."""
    names = ["bake", "chat", "count", "fail", "greet", "img", "plan", "shout", "stream", "suggest"]

    def ask(language: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in names:
            assert main(["show", kitchen_url, "--endpoint", name, "--lang", language]) == 0
            found[name] = capsys.readouterr().out
        return found

    return ask
