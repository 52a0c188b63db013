"""`hubsmith check`: four kinds of drift, each with a line and an advice of its own."""

from __future__ import annotations

import json
import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hubsmith_codegen.cli import main
from hubsmith_codegen.cli.console import printable
from hubsmith_codegen.render import space as render
from hubsmith_codegen.write import files, lock

STRING = {"type": "string"}


def endpoint(*names: str) -> dict[str, Any]:
    return {
        "parameters": [{"parameter_name": name, "label": "", "type": STRING} for name in names],
        "returns": [{"label": "Answer", "type": STRING}],
    }


def info(**endpoints: object) -> str:
    named = {f"/{name}": described for name, described in endpoints.items()}
    return json.dumps({"named_endpoints": named, "unnamed_endpoints": {}})


@pytest.fixture
def client(home: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The client `one`, added from a snapshot."""
    (home / "one").mkdir()
    (home / "one" / "info.json").write_text(info(greet=endpoint("name")))
    assert main(["add", "one"]) == 0
    assert main(["check"]) == 0
    capsys.readouterr()
    return home / "clients" / "one"


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Callable[..., list[str]]:
    """Give `check(*arguments, status=1)`, which returns the lines of the output."""

    def run(*arguments: str, status: int = 1) -> list[str]:
        capsys.readouterr()
        assert main(["check", *arguments]) == status
        return capsys.readouterr().out.splitlines()

    return run


Check = Callable[..., list[str]]
GENERATE = "Run: hubsmith generate one"


def edit(file: Path) -> None:
    file.write_text(file.read_text() + "# mine\n")


# --- a file was edited by hand, or left over ---


def test_an_edited_file(client: Path, check: Check) -> None:
    edit(client / "client.py")
    edit(client / "README.md")
    assert check() == [
        f"one: edited by hand: README.md, client.py. {GENERATE} --force to undo it, "
        "and keep additions in a subclass elsewhere."
    ]
    assert main(["generate", "--force"]) == 0
    assert check(status=0) == ["one: up to date."]


def test_a_deleted_file(client: Path, check: Check) -> None:
    (client / "models.py").unlink()
    assert check() == [f"one: missing: models.py. {GENERATE}."]
    assert main(["generate"]) == 0
    check(status=0)


def test_a_file_that_was_added(client: Path, check: Check) -> None:
    (client / "more").mkdir()
    (client / "more" / "extra.py").write_text("")
    assert check() == [
        "one: left over: more/extra.py. Move it out of the package: hubsmith did not write it."
    ]
    # It is the user's, so nothing of ours removes it.
    assert main(["generate"]) == 0
    assert (client / "more" / "extra.py").exists()


def test_files_larger_than_any_of_ours_are_judged_unread(client: Path, check: Check) -> None:
    for name in ("weights.bin", "models.py"):
        with (client / name).open("ab") as file:
            file.truncate(300 * 2**20)
    tracemalloc.start()
    try:
        lines = check()
        assert tracemalloc.get_traced_memory()[1] < 100 * 2**20
    finally:
        tracemalloc.stop()
    assert [line.partition(". ")[0] for line in lines] == [
        "one: edited by hand: models.py",
        "one: left over: weights.bin",
    ]


def test_what_python_and_desktops_leave_behind_is_no_drift(client: Path, check: Check) -> None:
    (client / "__pycache__").mkdir()
    (client / "__pycache__" / "client.cpython-310.pyc").write_bytes(b"x")
    (client / ".DS_Store").write_bytes(b"x")
    check(status=0)


def test_a_reformatted_snapshot_is_an_edit(client: Path, check: Check) -> None:
    file = client / "spec" / "info.json"
    file.write_text(json.dumps(json.loads(file.read_text())))
    (line,) = check()
    assert line.startswith("one: edited by hand: spec/info.json.")


@pytest.mark.parametrize("is_covered_up", [False, True])
def test_an_edit_of_the_lock(client: Path, check: Check, is_covered_up: bool) -> None:
    """Whoever edits a file and writes its new hash into the lock is found, too."""
    file = client / lock.LOCK_FILE
    content = json.loads(file.read_text())
    if is_covered_up:
        edit(client / "client.py")
        content["files"]["client.py"] = lock.hash_of((client / "client.py").read_bytes())
        file.write_text(json.dumps(content))
        (line,) = check()
        # To the lock's word, the file is what an other generator made.
        assert line.startswith("one: the generator changed and writes different files: client.py.")
    else:
        content["omissions"] = [{"endpoint": "/x", "reason": "y"}]
        file.write_text(json.dumps(content))
        (line,) = check()
        assert line.startswith("one: edited by hand: hubsmith.lock.")


def test_a_missing_lock_or_client(client: Path, home: Path, check: Check) -> None:
    (client / lock.LOCK_FILE).unlink()
    (line,) = check()
    assert line.startswith("one: missing: hubsmith.lock. Restore it from version control")


def test_a_broken_lock_cannot_be_judged(client: Path, check: Check) -> None:
    (client / lock.LOCK_FILE).write_text("<<<<<<< HEAD")
    assert check(status=2) == []


def test_a_client_that_is_gone_while_its_snapshot_is_not(home: Path, check: Check) -> None:
    (home / "hubsmith.toml").write_text('[tool.hubsmith]\nsnapshots = "specs"\n')
    (home / "one").mkdir()
    (home / "one" / "info.json").write_text(info(greet=endpoint("name")))
    main(["add", "one"])
    for file in sorted((home / "clients").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    assert check() == [f"one: the client is missing. {GENERATE}."]


# --- the snapshot changed ---


def test_a_changed_snapshot(client: Path, check: Check) -> None:
    (client / "spec" / "info.json").write_text(info(greet=endpoint("person")))
    assert check() == [
        f"one: the snapshot changed after the client was made from it: spec/info.json. {GENERATE}."
    ]
    assert main(["generate"]) == 0
    assert "person" in (client / "client.py").read_text()
    check(status=0)


def test_a_snapshot_in_a_folder_of_its_own(home: Path, check: Check) -> None:
    (home / "hubsmith.toml").write_text('[tool.hubsmith]\nsnapshots = "specs"\n')
    (home / "one").mkdir()
    (home / "one" / "info.json").write_text(info(greet=endpoint("name")))
    main(["add", "one"])
    (home / "specs" / "one" / "info.json").write_text(info(greet=endpoint("person")))
    edit(home / "clients" / "one" / "spec" / "info.json")
    first, second = check()
    assert first.startswith("one: the snapshot changed")
    assert second.startswith("one: edited by hand: spec/info.json")


# --- the generator changed, or its options ---


def test_a_changed_option(client: Path, home: Path, check: Check) -> None:
    with (home / "hubsmith.toml").open("a") as file:
        file.write("vendor-runtime = true\n")
    assert check() == [
        f"one: the options changed: vendor_runtime was not set, is true. {GENERATE}."
    ]
    assert main(["generate"]) == 0
    assert (client / "_runtime").is_dir()
    check(status=0)


@pytest.fixture
def other_templates(client: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A generator that writes other models than those of the client."""
    usual = render.render

    def renders(service: Any, **options: Any) -> dict[PurePosixPath, str]:
        return {**usual(service, **options), PurePosixPath("models.py"): "# Another template\n"}

    monkeypatch.setattr(render, "render", renders)


OTHER_FILES = f"and writes different files: models.py. {GENERATE}."


def test_another_version_of_the_generator_counts_where_it_makes_other_files(
    client: Path, check: Check, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    versions = lock.generator_versions()
    monkeypatch.setattr(files, "generator_versions", lambda: {**versions, "hubsmith": "9.9"})
    check(status=0)
    request.getfixturevalue("other_templates")
    changed = f"one: the generator changed (hubsmith {versions['hubsmith']} -> 9.9)"
    assert check() == [f"{changed} {OTHER_FILES}"]


@pytest.mark.usefixtures("other_templates")
def test_another_generator_and_an_edit_are_told_apart_in_one_file(
    client: Path, check: Check
) -> None:
    assert check() == [f"one: the generator changed {OTHER_FILES}"]
    edit(client / "models.py")
    changed, edited = check()
    assert changed == f"one: the generator changed {OTHER_FILES}"
    assert edited.startswith("one: edited by hand: models.py.")


# --- the live Space changed ---


@pytest.fixture
def live(home: Path, start_space: Any, capsys: pytest.CaptureFixture[str]) -> Any:
    """A running Space with the client `greeter`."""
    space = start_space("Greeter")
    assert main(["add", space.url]) == 0
    capsys.readouterr()
    return space


def test_a_changed_space_is_found_when_it_is_asked(live: Any, check: Check) -> None:
    check("--live", status=0)
    live.endpoints = {"/hello": endpoint("name")}
    assert check(status=0) == ["greeter: up to date."]
    (line,) = check("--live")
    assert line.startswith("greeter: the Space changed: ")
    assert "/greet" in line and "/hello" in line
    assert line.endswith("Run: hubsmith update greeter.")


def test_a_change_that_breaks_no_call_fails_only_where_that_is_asked_for(
    live: Any, check: Check
) -> None:
    live.endpoints = {**live.endpoints, "/hello": endpoint("name")}
    said = ["greeter: the Space changed: 1 compatible. Run: hubsmith update greeter."]
    assert check("--live", status=0) == said
    assert check("--live", "--quiet", status=0) == []
    assert check("--live", "--fail-on", "any") == said
    assert check("--live", "--fail-on", "any", "--quiet") == said
    # What is wrong with the package is always drift.
    edit(Path("clients/greeter/client.py"))
    assert len(check("--live")) == 2


def test_a_change_that_nobody_notices_is_one_where_any_counts(live: Any, check: Check) -> None:
    live.endpoints["/greet"]["show_api"] = True
    said = [
        "greeter: the Space changed: nothing that its callers notice. Run: hubsmith update greeter."
    ]
    assert check("--live", status=0) == said
    assert check("--live", "--fail-on", "any") == said


def test_json_has_the_changes_that_diff_has(
    live: Any, check: Check, capsys: pytest.CaptureFixture[str]
) -> None:
    assert json.loads("\n".join(check("--live", "--json", status=0)))["spaces"] == {
        "greeter": {"changes": [], "drift": []}
    }
    live.endpoints = {"/hello": endpoint("person")}
    document = json.loads("\n".join(check("--live", "--format", "json")))
    assert main(["diff", "greeter", "--json"]) == 1
    changes = json.loads(capsys.readouterr().out)["changes"]
    assert document["spaces"]["greeter"]["changes"] == changes != []


# --- in GitHub Actions ---


def test_annotations_for_all_spaces_at_once(
    live: Any, start_space: Any, home: Path, check: Check
) -> None:
    baker, cook, drinks = (start_space(title) for title in ("Baker", "Cook", "Drinks"))
    assert main(["add", baker.url, cook.url, drinks.url, "--out", "py/a,b:c"]) == 0
    live.endpoints = {"/hello": endpoint("name")}
    baker.endpoints = {**baker.endpoints, "/more": endpoint()}
    cook.is_up = False
    edit(home / "py" / "a,b:c" / "drinks" / "client.py")
    lines = check("--live", "--format", "github", status=2)
    folder = "py/a%2Cb%3Ac"
    beginnings = [
        f"::error title=cook::{cook.url}",
        f"::warning title=baker,file={folder}/baker/hubsmith.lock::the Space changed: 1 compatible",
        f"::error title=drinks,file={folder}/drinks/hubsmith.lock::edited by hand: client.py.",
        "::error title=greeter,file=clients/greeter/hubsmith.lock::the Space changed: 1 breaking",
    ]
    assert len(lines) == len(beginnings), lines
    for line, beginning in zip(lines, beginnings, strict=True):
        assert line.startswith(beginning), line
    cook.is_up = True
    assert "cook: up to date." in check("--live", "--format", "github")


def test_a_line_that_would_be_a_command_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    command = "  ::error file=x::y ##[debug]z"
    assert printable(command) == command
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert printable(command) == "  : :error file=x::y ## [debug]z"
    assert printable("std::string ::x") == "std::string ::x"


COMMANDS = (
    "::add-mask::1",
    " ::stop-commands::x",
    "x ##[add-mask]1",
    "a%0A::error::b",
    "\n::error::",
)


@pytest.mark.parametrize("text", COMMANDS)
@pytest.mark.parametrize("form", ["text", "json", "github", "markdown"])
def test_what_a_space_says_is_no_command_of_a_workflow(
    text: str, form: str, live: Any, check: Check, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """An endpoint, a parameter and a title may begin lines of a report, as this Space wants it."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    live.endpoints = {text: endpoint(text), "/greet": endpoint(text)}
    live.title = text
    capsys.readouterr()
    assert main(["diff", "greeter", "--format", form]) == 1
    if form != "markdown":
        assert main(["check", "--live", "--format", form]) == 1
    if form == "text":
        assert main(["update"]) == 0
    printed = capsys.readouterr()
    for line in (printed.out + printed.err).splitlines():
        is_ours = form == "github" and re.match("::(error|warning|notice) title=greeter", line)
        assert is_ours or not line.strip().startswith("::"), line
        assert is_ours or "##[" not in line, line
        assert "\r" not in line


def test_a_space_that_does_not_answer_is_neither_drift_nor_fine(
    live: Any, check: Check, capsys: pytest.CaptureFixture[str]
) -> None:
    live.is_up = False
    assert check("--live", status=2) == []
    # Without asking it, all is well.
    check(status=0)


def test_all_kinds_at_once_have_a_line_each(live: Any, home: Path, check: Check) -> None:
    client = home / "clients" / "greeter"
    live.endpoints = {"/greet": endpoint("name"), "/new": endpoint()}
    (client / "spec" / "info.json").write_text(info(greet=endpoint("person")))
    with (home / "hubsmith.toml").open("a") as file:
        file.write("vendor-runtime = true\n")
    edit(client / "models.py")
    (client / "__init__.py").unlink()
    (client / "extra.py").touch()
    beginnings = [
        "the Space changed: ",
        "the snapshot changed after the client was made from it: spec/info.json",
        "the options changed: vendor_runtime",
        "missing: __init__.py",
        "edited by hand: models.py",
        "left over: extra.py",
    ]
    lines = check("--live")
    assert len(lines) == len(beginnings)
    for line, beginning in zip(lines, beginnings, strict=True):
        assert line.startswith(f"greeter: {beginning}"), line


# --- what is said ---


def test_quiet_says_only_what_differs(client: Path, check: Check) -> None:
    assert check("--quiet", status=0) == []
    edit(client / "client.py")
    assert len(check("--quiet")) == 1


def test_json_has_the_kinds(client: Path, check: Check) -> None:
    assert json.loads("\n".join(check("--json", status=0))) == {
        "status": 0,
        "spaces": {"one": {"drift": []}},
    }
    edit(client / "client.py")
    document = json.loads("\n".join(check("--json")))
    (found,) = document["spaces"]["one"]["drift"]
    assert (found["kind"], found["files"]) == ("files", ["client.py"])


def test_line_ends_of_windows_are_no_drift(client: Path, check: Check) -> None:
    files = [path for path in client.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    for file in files:
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert len(files) > 5
    check(status=0)
    edit(client / "client.py")
    assert check() != []
