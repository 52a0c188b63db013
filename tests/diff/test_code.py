"""`hubsmith diff --code`: the lines of the user's code that the new client breaks.

Type checkers take seconds for each case: `make test-code` tries every case with both, other runs a
few of them.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hubsmith_codegen.cli import main
from hubsmith_codegen.compare import checkers

from tests.support.documents import endpoint, info_of, parameter, result

pytestmark = pytest.mark.slow

TEXT = {"type": "string"}
STYLE = {"enum": ["casual", "formal"]}
ANSWER = result(TEXT)
GREET = endpoint(parameter(TEXT, name="nmae"), parameter(STYLE, name="style"), returns=[ANSWER])
OLD = info_of({"/greet": GREET, "/shout": endpoint(parameter(TEXT, name="text"), returns=[ANSWER])})
NEW = info_of(
    {
        "/greet": endpoint(
            parameter(TEXT, name="name"),
            parameter({"enum": ["casual", "rude"]}, name="style"),
            returns=[ANSWER],
        )
    }
)
CODE = """\
from clients.kitchen import Kitchen


def main():
    kitchen = Kitchen("http://127.0.0.1:9")
    kitchen.greet(
        nmae="Bob",
        style="casual",
    )
    kitchen.greet("Bob", style="formal")
    kitchen.greet("Bob", "casual")
    broken: int = "before"
    return kitchen.shout("fire"), broken
"""
SNAPSHOT = "snapshots/kitchen"
IS_WHOLE = os.environ.get("HUBSMITH_CHECKERS") == "all"
one_of_many = pytest.mark.skipif(not IS_WHOLE, reason="`make test-code` tries every case")


def write(folder: Path, info: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "info.json").write_text(json.dumps(info))


class Project:
    """A project with a recorded client, at `top`."""

    def __init__(self, top: Path) -> None:
        self.top = top

    def record(self, out: str = "clients", *, more: str = "") -> None:
        (self.top / "hubsmith.toml").write_text(
            f'[tool.hubsmith]\nsnapshots = "snapshots"\nout = "{out}"\n'
            f'[tool.hubsmith.spaces.kitchen]\nsource = "./later"\n{more}'
        )
        write(self.top / SNAPSHOT, OLD)
        write(self.top / "later", NEW)
        assert main(["generate"]) == 0

    def write(self, path: str, text: str = CODE) -> None:
        (self.top / path).parent.mkdir(parents=True, exist_ok=True)
        (self.top / path).write_text(text)

    def hashes(self) -> dict[str, str]:
        files = (path for path in self.top.rglob("*") if path.is_file())
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    top = tmp_path / "project"
    top.mkdir()
    monkeypatch.chdir(top)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    return Project(top)


@pytest.fixture(params=["pyright", "mypy"])
def checker(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """One type checker alone in the user's environment, which is active."""
    if os.name == "nt":
        pytest.skip("The environment is made of shell scripts")
    is_first = request.node.originalname == test_the_lines_that_break_and_no_others.__name__
    if request.param == "mypy" and not is_first and not IS_WHOLE:
        pytest.skip("`make test-code` tries every case with both type checkers")
    programs = tmp_path / "environment" / "bin"
    programs.mkdir(parents=True)
    for name in ("python", request.param):
        own = Path(sys.executable).parent / name
        (programs / name).write_text(f'#!/bin/sh\nexec "{own}" "$@"\n')
        (programs / name).chmod(0o755)
    monkeypatch.setenv("VIRTUAL_ENV", str(programs.parent))
    return request.param


def broken(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 1) -> list[Any]:
    """The lines that break, as `--json` says it."""
    capsys.readouterr()
    assert main(["diff", *arguments, "--json"]) == status, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)["code"]


def places(found: list[Any]) -> list[tuple[str, int]]:
    return list(dict.fromkeys((one["file"], one["line"]) for one in found))


