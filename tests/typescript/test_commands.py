"""`add`, `generate`, `update` and `check` of clients in TypeScript."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hubsmith_codegen.cli import main
from hubsmith_codegen.write.lock import hash_of

from tests.support.paths import KITCHEN_SNAPSHOT

TYPESCRIPT = ("--language", "typescript")
CODE = {"client.ts", "index.ts", "types.ts"}


class Project:
    """A folder in which commands are run."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.kitchen = folder / "clients" / "kitchen"
        self.runtime = folder / "clients" / "runtime"
        self._capsys = capsys

    def run(self, *arguments: str, status: int = 0) -> str:
        """Run a command and return what it says."""
        self._capsys.readouterr()
        found = main(arguments)
        said = "".join(self._capsys.readouterr())
        assert found == status, said
        return said

    def suffixed(self, suffix: str) -> set[str]:
        """The names of the client's files with this suffix."""
        return {path.name for path in self.kitchen.glob(f"*{suffix}")}


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Project:
    (tmp_path / "hubsmith.toml").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path, capsys)


def test_a_client_in_typescript_has_a_runtime_beside_it(project: Project) -> None:
    said = project.run("add", str(KITCHEN_SNAPSHOT), *TYPESCRIPT)
    assert 'import { Kitchen } from "./clients/kitchen/index.js";' in said
    assert project.suffixed(".ts") == CODE
    assert project.suffixed(".py") == set()
    assert (project.runtime / "hubsmith.lock").is_file()
    assert "typescript" in (project.folder / "hubsmith.toml").read_text("utf-8")
    readme = (project.kitchen / "README.md").read_text("utf-8")
    assert "```typescript" in readme
    assert "Never put a token" in readme
    used = {*re.findall(r"await (localFile)\(", readme)}
    assert used == {*re.findall(r'`import \{ (\w+) \} from "./index.js"`', readme)} != set()
    assert "up to date" in project.run("check")


def test_a_sample_names_a_client_as_it_is_exported(project: Project) -> None:
    """The runtime, too, has a `SpaceClient`, as a client without another name is called."""
    said = project.run("add", str(KITCHEN_SNAPSHOT), "--name", "space", *TYPESCRIPT)
    folder = project.folder / "clients" / "space"
    assert "export { SpaceClient_ }" in (folder / "index.ts").read_text("utf-8")
    for text in (said, (folder / "README.md").read_text("utf-8")):
        assert "import { SpaceClient_ } from" in text
        assert "new SpaceClient_(" in text


def test_both_languages_stand_beside_each_other(project: Project) -> None:
    both = ("--language", "python", *TYPESCRIPT)
    project.run("add", str(KITCHEN_SNAPSHOT), *both)
    assert project.suffixed(".ts") == CODE
    assert "client.py" in project.suffixed(".py")
    readme = (project.kitchen / "README.md").read_text("utf-8")
    assert "```python" in readme
    assert "```typescript" in readme
    project.run("check")
    # One of them is taken away again.
    project.run("add", str(KITCHEN_SNAPSHOT), "--language", "python")
    assert project.suffixed(".ts") == set()
    assert "languages" not in (project.folder / "hubsmith.toml").read_text("utf-8")


def test_the_configuration_names_the_languages_of_all_clients(project: Project) -> None:
    file = project.folder / "hubsmith.toml"
    file.write_text('[tool.hubsmith]\nlanguages = ["typescript"]\n', encoding="utf-8")
    project.run("add", str(KITCHEN_SNAPSHOT))
    assert project.suffixed(".ts") == CODE
    text = file.read_text("utf-8").replace('["typescript"]', '["fortran"]')
    file.write_text(text, encoding="utf-8")
    assert "must be python or typescript" in project.run("check", status=2).replace("'", "")


def test_commands_can_be_held_to_a_language(project: Project) -> None:
    project.run("add", str(KITCHEN_SNAPSHOT), *TYPESCRIPT)
    project.run("add", str(KITCHEN_SNAPSHOT), "--name", "diner")
    assert "diner" not in project.run("check", *TYPESCRIPT)
    assert "kitchen" not in project.run("generate", "--language", "python")
    said = project.run("check", "kitchen", "--language", "python", status=2)
    assert "None of these clients is written in python" in said


def test_an_edit_of_the_shared_runtime_is_seen_and_kept(project: Project) -> None:
    project.run("add", str(KITCHEN_SNAPSHOT), *TYPESCRIPT)
    job = project.runtime / "job.ts"
    job.write_text(job.read_text("utf-8") + "// mine\n", encoding="utf-8")
    said = project.run("check", status=1)
    assert "runtime, which clients share: edited by hand: job.ts" in said
    assert "hubsmith generate kitchen --force" in said
    assert "edited by hand" in project.run("generate", status=2)
    project.run("generate", "--force")
    project.run("check")
    job.unlink()
    assert "missing: job.ts" in project.run("check", status=1)


