"""Files as images of Pillow and as DataFrames of pandas."""

from __future__ import annotations

import asyncio
import io
import sys
from pathlib import Path
from typing import Any

import pytest
from hubsmith_runtime import File, MissingDependencyError, ValidationError

PIL = pytest.importorskip("PIL.Image")
pandas = pytest.importorskip("pandas")


def picture(kind: str = "PNG") -> bytes:
    output = io.BytesIO()
    PIL.new("RGB", (3, 2), "navy").save(output, format=kind)
    return output.getvalue()


def test_a_picture_is_read_as_an_image(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture())
    for file in (File(tmp_path / "a.png"), File(picture("JPEG")), File(PIL.new("RGB", (3, 2)))):
        image = file.image()
        assert isinstance(image, PIL.Image)
        assert image.size == (3, 2)
        assert asyncio.run(file.aimage()).size == (3, 2)


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("a.csv", b"x,y\n1,2.5\n", {}),
        ("A.CSV", b"x;y\n1;2.5\n", {"sep": ";"}),
        ("a.tsv", b"x\ty\n1\t2.5\n", {}),
        ("a.json", b'[{"x": 1, "y": 2.5}]', {}),
        ("a.jsonl", b'{"x": 1, "y": 2.5}\n', {}),
    ],
)
def test_a_table_is_read_as_its_name_says(
    name: str, content: bytes, options: dict[str, Any]
) -> None:
    file = File(content, name=name)
    for frame in (file.dataframe(**options), asyncio.run(file.adataframe(**options))):
        assert isinstance(frame, pandas.DataFrame)
        assert frame.to_dict("list") == {"x": [1], "y": [2.5]}


def test_a_table_without_a_name_is_read_as_its_type_says() -> None:
    assert File(b"x\n1\n", mime_type="text/csv").dataframe()["x"].tolist() == [1]


@pytest.mark.parametrize(
    ("file", "read", "words"),
    [
        (
            File(b"soup", name="a.png"),
            "image",
            r"^'a\.png' cannot be read as an image: .*cannot id",
        ),
        (File(picture()[:40], name="cut.png"), "image", r"^'cut\.png' cannot be read as an image:"),
        (File(b"", name="a.csv"), "dataframe", r"^'a\.csv' cannot be read as a table: EmptyData"),
        (File(b"{", name="a.json"), "dataframe", r"^'a\.json' cannot be read as a table: Val"),
        (
            File(b"x", name="a.bin"),
            "dataframe",
            r"^'a\.bin' is not a table by its name or type: .*\.csv",
        ),
    ],
)
def test_what_is_neither_is_refused_by_name(file: File, read: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        getattr(file, read)()
    with pytest.raises(ValidationError, match=words):
        asyncio.run(getattr(file, f"a{read}")())


@pytest.mark.parametrize(
    ("file", "read", "module", "package"),
    [
        (File(picture(), name="a.png"), "image", "PIL.Image", "pillow"),
        (File(b"x\n", name="a.csv"), "dataframe", "pandas", "pandas"),
    ],
)
def test_a_missing_package_is_named(
    file: File, read: str, module: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependencyError, match=f"`pip install {package}`"):
        getattr(file, read)()
