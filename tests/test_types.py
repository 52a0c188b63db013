"""What a type checker says of scripts that use the clients: all of them are checked at once."""

from __future__ import annotations

import contextlib
import io
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hubsmith_codegen.cli import main
from hubsmith_codegen.load import RawSpec
from hubsmith_codegen.load.snapshot import read_snapshot
from hubsmith_codegen.pipeline import Target, draft, finish
from hubsmith_codegen.write.files import write
from hubsmith_codegen.write.options import DEFAULTS, Options
from hubsmith_testing import MockSpace

from tests.support.documents import endpoint, info_of, parameter, raw_of, result, with_default
from tests.support.generated_client import generated_client
from tests.support.paths import DEMO, KITCHEN_SNAPSHOT, TESTS
from tests.support.type_checker import Fault, faults_in

pytestmark = pytest.mark.slow

TEXT = {"type": "string"}
STYLES = {"enum": ["casual", "formal"], "type": "string"}
MORE_STYLES = {"enum": ["casual", "formal", "pirate"], "type": "string"}
OLD = {
    "/greet": endpoint(
        parameter(TEXT, name="name"),
        with_default(STYLES, "casual", name="style"),
        returns=[result(TEXT)],
    ),
    "/shout": endpoint(parameter(TEXT, name="text"), returns=[result(TEXT)]),
}
NEW = {
    "/greet": endpoint(
        parameter(TEXT, name="person"),
        with_default(MORE_STYLES, "casual", name="style"),
        returns=[result(TEXT)],
    ),
}
CALLER = """\
from clients.kitchen import Kitchen

with Kitchen() as kitchen:
    print(kitchen.greet(name="Bob", style="formal"))
    print(kitchen.shout("fire"))
"""
REPAIRED = """\
from clients.kitchen import Kitchen

with Kitchen() as kitchen:
    print(kitchen.greet(person="Bob", style="pirate"))
"""

VALUES = TESTS / "runtime" / "values_app.py"
VENDORED = Options(vendor_runtime=True)
ENDPOINTS = ["bake", "chat", "count", "fail", "greet", "img", "plan", "shout", "stream", "suggest"]
PROJECTS = ["demo", "vendored", "snippets", "old", "repaired", "tasks", "bulk", "values"]
Faults = Callable[[str], list[Fault]]


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory, start_gradio: Callable[..., str]) -> Faults:
    """Give `faults(project)`: what pyright found in one of the projects."""
    folder = tmp_path_factory.mktemp("types")
    script = (DEMO / "use_kitchen.py").read_text(encoding="utf-8")
    vendored = script.replace("from hubsmith import", "from clients.kitchen._runtime import")
    assert vendored != script
    recorded = read_snapshot(KITCHEN_SNAPSHOT)
    old, new = (raw_of(info=info_of(info), name="kitchen") for info in (OLD, NEW))
    _project(folder / "demo", recorded, {"use_kitchen.py": script})
    _project(folder / "vendored", recorded, {"use_kitchen.py": vendored}, VENDORED)
    _project(folder / "old", old, {"use.py": CALLER})
    _project(folder / "new", new, {"use.py": CALLER})
    _project(folder / "repaired", new, {"use.py": REPAIRED})
    _snippets(folder / "snippets")
    (folder / "tasks").mkdir()
    shutil.copy(TESTS / "inference" / "typing_tasks.py", folder / "tasks")
    _project(folder / "bulk", recorded, {})
    shutil.copy(TESTS / "bulk" / "typing_map.py", folder / "bulk")
    with generated_client(start_gradio(VALUES), folder / "values", "clients"):
        shutil.copy(VALUES.with_name("typing_values.py"), folder / "values")
    projects = sorted(path.name for path in folder.iterdir())
    # A comment that silences pyright stands in `typing_tasks` where a mistake must be found.
    # pandas has no stubs unless they are installed beside it.
    rules = {"reportUnnecessaryTypeIgnoreComment": "error", "reportMissingTypeStubs": "none"}
    found = faults_in(folder, projects=projects, **rules)
    return lambda project: [one for one in found if one.file.startswith(f"{project}/")]


def _project(
    folder: Path, raw: RawSpec, scripts: Mapping[str, str], options: Options = DEFAULTS
) -> None:
    """Write a project with a generated client and scripts that use it."""
    target = Target(raw=raw, root=folder / "clients" / "kitchen", options=options)
    (package,) = finish([draft(target)])
    write(package.files, package.root)
    for name, text in scripts.items():
        (folder / name).write_text(text, encoding="utf-8")


def _snippets(folder: Path) -> None:
    """Write what `hubsmith show` prints for each endpoint of a client."""
    folder.mkdir()
    (folder / "hubsmith.toml").touch()
    with pytest.MonkeyPatch.context() as patch, MockSpace(KITCHEN_SNAPSHOT) as mock:
        patch.chdir(folder)
        assert main(["add", mock.url, "--name", "kitchen", "--out", "clients"]) == 0
        for name in ENDPOINTS:
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                assert main(["show", "kitchen", "--endpoint", name, "--lang", "python"]) == 0
            assert printed.getvalue().startswith("from clients.kitchen import Kitchen")
            (folder / f"{name}.py").write_text(printed.getvalue(), encoding="utf-8")


@pytest.mark.parametrize("project", PROJECTS)
def test_nothing_is_wrong(project: str, faults: Faults) -> None:
    assert faults(project) == []


def test_what_a_changed_space_broke_is_pointed_at(faults: Faults) -> None:
    found = {(one.file, one.line): one.message for one in faults("new")}
    assert set(found) == {("new/use.py", 4), ("new/use.py", 5)}
    assert '"shout"' in found["new/use.py", 5]
    assert any('"name"' in one.message for one in faults("new") if one.line == 4)
