"""All of the files or none, and never over something that is not ours."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest
from hubsmith_codegen.load import load
from hubsmith_codegen.pipeline import Target, draft, finish
from hubsmith_codegen.write.files import differences, write
from hubsmith_codegen.write.formatting import format_python
from hubsmith_runtime import HubsmithError, SpecError

Files = dict[PurePosixPath, bytes]


@pytest.fixture
def files(documents: dict[str, bytes]) -> Files:
    (package,) = finish([draft(Target(raw=load(documents), root=Path("greeter")))])
    return dict(package.files)


def on_disk(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_writes_a_package_with_its_snapshot_and_lock(files: Files, tmp_path: Path) -> None:
    assert write(files, tmp_path / "clients" / "greeter")
    assert set(on_disk(tmp_path / "clients")) == {
        f"greeter/{name}"
        for name in (
            "README.md",
            "__init__.py",
            "async_client.py",
            "client.py",
            "hubsmith.lock",
            "models.py",
            "py.typed",
            "spec/config.json",
            "spec/info.json",
            "spec/openapi.json",
            "spec/source.json",
        )
    }
    assert (tmp_path / "clients" / "greeter").stat().st_mode & 0o777 == 0o777 & ~_umask()


def test_nothing_names_this_machine(files: Files, tmp_path: Path) -> None:
    assert str(tmp_path.parent).encode() not in b"".join(files.values())


def test_the_same_again_changes_nothing(files: Files, tmp_path: Path) -> None:
    root = tmp_path / "greeter"
    write(files, root)
    before = (root / "client.py").stat()
    assert not write(files, root)
    assert (root / "client.py").stat().st_ino == before.st_ino


def test_files_of_the_user_stay_and_old_ones_of_ours_go(files: Files, tmp_path: Path) -> None:
    root = tmp_path / "greeter"
    write(files, root)
    (root / "mine.py").write_text("mine = True\n")
    (root / "__pycache__").mkdir()
    (root / "__pycache__" / "client.pyc").write_bytes(b"x")
    (root / "client.py").write_text("edited by hand")
    fewer = {path: content for path, content in files.items() if path.parts[0] != "spec"}
    del fewer[PurePosixPath("hubsmith.lock")]
    lock = files[PurePosixPath("hubsmith.lock")]
    assert write({**fewer, PurePosixPath("hubsmith.lock"): lock + b"\n"}, root, discards_edits=True)
    assert set(on_disk(root)) == {str(path) for path in files if path.parts[0] != "spec"} | {
        "mine.py",
        "__pycache__/client.pyc",
    }
    assert not (root / "spec").exists()
    assert (root / "client.py").read_bytes() == files[PurePosixPath("client.py")]


@pytest.mark.parametrize("name", ["client.py", "other.txt"])
def test_a_folder_of_somebody_else_is_refused(name: str, files: Files, tmp_path: Path) -> None:
    (tmp_path / "greeter").mkdir()
    (tmp_path / "greeter" / name).write_text("precious")
    with pytest.raises(SpecError, match="was not written by hubsmith"):
        write(files, tmp_path / "greeter")
    assert on_disk(tmp_path) == {f"greeter/{name}": b"precious"}


def test_a_file_in_the_place_of_the_folder_is_refused(files: Files, tmp_path: Path) -> None:
    (tmp_path / "greeter").write_text("precious")
    with pytest.raises(SpecError, match="is not a folder"):
        write(files, tmp_path / "greeter")


def test_a_file_of_the_user_is_never_overwritten(files: Files, tmp_path: Path) -> None:
    root = tmp_path / "greeter"
    write(files, root)
    (root / "fresh.py").write_text("mine = True\n")
    with pytest.raises(SpecError, match=r"fresh\.py exists and was not written by hubsmith"):
        write({**files, PurePosixPath("fresh.py"): b""}, root)
    assert (root / "fresh.py").read_text() == "mine = True\n"


def test_an_empty_folder_is_taken(files: Files, tmp_path: Path) -> None:
    (tmp_path / "greeter").mkdir()
    assert write(files, tmp_path / "greeter")


@pytest.mark.parametrize("path", ["../evil.py", "/evil.py", "a/../../evil.py"])
def test_no_path_leaves_the_package(path: str, files: Files, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="not a path within the package"):
        write({**files, PurePosixPath(path): b""}, tmp_path / "clients" / "greeter")
    assert list(tmp_path.iterdir()) == []


def test_code_that_does_not_compile_is_not_written(files: Files, tmp_path: Path) -> None:
    with pytest.raises(HubsmithError, match=r"client\.py, line 1 is not valid Python"):
        write({**files, PurePosixPath("client.py"): b"def"}, tmp_path / "clients" / "greeter")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_in_the_middle_leaves_everything_as_it_was(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "greeter"
    write(files, root)
    before = on_disk(tmp_path)
    rename = Path.rename

    def fail_on_the_new_one(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_on_the_new_one)
    with pytest.raises(HubsmithError, match="could not be written: No space left on device"):
        write({**files, PurePosixPath("README.md"): b"changed"}, root)
    assert on_disk(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["greeter"]


def test_a_failure_removes_the_folders_it_made(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(HubsmithError):
        write(files, tmp_path / "a" / "b" / "greeter")
    assert list(tmp_path.iterdir()) == []


def test_what_is_missing_changed_or_no_longer_wanted_is_different(
    files: Files, tmp_path: Path
) -> None:
    root = tmp_path / "greeter"
    write(files, root)
    assert not differences(files, root)
    (root / "client.py").write_text("edited")
    (root / "README.md").unlink()
    newer = {path: content for path, content in files.items() if path.name != "py.typed"}
    assert list(map(str, differences(newer, root))) == ["README.md", "client.py", "py.typed"]


def test_one_pass_formats_many_packages_alike() -> None:
    code = (
        "import os\nimport pydantic, hubsmith_runtime\nx = { 'a':hubsmith_runtime , 'b':pydantic}\n"
    )
    formatted = format_python(
        {PurePosixPath(f"{name}/client.py"): code for name in ("pydantic", "ruff", "json")}
    )
    assert set(formatted.values()) == {
        'import hubsmith_runtime\nimport pydantic\n\nx = {"a": hubsmith_runtime, "b": pydantic}\n'
    }


def test_a_fault_that_ruff_finds_is_an_error() -> None:
    with pytest.raises(HubsmithError, match="undefined_name"):
        format_python({PurePosixPath("client.py"): "print(undefined_name)\n"})


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
