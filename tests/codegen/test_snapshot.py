"""A snapshot says what the Space takes and gives, and nothing about machine or moment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hubsmith_codegen.load import load
from hubsmith_codegen.load.snapshot import read_snapshot, snapshot_files
from hubsmith_codegen.write.snapshot import write_snapshot
from hubsmith_runtime import SpecError


def test_a_snapshot_gives_back_what_was_written(
    documents: dict[str, bytes], tmp_path: Path
) -> None:
    raw = load(documents, source="owner/greeter", name="greeter")
    write_snapshot(raw, tmp_path / "greeter")
    assert read_snapshot(tmp_path / "greeter") == raw
    assert sorted(file.name for file in (tmp_path / "greeter").iterdir()) == [
        "config.json",
        "info.json",
        "openapi.json",
        "source.json",
    ]


def test_only_what_the_generator_needs_is_kept(documents: dict[str, bytes]) -> None:
    files = snapshot_files(load(documents))
    config = json.loads(files["config.json"])
    assert not {"app_id", "root", "username"} & config.keys()
    assert config["dependencies"] == [{"api_name": "greet", "id": 0, "inputs": [1], "outputs": [2]}]
    # The value of an input is its default; that of an output is no part of the API.
    assert config["components"][0]["props"] == {"label": "Name", "value": "you"}
    assert config["components"][1]["props"] == {"label": "Greeting"}
    assert "code_snippets" not in files["info.json"]


def test_addresses_of_the_moment_go_and_public_ones_stay() -> None:
    def file(url: str) -> dict[str, object]:
        return {"path": "/tmp/gradio/cat.png", "url": url}

    values = [
        file("http://127.0.0.1:7860/gradio_api/file=/tmp/gradio/cat.png"),
        file("https://owner-name.hf.space/file=/tmp/gradio/cat.png"),
        file("https://example.org/cat.png"),
        file("data:image/png;base64,AA=="),
        "<function f at 0x7f08f510bba0>",
    ]
    raw = load({"info": json.dumps({"named_endpoints": {"/a": {"v": values}}}).encode()})
    kept = json.loads(snapshot_files(raw)["info.json"])["named_endpoints"]["/a"]["v"]
    assert [value["url"] for value in kept[:4]] == [
        None,
        None,
        "https://example.org/cat.png",
        "data:image/png;base64,AA==",
    ]
    assert kept[4] == "<function f>"


def test_a_second_snapshot_replaces_the_first_and_spares_other_files(
    documents: dict[str, bytes], tmp_path: Path
) -> None:
    write_snapshot(load(documents), tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    write_snapshot(load({"info": documents["info"]}), tmp_path)
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == ["info.json", "notes.txt", "source.json"]


@pytest.mark.parametrize("kind", ["info", "config", "openapi"])
def test_one_document_is_enough_alone_or_in_a_folder(
    kind: str, documents: dict[str, bytes], tmp_path: Path
) -> None:
    (tmp_path / f"{kind}.json").write_bytes(documents[kind])
    from_folder = read_snapshot(tmp_path)
    assert from_folder.digest == read_snapshot(tmp_path / f"{kind}.json").digest
    assert list(from_folder.documents) == [kind]


def test_the_folder_of_a_client_has_its_snapshot_in_spec(
    documents: dict[str, bytes], tmp_path: Path
) -> None:
    write_snapshot(load(documents), tmp_path / "greeter" / "spec")
    assert read_snapshot(tmp_path / "greeter").info is not None


def test_missing_and_empty_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="there is no such file or folder"):
        read_snapshot(tmp_path / "nowhere")
    with pytest.raises(SpecError, match=r"none of openapi\.json, info\.json and config\.json"):
        read_snapshot(tmp_path)


def test_an_error_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "info.json").write_bytes(b"<html>")
    with pytest.raises(SpecError, match=r"info\.json is an HTML page"):
        read_snapshot(tmp_path)


@pytest.mark.parametrize(
    "source", ["../../evil", "file:///etc/passwd", "https://user:pw@host/", "a/b\nimport os", 7]
)
def test_a_source_that_is_none_is_refused(
    source: object, documents: dict[str, bytes], tmp_path: Path
) -> None:
    (tmp_path / "info.json").write_bytes(documents["info"])
    (tmp_path / "source.json").write_text(json.dumps({"source": source}))
    with pytest.raises(SpecError, match="source"):
        read_snapshot(tmp_path)


def test_snapshots_of_the_corpus_are_stable(corpus: Path) -> None:
    for folder in sorted((corpus / "apps").iterdir())[::10]:
        first = snapshot_files(read_snapshot(folder))
        again = load(
            {n.removesuffix(".json"): t.encode() for n, t in first.items() if n != "source.json"}
        )
        assert snapshot_files(again) == first
        assert "127.0.0.1" not in "".join(first.values())
