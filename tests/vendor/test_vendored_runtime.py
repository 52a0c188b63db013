"""A client that carries its runtime, in an environment that has httpx and pydantic only."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any

import hubsmith_runtime
import pytest
from hubsmith_codegen.load.snapshot import read_snapshot
from hubsmith_codegen.pipeline import Target, draft, finish
from hubsmith_codegen.render import vendor
from hubsmith_codegen.render.vendor import vendored_runtime
from hubsmith_codegen.write.files import differences, write
from hubsmith_codegen.write.formatting import format_python
from hubsmith_codegen.write.options import Options

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = ROOT / "runtime" / "hubsmith_runtime"
ALLOWED = {"httpx", "pydantic", "pydantic_core", "typing_extensions"}
OURS = ("hubsmith", "hubsmith_runtime", "hubsmith_codegen", "hubsmith_testing")
FOLDER = PurePosixPath("_runtime")
VENDORED = Options(vendor_runtime=True)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh virtual environment with httpx, pydantic and what these need."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    done = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True)
    packages = Path(done.stdout.strip())
    for distribution in needed(["httpx", "pydantic"]):
        for top in {file.parts[0] for file in distribution.files or () if file.parts[0] != ".."}:
            target = Path(str(distribution.locate_file(top)))
            if not (packages / top).exists():
                (packages / top).symlink_to(target, target_is_directory=target.is_dir())
    return python


def needed(names: list[str]) -> Iterator[metadata.Distribution]:
    """The distributions of these names, with all that they require without extras."""
    seen: set[str] = set()
    while names:
        name = names.pop().lower().replace("_", "-")
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # Needed on other versions of Python, such as exceptiongroup.
        yield distribution
        for requirement in distribution.requires or ():
            if "extra ==" not in requirement:
                names.append(re.split(r"[^\w.-]", requirement, maxsplit=1)[0])


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demo app's client, `clients/kitchen`, and the script that uses it."""
    folder = tmp_path_factory.mktemp("project")
    raw = read_snapshot(ROOT / "generated" / "spaces" / "kitchen" / "spec")
    target = Target(raw=raw, root=folder / "clients" / "kitchen", options=VENDORED)
    (package,) = finish([draft(target)])
    write(package.files, package.root)
    assert not differences(package.files, package.root)
    script = (ROOT / "demo" / "use_kitchen.py").read_text(encoding="utf-8")
    own = script.replace("from hubsmith import", "from clients.kitchen._runtime import")
    assert own != script
    (folder / "use_kitchen.py").write_text(own, encoding="utf-8")
    return folder


