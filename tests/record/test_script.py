"""What was clicked becomes a script that does it again."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hubsmith_codegen.cli import main
from hubsmith_record.live import describe
from hubsmith_record.session import Language, WrittenSession, write_session
from hubsmith_runtime import SpecError

from tests.record.by_hand import Clicks, file_data
from tests.support.paths import KITCHEN_APP
from tests.support.type_checker import faults_in
from tests.typescript import project

APPS = Path(__file__).parent / "apps"
Write = Callable[..., WrittenSession]


@pytest.fixture(scope="module")
def observed(
    start_gradio: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """The demo app, and the file in which it notes its calls."""
    seen = tmp_path_factory.mktemp("seen") / "seen.jsonl"
    return start_gradio(APPS / "observed.py", APP_SCRIPT=str(KITCHEN_APP), APP_SEEN=str(seen)), seen


@pytest.fixture
def seen(observed: tuple[str, Path]) -> Path:
    observed[1].write_text("", encoding="utf-8")
    return observed[1]


@pytest.fixture
def kitchen(observed: tuple[str, Path]) -> Clicks:
    return Clicks.on(observed[0])


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Give `written(clicks, language) -> what was written`, in an empty project."""
    (tmp_path / "hubsmith.toml").touch()
    monkeypatch.chdir(tmp_path)

    def write(clicks: Clicks, language: Language = "python", **more: Any) -> WrittenSession:
        ending = {"python": "py", "typescript": "ts", "curl": "sh"}[language]
        skipped = more.pop("skipped", ())
        recording = clicks.recording(skipped=skipped)
        return write_session(recording, language=language, out=Path(f"session.{ending}"), **more)

    return write


def body(session: WrittenSession) -> list[str]:
    """The lines of a Python script that make calls, without the numbers and times."""
    lines = session.script.read_text(encoding="utf-8").splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("with "))
    return [line.strip() for line in lines[start + 1 :] if line and "after the start" not in line]


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def noted(seen: Path) -> list[Any]:
    return [json.loads(line) for line in seen.read_text(encoding="utf-8").splitlines()]


GREETED = "Good evening, Bob!!!!!"


def visit(kitchen: Clicks) -> None:
    """Click once through what a script can do."""
    history = [
        {
            "role": who,
            "content": [{"type": "text", "text": text}],
            "metadata": None,
            "options": None,
        }
        for who, text in (("user", "Hi"), ("assistant", "Question 1 was: Hi"))
    ]
    card = kitchen.upload("/tmp/gradio/1/card.txt", b"salt\n")
    shouted = file_data("/tmp/gradio/2/card-shouted.txt")
    kitchen.call("greet", ["Bob", "casual", 3], ["Hi, Bob!!!"])
    kitchen.call("greet", ["Bob", "formal", 5], [GREETED])
    kitchen.call("fail", [GREETED], error=f"There is no more {GREETED} today.")
    kitchen.call("shout", [card], [shouted])
    kitchen.call("shout", [shouted], [file_data("/tmp/gradio/3/card.txt")])
    kitchen.call("stream", [3, 0.05], ["1 2 3"], partials=3)
    kitchen.call("greet", ["1 2 3", "formal", 3], ["Good evening, 1 2 3!!!"])
    kitchen.call("stream", [100, 0.05], partials=2, ended=None)
    kitchen.call("count", ["soup", None], [1, None])
    kitchen.call("count", ["tea", None], [2, None])
    kitchen.call("chat", ["Hi", []], [history])
    kitchen.call("chat", ["Ho", history], [[*history, *history]])
    kitchen.call("suggest", ["autumn", ["pesto"]], ["pumpkin", ["tomato", "cream"]])


SEEN_IN_PYTHON = [
    ["greet", ["Bob", "casual", 3]],
    ["greet", ["Bob", "formal", 5]],
    ["fail", [GREETED]],
    ["stream", [3, 0.05]],
    ["greet", ["1 2 3", "formal", 3]],
    ["stream", [100, 0.05]],
    ["count", ["soup", []]],
    ["count", ["tea", ["soup"]]],
    ["suggest", ["autumn", ["pesto"]]],
]
PYTHON = """
greeting = kitchen.greet(name="Bob", style="casual")
print(greeting)
greeting_2 = kitchen.greet(name="Bob", intensity=5)
print(greeting_2)
# The Space answered with an error: "There is no more Good evening, Bob!!!!! today."
try:
kitchen.fail(dish=greeting_2)
except AppError as error:
print(error)
shouted_card = kitchen.shout(recipe=FILES / "card.txt")
print(shouted_card)
shouted_card_2 = kitchen.shout(recipe=shouted_card)
print(shouted_card_2)
for part in kitchen.jobs.stream(n=3):
print(part)
greeting_3 = kitchen.greet(name="1 2 3")
print(greeting_3)
# Cancelled or abandoned before it finished.
job = kitchen.jobs.stream(n=100)
for _, part in zip(range(2), job):
print(part)
job.cancel()
orders_so_far = kitchen.count(order="soup")
print(orders_so_far)
orders_so_far_2 = kitchen.count(order="tea")
print(orders_so_far_2)
history = kitchen.chat(message="Hi")
print(history)
history_2 = kitchen.chat(message="Ho", history=history)
print(history_2)
suggest_result = kitchen.suggest(season="autumn", avoid=["pesto"])
print(suggest_result)
"""


