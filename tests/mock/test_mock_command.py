"""`hubsmith mock` as it is used in a shell, and the fixture as it is used in a project."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hubsmith_codegen.cli import main
from hubsmith_runtime import Client

from tests.support.running_command import serving

pytestmark = pytest.mark.slow


def test_a_snapshot_is_served_until_ctrl_c(snapshot: Path, tmp_path: Path) -> None:
    (tmp_path / "answers.json").write_text('{"/greet": {"value": "Hello"}}', encoding="utf-8")
    arguments = (str(snapshot), "--answers", "answers.json", "--seed", "3")
    with serving("mock", *arguments, folder=tmp_path) as url, Client(url) as client:
        assert url.startswith("http://127.0.0.1:")
        assert client.predict("Bob", api_name="/greet") == "Hello"
        assert client.predict("soup", api_name="/count") is not None


def test_a_recorded_space_is_served_by_its_name(snapshot: Path, tmp_path: Path) -> None:
    (tmp_path / "hubsmith.toml").write_text(
        '[tool.hubsmith.spaces.kitchen]\nsource = "http://127.0.0.1:7860"\n', encoding="utf-8"
    )
    shutil.copytree(snapshot, tmp_path / "clients" / "kitchen" / "spec")
    with serving("mock", "kitchen", folder=tmp_path) as url, Client(url) as client:
        assert isinstance(client.predict("Bob", api_name="/greet"), str)


def test_openapi_alone_is_enough(snapshot: Path, tmp_path: Path) -> None:
    file = shutil.copy(snapshot / "openapi.json", tmp_path)
    with serving("mock", str(file), folder=tmp_path) as url, Client(url) as client:
        assert isinstance(client.predict(dish="soup", api_name="/fail"), str)
        picture, label = client.predict(im=None, strength=1, api_name="/img")
        assert picture.read()
        assert isinstance(label, dict)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing"], "nothing: not recorded"),
        (["owner/name"], "run `hubsmith add`"),
        ([".", "--seed", "1"], "."),
    ],
)
def test_what_cannot_be_served(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["mock", *arguments]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("port", ["-1", "65536", "many"])
def test_a_port_that_is_none(port: str, snapshot: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["mock", str(snapshot), "--port", port])
    assert ended.value.code == 2


def test_the_fixture_is_a_plugin(snapshot: Path, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        'pytest_plugins = ["hubsmith_testing.pytest"]\n', encoding="utf-8"
    )
    (tmp_path / "test_mine.py").write_text(
        "from hubsmith_runtime import Client\n\n"
        "def test_it(mock_space):\n"
        f"    mock = mock_space({json.dumps(str(snapshot))})\n"
        "    with Client(mock.url) as client:\n"
        '        client.predict("Bob", api_name="/greet")\n'
        '    assert mock.calls[0].arguments["name"] == "Bob"\n',
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_no_client_imports_it() -> None:
    code = "import sys, hubsmith_runtime as h; h.Space; h.Client; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert not [name for name in loaded if "testing" in name or name == "pytest"]
