"""Whatever a page or a Space says, a script runs nothing of it and writes nowhere else."""

from __future__ import annotations

import ast
import copy
import subprocess
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hubsmith_record.fixture import write_fixture
from hubsmith_record.live import describe
from hubsmith_record.recording import Recording
from hubsmith_record.session import Language, write_session

from tests.record.by_hand import Clicks, file_data

EVIL = [
    '"""; raise SystemExit #',
    "'); process.exit(1); //",
    "*/ process.exit(1); /*",
    "line\nraise SystemExit(1)\r\u2028raise SystemExit(1)",
    "$(touch run) `touch run` '; touch run; '",
    "\x00\x1b[2J\x07",
    "\u202eback\u2066wards\u200b",
    "\ud800 half of a pair",
    "\\",
    "{{ 7 * 7 }} ${7 * 7} %(x)s",
    "# type: ignore  # pyright: basic",
    "@ts-ignore </script>",
]


def hostile() -> Clicks:
    """A Space whose every text is hostile, and calls with such values."""
    components: list[Any] = [
        {"id": 1, "type": "textbox", "props": {"label": "\n".join(EVIL)}},
        {"id": 2, "type": "textbox", "props": {"label": EVIL[0]}},
        {"id": 3, "type": "button", "props": {"value": "\n".join(EVIL)}},
        {"id": 4, "type": "file", "props": {"label": EVIL[3]}},
    ]
    text = {"type": "string"}
    file = {"type": "filepath"}
    info: dict[str, Any] = {"named_endpoints": {}, "unnamed_endpoints": {}}
    dependencies: list[Any] = []
    for number, words in enumerate(EVIL):
        dependencies.append(
            {
                "id": number,
                "api_name": words,
                "inputs": [1, 4],
                "outputs": [2],
                "targets": [[3, "click"]],
                "backend_fn": True,
                "api_visibility": "public" if number % 4 else "private",
            }
        )
        parameters = [
            {"label": words, "parameter_name": words, "type": text, "component": "Textbox"},
            {"label": words, "parameter_name": f"{words} 2", "type": file, "component": "File"},
        ]
        returns = [{"label": words, "type": text, "component": "Textbox"}]
        if number % 4:
            info["named_endpoints"][f"/{words}"] = {"parameters": parameters, "returns": returns}
    config = {
        "version": "6.31.0", "protocol": "sse_v3", "api_prefix": "/gradio_api", "title": EVIL[0],
        "components": components, "dependencies": dependencies,
    }  # fmt: skip
    return Clicks(config, info, "http://127.0.0.1:1")


def visited() -> Recording:
    clicks = hostile()
    names = [
        "../../outside.txt",
        "/etc/passwd",
        "a\nb;type=x.txt",
        "\u202etxt.exe",
        "-rf",
        "CON",
        "",
    ]
    for number, words in enumerate(EVIL):
        name = names[number % len(names)]
        file = clicks.upload(f"/tmp/{number}/{name}", b"content", name)
        clicks.call(words, [words, file], [words])
        clicks.call(words, [words, file_data(f"/tmp/{words}")], error=words, trigger_id=3)
        clicks.call(words, [words, None], ended=None, event_data=words if number % 3 else None)
    return clicks.recording(skipped=EVIL)


def is_visible(text: str) -> bool:
    return not any(
        unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        for one in text.replace("\n", "")
    )


@pytest.mark.parametrize("language", ["python", "typescript", "curl"])
def test_a_script_holds_hostile_text_as_values_only(
    language: Language, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    session = write_session(visited(), language=language, out=tmp_path / "in" / "session.x")
    text = session.script.read_text(encoding="utf-8")
    assert is_visible(text)
    outside = [one for one in tmp_path.rglob("*") if "in" not in one.relative_to(tmp_path).parts]
    assert outside == []
    assert all(is_visible(file.as_posix()) for file in session.files)
    assert all(file.read_bytes() == b"content" for file in session.files)
    if language == "python":
        nodes = [*ast.walk(ast.parse(text))]
        assert not [
            one for one in nodes if isinstance(one, ast.Raise | ast.Lambda | ast.FunctionDef)
        ]
        called = {
            one.func.id
            for one in nodes
            if isinstance(one, ast.Call) and isinstance(one.func, ast.Name)
        }
        assert called <= {"print", "zip", "range", "Path", "handle_file", "RaiseSystemExit"}
    elif language == "curl":
        checked = subprocess.run(
            ["sh", "-n", str(session.script)], capture_output=True, check=False
        )
        assert checked.returncode == 0, checked.stderr
        # Nothing answers at the address: what runs before the first call fails is the shell's.
        subprocess.run(["sh", str(session.script)], capture_output=True, check=False, timeout=60)
        assert not [*tmp_path.rglob("run")]


def test_comments_hold_no_directive_of_a_tool(tmp_path: Path) -> None:
    session = write_session(visited(), language="python", out=tmp_path / "session.py")
    comments = [
        line.strip().removeprefix("#")
        for line in session.script.read_text(encoding="utf-8").splitlines()
        if line.strip().startswith("#")
    ]
    assert comments
    assert not [one for one in comments if "#" in one or "@" in one]


def test_the_line_of_the_terminal_is_clean() -> None:
    recording = visited()
    lines = [describe(recording, call) for call in recording.calls]
    assert all(is_visible(line) and "\n" not in line for line in lines)


def test_a_fixture_names_files_of_its_folder_only(tmp_path: Path) -> None:
    file = write_fixture(visited(), tmp_path / "in" / "answers.json")
    assert is_visible(file.read_text(encoding="utf-8"))
    outside = [one for one in tmp_path.rglob("*") if "in" not in one.relative_to(tmp_path).parts]
    assert outside == []


@pytest.mark.parametrize("odd", [None, [], {}, "x", 7, [[[]]], {"path": []}, float("inf")])
def test_documents_that_make_no_sense_are_no_reason_to_stop(odd: Any, tmp_path: Path) -> None:
    clicks = hostile()
    clicks.call(EVIL[1], [odd, odd, odd], odd if isinstance(odd, list) else [odd])
    recording = clicks.recording()
    config: Any = copy.deepcopy(recording.config)
    for one in config["dependencies"]:
        one.update(inputs=odd, outputs=odd, targets=odd, trigger_after=odd)
    for number, language in enumerate(("python", "typescript", "curl")):
        chosen: Any = language
        write_session(recording, language=chosen, out=tmp_path / str(number) / "session.x")
    describe(clicks.recording(), clicks.calls[0])
    odd_clicks = Clicks(config, recording.info, recording.url)
    odd_clicks.functions = clicks.functions
    odd_clicks.call(EVIL[1], ["a", None], ["b"])
    write_session(odd_clicks.recording(), language="python", out=tmp_path / "4" / "session.x")
