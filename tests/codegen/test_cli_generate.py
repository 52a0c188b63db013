"""`hubsmith generate` and `hubsmith check`: offline, from snapshots."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hubsmith_codegen.cli import main
from hubsmith_codegen.cli.configuration import RecordedSpace, read_configuration
from hubsmith_codegen.cli.recording import with_space
from hubsmith_runtime import SpecError

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, documents: dict[str, bytes]) -> Path:
    """A folder with the snapshots `one` and `two`, and a document that is none."""
    (tmp_path / ".git").mkdir()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "info.json").write_bytes(documents["info"])
    (tmp_path / "broken.json").write_bytes(b"<html>")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_generates_several_specs_without_configuration(home: Path) -> None:
    assert main(["generate", "--spec", "one", "two", "--out", "made"]) == 0
    assert sorted(path.name for path in (home / "made").iterdir()) == ["one", "two"]
    assert not (home / "hubsmith.toml").exists()


def test_one_that_fails_does_not_stop_the_others(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate", "--spec", "broken.json", "one", "nowhere", "--out", "made"]) == 2
    assert [path.name for path in (home / "made").iterdir()] == ["one"]
    errors = capsys.readouterr().err.splitlines()
    assert errors == [
        "hubsmith: error: broken.json is an HTML page, not JSON.",
        "hubsmith: error: nowhere: there is no such file or folder.",
    ]


def test_two_specs_of_one_name_need_a_name(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "--spec", "one", "one/info.json", "--out", "made"]) == 2
    assert "already gives a client named one" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [["generate", "x", "--spec", "one"], ["generate", "--name", "x"], ["add"], ["forge"]],
)
def test_wrong_usage_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_generate_and_check_read_the_recorded_snapshots(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["add", "one"])
    client = home / "clients" / "one" / "client.py"
    assert main(["check"]) == 0
    client.write_text("edited by hand")
    capsys.readouterr()
    assert main(["check", "one"]) == 1
    assert capsys.readouterr().out == (
        "one: edited by hand: client.py. Run: hubsmith generate one --force to undo it, "
        "and keep additions in a subclass elsewhere.\n"
    )
    assert main(["generate"]) == 2
    assert capsys.readouterr().err == (
        f"hubsmith: error: one: edited by hand in {home / 'clients' / 'one'}: client.py. "
        "Move what you added to a subclass elsewhere, then overwrite the files with --force.\n"
    )
    assert client.read_text() == "edited by hand"
    assert main(["generate", "--force"]) == 0
    assert main(["check", "one"]) == 0


def test_a_file_that_is_missing_or_has_other_line_ends_is_no_edit(home: Path) -> None:
    main(["add", "one"])
    client = home / "clients" / "one"
    (client / "README.md").unlink()
    text = (client / "client.py").read_bytes()
    (client / "client.py").write_bytes(text.replace(b"\n", b"\r\n"))
    assert main(["generate"]) == 0
    assert (client / "README.md").is_file()
    assert (client / "client.py").read_bytes() == text


def test_outputs_may_be_typed_as_nullable(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "hubsmith.toml").write_text('[tool.hubsmith]\noutputs = "nullable"\n')
    assert main(["add", "one", "two"]) == 0
    client = home / "clients" / "one" / "client.py"
    assert "-> str | Skipped | None:" in client.read_text()
    assert '"outputs": "nullable"' in (client.parent / "hubsmith.lock").read_text()
    assert main(["check"]) == 0
    assert main(["generate"]) == 0
    assert "-> str | Skipped | None:" in client.read_text()
    file = home / "hubsmith.toml"
    file.write_text(file.read_text() + 'outputs = "filled"\n')
    capsys.readouterr()
    assert main(["check"]) == 1
    (line,) = capsys.readouterr().out.splitlines()[-1:]
    assert line.startswith("two: the options changed: outputs was nullable, is not set.")
    assert main(["add", "two"]) == 0
    assert "-> str:" in (home / "clients" / "two" / "client.py").read_text()
    assert main(["check"]) == 0
    assert main(["generate", "--spec", "one", "--out", "made"]) == 0
    assert "-> str | Skipped | None:" in (home / "made" / "one" / "client.py").read_text()


def test_the_name_of_a_module_is_not_taken_for_a_new_client(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "pandas").mkdir()
    for name in ("json", "pydantic"):
        assert main(["generate", "--spec", "one", "--name", name]) == 2
        assert f"--name {name}_space" in capsys.readouterr().err
        assert main(["add", "one", "--name", name]) == 2
        assert f"--name {name}_space" in capsys.readouterr().err
    assert not (home / "clients").exists()
    # What the folder has of its own is neither in the way nor run.
    (home / "kitchen.py").write_text("raise SystemExit(1)")
    monkeypatch.syspath_prepend(str(home))
    for name in ("kitchen", "json_space"):
        assert main(["generate", "--spec", "one", "--name", name, "--out", "."]) == 0
    # A client keeps its name, whatever is installed later.
    monkeypatch.chdir(home.parent)
    for _ in range(2):
        assert (
            main(
                [
                    "generate",
                    "--spec",
                    str(home / "one"),
                    "--name",
                    "json_space",
                    "--out",
                    str(home),
                ]
            )
            == 0
        )


def test_check_says_2_when_it_cannot_tell(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 2
    assert "No Space is recorded in" in capsys.readouterr().err
    main(["add", "one"])
    assert main(["check", "one", "nobody"]) == 2
    assert "nobody: not recorded in hubsmith.toml. Recorded: one." in capsys.readouterr().err


def test_snapshots_may_have_a_folder_of_their_own(home: Path) -> None:
    (home / "hubsmith.toml").write_text('[tool.hubsmith]\nsnapshots = "specs"\nout = "lib"\n')
    assert main(["add", "one"]) == 0
    assert (home / "specs" / "one" / "info.json").is_file()
    assert (home / "lib" / "one" / "client.py").is_file()
    assert main(["check"]) == 0


def test_the_configuration_keeps_its_comments_and_form(home: Path) -> None:
    file = home / "pyproject.toml"
    before = '# mine\n[project]\nname = "x"   # odd   spacing\n'
    file.write_text(before)
    main(["add", "one"])
    added = before + '\n[tool.hubsmith.spaces.one]\nsource = "one"\n'
    assert file.read_text() == added
    file.write_text(added.replace('"one"\n', "'old'  # why\n") + "\n[tool.other]\na = 1\n")
    configuration = read_configuration(home)
    text = with_space(configuration, "one", RecordedSpace(source="owner/one"))
    assert text == added.replace('"one"\n', '"owner/one"  # why\n') + "\n[tool.other]\na = 1\n"


def test_a_form_that_cannot_be_edited_safely_is_left_alone(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "[tool.hubsmith]\nspaces = {}\n"
    (home / "hubsmith.toml").write_text(text)
    assert main(["add", "one"]) == 2
    assert "cannot be changed safely" in capsys.readouterr().err
    assert (home / "hubsmith.toml").read_text() == text
    assert not (home / "clients").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.hubsmith", "is not valid TOML"),
        ("[tool.hubsmith]\nout = 1", "out must be a string, not 1"),
        ("[tool.hubsmith]\noutput = 'x'", "there is no key .output."),
        ("[tool.hubsmith.spaces.a]\n", "source is missing"),
        ("[tool.hubsmith.spaces.'../a']\nsource = 'a/b'", "cannot be the name of a client"),
    ],
)
def test_a_wrong_configuration_is_named(text: str, message: str, home: Path) -> None:
    (home / "hubsmith.toml").write_text(text)
    with pytest.raises(SpecError, match=message):
        read_configuration(home)


def test_the_configuration_is_found_from_below(home: Path) -> None:
    (home / "hubsmith.toml").write_text("[tool.hubsmith]\nout = 'lib'\n")
    (home / "deep" / "er").mkdir(parents=True)
    assert read_configuration(home / "deep" / "er").folder("x") == home / "lib" / "x"


def test_help_is_cheap() -> None:
    code = (
        "import sys\nfrom hubsmith_codegen.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print([m for m in ('pydantic', 'httpx', 'datamodel_code_generator') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_an_unexpected_fault_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise TypeError("oops")

    monkeypatch.setattr(sys.modules["hubsmith_codegen.render.space"], "render", fail)
    assert main(["generate", "--spec", "one"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("hubsmith: error: one: internal error: TypeError: oops.")


@pytest.mark.skipif(sys.platform == "win32", reason="no folder in use can be replaced there")
def test_the_working_folder_may_be_a_client_that_is_replaced_moved_or_removed(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        assert main(["add", name]) == 0
        (home / "clients" / name / "README.md").unlink()
    monkeypatch.chdir(home / "clients" / "one")
    assert main(["generate"]) == 0
    assert not capsys.readouterr().err
    assert main(["check"]) == 2
    assert "The working folder no longer exists." in capsys.readouterr().err
    monkeypatch.chdir(home / "clients" / "one")
    assert main(["add", str(home / "one"), "--out", "../../lib"]) == 0
    assert sorted(path.name for path in home.glob("*/one")) == ["one"]
    assert (home / "lib" / "one" / "README.md").is_file()
    monkeypatch.chdir(home / "lib" / "one")
    assert main(["remove", "one"]) == 0
    assert not (home / "lib").exists() or not any((home / "lib").iterdir())
    monkeypatch.chdir(home)
    assert main(["check"]) == 0


def test_a_module_that_hides_the_folder_of_clients_is_named(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "clients.py").touch()
    assert main(["add", "one"]) == 2
    assert f"Python imports {home / 'clients.py'} as clients" in capsys.readouterr().err
    assert not (home / "clients").exists()
    assert not (home / "hubsmith.toml").exists()
    assert main(["add", "one", "--language", "typescript"]) == 0
    assert main(["add", "one", "--name", "cook", "--out", "."]) == 0
    (home / "clients" / "__init__.py").touch()
    assert main(["add", "two", "--out", "clients"]) == 0


def test_names_that_differ_by_case_alone_are_refused(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["add", "one"]) == 0
    assert main(["add", "two", "--name", "One"]) == 2
    assert "One: macOS and Windows do not tell it from one" in capsys.readouterr().err
    assert [path.name for path in (home / "clients").iterdir()] == ["one"]
    assert main(["generate", "--spec", "two", "--name", "ONE", "--out", "clients"]) == 2
