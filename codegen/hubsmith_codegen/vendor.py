"""The part of the runtime that a client package needs, to be copied into the package.

With it the package needs httpx and pydantic, and nothing of ours. Which modules go along is read
from their imports, beginning with the names that the templates of a package import. A package is
rendered for the copy by `render(service, runtime=VENDORED)`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import PurePosixPath

import hubsmith_runtime

from .names import Identifier
from .text import Source
from .version import GENERATOR

FOLDER = PurePosixPath("_runtime")
"""Where the copy stands in the package."""

# What the templates of a package import from the runtime.
_NEEDED = frozenset(
    {"AsyncJob", "AsyncJobs", "AsyncSpace", "Endpoint", "File", "FileInput", "Job", "Jobs"}
    | {"Model", "Request", "Space"}
)
_LIBRARY = hubsmith_runtime.__name__
_NOTICE = (
    f"# Part of the runtime of {GENERATOR}, copied with this notice added.\n"
    "# SPDX-License-Identifier: Apache-2.0. The license is in the file LICENSE beside this one.\n"
    "# DO NOT EDIT: `hubsmith generate` writes it again.\n"
    "# ruff: noqa"  # It is written to the rules of another project than the one it goes into.
)


def vendored_runtime() -> dict[PurePosixPath, str]:
    """The files of the copied runtime, formatted as they are.

    Returns:
        Their text by their path within the client package: `_runtime/__init__.py` with the public
        names of the modules that go along, those modules, and the license.
    """
    return dict(_files())


@cache
def _files() -> Mapping[PurePosixPath, str]:
    from .templating import template

    modules = _modules()
    homes: list[tuple[Identifier, tuple[Identifier, ...]]] = []
    public = frozenset(hubsmith_runtime.__all__)
    for name, text in sorted(modules.items()):
        found = sorted(_defined(ast.parse(text)) & public)
        if found:
            homes.append((Identifier(name), tuple(Identifier(one) for one in found)))
    exports = sorted(name for _, names in homes for name in names)
    if missing := sorted(_NEEDED - set(exports)):
        raise ValueError(f"no module of the runtime defines {missing[0]}")
    face = template("runtime/__init__.py").render(
        header=Source(_NOTICE), homes=homes, exports=tuple(exports)
    )
    files = {FOLDER / "__init__.py": face}
    for name, text in sorted(modules.items()):
        files[FOLDER / f"{name}.py"] = f"{_NOTICE}\n{text}"
    license_ = resources.files(str(__package__)).joinpath("templates/runtime/LICENSE")
    files[FOLDER / "LICENSE"] = license_.read_text("utf-8")
    return files


def _modules() -> dict[str, str]:
    """The source of every module that the names of a client lead to, by the module's name."""
    folder = resources.files(hubsmith_runtime)
    texts = {
        file.name.removesuffix(".py"): file.read_text("utf-8")
        for file in folder.iterdir()
        if file.name.endswith(".py") and file.name != "__init__.py"
    }
    waiting = [name for name, text in texts.items() if _defined(ast.parse(text)) & _NEEDED]
    found: dict[str, str] = {}
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = texts[name]
            waiting += _imported(name, texts)
    return found


def _imported(name: str, texts: Mapping[str, str]) -> Iterator[str]:
    """The modules of the runtime that one of them imports, wherever in it."""
    for node in ast.walk(ast.parse(texts[name])):
        match node:
            case ast.ImportFrom(level=1, module=str(module)):
                yield _known(module, name, texts)
            case ast.ImportFrom(level=1, module=None, names=aliases):
                for alias in aliases:
                    yield _known(alias.name, name, texts)
            case ast.ImportFrom(level=0, module=str(module)):
                _refuse_own(module, name)
            case ast.ImportFrom():
                raise ValueError(f"{name} imports from outside of the runtime")
            case ast.Import(names=aliases):
                for alias in aliases:
                    _refuse_own(alias.name, name)
            case _:
                pass


def _known(module: str, importer: str, texts: Mapping[str, str]) -> str:
    if module not in texts:
        raise ValueError(f"{importer} imports {module}, which cannot be copied")
    return module


def _refuse_own(module: str, importer: str) -> None:
    # Such an import would find the installed runtime, or nothing.
    if module.partition(".")[0] == _LIBRARY:
        raise ValueError(f"{importer} imports {module} by its full name, so it cannot be copied")


def _defined(module: ast.Module) -> set[str]:
    """The names that a module itself gives a meaning to."""
    found: set[str] = set()
    for node in module.body:
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                found.add(name)
            case ast.AsyncFunctionDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                found.add(name)
            case ast.Assign(targets=targets):
                found |= {target.id for target in targets if isinstance(target, ast.Name)}
            case ast.If(body=body, orelse=otherwise):
                found |= _defined(ast.Module(body=[*body, *otherwise], type_ignores=[]))
            case _:
                pass
    return found
