"""Untrusted input is bounded before it is read, and the work for it does not grow too fast."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hubsmith_codegen.cli import main
from hubsmith_codegen.load import load, load_document
from hubsmith_codegen.load.document import MAX_BYTES, MAX_VALUES
from hubsmith_codegen.load.snapshot import read_snapshot
from hubsmith_codegen.load.toml import MAX_TOML_BYTES, parse_toml, read_toml
from hubsmith_codegen.normalise import normalise
from hubsmith_codegen.pipeline import Target, draft
from hubsmith_codegen.write.lock import MAX_LOCK_BYTES, read_lock, read_lock_file
from hubsmith_runtime import SpecError

from tests.support.documents import config_of, endpoint, function, info_of, parameter, result

pytestmark = pytest.mark.slow

TEXT = {"type": "string"}
SLOW = pytest.mark.skipif(
    os.environ.get("HUBSMITH_HOSTILE") != "all", reason="slow; `make test-hostile` runs it"
)


def test_a_document_of_many_tiny_values_is_refused_before_it_is_built() -> None:
    document = b'{"named_endpoints": {}, "x": [' + b"{}," * MAX_VALUES + b"{}]}"
    with pytest.raises(SpecError, match="has more than 500000 values"):
        load_document(document)


def test_signs_within_strings_are_no_values() -> None:
    document = {"named_endpoints": {}, "x": ',:[{"\\' * MAX_VALUES}
    assert load_document(json.dumps(document).encode()).info == {"named_endpoints": {}}


@pytest.mark.parametrize("letter", ["é", "\\u00e9"])
def test_letters_that_take_more_memory_count_for_more(letter: str) -> None:
    document = f'{{"named_endpoints": {{}}, "x": "{letter}'.encode() + b"x" * (MAX_BYTES // 4)
    with pytest.raises(SpecError, match="larger than 16 MiB"):
        load_document(document + b'"}')


MEMORY = """
import resource, sys
from hubsmith_codegen.load import load
part, limit, values = sys.argv[1].encode(), int(sys.argv[2]), int(sys.argv[3])
document = part * min(limit // len(part), values // part.count(b","))
document = b'{"named_endpoints": {"/a": {"returns": [' + document + b"{}]}}}"
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    load({"info": document})
except Exception as error:
    print(error, file=sys.stderr)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
# The document itself is a part of what was there before.
print(len(document), (after - before) * 1024 + len(document))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the unit of ru_maxrss")
@pytest.mark.parametrize(
    "part",
    [
        pytest.param(b'{"label": "' + b"x" * 1000 + b'"},', marks=SLOW),
        b'{"label": "' + b"x" * 380 + b'"},',
        pytest.param(b'"' + b"\\n" * 10_000 + b'",', marks=SLOW),
        pytest.param(b"{},", marks=SLOW),
    ],
    ids=["long", "short", "escapes", "refused"],
)
def test_a_document_near_the_limit_takes_less_than_four_times_its_size(part: bytes) -> None:
    values = (MAX_VALUES - 100) // 3 if len(part) > 3 else 10**9
    words = [part.decode(), str(MAX_BYTES - 1000), str(values)]
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, *words], capture_output=True, text=True, check=True
    )
    assert ("more than" in done.stderr) == (part == b"{},"), done.stderr
    size, memory = map(int, done.stdout.split())
    assert memory < 4 * size


def many(one: Callable[[int], Any]) -> Callable[[int], list[Any]]:
    return lambda size: [one(number) for number in range(size)]


def whole(*parameters: Any, returns: Any = ()) -> dict[str, Any]:
    return {"info": info_of({"/go": endpoint(*parameters, returns=returns)})}


def named(title: str, **members: Any) -> dict[str, Any]:
    return {"type": "object", "title": title, "properties": members}


def in_config(size: int) -> dict[str, Any]:
    components = [
        {"id": number, "type": "textbox", "props": {"label": "same"}, "api_info": TEXT}
        for number in range(size)
    ]
    functions = [function(f"f{number}", [number], [number]) for number in range(size)]
    places = list(range(size))
    return {"config": config_of(components, *functions, function("all", places, places))}


GROWING: dict[str, Callable[[int], dict[str, Any]]] = {
    "endpoints": lambda size: {
        "info": info_of({f"/e{one}": endpoint(parameter(TEXT)) for one in range(size)})
    },
    "endpoints alike": lambda size: {
        "info": info_of({f"/{one:b}".translate({48: "-", 49: "."}): endpoint() for one in range(size)})
    },
    "parameters": lambda size: whole(*many(lambda one: parameter(TEXT, name=f"x{one}"))(size)),
    "parameters alike": lambda size: whole(*many(lambda _: parameter(TEXT))(size)),
    "results alike": lambda size: whole(returns=many(lambda _: result(TEXT))(size)),
    "members": lambda size: whole(parameter(named("A", **{f"m{one}": TEXT for one in range(size)}))),
    "choices": lambda size: whole(parameter({"enum": many(str)(size)})),
    "options": lambda size: whole(parameter({"anyOf": many(lambda one: {"const": one})(size)})),
    "objects": lambda size: whole(
        parameter({"anyOf": many(lambda one: named("A", **{f"m{one}": TEXT}))(size)})
    ),
    "parts": lambda size: whole(parameter({"allOf": many(lambda one: named("A", **{f"m{one}": TEXT}))(size)})),
    "references": lambda size: whole(
        parameter(
            {
                "anyOf": many(lambda one: {"$ref": f"#/$defs/d{one}"})(size),
                "$defs": {f"d{one}": named("A", m={"$ref": f"#/$defs/d{(one + 1) % size}"}) for one in range(size)},
            }
        )
    ),
    "words": lambda size: {"info": info_of({"/go": endpoint(description="word\n\n " * size * 20)})},
    "components": in_config,
}  # fmt: skip


