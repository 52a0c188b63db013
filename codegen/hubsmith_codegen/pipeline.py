"""From the documents of Spaces to the files of their clients, for one Space or many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from .ir.model import Service
from .ir.names import ClassName
from .ir.types import GenericType, optional, union
from .load import RawSpec
from .normalise.spaces import normalise
from .render import space, typescript
from .render.vendor import vendored_runtime
from .snippets.readme import readme
from .snippets.typescript_client import typescript_readme
from .write.files import assemble
from .write.formatting import format_python
from .write.options import DEFAULTS, Options
from .write.shared import assemble_shared, refuse_shared

_SKIPPED = GenericType(class_name=ClassName("Skipped"), arguments=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A client to make."""

    raw: RawSpec
    root: Path  # The folder of the package, whose last part is the name.
    options: Options = DEFAULTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A client package whose Python code is not formatted yet; TypeScript already is."""

    target: Target
    service: Service
    files: Mapping[PurePosixPath, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A client package, complete but not yet written."""

    root: Path
    raw: RawSpec
    service: Service
    files: Mapping[PurePosixPath, bytes]  # By path within the package.
    shared: Mapping[PurePosixPath, bytes]  # The runtime beside it, for a TypeScript client.

    @property
    def name(self) -> str:
        """The package's name."""
        return self.root.name

    @property
    def shared_root(self) -> Path:
        """The folder with the files that it shares with the clients beside it."""
        return self.root.parent / typescript.RUNTIME_FOLDER


def generate(targets: Iterable[Target]) -> list[Package | Exception]:
    """Generate the files of many clients; for a client that fails, return the exception.

    The next target is taken once the previous one is rendered.
    """
    made: list[Draft | Exception] = []
    for target in targets:
        try:
            made.append(draft(target))
        except Exception as error:
            made.append(error)
    drafts = [item for item in made if isinstance(item, Draft)]
    try:
        finished = iter(finish(drafts))
        return [next(finished) if isinstance(item, Draft) else item for item in made]
    except Exception:
        return [_finish_one(item) if isinstance(item, Draft) else item for item in made]


def draft(target: Target) -> Draft:
    """Render the client of one Space; a `SpecError` says what is wrong with its documents."""
    languages = target.options.languages
    if "typescript" in languages:
        refuse_shared(target.root, typescript.RUNTIME_FOLDER)
    service = normalise(replace(target.raw, name=target.root.name))
    if target.options.outputs == "nullable":
        service = with_nullable_outputs(service)
    is_vendored, has_python = target.options.vendor_runtime, "python" in languages
    files: dict[PurePosixPath, str] = {}
    text = ""
    if has_python:
        files |= space.render(service, runtime=space.VENDORED if is_vendored else space.RUNTIME)
        text = readme(service, runtime_is_vendored=is_vendored)
    if "typescript" in languages:
        files |= typescript.render(service)
        text += typescript_readme(service, is_alone=not has_python)
    files[PurePosixPath("README.md")] = text
    return Draft(target=target, service=service, files=files)


def with_nullable_outputs(service: Service) -> Service:
    """Return a service whose outputs may be null or left unchanged, but not the values inside."""
    operations = [
        replace(
            operation,
            results=tuple(
                replace(result, type=optional(union([result.type, _SKIPPED])))
                for result in operation.results
            ),
        )
        for operation in service.operations
    ]
    return replace(service, operations=tuple(operations))


def finish(drafts: Sequence[Draft]) -> list[Package]:
    """Format the Python of many clients in one pass, which is far faster than one by one."""
    # Packages of the same name may go to different folders, so they are numbered here.
    formatted = format_python(
        {
            PurePosixPath(f"package_{number}", path): text
            for number, item in enumerate(drafts)
            for path, text in item.files.items()
        }
    )
    packages: list[Package] = []
    for number, item in enumerate(drafts):
        target = item.target
        raw = replace(target.raw, name=target.root.name)
        files = {path: formatted[PurePosixPath(f"package_{number}", path)] for path in item.files}
        languages = target.options.languages
        if target.options.vendor_runtime and "python" in languages:
            files |= vendored_runtime()
        shared = typescript.runtime_files() if "typescript" in languages else None
        complete = assemble(raw, item.service, files, target.options)
        packages.append(
            Package(
                root=target.root,
                raw=raw,
                service=item.service,
                files=complete,
                shared=assemble_shared(shared or {}),
            )
        )
    return packages


def _finish_one(item: Draft) -> Package | Exception:
    try:
        return finish([item])[0]
    except Exception as error:
        return error
