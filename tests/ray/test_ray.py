"""`CallSpace` and `CallModel` in a real Ray on this machine, with Gradio and a chat server.

It runs with `make test-ray`, which installs Ray; `HUBSMITH_RAY_ROWS` is how many rows the longest test
has.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hubsmith import Client, Space

from tests.ray.environment import EnvironmentFailed, python_with_ray
from tests.ray.requests import SquareRequest
from tests.support.fake_inference import FakeChatServer
from tests.support.paths import ROOT

arrow: Any = pytest.importorskip("pyarrow", reason="it looks at files of Parquet")
parquet: Any = pytest.importorskip("pyarrow.parquet")

pytestmark = pytest.mark.slow

ROWS = int(os.environ.get("HUBSMITH_RAY_ROWS", "0"))
AT_ONCE = 12
APP = Path(__file__).with_name("app.py")

StartGradio = Callable[..., str]


@pytest.fixture(scope="session")
def python() -> Path:
    if not ROWS:
        pytest.skip("Ray runs with `make test-ray`")
    try:
        return python_with_ray()
    except EnvironmentFailed as error:
        pytest.fail(str(error), pytrace=False)


Piped = Callable[..., Any]


@pytest.fixture
def piped(python: Path) -> Piped:
    """Run one of the pipelines; return what it does."""

    def run(name: str, environment: dict[str, str] | None = None, **arguments: Any) -> Any:
        paths = [ROOT, ROOT / "runtime", ROOT / "generated"]
        settings = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "NO_PROXY": "127.0.0.1,localhost",
            **(environment or {}),
        }
        done = subprocess.run(
            [python, "-m", "tests.ray.pipelines", name, json.dumps(arguments)],
            cwd=ROOT, env=settings, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=120 + ROWS * 0.2, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-5000:]
        return json.loads(done.stdout.splitlines()[-1])

    return run


def written(path: Path, numbers: range, files: int = 4) -> str:
    """Write numbers as files of Parquet, with a column that is no parameter."""
    path.mkdir()
    for place in range(files):
        part = list(numbers[place::files])
        table = arrow.table({"number": part, "note": [f"note {number}" for number in part]})
        parquet.write_table(table, path / f"{place}.parquet")
    return str(path)


def test_every_row_comes_back_and_the_errors_stand_in_their_column(
    piped: Piped, tmp_path: Path, start_gradio: StartGradio
) -> None:
    url = start_gradio(APP)
    source, target = written(tmp_path / "in", range(ROWS)), tmp_path / "out"
    with Client(url) as client:
        client.predict(api_name="/count")
        figures = piped("squares", url=url, source=source, target=str(target), at_once=AT_ONCE)
        counts = client.predict(api_name="/count")
    print(f"Ray: {ROWS} rows, {ROWS / figures['seconds']:.0f} a second, {counts}")
    for file in target.glob("*.parquet"):  # Each by itself, also one without an error.
        kinds = {field.name: str(field.type) for field in parquet.read_schema(file)}
        assert kinds == {
            "number": "int64", "note": "string", "result": "int64", "error": "string",
            "error_kind": "string",
        }  # fmt: skip
    rows = {row["number"]: row for row in parquet.read_table(target).to_pylist()}
    assert len(rows) == ROWS
    assert counts["executions"] == ROWS
    assert counts["at_once"] <= AT_ONCE
    failed = {number for number, row in rows.items() if row["error"] is not None}
    assert failed == {number for number in range(ROWS) if number % 100 == 13}
    with Space(url) as space:
        requests = ((str(number), SquareRequest(number=number)) for number in range(ROWS))
        run = space.map(requests, concurrency=AT_ONCE)
        for done in run:
            row = rows.pop(int(done.key))
            assert row["note"] == f"note {done.key}"
            assert row["result"] == (done.value if done.error is None else None)
            assert row["error"] == (None if done.error is None else str(done.error))
            assert row["error_kind"] == (None if done.error is None else type(done.error).__name__)
    assert not rows
    print(f"map: {run.summary().rate:.0f} a second")


def test_all_actors_together_keep_to_the_limit(
    piped: Piped, tmp_path: Path, start_gradio: StartGradio
) -> None:
    url = start_gradio(APP, APP_SECONDS="0.1")
    source = written(tmp_path / "in", range(200))
    with Client(url) as client:
        client.predict(api_name="/count")
        piped(
            "squares",
            url=url,
            source=source,
            target=str(tmp_path / "out"),
            at_once=5,
            batch_size=10,
        )
        # Each of two actors has two: five cannot be divided.
        assert 3 <= client.predict(api_name="/count")["at_once"] <= 4


def test_a_checkpoint_of_ray_skips_what_is_written_errors_included(
    piped: Piped, tmp_path: Path, start_gradio: StartGradio
) -> None:
    url = start_gradio(APP)
    target, checkpoint = tmp_path / "out", tmp_path / "checkpoint"
    checkpoint.mkdir()
    with Client(url) as client:
        for last, executions in ((100, 100), (160, 60)):
            client.predict(api_name="/count")
            source = written(tmp_path / f"in {last}", range(last))
            piped(
                "checkpointed", url=url, source=source, target=str(target),
                checkpoint=str(checkpoint),
            )  # fmt: skip
            assert client.predict(api_name="/count")["executions"] == executions
    rows = parquet.read_table(target).to_pylist()
    assert sorted(row["number"] for row in rows) == [*range(160)]
    assert [row["number"] for row in rows if row["error"]] in ([13, 113], [113, 13])


def test_a_chat_server_gets_a_key_that_ray_never_had(piped: Piped) -> None:
    server, secret = FakeChatServer("tiny"), "sk-that-nobody-writes-down"
    with server.running():
        found = piped(
            "chats", {"OUR_KEY": secret}, url=server.url, count=50, secret=secret
        )  # fmt: skip
    assert found["answers"] == ["Paris."] * 50
    assert {seen.headers["authorization"] for seen in server.seen} == {f"Bearer {secret}"}
    asked = [seen.json()["messages"][0]["content"] for seen in server.seen]
    assert sorted(asked) == sorted(f"Is it {number}?" for number in range(50))
    assert found["logs"] > 0
    assert found["leaks"] == []


def test_a_token_among_the_arguments_ends_the_pipeline_before_it_begins(piped: Piped) -> None:
    found = piped("refused", options={"token": "hf_secret"})
    assert "CallSpace: token: secrets cannot be passed here" in found["error"]
    assert "hf_secret" not in found["error"]
