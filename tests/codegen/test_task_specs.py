"""`specs/tasks` itself, and how it is compared with the package it was taken from."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import tarfile
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from hubsmith_codegen.ir.json_type import Json
from hubsmith_codegen.normalise.tasks import service_of_tasks
from hubsmith_codegen.normalise.tasks.documents import (
    COMMON,
    OWN_ID,
    Documents,
    corrected,
    read_documents,
    read_overlays,
)
from hubsmith_repository import upstream
from hubsmith_repository.upstream import (
    TASKS,
    Pin,
    check_integrity,
    compare_with,
    differences,
    unpack,
)
from hubsmith_runtime import HubsmithError, SpecError

OWN = {"audio-to-audio", "tabular-classification", "tabular-regression"}
SCHEMAS = read_documents(TASKS)
OVERLAYS = read_overlays(TASKS)


def nodes(value: Json, place: str) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every object of a schema that is a schema itself."""
    if isinstance(value, list):
        for position, item in enumerate(value):
            yield from nodes(item, f"{place}/{position}")
    elif isinstance(value, dict):
        yield place, value
        for key, inner in value.items():
            if key in ("properties", "$defs", "definitions") and isinstance(inner, dict):
                for name, item in inner.items():
                    yield from nodes(item, f"{place}/{key}/{name}")
            elif key not in ("enum", "required", "default"):
                yield from nodes(inner, f"{place}/{key}")


def changed(change: Callable[[Documents], None]) -> Documents:
    documents = copy.deepcopy(SCHEMAS)
    change(documents)
    return documents


def properties(documents: Documents, task: str, file: str) -> dict[str, Json]:
    return cast("dict[str, Json]", documents.tasks[task][file]["properties"])


def test_32_tasks_are_upstreams_and_three_are_our_own() -> None:
    own = {task for task, files in SCHEMAS.tasks.items() if str(files["input"]["$id"]).startswith(OWN_ID)}  # fmt: skip
    assert own == OWN
    assert len(SCHEMAS.tasks) - len(own) == 32
    assert set(OVERLAYS) == set(SCHEMAS.tasks)


def test_every_property_is_described() -> None:
    for name, document in SCHEMAS.all():
        for place, node in nodes(document, name):
            properties = node.get("properties")
            for key, one in properties.items() if isinstance(properties, dict) else ():
                assert isinstance(one, dict) and one.get("description"), f"{place}: {key}"


def test_no_default_is_a_string_that_means_something_else() -> None:
    for name, document in corrected(SCHEMAS, OVERLAYS).all():
        for place, node in nodes(document, name):
            if isinstance(node.get("default"), str):
                assert node.get("type") == "string" or "allOf" in node, place


def test_every_method_has_its_own_name() -> None:
    found = service_of_tasks(TASKS).operations
    assert len({one.method for one in found}) == len(found) == 35
    assert {one.endpoint for one in found} == set(SCHEMAS.tasks) - {"chat-completion"} | {"conversational"}  # fmt: skip


def test_the_same_facts_are_no_difference() -> None:
    def reword(documents: Documents) -> None:
        node = cast("dict[str, Json]", properties(documents, "fill-mask", "input")["inputs"])
        node |= {"description": "Other words.", "example": "[MASK]"}

    assert differences(SCHEMAS, changed(reword), OVERLAYS) == ()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda d: properties(d, "summarization", "output")["summary_text"].update(type="number"),
            "summarization/output.json#/properties/summary_text/type: here 'string', "
            "upstream 'number' (NOT EXPLAINED)",
        ),
        (
            lambda d: properties(d, "summarization", "input").update(language={"type": "string"}),
            "summarization/input.json#/properties/language: here nothing, "
            "upstream {'type': 'string'} (NOT EXPLAINED)",
        ),
        (
            lambda d: d.tasks["summarization"]["output"].update(required=[]),
            "summarization/output.json#/required: here ['summary_text'], "
            "upstream [] (NOT EXPLAINED)",
        ),
        (
            lambda d: d.tasks["summarization"].pop("output"),
            "summarization/output.json#: here {'$id': ",
        ),
        (
            lambda d: d.common["definitions"].pop("ClassificationOutput"),
            f"{COMMON}/{COMMON}.json#/definitions/ClassificationOutput: here ",
        ),
    ],
)  # fmt: skip
def test_a_changed_fact_is_a_difference(change: Callable[[Documents], None], expected: str) -> None:
    (found,) = differences(SCHEMAS, changed(change), OVERLAYS)
    assert str(found).startswith(expected)
    assert found.reason == ""