def assert_seen(seen: Path) -> None:
    calls = noted(seen)
    assert [one for one in calls if one[0] not in ("chat", "shout")] == SEEN_IN_PYTHON
    first, second = [one for one in calls if one[0] == "chat"]
    assert first == ["chat", ["Hi", []]]
    assert [turn["role"] for turn in second[1][1]] == ["user", "assistant"]
    assert len([one for one in calls if one[0] == "shout"]) == 2


@pytest.mark.slow
def test_a_python_script_makes_the_same_calls_and_type_checks(
    kitchen: Clicks, written: Write, seen: Path
) -> None:
    visit(kitchen)
    session = written(kitchen)
    assert body(session) == PYTHON.strip().splitlines()
    assert [file.read_bytes() for file in session.files] == [b"salt\n"]
    assert session.client is not None and session.is_new_client and session.client.name == "kitchen"
    run(sys.executable, str(session.script))
    assert_seen(seen)
    assert faults_in(Path.cwd(), include=["session.py"]) == []


@pytest.mark.slow
@project.needs_npm
def test_a_typescript_module_makes_the_same_calls_and_type_checks(
    kitchen: Clicks, written: Write, seen: Path
) -> None:
    visit(kitchen)
    session = written(kitchen, "typescript")
    text = session.script.read_text(encoding="utf-8")
    assert "await space.fail({ dish: greeting2 });" in text
    assert "for await (const part of space.jobs.stream({ n: 3 })) console.log(part);" in text
    project.configure(Path.cwd())
    Path("package.json").write_text('{"type": "module"}', encoding="utf-8")
    Path("node_modules").symlink_to(project.HERE / "node_modules")
    assert project.tsc(Path.cwd()) == []
    done = project.node(project.bundle(Path.cwd(), "session.ts"))
    assert done.returncode == 0, done.stderr
    assert_seen(seen)


@pytest.mark.slow
def test_a_shell_script_makes_the_same_calls(kitchen: Clicks, written: Write, seen: Path) -> None:
    if not shutil.which("curl") or not shutil.which("jq"):
        pytest.skip("needs curl and jq")
    visit(kitchen)
    session = written(kitchen, "curl")
    assert session.client is None
    said = run("sh", str(session.script))
    assert "card-shouted-shouted.txt" in said
    assert_seen(seen)


def test_the_terminal_has_a_line_for_each_call(kitchen: Clicks) -> None:
    card = kitchen.upload("/tmp/gradio/1/card.txt", b"salt\n", name="c\x1b[31mard\u202e.txt")
    recording = kitchen.recording()

    def line(*call: Any, **more: Any) -> str:
        return describe(recording, kitchen.call(*call, **more))

    assert line("greet", ["Bob", "casual", 3]) == 'greet(name="Bob", style="casual")'
    assert line("count", ["soup", None]) == 'count(order="soup")'
    assert line("shout", [card]) == "shout(recipe=<c [31mard.txt>)"
    assert line("chat", ["Hi\n\x1b[2J", []]) == 'chat(message="Hi\\n\\x1b[2J")'
    assert line("fail", ["pie"], error="No\x07 pie") == 'fail(dish="pie") failed: No pie'


@pytest.mark.parametrize(
    ("earlier", "later", "is_wired"),
    [
        pytest.param("a long greeting", "a long greeting", True, id="a text of some length"),
        pytest.param("short", "short", False, id="a short text may be typed again"),
        pytest.param("", "", False, id="nothing"),
    ],
)
def test_a_value_is_taken_from_a_result_where_it_is_hardly_a_chance(
    kitchen: Clicks, written: Write, earlier: str, later: str, is_wired: bool
) -> None:
    kitchen.call("greet", ["Bob", "formal", 3], [earlier])
    kitchen.call("bake", [later, 10], ["done"])
    assert ("kitchen.bake(dish=greeting)" in written(kitchen).script.read_text()) is is_wired


def test_what_was_typed_before_a_result_showed_it_is_no_result(
    kitchen: Clicks, written: Write
) -> None:
    kitchen.call("greet", ["a long name of a guest", "formal", 3], ["a long name of a guest"])
    kitchen.call("bake", ["a long name of a guest", 10], ["done"])
    assert 'dish="a long name of a guest"' in written(kitchen).script.read_text()