def test_the_lines_that_break_and_no_others(
    project: Project, checker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    project.record()
    project.write("src/use.py")
    before = project.hashes()
    found = broken(capsys, "kitchen", "--code", "src")
    # pyright names the argument, mypy the call; what is missing is missing from the call.
    assert {one["line"] for one in found} == (
        {6, 7, 10, 13} if checker == "pyright" else {6, 10, 13}
    )
    assert {(one["file"], one["checker"]) for one in found} == {("src/use.py", checker)}
    assert all(
        set(one) == {"file", "line", "column", "message", "rule", "checker"} for one in found
    )
    assert "shout" in found[-1]["message"] and found[-1]["column"] > 1
    assert project.hashes() == before


LAYOUTS: dict[str, tuple[str, dict[str, str]]] = {
    "a package in the packages": ("src/shop/clients", {"src/shop/__init__.py": "", "src/shop/clients/__init__.py": "",
        "src/shop/use.py": "from shop.clients.kitchen import Kitchen", "tests/use.py": "from shop.clients.kitchen import Kitchen"}),
    "relative imports": ("src/shop", {"src/shop/__init__.py": "", "src/shop/use.py": "from .kitchen import Kitchen",
        "src/shop/deep/__init__.py": "", "src/shop/deep/use.py": "from ..kitchen import Kitchen"}),
    "beside the client": ("clients", {"clients/use.py": "from kitchen import Kitchen"}),
    "packages in an odd folder": ("lib/shop", {"lib/shop/__init__.py": "", "tests/use.py": "from shop.kitchen import Kitchen"}),
    "through a module of one's own": ("clients", {"own.py": "from clients.kitchen import Kitchen", "use.py": "from own import Kitchen"}),
}  # fmt: skip


@pytest.mark.parametrize(
    "layout",
    [pytest.param(name, marks=[one_of_many] * (number > 0)) for number, name in enumerate(LAYOUTS)],
)
def test_wherever_the_client_is_imported_from(
    layout: str, project: Project, checker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out, files = LAYOUTS[layout]
    project.record(out)
    for path, first in files.items():
        project.write(path, f"{first}\nprint(Kitchen().shout('a'))\n" if "use" in path else first)
    users = [path for path in files if "use" in path]
    found = broken(capsys, "kitchen", "--code", *users)
    assert places(found) == sorted((path, 2) for path in users)


@one_of_many
def test_an_installed_project_is_not_what_is_checked(
    project: Project, checker: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """What `pip install --editable` leaves leads to the user's own files."""
    project.record("python/shop")
    project.write("python/shop/__init__.py", "")
    project.write("tests/use.py", "from shop.kitchen import Kitchen\nKitchen().shout('a')\n")
    python = Path(os.environ["VIRTUAL_ENV"]) / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "own"], check=True)
    (packages,) = (tmp_path / "own" / "lib").glob("python*/site-packages")
    ours = Path(pytest.__file__).parents[1]
    (packages / "own.pth").write_text(f"{project.top / 'python'}\n{ours}\n")
    python.write_text(f'#!/bin/sh\nexec "{tmp_path}/own/bin/python" "$@"\n')
    assert places(broken(capsys, "kitchen", "--code", "tests")) == [("tests/use.py", 2)]


@one_of_many
def test_a_client_with_its_own_runtime(
    project: Project, checker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    project.record(more="vendor-runtime = true\n")
    project.write("use.py")
    assert [one["line"] for one in broken(capsys, "kitchen", "--code", ".")][-1] == 13


@one_of_many
def test_what_was_broken_or_excused_before_is_no_news(
    project: Project, checker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    project.record()
    setting = "warn_unused_ignores" if checker == "mypy" else "reportUnnecessaryTypeIgnoreComment"
    project.write("pyproject.toml", f"[tool.{checker}]\n{setting} = true\n")
    excused = "from clients.kitchen import Kitchen\nKitchen().greet(name='a', style='rude')"
    project.write("use.py", f"{excused}  # type: ignore\n")
    project.write("worse.py", f"{excused}\nKitchen().greet(1)\n")
    assert broken(capsys, "kitchen", "--code", "use.py", "worse.py", status=0) == []


def test_no_module_of_the_project_is_run(
    project: Project, checker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    project.record()
    project.write("use.py")
    witness = project.top / "witness"
    for name in (
        "json",
        "site",
        "sitecustomize",
        "os",
        "mypy",
        "pyright",
        "typing_extensions",
        "nodeenv",
    ):
        project.write(f"{name}.py", f"open({str(witness)!r}, 'w')\n")
    main(["diff", "kitchen", "--code", "use.py"])
    assert not witness.exists(), capsys.readouterr().err


# --- what it comes to ---


@pytest.fixture
def lucky(project: Project) -> Project:
    """A project whose code goes on, though the change is breaking."""
    project.record()
    project.write("use.py", "from clients.kitchen import Kitchen\nKitchen().greet('a', 'casual')\n")
    return project


@one_of_many
def test_the_code_is_what_counts(lucky: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "kitchen"]) == 1
    assert main(["diff", "kitchen", "--code", "use.py"]) == 0
    assert capsys.readouterr().out.endswith("Your code\n  no line breaks (pyright).\n")
    assert main(["diff", "kitchen", "--code", "use.py", "--fail-on", "breaking"]) == 1


@pytest.fixture
def checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The type checker looks at the same code once, however often it is to be shown."""
    known: dict[str, list[checkers.Fault]] = {}
    check = checkers.TypeChecker.faults

    def faults(
        checker: checkers.TypeChecker, files: Any, top: Path, starts: Any
    ) -> list[checkers.Fault]:
        digest = hashlib.sha256()
        for path in sorted(path for path in top.rglob("*") if path.is_file()):
            digest.update(f"{path.relative_to(top)}\0".encode() + path.read_bytes())
        key = digest.hexdigest()
        if key not in known:
            known[key] = [
                replace(one, file=one.file.relative_to(top.resolve()))
                for one in check(checker, files, top, starts)
            ]
        return [replace(one, file=top.resolve() / one.file) for one in known[key]]

    monkeypatch.setattr(checkers.TypeChecker, "faults", faults)


@pytest.mark.usefixtures("checked_once")
def test_every_form(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.record()
    project.write(
        "src/a,b/use.py", "from clients.kitchen import Kitchen\nKitchen().shout('100%')\n"
    )
    (project.top / ".git").mkdir()
    code = ["--code", "src/a,b/use.py"]
    assert main(["diff", "kitchen", "later", *code]) == 1
    assert capsys.readouterr().out.endswith(
        "\n\nYour code\n  1 line breaks (pyright).\n"
        '  src/a,b/use.py:2:11: Cannot access attribute "shout" for class "Kitchen"\n'
        "      Kitchen().shout('100%')\n"
    )
    assert main(["diff", "kitchen", "later", *code, "--markdown"]) == 1
    assert "\n- `src/a,b/use.py:2:11`: Cannot access" in capsys.readouterr().out
    assert main(["diff", "kitchen", "later", *code, "--format", "github"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(" ")[0] for line in lines[:4]] == [*["::error"] * 3, "::warning"]
    assert lines[4] == (
        "::error title=breaks with the new kitchen (pyright),line=2,col=11,file=src/a%2Cb/use.py"
        '::Cannot access attribute "shout" for class "Kitchen"'
    )
    assert lines[5] == "kitchen: 3 breaking, 1 compatible; 1 line breaks (pyright)."


# --- what cannot be told ---


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("nowhere", "nowhere: there is no such file or folder"),
        ("empty", "There is no Python file in empty"),
        ("clients", "There is no Python file in clients"),
        ("..", "is not in"),
        ("lost.py", "pyright does not find the client"),
    ],
)
def test_code_that_cannot_be_checked(
    project: Project, code: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    project.record()
    (project.top / "empty").mkdir()
    project.write("lost.py", "from backend.clients.kitchen import Kitchen\n")
    assert main(["diff", "kitchen", "--code", code]) == 2
    assert reason in capsys.readouterr().err


def test_without_a_type_checker(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project.record()
    project.write("use.py")
    monkeypatch.setattr(checkers.shutil, "which", lambda *_, **__: None)
    assert main(["diff", "kitchen", "--code", "use.py"]) == 2
    assert "--code needs pyright or mypy" in capsys.readouterr().err


def test_a_type_checker_that_fails(
    project: Project, checker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    project.record()
    project.write("use.py")
    program = Path(os.environ["VIRTUAL_ENV"]) / "bin" / checker
    program.write_text("#!/bin/sh\necho no node here >&2\nexit 3\n")
    assert main(["diff", "kitchen", "--code", "use.py"]) == 2
    assert "failed with exit status 3: no node here" in capsys.readouterr().err


def test_only_a_recorded_client_has_callers(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.record()
    with pytest.raises(SystemExit) as stopped:
        main(["diff", SNAPSHOT, "later", "--code", "."])
    assert stopped.value.code == 2
    assert "--code needs a recorded client" in capsys.readouterr().err
