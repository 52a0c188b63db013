"""The pictures of README and of the site, made from what the tools really answer: `make pictures`.

- `completion`: an editor that completes `style="…"`, as pyright's language server answers for the
  client in `generated/spaces`.
- `checks`: a terminal in which pyright finds a wrong call, and `hubsmith diff` a changed Space.
- `architecture`: how the parts of the project fit together.
- `recording`: a page, and what `hubsmith record` writes of the clicks on it.

Each is drawn twice, for light and for dark pages. A test makes them again and compares.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tempfile
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from hubsmith_testing import MockSpace
from pygments.lexers import PythonLexer
from pygments.token import Comment, Keyword, Name, String, Token

from tests.docs import recording_picture
from tests.docs.changed_space import changed_kitchen
from tests.docs.page import DOCS, ROOT
from tests.editor.conftest import LanguageServer
from tests.support.fake_hub import FakeHub

PICTURES = DOCS / "pictures"
SNAPSHOT = ROOT / "generated" / "spaces" / "kitchen" / "spec"
COLUMNS, CHARACTER, LINE = 60, 9, 23
MARGIN = 22
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
SANS = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
EDITED = 'from clients.kitchen import Kitchen\n\nwith Kitchen() as kitchen:\n    kitchen.greet("Bob", style="|")\n'
WRONG = EDITED.replace("|", "rude")


class Palette(NamedTuple):
    """The colours of one kind of page."""

    ground: str
    panel: str
    edge: str
    text: str
    dim: str
    word: str
    string: str
    name: str
    good: str
    bad: str
    chosen: str


PALETTES = {
    "light": Palette(
        "#ffffff", "#f6f8fa", "#d0d7de", "#1f2328", "#59636e", "#8250df", "#0a3069", "#0550ae",
        "#1a7f37", "#cf222e", "#ddf4ff",
    ),
    "dark": Palette(
        "#0d1117", "#161b22", "#3d444d", "#e6edf3", "#9198a1", "#d2a8ff", "#a5d6ff", "#79c0ff",
        "#3fb950", "#ff7b72", "#1f3a5f",
    ),
}  # fmt: skip

Run = tuple[str, str]  # Text, and the name of its colour.


class Answers(NamedTuple):
    """What the tools say."""

    choices: list[str]
    signature: str
    error: str
    diff: str


def asked() -> Answers:
    """Generate the client in a folder of its own, and ask the tools."""
    hub = FakeHub()
    with tempfile.TemporaryDirectory() as temporary, hub.running():
        folder = Path(temporary)
        (folder / "hubsmith.toml").touch()
        with MockSpace(SNAPSHOT) as now, MockSpace(changed_kitchen(SNAPSHOT)) as later:
            space = hub.add("owner/kitchen", now.url)
            _run(folder, hub.url, "hubsmith", "add", "owner/kitchen", "--quiet")
            with LanguageServer(folder) as server:
                completion = server.ask("textDocument/completion", EDITED)
                helped = server.ask("textDocument/signatureHelp", EDITED.replace('"|"', "|"))
            (folder / "app.py").write_text(WRONG, encoding="utf-8")
            error = _run(folder, hub.url, "pyright", "--pythonpath", sys.executable, "app.py")
            space.host = later.url
            diff = _run(folder, hub.url, "hubsmith", "diff", "kitchen")
    items = completion["items"] if isinstance(completion, dict) else completion
    return Answers(
        choices=[item["label"] for item in items],
        signature=helped["signatures"][0]["label"],
        error=error.replace(f"{folder}/", "").replace(str(folder), ""),
        diff=diff,
    )


def _run(folder: Path, hub: str, program: str, *arguments: str) -> str:
    command = [str(Path(sysconfig.get_path("scripts")) / program), *arguments]
    local = {"HF_ENDPOINT": hub, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **local, "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{program} ended with {done.returncode}: {done.stdout}")
    return done.stdout.strip()


# Drawing


class Drawing:
    """An SVG that grows downwards, a line of text at a time."""

    def __init__(self, palette: Palette, title: str, width: int = COLUMNS * CHARACTER + 2 * MARGIN):
        self.palette, self.title, self.width = palette, title, width
        self.parts: list[str] = []
        self.bottom = MARGIN

    def colour(self, name: str) -> str:
        return getattr(self.palette, name, name)

    def box(self, x: float, y: float, width: float, height: float, **look: Any) -> None:
        """Draw a rectangle with round corners."""
        fill = self.colour(look.get("fill", "panel"))
        edge = self.colour(look.get("edge", "edge"))
        self.parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" '
            f'rx="{look.get("round", 6):g}" fill="{fill}" stroke="{edge}"/>'
        )

    def text(self, x: float, y: float, runs: Sequence[Run]) -> None:
        """Write runs of text, each as wide as its characters are in every font."""
        for text, colour in runs:
            if text.strip():
                lead = len(text) - len(text.lstrip())
                shown = text.strip()
                self.parts.append(
                    f'<text x="{x + lead * CHARACTER:g}" y="{y:g}" '
                    f'textLength="{len(shown) * CHARACTER}" lengthAdjust="spacingAndGlyphs" '
                    f'fill="{self.colour(colour)}" xml:space="preserve">{escape(shown)}</text>'
                )
            x += len(text) * CHARACTER

    def line(self, runs: Sequence[Run]) -> None:
        """Write the next line."""
        self.bottom += LINE
        self.text(MARGIN, self.bottom, runs)

    def svg(self) -> str:
        """Return the whole picture."""
        height = self.bottom + MARGIN
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {height:g}" '
            f'width="{self.width}" height="{height:g}" role="img" font-size="15" '
            f'font-family="{MONO}">\n<title>{escape(self.title)}</title>\n'
        )
        ground = (
            f'<rect x="0.5" y="0.5" width="{self.width - 1}" height="{height - 1:g}" rx="8" '
            f'fill="{self.palette.ground}" stroke="{self.palette.edge}"/>'
        )
        return head + "\n".join([ground, *self.parts]) + "\n</svg>\n"


def python_runs(line: str) -> list[Run]:
    """Colour a line of Python."""
    colours = {Keyword: "word", String: "string", Comment: "dim", Name: "text"}

    def colour(kind: Any) -> str:
        return next((name for known, name in colours.items() if kind in known), "text")

    tokens = PythonLexer(ensurenl=False).get_tokens(line)
    return [(text, colour(kind)) for kind, text in tokens if kind is not Token.End and text != "\n"]


def completion(answers: Answers, palette: Palette) -> str:
    """Draw an editor with the choices of an argument and the signature of the method."""
    picture = Drawing(palette, "An editor completes the argument style of kitchen.greet")
    for line in EDITED.replace("|", "").splitlines():
        picture.line(python_runs(line))
    row = EDITED.splitlines()[-1]
    x = MARGIN + row.index("|") * CHARACTER
    picture.parts.append(
        f'<rect x="{x:g}" y="{picture.bottom - 15}" width="2" height="19" fill="{palette.text}"/>'
    )
    top = picture.bottom + 9
    width = (max(map(len, answers.choices)) + 3) * CHARACTER
    picture.box(x - 8, top, width, len(answers.choices) * LINE + 8)
    for number, choice in enumerate(answers.choices):
        y = top + 4 + number * LINE
        if not number:
            picture.box(x - 4, y, width - 8, LINE, fill="chosen", edge="none", round=4)
        picture.text(x, y + 16, [(choice, "string")])
    below = top + len(answers.choices) * LINE + 8
    parameters = _signature_lines(answers.signature)
    top = below + 12
    picture.box(MARGIN, top, COLUMNS * CHARACTER, len(parameters) * LINE + 14)
    for number, line in enumerate(parameters):
        picture.text(MARGIN + 10, top + 22 + number * LINE, python_runs(line))
    picture.bottom = int(top + len(parameters) * LINE + 14)
    return picture.svg()


def _signature_lines(signature: str) -> list[str]:
    """Break a signature after its parameters."""
    inside, _, returned = signature.rpartition(")")
    parts: list[str] = []
    for piece in inside.removeprefix("(").split(", "):
        # A comma within brackets separates no parameters.
        if parts and parts[-1].count("[") > parts[-1].count("]"):
            parts[-1] += f", {piece}"
        else:
            parts.append(piece)
    return ["greet(", *(f"    {part}," for part in parts), f"){returned}"]


def checks(answers: Answers, palette: Palette) -> str:
    """Draw a terminal with an error of the type checker, and with what changed in a Space."""
    picture = Drawing(palette, "pyright reports a wrong argument; hubsmith diff a changed Space")

    def command(text: str) -> None:
        picture.line([("$ ", "dim"), (text, "text")])

    command("pyright app.py")
    for line in answers.error.splitlines():
        picture_lines(picture, line.replace("\xa0", " "), _colour_of_error)
    picture.bottom += LINE // 2
    command("hubsmith diff kitchen")
    for line in answers.diff.splitlines():
        picture_lines(picture, line, _colour_of_change)
    return picture.svg()


def picture_lines(picture: Drawing, line: str, colour: Any) -> None:
    """Write a line of a terminal, wrapped where it is too long."""
    indent = len(line) - len(line.lstrip())
    wrapped = textwrap.wrap(line, COLUMNS, subsequent_indent=" " * (indent + 4)) or [""]
    for part in wrapped:
        picture.line([(part, colour(line))])


def _colour_of_error(line: str) -> str:
    return "bad" if "error:" in line else "dim"


def _colour_of_change(line: str) -> str:
    known = {"Breaking": "bad", "Compatible": "good", "Cosmetic": "dim"}
    return known.get(line.strip(), "dim" if line.startswith("      ") else "text")


ARCHITECTURE: Sequence[tuple[str, Sequence[tuple[str, str]]]] = (
    ("What others publish", (
        ("API documents", "of a Gradio Space"), ("Task schemas", "of the Hub"), ("Providers", "25 tables"),
    )),
    ("hubsmith_codegen", (("load", "documents"), ("normalise", "one model"), ("render, write", "Python"))),
    ("Generated code", (("clients/kitchen", "in your repository"), ("hubsmith", "the tasks' clients"))),
    ("hubsmith_runtime", (
        ("Spaces", "queue, files, jobs"), ("Inference", "routing, streams"), ("Drivers", "blocking, asyncio"),
    )),
    ("What it needs", (("httpx", "requests"), ("pydantic", "validation"))),
)  # fmt: skip
ARROWS = ("are read by", "writes", "imports", "stands on")


def architecture(palette: Palette) -> str:
    """Draw the layers of the project, from specs to requests."""
    picture = Drawing(
        palette, "Specs are read by the generator, which writes code on a runtime", 560
    )
    picture.bottom = 16
    inner = picture.width - 2 * MARGIN
    for number, (title, boxes) in enumerate(ARCHITECTURE):
        top = picture.bottom
        picture.box(MARGIN, top, inner, 96, round=8)
        picture.parts.append(_label(picture, MARGIN + 14, top + 22, title, 14, "dim", "start"))
        gap = 10
        width = (inner - 28 - gap * (len(boxes) - 1)) / len(boxes)
        for place, (name, about) in enumerate(boxes):
            x = MARGIN + 14 + place * (width + gap)
            picture.box(x, top + 34, width, 50, fill="ground")
            middle = x + width / 2
            picture.parts.append(_label(picture, middle, top + 55, name, 15, "text", "middle"))
            picture.parts.append(_label(picture, middle, top + 74, about, 13, "dim", "middle"))
        picture.bottom = top + 96
        if number < len(ARROWS):
            picture.parts.append(_arrow(picture, picture.bottom, ARROWS[number]))
            picture.bottom += 38
    picture.bottom -= 6
    return picture.svg()


def _label(
    picture: Drawing, x: float, y: float, text: str, size: int, colour: str, anchor: str
) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-family="{SANS}" font-size="{size}" '
        f'text-anchor="{anchor}" fill="{picture.colour(colour)}">{escape(text)}</text>'
    )


def _arrow(picture: Drawing, top: float, text: str) -> str:
    x, end = picture.width / 2, top + 33
    edge = picture.palette.dim
    return (
        f'<path d="M{x:g} {top + 5:g} V{end:g} M{x - 5:g} {end - 6:g} L{x:g} {end:g} '
        f'L{x + 5:g} {end - 6:g}" fill="none" stroke="{edge}" stroke-width="1.5"/>'
        + _label(picture, x + 14, top + 24, text, 13, "dim", "start")
    )


def pictures() -> Iterable[tuple[str, str]]:
    """Yield the name of each file with its content."""
    answers, recorded = asked(), recording_picture.recording()
    for scheme, palette in PALETTES.items():
        yield f"completion-{scheme}.svg", completion(answers, palette)
        yield f"checks-{scheme}.svg", checks(answers, palette)
        yield f"architecture-{scheme}.svg", architecture(palette)
        drawing = Drawing(palette, "A page, and what is recorded of the clicks on it")
        yield f"recording-{scheme}.svg", recording_picture.draw(drawing, palette, recorded)


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    for name, text in pictures():
        (PICTURES / name).write_text(text, encoding="utf-8")
