"""One batch of adversarial documents: clients made, read, written, imported, called from the shell."""

from __future__ import annotations

import ast
import json
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hubsmith_codegen.cli.console import printable
from hubsmith_codegen.cli.naming import name_of_source
from hubsmith_codegen.compare.api import diff_services
from hubsmith_codegen.compare.api.report import to_document, to_markdown, to_text
from hubsmith_codegen.ir.model import Service
from hubsmith_codegen.load import RawSpec, load
from hubsmith_codegen.normalise import normalise
from hubsmith_codegen.pipeline import Draft, Package, Target, draft, finish
from hubsmith_codegen.snippets import LANGUAGES
from hubsmith_codegen.snippets.examples import has_file
from hubsmith_codegen.snippets.listing import definition_lines, endpoint_lines, heading
from hubsmith_codegen.snippets.place import Place
from hubsmith_codegen.write.files import write
from hubsmith_codegen.write.options import Options
from hubsmith_runtime import SpecError

from .mutations import CANARY, hostile

_IMPORTING = Path(__file__).with_name("importing.py")
_SHARE_OF_CURL = 5
_CURL = r"""#!/bin/sh
for word; do printf '%s\001' "$word"; done >> ../calls
printf '\002' >> ../calls
case $* in
  *files=@*) echo '["/tmp/file"]' ;;
  *) echo '"event_id": "e1" "host": "http://host"' ;;
esac
"""
_FUNCTIONS = frozenset({"print", "Client", "handle_file", "client.predict", "client.submit"})


