"""The picture of a recording: the page of the demo app, and beside it the terminal and the script.

What the terminal and the script say is what the recorder writes of the calls that such clicks make.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubsmith_record.live import describe
from hubsmith_record.recording import RecordedCall, Recording
from hubsmith_record.session import write_session

from tests.support.paths import KITCHEN_APP

if TYPE_CHECKING:
    from tests.docs.pictures import Drawing, Palette

_PAGE, _COLUMNS = 250, 62
_SOURCE = "owner/kitchen"
_DOCUMENTS = """
import json, sys
sys.path.insert(0, sys.argv[1])
import app
built = app.build()
for document in (built.get_config_file(), built.get_api_info()):
    print(json.dumps(document, default=str))
"""


def recording() -> Recording:
    """Bob is greeted, and the greeting is what is baked."""
    # In a process of its own: Gradio leaves event loops behind.
    said = subprocess.run(
        [sys.executable, "-c", _DOCUMENTS, KITCHEN_APP.parent],
        capture_output=True,
        text=True,
        check=True,
    )
    config, info = map(json.loads, said.stdout.splitlines()[-2:])
    functions = {one["api_name"]: one for one in config["dependencies"]}

    def call(name: str, started: float, data: list[Any], output: str) -> RecordedCall:
        return RecordedCall(
            fn_index=functions[name]["id"], data=data, outputs=[output], session_hash="",
            trigger_id=functions[name]["targets"][0][0], started=started, ended=started + 0.1,
        )  # fmt: skip

    return Recording(
        source=_SOURCE,
        url="http://127.0.0.1:7860",
        config=config,
        info=info,
        calls=[
            call("greet", 4.2, ["Bob", "casual", 3], "Hi, Bob!!!"),
            call("greet", 9.7, ["Hi, Bob!!!", "formal", 5], "Good evening, Hi, Bob!!!!!!!!"),
        ],
        uploads={},
    )


def texts(recorded: Recording) -> tuple[list[str], list[str]]:
    """The lines of the terminal, and those of the script."""
    lines = [f"{call.ended - call.started:7.1f} s  {describe(recorded, call)}"
             for call in recorded.calls if call.ended is not None]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "session.py"
        write_session(recorded, language="python", out=script)
        program = script.read_text(encoding="utf-8").splitlines()
    return lines, program


def draw(picture: Drawing, palette: Palette, recorded: Recording) -> str:
    """Draw the page, the terminal and the script."""
    from tests.docs.pictures import CHARACTER, LINE, MARGIN, python_runs

    lines, program = texts(recorded)
    labels = [
        one["props"]["label"] for one in recorded.config["components"] if one["props"].get("label")
    ]
    values = ["Hi, Bob!!!", "formal", "5", "Good evening, Hi, Bob!!!!!!!!"]
    inputs = [label for label in labels if label in ("Name", "Style", "Intensity", "Greeting")]
    x, y = MARGIN, MARGIN + 6
    picture.box(x, y, _PAGE, 4 * 62 + 66, round=8)
    y += 14
    for label, value in zip(inputs, values, strict=True):
        if label == "Greeting":
            picture.box(x + 12, y, _PAGE - 24, 34, fill="chosen")
            picture.text(x + _PAGE / 2 - 22, y + 22, [("Greet", "text")])
            y += 46
        picture.text(x + 14, y + 14, [(label, "dim")])
        picture.box(x + 12, y + 20, _PAGE - 24, 32, fill="ground")
        picture.text(x + 20, y + 41, [(value[: (_PAGE - 40) // CHARACTER], "text")])
        y += 62
    left = x + _PAGE + 24
    y = MARGIN + 20
    command = [("$ ", "dim"), (f"hubsmith record {_SOURCE}", "text")]
    for runs in [command, *([(line, "good")] for line in lines), [("^C", "dim")]]:
        picture.text(left, y, runs)
        y += LINE
    y += 8
    command = [("$ ", "dim"), ("cat session.py", "text")]
    picture.text(left, y, command)
    for line in program:
        y += LINE
        picture.text(left, y, python_runs(line))
    picture.bottom = y
    picture.width = left + _COLUMNS * CHARACTER + MARGIN
    return picture.svg()