def test_a_call_that_had_not_ended_gave_nothing(kitchen: Clicks, written: Write) -> None:
    kitchen.call("greet", ["Bob", "formal", 3], ["a long greeting"], ended=9.0)
    kitchen.call("bake", ["a long greeting", 10], ["done"])
    assert 'dish="a long greeting"' in written(kitchen).script.read_text()


def test_choices_are_not_wired_to_what_is_any_text(kitchen: Clicks, written: Write) -> None:
    # The result is a string; the argument is one of four.
    kitchen.call("greet", ["Bob", "formal", 3], ["summer"])
    kitchen.call("suggest", ["autumn", []], ["pumpkin", []])
    assert 'kitchen.suggest(season="autumn")' in written(kitchen).script.read_text()


def test_a_file_that_was_not_uploaded_is_fetched_from_the_space(
    kitchen: Clicks, written: Write
) -> None:
    kitchen.call("shout", [file_data("/tmp/gradio/example/a card.txt")], [])
    session = written(kitchen)
    url = f"{kitchen.url}/gradio_api/file=/tmp/gradio/example/a%20card.txt"
    assert f'recipe="{url}"' in session.script.read_text()
    assert any("were not uploaded" in one for one in session.comments)


def test_a_value_that_the_client_refuses_is_named(kitchen: Clicks, written: Write) -> None:
    kitchen.call("stream", [None, 0.05], ["1"])
    session = written(kitchen)
    assert session.comments == ("Left out: /stream: the client does not accept its n.",)
    assert "pass" in body(session)


def test_what_was_not_recorded_is_not_said_of_the_last_call(
    kitchen: Clicks, written: Write
) -> None:
    kitchen.call("greet", ["Bob", "formal", 3], ["Good evening, Bob!!!"])
    session = written(kitchen, skipped=["The page opened a WebSocket."])
    text = session.script.read_text(encoding="utf-8")
    assert "    print(greeting)\n\n    # The page opened a WebSocket.\n" in text


def test_a_queue_that_was_full_has_its_own_error(kitchen: Clicks, written: Write) -> None:
    kitchen.call("greet", ["Bob", "formal", 3], error="Queue is full. Max size is 1.")
    assert "except QueueFullError as error:" in body(written(kitchen))


def test_nothing_is_overwritten(kitchen: Clicks, written: Write) -> None:
    kitchen.call("shout", [kitchen.upload("/tmp/1/card.txt", b"salt")], [])
    kitchen.call("shout", [kitchen.upload("/tmp/2/card.txt", b"oil")], [])
    first = written(kitchen)
    first.script.write_text("# mine\n")
    second = written(kitchen)
    assert first.script.read_text() == "# mine\n"
    assert second.script.name == "session_2.py"
    names = [file.as_posix() for file in second.files]
    assert names == ["session_2_files/card.txt", "session_2_files/2/card.txt"]
    assert [file.read_bytes() for file in second.files] == [b"salt", b"oil"]


@pytest.mark.parametrize("language", ["python", "typescript", "curl"])
def test_the_password_of_an_address_is_not_written(
    kitchen: Clicks, written: Write, language: Language
) -> None:
    kitchen.call("shout", [file_data("/tmp/gradio/card.txt")], [])
    kitchen.source = kitchen.url = kitchen.url.replace("://", "://guest:pa55w0rd@")
    written(kitchen, language)
    files = [file for file in Path.cwd().rglob("*") if file.is_file()]
    assert [file for file in files if b"pa55w0rd" in file.read_bytes()] == []


@pytest.mark.slow
def test_a_client_of_the_name_of_the_runtime_is_named_as_it_is_exported(
    kitchen: Clicks, written: Write
) -> None:
    kitchen.call("greet", ["Bob", "formal", 3], ["Good evening"])
    (Path.cwd() / "hubsmith.toml").touch()
    options = ["--name", "space", "--language", "typescript", "--quiet"]
    assert main(["add", kitchen.url, *options]) == 0
    text = written(kitchen, "typescript").script.read_text()
    assert "import { SpaceClient_ } from" in text
    assert "new SpaceClient_(" in text


@pytest.mark.slow
def test_a_client_that_is_there_is_used(kitchen: Clicks, written: Write) -> None:
    kitchen.call("greet", ["Bob", "formal", 3], ["Good evening"])
    (Path.cwd() / "hubsmith.toml").touch()
    assert main(["add", kitchen.url, "--name", "here", "--quiet"]) == 0
    session = written(kitchen)
    assert not session.is_new_client
    assert "from clients.here import Here" in session.script.read_text()
    assert "with Here() as here:" in session.script.read_text()
    named = written(kitchen, package="clients/here")
    assert named.client == Path("clients/here")
    with pytest.raises(SpecError, match="there is no client with this name"):
        written(kitchen, package="elsewhere")
    with pytest.raises(SpecError, match="has no typescript client"):
        written(kitchen, "typescript", package="here")