@dataclass(slots=True)
class Figures:
    """What came of documents; texts name the document by its number."""

    tried: int = 0
    refused: int = 0
    imported: int = 0
    called: int = 0
    raw: list[str] = field(default_factory=list[str])
    escaped: list[str] = field(default_factory=list[str])
    outside: list[str] = field(default_factory=list[str])
    wrong: list[str] = field(default_factory=list[str])

    def add(self, other: Figures) -> None:
        """Add those of another batch."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def failures(self) -> list[str]:
        """Everything that may not be."""
        return [
            f"{name}: {text}"
            for name in ("raw", "escaped", "outside", "wrong")
            for text in getattr(self, name)
        ]


def batch(numbers: Iterable[int]) -> Figures:
    """Try the documents with these numbers."""
    figures = Figures()
    with tempfile.TemporaryDirectory(prefix="hubsmith-hostile-") as folder:
        _Batch(figures, Path(folder)).run(numbers)
    return figures


class _Batch:
    def __init__(self, figures: Figures, folder: Path) -> None:
        self._figures = figures
        self._folder = folder
        self._clients = folder / "clients"
        self._shell = folder / "shell"
        self._clients.mkdir()
        self._shell.mkdir()

    def run(self, numbers: Iterable[int]) -> None:
        drafts: dict[int, Draft] = {}
        for number in numbers:
            self._figures.tried += 1
            with self._no_raw_error(number):
                made = self._draft(number)
                self._look_at(number, made.service)
                drafts[number] = made
        expected: dict[str, Any] = {}
        for number, package in self._finished(drafts):
            with self._no_raw_error(number):
                write(package.files, package.root, boundary=self._clients)
                self._look_at_readme(number, package)
                path = package.root.relative_to(self._clients).as_posix()
                expected[path] = list(_requests(package.service))
        self._import(expected)
        self._look_around(expected)

    @contextmanager
    def _no_raw_error(self, number: int) -> Iterator[None]:
        try:
            yield
        except SpecError as error:
            self._figures.refused += 1
            if not str(error).replace("\n", " ").isprintable():
                self._figures.wrong.append(f"{number}: refused with {str(error)!a}")
        except Exception:
            self._figures.raw.append(f"{number}: {traceback.format_exc(limit=-4)}")

    def _draft(self, number: int) -> Draft:
        raw: RawSpec = load(
            hostile(number), source=(None, "owner/app", "http://127.0.0.1")[number % 3]
        )
        name = name_of_source("http://127.0.0.1", raw)
        options = Options(outputs="nullable" if number % 7 == 0 else "filled")
        root = self._clients / str(number) / name
        return draft(Target(raw=raw, root=root, options=options))

    def _finished(self, drafts: dict[int, Draft]) -> Iterator[tuple[int, Package]]:
        try:
            yield from zip(drafts, finish([*drafts.values()]), strict=True)
        except Exception:
            for number, one in drafts.items():
                with self._no_raw_error(number):
                    (package,) = finish([one])
                    yield number, package

    def _look_at(self, number: int, service: Service) -> None:
        """Everything that a command prints of the API."""
        place = Place(service=service, module=f"clients.{service.package}", note="First.")
        shown = [heading(service)]
        for operation in service.operations:
            shown += endpoint_lines(operation)
            texts = {name: write(operation, place) for name, (_, write) in LANGUAGES.items()}
            for text in texts.values():
                shown += text.split("\n")
            for name in ("python", "python-untyped"):
                self._look_at_python(
                    number, texts[name], {str(service.class_name), f"{_variable(texts[name])}"}
                )
        for definition in service.definitions:
            shown += definition_lines(definition)
        empty = normalise(load({"info": b'{"named_endpoints": {}}'}, name=str(service.package)))
        for old, new in ((empty, service), (service, empty), (service, service)):
            diff = diff_services(old, new)
            for text in (to_text(diff), json.dumps(to_document(diff)), to_markdown(diff)):
                shown += text.split("\n")
        shown += [printable(str(one)) for one in (*service.omissions, *service.disagreements)]
        for line in shown:
            if not line.isprintable():
                self._figures.wrong.append(f"{number}: not printable: {line!a}")
        if number % _SHARE_OF_CURL == 0:
            self._call(number, service, place)

    def _look_at_python(self, number: int, text: str, own: set[str]) -> None:
        called = {
            ast.unparse(node.func)
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Call)
        }
        classes = {one for one in called if re.fullmatch(r"[A-Z]\w*", one)}
        methods = {one for one in called if one.startswith(tuple(f"{name}." for name in own))}
        for one in called - classes - methods - _FUNCTIONS:
            self._figures.escaped.append(f"{number}: a snippet calls {one[:200]!a}")

    def _look_at_readme(self, number: int, package: Package) -> None:
        text = (package.root / "README.md").read_text(encoding="utf-8")
        outside = re.sub(r"^```python\n.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
        structure = [
            line
            for line in outside.split("\n")
            if re.match(r"\s*(#|[-+*>|]|\d+[.)]|```|~~~|===)", line)
        ]
        headings = [line for line in structure if not line.startswith("- `")]
        count = len(package.service.operations)
        expected = 1 + (count + 1 if count else 0) + bool(package.service.omissions)
        plain = re.sub(r"`[^`\n]*`", "", outside)
        if (
            len(headings) != expected
            or re.search(r"(?<!\\)[<\[]", plain)
            or not all(line.isprintable() for line in text.split("\n"))
        ):
            self._figures.wrong.append(f"{number}: its README is {text!a}")

    def _call(self, number: int, service: Service, place: Place) -> None:
        """Run the snippets for curl against a stub of curl, in a folder that stays as it is."""
        tools = self._shell / "tools"
        if not tools.exists():
            tools.mkdir()
            sed = shutil.which("sed")
            assert sed is not None
            (tools / "sed").symlink_to(sed)
            (tools / "mkdir").symlink_to(shutil.which("mkdir") or "/bin/mkdir")
            curl = tools / "curl"
            curl.write_text(_CURL)
            curl.chmod(curl.stat().st_mode | stat.S_IXUSR)
        work = self._shell / "work"
        for operation in service.operations:
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir()
            calls = self._shell / "calls"
            calls.unlink(missing_ok=True)
            script = LANGUAGES["curl"][1](operation, place)
            done = subprocess.run(
                ["/bin/sh", "-c", script],
                cwd=work, env={"PATH": str(tools)}, capture_output=True, timeout=60, check=False,
            )  # fmt: skip
            self._figures.called += 1
            if list(work.iterdir()):
                self._figures.escaped.append(
                    f"{number}: curl of {operation.endpoint!a} wrote a file"
                )
            if (done.returncode and not script.startswith("echo ")) or (
                done.stderr and not done.returncode
            ):
                self._figures.wrong.append(f"{number}: curl failed: {done.stderr!a} {script!a}")
            sent = calls.read_text(encoding="utf-8") if calls.exists() else ""
            for call in sent.split("\2"):
                words = call.split("\1")
                if "-d" in words:
                    json.loads(words[words.index("-d") + 1])

    def _import(self, expected: dict[str, Any]) -> None:
        (self._clients / "expected.json").write_text(json.dumps(expected))
        done = subprocess.run(
            [sys.executable, "-I", str(_IMPORTING), str(self._clients)],
            cwd=self._folder, capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
        if done.returncode:
            self._figures.raw.append(f"importing: {done.stderr[-2000:]}")
        else:
            self._figures.imported += len(expected)
        for line in done.stdout.splitlines():
            path, text = json.loads(line)
            found = self._figures.escaped if text.startswith("escaped") else self._figures.wrong
            found.append(f"{path}: {text}")

    def _look_around(self, expected: dict[str, Any]) -> None:
        top = {one.name for one in self._folder.iterdir()} - {"clients", "shell"}
        made = {one.relative_to(self._clients).as_posix() for one in self._clients.glob("*/*")}
        shell = {one.name for one in self._shell.iterdir()} - {"tools", "calls", "work"}
        self._figures.outside += sorted(top | shell | (made - expected.keys()))
        if Path("/tmp", CANARY).exists() or Path(CANARY).exists():
            self._figures.escaped.append("a canary is there")


def _variable(program: str) -> str:
    found = re.search(r"^with .* as (\w+):$", program, re.MULTILINE) or re.search(
        r"^(\w+) = ", program, re.MULTILINE
    )
    return found[1] if found else "client"


def _requests(service: Service) -> Iterator[dict[str, Any]]:
    """What each request of a client is made of, with example arguments but for files."""
    place = Place(service=service, module="x")
    for operation in service.operations:
        given = place.examples.arguments(operation)
        names = {one.identifier: name for name, one in operation.named()}
        values = {names[one.identifier]: value for one, value in given if not has_file(value)}
        needs_file = any(has_file(value) for one, value in given if one.default is None)
        yield {
            "request": operation.request_class,
            "endpoint": str(operation.endpoint),
            "names": list(names.values()),
            "arguments": {} if needs_file else values,
            "skips": needs_file,
        }
