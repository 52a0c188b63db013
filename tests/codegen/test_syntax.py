"""What the Python of a client package may hold: everything else is refused before it is written."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from hubsmith_codegen.load.snapshot import read_snapshot
from hubsmith_codegen.pipeline import Target, draft, finish, generate
from hubsmith_codegen.write.options import Options
from hubsmith_codegen.write.syntax import check_syntax
from hubsmith_runtime import HubsmithError

KITCHEN = Path(__file__).resolve().parents[2] / "generated" / "spaces" / "kitchen"
CLIENT = PurePosixPath("client.py")
MODELS = PurePosixPath("models.py")
TARGET = Target(raw=read_snapshot(KITCHEN), root=Path("kitchen"))
IMPORTS = """\
from typing import Annotated, Literal, TypeAlias
from pydantic import Field
from hubsmith_runtime import Endpoint, Model, Request, Space
from .models import GoRequest
"""

ALLOWED = {
    "docstring": '"""What it is."""',
    "own modules": "from .models import A, B\nfrom ._runtime import Model",
    "list of names": '__all__ = ["A"]',
    "alias": 'A: TypeAlias = Annotated[int | None, Field(ge=-1)] | Literal["a", -1, True] | tuple[()]',
    "empty class": "class A(Model):\n    pass",
    "class": 'class A(Request[list[str]]):\n    """What."""\n    a: str\n    """Help."""\n    b: int = -1',
    "alias of a member": 'class A(Model):\n    a: str | None = Field(default=None, alias="b-c")',
    "endpoint": 'class A(Model):\n    __endpoint__ = Endpoint(name="/a", defaults={"a": [1.5, None]})',
    "source": 'class A(Space):\n    _source = "a/b"',
    "method": 'class A(Space):\n    def go(self, a: str, *, b: int = 1) -> str:\n        """Go."""\n'
    "        return self._run(GoRequest(a=a, b=b))",
    "awaited": 'class A(Space):\n    async def go(self) -> str:\n        """Go."""\n'
    "        return await self._submit(GoRequest())",
    "jobs": 'class B(Model):\n    pass\nclass A(Space):\n    @property\n    def jobs(self) -> B:\n        """B."""\n'
    "        return B(self)",
}
STATEMENTS = {
    "import": "import os",
    "another library": "from os import system",
    "another module": "from .other import A",
    "outside": "from .. import models",
    "outside by name": "from ..models import A",
    "import of a private name": "from typing import __builtins__",
    "import of everything": "from .models import *",
    "another name": "from typing import Any as A",
    "call": "print()",
    "value": "x = 1",
    "annotated value": "x: int = 1",
    "alias of a call": "A: TypeAlias = exit()",
    "dunder": "__path__ = []",
    "names that are made": "__all__ = [*dir()]",
    "names of a call": "__all__ = dir()",
    "function": "def f(): ...",
    "condition": "if True:\n    pass",
    "loop": "for x in ():\n    pass",
    "deletion": "del int",
    "assertion": "assert exit()",
    "decorated class": "@exit\nclass A:\n    pass",
    "metaclass": "class A(metaclass=type):\n    pass",
    "base of a call": "class A(exit()):\n    pass",
    "base of an attribute": "class A(Model.x):\n    pass",
    "private class": "class _A:\n    pass",
}
IN_A_CLASS = {
    "call": "exit()",
    "value": "a = 1",
    "dunder": "__slots__ = ()",
    "annotated dunder": "__slots__: tuple[str] = ()",
    "private": "_a: int",
    "made source": "_source = exit()",
    "another endpoint": "__endpoint__ = exit(name='a')",
    "endpoint of a call": "__endpoint__ = Endpoint(name=exit())",
    "endpoint by position": "__endpoint__ = Endpoint('a')",
    "spread endpoint": "__endpoint__ = Endpoint(**{'name': 'a'})",
    "made default": "a: int = exit()",
    "lambda": "a: int = lambda: 1",
    "comprehension": "a: int = [1 for _ in ()]",
    "f-string": "a: str = f'{exit()}'",
    "spread list": "a: int = [*()]",
    "spread dict": "a: int = {**{}}",
    "sum": "a: int = 1 + 1",
    "name": "a: int = int",
    "bytes": "a: int = b''",
    "made by a factory": "a: int = Field(default_factory=exit)",
    "default by position": "a: int = Field(1)",
    "annotation that is called": "a: exit()",
    "unknown name": "a: exit",
    "attribute": "a: int.real",
    "string to evaluate": "a: 'exit()'",
    "string to evaluate within": "a: list['exit()']",
    "string to evaluate in metadata": "a: Annotated[int, 'exit()']",
    "string to evaluate beside": "a: int | 'exit()'",
    "call in a choice": "a: Literal[exit()]",
    "metadata that is called": "a: Annotated[int, exit()]",
    "more metadata": "a: Annotated[int, Field(ge=1), exit()]",
    "spread annotation": "a: tuple[*list]",
    "walrus": "a: (b := int)",
    "class": "class B:\n        pass",
}
IN_A_METHOD = {
    "no docstring": "return self._run(GoRequest(a=a))",
    "more": "'''Go.'''\n        exit()\n        return self._run(GoRequest(a=a))",
    "another call": "'''Go.'''\n        return exit()",
    "another method": "'''Go.'''\n        return self.close(GoRequest(a=a))",
    "of another": "'''Go.'''\n        return a._run(GoRequest(a=a))",
    "no request": "'''Go.'''\n        return self._run(a)",
    "unknown request": "'''Go.'''\n        return self._run(exit(a=a))",
    "argument that is made": "'''Go.'''\n        return self._run(GoRequest(a=exit()))",
    "argument of another name": "'''Go.'''\n        return self._run(GoRequest(b=a))",
    "argument that is not there": "'''Go.'''\n        return self._run(GoRequest(b=b))",
    "spread": "'''Go.'''\n        return self._run(GoRequest(**a))",
    "by position": "'''Go.'''\n        return self._run(GoRequest(a))",
    "two requests": "'''Go.'''\n        return self._run(GoRequest(a=a), GoRequest(a=a))",
    "function": "'''Go.'''\n        return int(self)",
}
METHODS = {
    "decorated": "@exit\n    def go(self) -> str:",
    "decorated by a call": "@property()\n    def go(self) -> str:",
    "constructor": "def __init__(self) -> str:",
    "private": "def _go(self) -> str:",
    "not of self": "def go(this, self: str) -> str:",
    "by position": "def go(self, a: str, /) -> str:",
    "spread arguments": "def go(self, *a: str) -> str:",
    "spread keywords": "def go(self, **a: str) -> str:",
    "made default": "def go(self, a: str = exit()) -> str:",
    "made default of a keyword": "def go(self, *, a: str = exit()) -> str:",
    "no annotation": "def go(self, a) -> str:",
    "no result": "def go(self):",
    "annotation that is called": "def go(self, a: exit()) -> str:",
    "result that is called": "def go(self) -> exit():",
}


@pytest.mark.parametrize("source", ALLOWED.values(), ids=ALLOWED)
def test_what_a_client_needs_is_allowed(source: str) -> None:
    check_syntax(CLIENT, IMPORTS + source)


@pytest.mark.parametrize("source", STATEMENTS.values(), ids=STATEMENTS)
def test_a_module_may_not_hold(source: str) -> None:
    refused(source, line=5 + source.count("@"))


@pytest.mark.parametrize("source", IN_A_CLASS.values(), ids=IN_A_CLASS)
def test_a_class_may_not_hold(source: str) -> None:
    if "tuple[*" in source:
        pytest.importorskip("tomllib", reason="syntax of Python 3.11")
    refused(f"class A(Model):\n    {source}", line=6)


@pytest.mark.parametrize("source", IN_A_METHOD.values(), ids=IN_A_METHOD)
def test_a_method_may_not_hold(source: str) -> None:
    refused(f"class A(Space):\n    def go(self, a: str) -> str:\n        {source}", line=6)


@pytest.mark.parametrize("source", METHODS.values(), ids=METHODS)
def test_a_method_may_not_be(source: str) -> None:
    body = '        """Go."""\n        return self._run(GoRequest())'
    refused(f"class A(Space):\n    {source}\n{body}")


def refused(source: str, *, line: int | None = None) -> None:
    """Fail where the source is taken, or another line than the wrong one is named."""
    place = r"\d+" if line is None else line
    with pytest.raises(HubsmithError, match=rf"^The generated client\.py, line {place} may not"):
        check_syntax(CLIENT, IMPORTS + source)


@pytest.mark.parametrize("options", [Options(), Options(vendor_runtime=True)])
def test_nothing_that_breaks_the_rules_becomes_a_package(options: Options) -> None:
    made = draft(replace(TARGET, options=options))
    assert finish([made])
    broken = replace(made, files={**made.files, MODELS: made.files[MODELS] + "\nexit()\n"})
    with pytest.raises(HubsmithError, match=r"models\.py, line \d+ may not hold 'exit\(\)'"):
        finish([broken])


def test_one_client_that_breaks_the_rules_leaves_the_others_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def drafted(target: Target) -> object:
        made = draft(target)
        if target.root.name == "good":
            return made
        return replace(made, files={**made.files, MODELS: "exit()\n"})

    monkeypatch.setattr("hubsmith_codegen.pipeline.draft", drafted)
    targets = [replace(TARGET, root=Path(name)) for name in ("good", "bad")]
    good, bad = generate(targets)
    assert not isinstance(good, Exception)
    assert isinstance(bad, HubsmithError)


def test_the_check_costs_next_to_nothing() -> None:
    modules = {path: path.read_bytes() for path in KITCHEN.glob("*.py")}
    seconds: list[float] = []
    for _ in range(5):
        start = time.process_time()
        for path, content in modules.items():
            check_syntax(PurePosixPath(path.name), content)
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.01