def steps(work: Callable[[], object]) -> int:
    """Count the lines and the calls that Python runs; a busy machine does not change them."""
    count = 0

    def trace(_: FrameType, __: str, ___: Any) -> Any:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("document", GROWING.values(), ids=list(GROWING))
def test_the_work_grows_with_the_document_and_not_with_its_square(
    document: Callable[[int], dict[str, Any]],
) -> None:
    def work(size: int) -> int:
        contents = {kind: json.dumps(one).encode() for kind, one in document(size).items()}
        return steps(lambda: normalise(load(contents, name="tiny")))

    work(10)  # What is imported and cached once.
    once, twice = work(100), work(200)
    assert twice < 2.4 * once


def test_references_that_double_at_each_step_take_no_more_work_than_they_are_long() -> None:
    for schema in ("object", "array"):
        definitions: dict[str, Any] = {}
        for number in range(60):
            twice = [{"$ref": f"#/$defs/d{number + 1}"}] * 2
            definitions[f"d{number}"] = (
                {"type": "array", "prefixItems": twice}
                if schema == "array"
                else named("A", a=twice[0], b=twice[1])
            )
        taken = {"$ref": "#/$defs/d0", "$defs": definitions}
        info = json.dumps(info_of({"/go": endpoint(parameter(taken))})).encode()
        raw = load({"info": info}, name="tiny")
        assert steps(lambda raw=raw: draft(Target(raw=raw, root=Path("tiny")))) < 1_000_000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a = " + b"[" * 5000, "nested deeper"),
        (b"a = " + b"{a=" * 5000, "nested deeper"),
        (b"a = " + b"[" * 150 + b"]" * 150, "nested deeper"),
        (b"[a" + b".a" * 100_000 + b"]\n", "more than 32 parts"),
        (b'["a"' + b" . 'b c'" * 100_000 + b"]\n", "more than 32 parts"),
        (b"x = { a" + b'."="' * 100_000 + b" = 1 }\n", "more than 32 parts"),
        (b"a = " + b"9" * 5000, "not valid TOML"),
        (b"a = \xff", "not valid TOML"),
    ],
)
def test_untrusted_toml_is_bounded(content: bytes, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        parse_toml(content, "hubsmith.toml")


def test_dots_in_texts_and_comments_are_no_keys() -> None:
    dotted = "a." * 200
    text = (
        f'# {dotted}\na = "{dotted}"\nb = \'{dotted}\'\nc = """\n{dotted}"" {dotted}"""\n'
        f"d = '''\n{dotted}' {dotted}'''\ne.f.g = \"\\\"{dotted}\"\n"
    )
    assert parse_toml(text.encode(), "it")["e"]["f"]["g"] == f'"{dotted}'


def test_files_are_not_read_beyond_their_limits(tmp_path: Path) -> None:
    for name, limit, read in (
        ("hubsmith.toml", MAX_TOML_BYTES, read_toml),
        ("hubsmith.lock", MAX_LOCK_BYTES, read_lock_file),
        ("info.json", MAX_BYTES, read_snapshot),
    ):
        with (tmp_path / name).open("wb") as file:
            file.truncate(limit + 1)  # It takes no room on the disk.
        with pytest.raises(SpecError, match=rf"{name} is larger than {limit // 2**20} MiB"):
            read(tmp_path / name)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device")
def test_a_device_is_not_read(tmp_path: Path) -> None:
    for name, read in (("hubsmith.toml", read_toml), ("hubsmith.lock", read_lock_file)):
        (tmp_path / name).symlink_to("/dev/zero")
        with pytest.raises(SpecError, match="is not a file"):
            read(tmp_path / name)


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"lock_version": ' + b"9" * 5000 + b"}",
        b'{"lock_version": 1e999}',
        b'{"lock_version": 1, "options": ' + b'{"a":' * 3000 + b"1" + b"}" * 3001,
        b'{"lock_version": 1, "name": []}',
        b'{"lock_version": true}',
        b'{"lock_version": [1]}',
        b"\xff\xfe",
        b"",
    ],
)
def test_an_untrusted_lock_gives_one_clear_error(content: bytes) -> None:
    with pytest.raises(SpecError, match="it is"):
        read_lock(content, "it is")


@pytest.mark.parametrize("name", ["hubsmith.toml", "pyproject.toml"])
def test_the_command_refuses_a_configuration_beyond_the_limits(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(b"a = " + b"[" * 5000)
    monkeypatch.chdir(tmp_path)
    assert main(["generate"]) == 2
    assert f"{name} is nested deeper than 100 levels" in capsys.readouterr().err