def run(python: Path, project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    bare = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return subprocess.run(
        [python, "-W", "error", *arguments],
        cwd=project,
        env={**bare, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def test_the_environment_has_nothing_of_ours(environment: Path, project: Path) -> None:
    for name in OURS:
        done = run(environment, project, "-c", f"import {name}")
        assert f"No module named '{name}'" in done.stderr


def test_the_client_makes_every_call_of_the_demo(
    environment: Path, project: Path, start_gradio: object
) -> None:
    assert callable(start_gradio)
    url = start_gradio(ROOT / "demo" / "app.py")
    done = run(environment, project, "use_kitchen.py", url)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert "All steps succeeded." in done.stdout


def test_every_public_name_of_the_copy_can_be_imported(environment: Path, project: Path) -> None:
    code = (
        "from clients.kitchen import _runtime\n"
        "print([name for name in _runtime.__all__ if getattr(_runtime, name, None) is None])\n"
        "print(_runtime.HubsmithError.__module__)"
    )
    done = run(environment, project, "-c", code)
    assert done.stdout.split("\n")[:2] == ["[]", "clients.kitchen._runtime.errors"], done.stderr


def test_two_clients_with_copies_stay_apart(environment: Path, project: Path) -> None:
    raw = read_snapshot(ROOT / "generated" / "spaces" / "kitchen" / "spec")
    target = Target(raw=raw, root=project / "clients" / "galley", options=VENDORED)
    (package,) = finish([draft(target)])
    write(package.files, package.root)
    code = (
        "from clients.galley import Galley\nfrom clients.kitchen import Kitchen\n"
        "from clients.kitchen._runtime import Space\n"
        "print(issubclass(Kitchen, Space), issubclass(Galley, Space))"
    )
    assert run(environment, project, "-c", code).stdout.strip() == "True False"


# What is copied.


def test_the_copy_imports_httpx_pydantic_and_itself_only() -> None:
    found: set[str] = set()
    for path, text in vendored_runtime().items():
        if path.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                found.add(str(node.module).partition(".")[0])
            elif isinstance(node, ast.ImportFrom):
                folder = path.parents[node.level - 1]
                for stem in [node.module] if node.module else [one.name for one in node.names]:
                    module = folder.joinpath(*stem.split("."))
                    copied = {module.with_suffix(".py"), module / "__init__.py"}
                    assert copied & set(vendored_runtime()), (path, stem)
    typed = {"PIL", "pandas"}  # For type checkers only; see tests/test_architecture.py.
    assert found - sys.stdlib_module_names <= ALLOWED | typed


def test_what_a_space_client_does_not_need_stays_behind() -> None:
    names = {path.stem for path in vendored_runtime()}
    assert not names & {"client", "untyped", "signature", "hub"}
    assert {path.parent for path in vendored_runtime()} == {FOLDER, FOLDER / "spaces"}


def test_a_module_is_copied_as_it_is_under_a_notice() -> None:
    text = vendored_runtime()[FOLDER / "sse.py"]
    notice, source = text[: text.index('"""')], text[text.index('"""') :]
    assert source == (RUNTIME / "sse.py").read_text(encoding="utf-8")
    assert "SPDX-License-Identifier: Apache-2.0" in notice and "DO NOT EDIT" in notice
    assert all(line.startswith("#") for line in notice.splitlines())
    # The linter and the type checker of the project that it goes into.
    assert "\n# ruff: noqa " in notice and "\n# mypy: ignore-errors\n" in notice


def test_every_module_of_the_copy_has_the_notice() -> None:
    for path, text in vendored_runtime().items():
        assert path.suffix != ".py" or text.startswith("# Part of the runtime of hubsmith"), path


def test_the_license_goes_along() -> None:
    assert vendored_runtime()[FOLDER / "LICENSE"] == (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_the_copy_is_formatted_as_generated_code_is() -> None:
    files = vendored_runtime()
    assert format_python(files) == files


def test_the_names_of_the_copy_are_those_of_the_runtime() -> None:
    names: dict[str, Any] = {"__name__": "copy"}
    exec(vendored_runtime()[FOLDER / "__init__.py"], names)
    exports = names["__all__"]
    assert exports == sorted(exports)
    assert set(exports) <= set(hubsmith_runtime.__all__)
    errors = {
        name
        for name in hubsmith_runtime.__all__
        if isinstance(getattr(hubsmith_runtime, name), type)
        and issubclass(getattr(hubsmith_runtime, name), hubsmith_runtime.HubsmithError)
    }
    assert errors <= set(exports)


def test_a_client_without_the_copy_imports_the_installed_runtime() -> None:
    raw = read_snapshot(ROOT / "generated" / "spaces" / "kitchen" / "spec")
    (plain,) = finish([draft(Target(raw=raw, root=Path("clients/kitchen")))])
    assert b"from hubsmith_runtime import" in plain.files[PurePosixPath("client.py")]
    assert not any(path.parts[0] == "_runtime" for path in plain.files)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("from hubsmith_runtime import Space", "by its full name"),
        ("import hubsmith_runtime.spaces.space", "by its full name"),
        ("from ..inference import x", "cannot be copied"),
        ("from ...outside import x", "outside of the runtime"),
    ],
)
def test_a_module_that_could_not_stand_alone_is_refused(source: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        list(vendor._imported("spaces.strange", {"spaces.strange": source}))
