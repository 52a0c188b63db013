"""`python -m hubsmith_repository.tree`: write this repository's own `generated/`.

The public package is made from `specs/`, each example client from the snapshot in its own `spec/`.

With `--check`, nothing is written; the exit status is 1 if a file on disk differs.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath

import hubsmith_runtime
import hubsmith_tools
from hubsmith_codegen.ir.model import Service
from hubsmith_codegen.ir.names import ClassName, Identifier
from hubsmith_codegen.ir.text import Source, docstring, literal
from hubsmith_codegen.ir.version import VERSION
from hubsmith_codegen.load.snapshot import read_snapshot
from hubsmith_codegen.normalise.providers.load import load_providers
from hubsmith_codegen.normalise.tasks import service_of_tasks
from hubsmith_codegen.pipeline import Target, draft, finish
from hubsmith_codegen.render.providers.module import render_providers
from hubsmith_codegen.render.tasks import render_tasks
from hubsmith_codegen.render.templating import header, template
from hubsmith_codegen.write.files import differences, write
from hubsmith_codegen.write.formatting import format_python
from hubsmith_codegen.write.lock import LOCK_FILE
from hubsmith_runtime import HubsmithError, SpecError, inference

ROOT = Path(__file__).resolve().parents[2]
PROVIDERS = ROOT / "specs" / "providers"
TASKS = ROOT / "specs" / "tasks"
PUBLIC = ROOT / "generated" / "hubsmith"
SPACES = ROOT / "generated" / "spaces"
_FACE = PurePosixPath("__init__.py")
_MAIN = PurePosixPath("__main__.py")
_RAY = PurePosixPath("ray.py")
_TOOLS = PurePosixPath("tools.py")
_MARKER = PurePosixPath("py.typed")
_START = """\
from __future__ import annotations

import sys

from hubsmith_codegen.cli import main

if __name__ == "__main__":
    sys.exit(main())
"""
# The public names of the runtime's inference half; the others are for generated code.
_INFERENCE = (
    "AsyncStream", "InferenceApi", "InferenceProgress", "RawResponse", "Stream", "merge_chunks",
    *(name for name in inference.__all__ if name.endswith("Error")),
)  # fmt: skip


def public_package() -> dict[PurePosixPath, bytes]:
    """The files of the package `hubsmith`: the task clients, the providers, all public names."""
    service = service_of_tasks(TASKS)
    tasks = render_tasks(service)
    texts = {**tasks.files, **_providers(service), _FACE: _face(tasks.names)}
    ray = _exports("hubsmith_bulk.ray", ("ActorOptions", "CallModel", "CallSpace"))
    tools = _exports("hubsmith_tools", hubsmith_tools.__all__)
    texts |= {
        _MAIN: _module("`python -m hubsmith` is the command `hubsmith`.", _START),
        _RAY: _module("Calls of Spaces and models for the rows of Ray Data.", ray),
        _TOOLS: _module("Endpoints of Spaces as tools that a language model calls.", tools),
    }
    files = {path: text.encode() for path, text in format_python(texts).items()}
    return {**files, _MARKER: b""}


def _module(about: str, content: str) -> str:
    return f'{header("the name of the package")}\n"""{about}"""\n\n{content}'


def _exports(package: str, names: Iterable[str]) -> str:
    return "".join(f"from {package} import {name} as {name}\n" for name in names)


def _providers(service: Service) -> dict[PurePosixPath, str]:
    known = {str(operation.endpoint) for operation in service.operations}
    rendered = render_providers(load_providers(PROVIDERS, known))
    return {"_providers" / path: text for path, text in rendered.items()}


def _face(models: tuple[ClassName, ...]) -> str:
    modules: dict[str, Iterable[str]] = {
        "hubsmith_runtime": hubsmith_runtime.__all__,
        "hubsmith_runtime.inference": _INFERENCE,
        "._async_client": ("AsyncInferenceClient",),
        "._client": ("InferenceClient",),
        ".tasks": models,
    }
    names = [name for public in modules.values() for name in public]
    if twice := {name for name in names if names.count(name) > 1}:
        raise SpecError(f"Public names are defined twice: {', '.join(sorted(twice))}.")
    about = "Typed Python clients for the models and Spaces of the Hugging Face Hub."
    return template("lazy/__init__.py").render(
        header=header("the runtime's public names and specs/tasks"),
        doc=docstring([about], indent=0),
        modules=[
            (Source(module), [Identifier(name) for name in sorted(public)])
            for module, public in modules.items()
        ],
        version=literal(VERSION),
    )


def main(arguments: list[str]) -> int:
    """Rewrite `generated/`, or with `--check` print the files that are out of date."""
    is_check = arguments == ["--check"]
    if arguments and not is_check:
        print("usage: python -m hubsmith_repository.tree [--check]", file=sys.stderr)
        return 2
    # The whole public package is generated, so files that no spec gives any more are removed.
    present = (PurePosixPath(path.relative_to(PUBLIC)) for path in PUBLIC.rglob("*"))
    owned = [path for path in present if path.suffix in (".py", ".typed")]
    drifted = _put(public_package(), PUBLIC, owned, is_check=is_check)
    roots = sorted(path.parent for path in SPACES.glob("*/spec"))
    drafts = [draft(Target(raw=read_snapshot(root), root=root)) for root in roots]
    for package in finish(drafts):
        drifted += _put(package.files, package.root, None, is_check=is_check)
    for path in drifted:
        print(path.relative_to(ROOT))
    if is_check and drifted:
        print("generated/ is out of date. Run `make generate`.", file=sys.stderr)
        return 1
    return 0


def _put(
    files: Mapping[PurePosixPath, bytes],
    root: Path,
    owned: Collection[PurePosixPath] | None,
    *,
    is_check: bool,
) -> list[Path]:
    """Write these files to a folder, unless it is only checked; return those that differed."""
    different = [
        root / path
        for path in differences(files, root, owned=owned)
        # A lock contains the installed versions, which do not count as a difference.
        if path.name != LOCK_FILE or not (root / path).is_file()
    ]
    if different and not is_check:
        write(files, root, owned=owned, discards_edits=True)
    return different


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except HubsmithError as error:
        sys.exit(f"hubsmith: error: {error}")
