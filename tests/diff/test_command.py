"""`hubsmith diff`: where the two APIs come from, and what the exit status says."""

from __future__ import annotations

import json
import os
import subprocess
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hubsmith_codegen.cli import main

from tests.codegen.conftest import serve as serve
from tests.conftest import StartGradio
from tests.support.documents import endpoint, info_of, parameter, with_default
from tests.support.fake_hub import FakeHub

KITCHEN = Path(__file__).parents[1] / "life" / "apps" / "kitchen.py"
TEXT = {"type": "string"}
OLD = info_of({"/greet": endpoint(parameter(TEXT, name="nmae"))})
NEW = info_of({"/greet": endpoint(parameter(TEXT, name="name"))})
MORE = info_of({"/greet": endpoint(parameter(TEXT, name="nmae")), "/more": endpoint()})
CONFIG = {"version": "6.31.0", "api_prefix": "/gradio_api", "components": [], "dependencies": []}
GIT = (
    "git",
    "-c",
    "user.name=Bob",
    "-c",
    "user.email=bob@example.org",
    "-c",
    "commit.gpgsign=false",
)


def git(*arguments: str) -> None:
    subprocess.run([*GIT, *arguments], check=True, capture_output=True)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a project with a recorded Space named kitchen."""
    (tmp_path / "hubsmith.toml").write_text(
        '[tool.hubsmith]\nsnapshots = "snapshots"\n'
        '[tool.hubsmith.spaces.kitchen]\nsource = "cook/kitchen"\n'
    )
    monkeypatch.chdir(tmp_path)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    snapshot(tmp_path / "snapshots" / "kitchen", OLD)
    return tmp_path


@pytest.fixture
def repository(project: Path) -> Path:
    """The same in a git repository: tag `v1` has the old API, the working tree the new one."""
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message", "one")
    git("tag", "v1")
    snapshot(project / "snapshots" / "kitchen", NEW)
    return project


def snapshot(folder: Path, info: Any, **about: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "info.json").write_text(json.dumps(info))
    (folder / "source.json").write_text(json.dumps({"source": "cook/kitchen", **about}))


def routes(info: Any) -> dict[str, Any]:
    return {"/config": json.dumps(CONFIG).encode(), "/gradio_api/info": json.dumps(info).encode()}


def test_two_snapshots(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    snapshot(project / "later", NEW)
    assert main(["diff", "snapshots/kitchen", "later"]) == 1
    text = capsys.readouterr().out
    assert text.startswith("snapshots/kitchen -> later\nkitchen: 1 breaking.\n")
    assert "Calls to `kitchen.greet(nmae=...)` fail" in text


def test_nothing_breaking_is_exit_status_0(project: Path) -> None:
    snapshot(project / "later", MORE)
    assert main(["diff", "kitchen", "later"]) == 0
    assert main(["diff", "later", "kitchen"]) == 1


def test_single_documents(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "info.json").write_text(json.dumps(NEW))
    assert main(["diff", "kitchen", "info.json", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["old"] == "kitchen (snapshot)"
    assert [change["rule"] for change in document["changes"]] == ["parameter-renamed"]


def test_a_document_within_a_client_is_called_by_its_folder(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = "snapshots/kitchen/info.json"
    assert main(["diff", f"v1:{document}", document]) == 1
    assert "Calls to `kitchen.greet(nmae=...)` fail" in capsys.readouterr().out


def test_a_bare_revision_is_told_from_a_path(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", "v1", "kitchen"]) == 2
    assert "Write a git revision as NAME@v1 or v1:PATH" in capsys.readouterr().err


def test_markdown_for_a_pull_request(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    snapshot(project / "later", NEW)
    assert main(["diff", "kitchen", "later", "--markdown"]) == 1
    assert capsys.readouterr().out.startswith("## API changes of `kitchen`\n")


def test_quiet_prints_what_is_breaking_only(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    snapshot(project / "later", MORE)
    assert main(["diff", "kitchen", "later", "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["diff", "later", "kitchen", "--quiet"]) == 1
    assert "is gone" in capsys.readouterr().out


def test_a_recorded_name_is_compared_with_the_running_space(
    project: Path, serve: Callable[[dict[str, Any]], str], capsys: pytest.CaptureFixture[str]
) -> None:
    url = serve(routes(NEW))
    (project / "hubsmith.toml").write_text(
        f'[tool.hubsmith]\nsnapshots = "snapshots"\n[tool.hubsmith.spaces.kitchen]\nsource = "{url}"\n'
    )
    assert main(["diff", "kitchen"]) == 1
    assert f"kitchen (snapshot) -> kitchen ({url})" in capsys.readouterr().out


def test_two_running_spaces(serve: Callable[[dict[str, Any]], str], project: Path) -> None:
    one, same, other = (serve(routes(info)) for info in (OLD, OLD, NEW))
    assert main(["diff", one, same]) == 0
    assert main(["diff", one, other]) == 1


@pytest.mark.slow
def test_an_author_compares_a_space_with_the_app_on_this_machine(
    tmp_path: Path, fake_hub: FakeHub, start_gradio: StartGradio,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """No client is recorded, nor is there a configuration."""
    monkeypatch.chdir(tmp_path)
    old, new = (start_gradio(KITCHEN, APP_VERSION=version) for version in ("old", "new"))
    fake_hub.add("owner/kitchen", old)
    assert main(["diff", "owner/kitchen", new]) == 1
    assert capsys.readouterr().out.startswith(f"owner/kitchen -> {new}\nkitchen: 3 breaking,")
    assert main(["diff", "owner/kitchen", old, "--fail-on", "any"]) == 0
    assert not list(tmp_path.glob("*.toml"))


@pytest.mark.parametrize(("fail_on", "status"), [("breaking", 0), ("any", 1)])
def test_which_changes_fail(project: Path, fail_on: str, status: int) -> None:
    snapshot(project / "later", MORE)
    assert main(["diff", "kitchen", "later", "--fail-on", fail_on]) == status
    assert main(["diff", "kitchen", "kitchen", "--fail-on", fail_on]) == 0


def test_a_token_for_one_of_two_spaces_is_not_sent_to_an_address(
    fake_hub: FakeHub, project: Path, serve: Callable[[dict[str, Any]], str]
) -> None:
    fake_hub.users["hf_secret"] = "owner"
    one, other = routes(OLD), routes(NEW)
    fake_hub.add("owner/kitchen", serve(one), private=True)
    url = serve(other)
    assert main(["diff", "owner/kitchen", url, "--token", "hf_secret"]) == 1
    assert "hf_secret" in str(one["seen"])
    assert other["seen"] and "hf_secret" not in str(other["seen"])
    # Here it can be meant for nothing else.
    assert main(["diff", "kitchen", url, "--token", "hf_secret"]) == 1
    assert "hf_secret" in str(other["seen"])


def test_a_space_that_does_not_answer_is_exit_status_2(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", "kitchen", "http://127.0.0.1:9"]) == 2
    assert "http://127.0.0.1:9" in capsys.readouterr().err


@pytest.mark.parametrize(
    "sources",
    [
        ["kitchen@v1"],
        ["kitchen@v1", "kitchen"],
        ["v1:snapshots/kitchen", "kitchen"],
        ["v1:./snapshots/kitchen/info.json", "kitchen"],
        ["kitchen@HEAD", "snapshots/kitchen"],
    ],
)
def test_git_revisions(repository: Path, sources: list[str]) -> None:
    assert main(["diff", *sources]) == 1
    assert main(["diff", sources[0], "kitchen@v1"]) == 0


def test_a_revision_is_read_from_a_folder_below_the_top(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository / "snapshots")
    assert main(["diff", "v1:./kitchen", "kitchen"]) == 1
    assert main(["diff", "v1:snapshots/kitchen", "kitchen"]) == 1
    assert main(["diff", "kitchen@v1"]) == 1


def test_the_folder_of_a_client_has_its_snapshot_in_spec(repository: Path) -> None:
    snapshot(repository / "clients" / "kitchen" / "spec", OLD)
    git("add", ".")
    git("commit", "--quiet", "--message", "two")
    assert main(["diff", "HEAD:clients/kitchen", "v1:snapshots/kitchen"]) == 0


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("kitchen@nowhere", "git knows no revision 'nowhere'"),
        ("v1:nothing/here", "v1:nothing/here: there is no snapshot in this revision"),
        ("v1:../outside", "not a path within the git repository"),
        ("v1:/etc/passwd", "not a path within the git repository"),
        ("kitchen@--output=stolen", "is not the name of a git revision"),
        ("kitchen@", "is not the name of a git revision"),
        ("v1 --output=stolen:snapshots/kitchen", "is not the name of a git revision"),
        ("$(touch stolen):x", "is not the name of a git revision"),
        ("`touch${IFS}stolen`:x", "git knows no revision"),
        ("v1;touch${IFS}stolen:x", "git knows no revision"),
        ("v1:hubsmith.toml", "is not JSON"),
    ],
)
def test_what_git_cannot_give_is_exit_status_2_and_runs_nothing(
    repository: Path, source: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(repository.iterdir())
    assert main(["diff", source, "kitchen"]) == 2
    assert reason in capsys.readouterr().err
    assert sorted(repository.iterdir()) == before


def test_no_program_that_the_repository_names_is_run(repository: Path) -> None:
    witness = repository / "witness"
    for setting in ("core.fsmonitor", "core.pager", "diff.external", "core.sshCommand"):
        git("config", setting, f"touch '{witness}'")
    git("config", "filter.evil.smudge", f"touch '{witness}'")
    (repository / ".gitattributes").write_text("*.json filter=evil diff=evil\n")
    git("config", "diff.evil.textconv", f"touch '{witness}'")
    witness.unlink(missing_ok=True)
    assert main(["diff", "kitchen@v1"]) == 1
    assert not witness.exists()


def test_a_document_in_a_revision_passes_the_loader(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = repository / "snapshots" / "kitchen"
    (folder / "source.json").write_text('{"source": "https://bob:secret@example.org"}')
    git("commit", "--quiet", "--all", "--message", "bad")
    snapshot(folder, NEW)
    assert main(["diff", "kitchen@HEAD"]) == 2
    assert "HEAD:snapshots/kitchen/source.json: source is neither" in capsys.readouterr().err


def test_a_document_that_is_too_large_is_not_read_from_git(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (repository / "snapshots" / "kitchen" / "info.json").open("ab") as file:
        file.truncate(65 * 2**20)
    git("commit", "--quiet", "--all", "--message", "large")
    tracemalloc.start()
    try:
        assert main(["diff", "kitchen@HEAD", "kitchen@v1"]) == 2
        assert tracemalloc.get_traced_memory()[1] < 32 * 2**20
    finally:
        tracemalloc.stop()
    problem = "HEAD:snapshots/kitchen/info.json is larger than 64 MiB."
    assert problem in capsys.readouterr().err


def test_without_git_the_error_says_so(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(project))
    assert main(["diff", "kitchen@v1"]) == 2
    assert "git is not installed" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="the way up to the root is another one")
def test_outside_of_a_repository_the_error_says_so(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.parent))
    assert main(["diff", "kitchen@v1"]) == 2
    assert "is not in a git repository" in capsys.readouterr().err


def test_a_hook_s_environment_does_not_lead_to_another_repository(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path_factory.mktemp("other")))
    assert main(["diff", "kitchen@v1"]) == 1


def test_one_source_that_is_not_recorded_is_a_wrong_usage(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["diff", "snapshots/kitchen"])
    assert stopped.value.code == 2
    assert "give a second source" in capsys.readouterr().err


def test_an_unreadable_snapshot_is_exit_status_2(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "snapshots" / "kitchen" / "info.json").write_text("<html>")
    assert main(["diff", "kitchen", "kitchen"]) == 2
    assert "info.json" in capsys.readouterr().err


def test_the_source_in_a_snapshot_is_news_only_for_one_recorded_space(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    snapshot(repository / "snapshots" / "kitchen", OLD, source="cook/bigger-kitchen")
    assert main(["diff", "kitchen@v1"]) == 0
    assert "The Space was `cook/kitchen`, is `cook/bigger-kitchen`." in capsys.readouterr().out
    snapshot(repository / "fork", OLD, source="fork/kitchen")
    assert main(["diff", "kitchen", "fork"]) == 0
    assert "kitchen: no changes." in capsys.readouterr().out


def test_help_names_the_sources(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["diff", "--help"])
    assert "NAME@REVISION" in capsys.readouterr().out


def test_an_added_parameter_with_a_default_is_compatible(project: Path) -> None:
    snapshot(
        project / "later",
        info_of(
            {"/greet": endpoint(parameter(TEXT, name="nmae"), with_default(TEXT, "!", name="mark"))}
        ),
    )
    assert main(["diff", "kitchen", "later"]) == 0