def test_a_runtime_of_another_version_is_a_change_of_the_generator(project: Project) -> None:
    project.run("add", str(KITCHEN_SNAPSHOT), *TYPESCRIPT)
    job, lock = project.runtime / "job.ts", project.runtime / "hubsmith.lock"
    now = hash_of(job.read_bytes())
    job.write_text("// as it was", encoding="utf-8")
    before = lock.read_text("utf-8")
    assert now in before
    lock.write_text(before.replace(now, hash_of(job.read_bytes())), encoding="utf-8")
    said = project.run("check", status=1)
    assert "runtime, which clients share: the generator changed and writes different files" in said
    project.run("generate")
    assert lock.read_text("utf-8") == before


def test_a_client_cannot_be_where_the_runtime_is(project: Project) -> None:
    snapshot = str(KITCHEN_SNAPSHOT)
    said = project.run("add", snapshot, "--name", "runtime", *TYPESCRIPT, status=2)
    assert "that TypeScript clients share" in said
    said = project.run("add", snapshot, "--name", "Runtime", *TYPESCRIPT, status=2)
    assert "that TypeScript clients share" in said
    project.run("add", snapshot, "--name", "runtime")
    said = project.run("add", snapshot, *TYPESCRIPT, status=2)
    assert "runtime is a client" in said
    assert not project.kitchen.exists()


def test_a_python_client_does_not_replace_the_runtime(project: Project) -> None:
    snapshot = str(KITCHEN_SNAPSHOT)
    project.run("add", snapshot, *TYPESCRIPT)
    said = project.run("add", snapshot, "--name", "runtime", status=2)
    assert "that TypeScript clients share" in said
    project.run("check", "kitchen")


def test_the_runtime_goes_with_the_last_client_that_needs_it(project: Project) -> None:
    snapshot = str(KITCHEN_SNAPSHOT)
    for name, language in (("kitchen", "typescript"), ("diner", "typescript"), ("bar", "python")):
        project.run("add", snapshot, "--name", name, "--language", language)
    project.run("remove", "diner", "bar")
    assert project.runtime.is_dir()
    job = project.runtime / "job.ts"
    text = job.read_text("utf-8")
    job.write_text(text + "// mine\n", encoding="utf-8")
    assert "job.ts" in project.run("remove", "kitchen", status=2)
    assert project.kitchen.is_dir()
    job.write_text(text, encoding="utf-8")
    assert "runtime" in project.run("remove", "kitchen")
    assert not project.runtime.exists()


def test_the_runtime_stays_for_a_client_that_is_not_recorded(project: Project) -> None:
    project.run("add", str(KITCHEN_SNAPSHOT), "--name", "diner", *TYPESCRIPT)
    project.run("generate", "--spec", str(KITCHEN_SNAPSHOT), *TYPESCRIPT, "--out", "clients")
    project.run("remove", "diner")
    assert project.runtime.is_dir()


def test_a_client_that_moves_takes_the_runtime_along(project: Project) -> None:
    snapshot = str(KITCHEN_SNAPSHOT)
    project.run("add", snapshot, *TYPESCRIPT)
    project.run("add", snapshot, "--name", "diner", *TYPESCRIPT)
    project.run("add", snapshot, "--out", "web")
    assert (project.folder / "web" / "runtime" / "index.ts").is_file()
    assert project.runtime.is_dir()  # The other client stands on it.
    job = project.runtime / "job.ts"
    text = job.read_text("utf-8")
    job.write_text(text + "// mine\n", encoding="utf-8")
    assert "job.ts" in project.run("add", snapshot, "--name", "diner", "--out", "web", status=2)
    assert (project.folder / "clients" / "diner").is_dir()
    job.write_text(text, encoding="utf-8")
    project.run("add", snapshot, "--name", "diner", "--out", "web")
    assert not project.runtime.exists()
    project.run("check")


@pytest.mark.parametrize("command", ["add", "generate"])
def test_the_runtime_goes_with_the_last_client_in_typescript(
    project: Project, command: str
) -> None:
    snapshot, configuration = str(KITCHEN_SNAPSHOT), project.folder / "hubsmith.toml"
    for name in ("kitchen", "diner"):
        both = ("--language", "python", *TYPESCRIPT)
        project.run("add", snapshot, "--name", name, *both)
    text = configuration.read_text("utf-8")
    again = ["generate"]
    for name in ("kitchen", "diner"):
        assert project.runtime.is_dir()
        if command == "add":
            again = ["add", snapshot, "--name", name, "--language", "python"]
        text = text.replace('["python", "typescript"]', '["python"]', 1)
        if command == "generate":
            configuration.write_text(text, encoding="utf-8")
        if name == "diner":
            job = project.runtime / "job.ts"
            job.write_text(job.read_text("utf-8") + "// mine\n", encoding="utf-8")
            assert "job.ts" in project.run(*again, status=2)
            assert (project.folder / "clients" / "diner" / "client.ts").is_file()
            again.append("--force")
        project.run(*again)
    assert not project.runtime.exists()
    project.run("check")


def test_a_document_becomes_a_client_without_a_configuration(project: Project) -> None:
    project.run("generate", "--spec", str(KITCHEN_SNAPSHOT), *TYPESCRIPT, "--out", "elsewhere")
    found = {path.name for path in (project.folder / "elsewhere" / "kitchen").glob("*.ts")}
    assert found == CODE
    assert (project.folder / "elsewhere" / "runtime" / "index.ts").is_file()