def test_a_difference_where_the_overlay_corrects_is_explained() -> None:
    def correct(documents: Documents) -> None:
        element = cast("dict[str, Json]", documents.tasks["fill-mask"]["output"]["items"])
        element["required"] = ["score", "sequence", "token", "token_str"]

    (found,) = differences(SCHEMAS, changed(correct), OVERLAYS)
    assert found.place == "/items/required/3"
    assert found.reason == "It requires `tokenStr`, but the property is `token_str`."


def test_our_own_schema_is_a_difference_only_where_upstream_has_one() -> None:
    without = changed(lambda documents: documents.tasks.pop("audio-to-audio"))  # pyright: ignore
    assert differences(SCHEMAS, without, OVERLAYS) == ()

    def adopt(documents: Documents) -> None:
        documents.tasks["audio-to-audio"]["input"]["$id"] = "/inference/schemas/audio-to-audio"

    (found,) = differences(SCHEMAS, changed(adopt), OVERLAYS)
    assert (found.task, found.place, found.reason) == ("audio-to-audio", "/$id", "")


def archive_of(documents: Documents, path: Path) -> Path:
    """Pack schemas as upstream does, beside files that nobody asked for."""
    with tarfile.open(path, "w:gz") as archive:

        def add(name: str, content: bytes) -> None:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))

        add("package/src/tasks/../../../../evil.json", b"{}")
        add("package/src/tasks/placeholder/spec/input.json", b"not read")
        for name, document in documents.all():
            task, _, file = name.partition("/")
            inside = f"{task}/spec/{file}" if file else task
            add(f"package/src/tasks/{inside}.json", json.dumps(document).encode())
    return path


def test_an_archive_is_compared_without_taking_anything_else_out(tmp_path: Path) -> None:
    archive = archive_of(SCHEMAS, tmp_path / "tasks.tgz")
    folder = unpack(archive, tmp_path / "in" / "side")
    assert compare_with(folder) == ()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "tasks.tgz"]


def test_an_archive_without_schemas_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "tasks.tgz", "w:gz"):
        pass
    with pytest.raises(HubsmithError, match="has no task schemas"):
        unpack(tmp_path / "tasks.tgz", tmp_path)


def test_another_archive_than_the_pinned_one_is_refused(tmp_path: Path) -> None:
    (archive := tmp_path / "tasks.tgz").write_bytes(b"content")
    right = "sha512-" + b64encode(hashlib.sha512(b"content").digest()).decode()
    check_integrity(archive, Pin(package="p", version="1", integrity=right))
    with pytest.raises(HubsmithError, match="p@1 is not the pinned package"):
        check_integrity(archive, Pin(package="p", version="1", integrity="sha512-AAAA"))
    with pytest.raises(SpecError, match="must be a sha512 hash"):
        check_integrity(archive, Pin(package="p", version="1", integrity="md5-AAAA"))


@pytest.mark.parametrize("is_changed", [False, True])
def test_the_check_fails_for_a_difference(
    is_changed: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def change(documents: Documents) -> None:
        if is_changed:
            properties(documents, "fill-mask", "input").pop("inputs")

    def fetch(pin: Pin, folder: Path) -> Path:
        assert pin.integrity.startswith("sha512-")
        return archive_of(changed(change), folder / "tasks.tgz")

    monkeypatch.setattr(upstream, "fetch", fetch)
    assert upstream.main() == (1 if is_changed else 0)
    printed = capsys.readouterr().out
    assert ("fill-mask/input.json#/properties/inputs: here" in printed) is is_changed
    count = int(is_changed)
    assert f"{count} differences, {count} not explained" in printed


def test_npm_that_is_missing_or_fails_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin = Pin(package="p", version="1", integrity="sha512-AAAA")
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(HubsmithError, match="npm is not installed"):
        upstream.fetch(pin, tmp_path)
    npm = tmp_path / "bin" / "npm"
    npm.write_text("#!/bin/sh\necho no such package >&2\nexit 1\n", encoding="utf-8")
    npm.chmod(0o755)
    with pytest.raises(HubsmithError, match="npm could not fetch p@1: no such package"):
        upstream.fetch(pin, tmp_path)
