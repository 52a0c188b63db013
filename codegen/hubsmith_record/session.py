"""`write_session`: writes the script of a recording, its files and its client."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Literal, TypeAlias

from hubsmith_codegen.cli.configuration import Configuration, read_configuration
from hubsmith_codegen.cli.naming import refuse_taken
from hubsmith_codegen.cli.source import name_for
from hubsmith_codegen.ir.model import Service
from hubsmith_codegen.ir.names import RUNTIME_FOLDER
from hubsmith_codegen.load import RawSpec, load
from hubsmith_codegen.load.fetch import root_of
from hubsmith_codegen.load.snapshot import read_snapshot
from hubsmith_codegen.normalise.spaces import normalise
from hubsmith_codegen.pipeline import Target, generate, with_nullable_outputs
from hubsmith_codegen.render.typescript.text import literal
from hubsmith_codegen.snippets.python import quoted
from hubsmith_codegen.snippets.readme import module_of
from hubsmith_codegen.write.boundary import write_file
from hubsmith_codegen.write.files import write
from hubsmith_codegen.write.formatting import format_python
from hubsmith_codegen.write.lock import LOCK_FILE, Lock, read_lock_file
from hubsmith_codegen.write.options import DEFAULTS, Language as ClientLanguage
from hubsmith_runtime import HubsmithError, SpecError
from hubsmith_runtime.http import shown
from hubsmith_runtime.reading import as_list

from .curl import CurlWriter, curl_program
from .files import content_of, free_path
from .outline import Outline
from .plan import Plan
from .python import PythonWriter, python_program
from .recording import Recording
from .typescript import TypeScriptWriter, typescript_program

Language: TypeAlias = Literal["python", "typescript", "curl"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenSession:
    """The paths written for a recording."""

    script: Path
    files: tuple[Path, ...]
    """The uploaded files, saved next to the script."""
    client: Path | None
    """The folder of the typed client; `None` for curl."""
    is_new_client: bool
    """Whether the client was generated for this script."""
    comments: tuple[str, ...]
    """What the script leaves out, from its comments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Client:
    service: Service
    root: Path
    is_new: bool


def write_session(
    recording: Recording, *, language: Language, out: Path, package: str | None = None
) -> WrittenSession:
    """Write a script that repeats the recorded calls.

    Existing scripts are not overwritten: if `out` exists, a number is appended to the name.

    Args:
        recording: The recording.
        language: The language of the script.
        out: The path of the script. Files, and a new client if needed, go next to it.
        package: The client to use: the name of a recorded Space, or the folder of a client. By
            default, that of the Space in the configuration, or one generated next to the script.

    Raises:
        SpecError: if there is no such client, or a client cannot be generated.
        HubsmithError: if a file cannot be written.
    """
    raw, script = raw_spec(recording), free_path(out)
    client = None
    if language != "curl":
        client = _client(recording, raw, language, script.parent, package)
    # The URL may contain a password, so show it masked.
    outline = Outline(recording=recording, source=raw.source or shown(recording.url))
    plan, text = _program(recording, raw, language, script, client, outline)
    folder = _folder(script)
    for upload, name in plan.files.items():
        write_file(folder / name, content_of(recording.uploads[upload]), script.parent)
    write_file(script, text.encode(), script.parent)
    return WrittenSession(
        script=script,
        files=tuple(folder / name for name in plan.files.values()),
        client=client.root if client else None,
        is_new_client=client is not None and client.is_new,
        comments=tuple(dict.fromkeys(outline.notes)),
    )


def _folder(script: Path) -> Path:
    return script.with_name(f"{script.stem}_files")


def _program(
    recording: Recording,
    raw: RawSpec,
    language: Language,
    script: Path,
    client: _Client | None,
    outline: Outline,
) -> tuple[Plan, str]:
    """Return the plan and the text of a script."""
    files = _folder(script).name
    served = f"{shown(recording.url).rstrip('/')}{raw.api_prefix}/file="
    if client is None:
        curl_writer = CurlWriter(service=normalise(raw), files=files)
        plan = Plan(recording, curl_writer.service, curl_writer)
        return plan, curl_program(plan, curl_writer, outline)
    service, source = client.service, raw.source or shown(recording.url)
    is_same = service.source == raw.source
    if language == "python":
        writer = PythonWriter(service=service, files=files, served_root=served)
        plan = Plan(recording, service, writer)
        module = module_of(client.root, script.parent, Path.cwd())
        outline.hints = _hints(client.root, script.parent, module)
        is_vendored = (client.root / RUNTIME_FOLDER).is_dir()
        errors = f"{module}.{RUNTIME_FOLDER}" if is_vendored else "hubsmith"
        own = "" if is_same else quoted(source)
        path = PurePosixPath("session.py")
        text = python_program(plan, writer, outline, module, own, errors)
        return plan, format_python({path: text})[path]
    typed_writer = TypeScriptWriter(service=service, files=files, served_root=served)
    plan = Plan(recording, service, typed_writer)
    module = Path(os.path.relpath(client.root / "index.js", script.parent)).as_posix()
    module = module if module.startswith(".") else f"./{module}"
    own = "" if is_same else literal(source)
    return plan, typescript_program(plan, typed_writer, outline, module, own)


def raw_spec(recording: Recording) -> RawSpec:
    """The documents of the recorded Space."""
    documents: Mapping[str, object] = {
        "config": recording.config,
        "info": recording.info,
        "openapi": recording.openapi,
    }
    source = root_of(recording.source)
    return load(
        {kind: json.dumps(one).encode() for kind, one in documents.items() if one},
        source=shown(source).rstrip("/") if "://" in source else source,
    )


def _client(
    recording: Recording, raw: RawSpec, language: ClientLanguage, beside: Path, package: str | None
) -> _Client:
    """Return the client for a script: an existing one, or one generated next to the script."""
    configuration = read_configuration(Path.cwd())
    root = _existing(configuration, raw, package)
    if root is not None and (package is not None or language in _languages(_lock(root))):
        return _read(configuration, root, language)
    root = beside / _free_package(name_for(recording.source, raw), raw, beside)
    languages = sorted({language, *(_languages(_lock(root)) if root.exists() else ())})
    options = replace(DEFAULTS, languages=tuple(languages))
    (made,) = generate([Target(raw=raw, root=root, options=options)])
    if isinstance(made, Exception):
        raise made
    if made.shared:
        write(made.shared, made.shared_root)
    write(made.files, root)
    return _Client(service=made.service, root=root, is_new=True)


def _existing(configuration: Configuration, raw: RawSpec, package: str | None) -> Path | None:
    if package is not None:
        root = configuration.folder(package) if package in configuration.spaces else Path(package)
        if not (root / LOCK_FILE).is_file():
            raise SpecError(
                f"{package}: there is no client with this name or in this folder. Create it with: "
                f"hubsmith add {raw.source}"
            )
        return root
    for name, space in configuration.spaces.items():
        root = configuration.folder(name)
        if space.source == raw.source and (root / LOCK_FILE).is_file():
            return root
    return None


def _read(configuration: Configuration, root: Path, language: ClientLanguage) -> _Client:
    lock = _lock(root)
    if language not in _languages(lock):
        raise SpecError(
            f"{root} has no {language} client. Generate both languages with: "
            f"hubsmith add {lock.source} --language {language} --language {_languages(lock)[0]}"
        )
    own = configuration.snapshot(root.name) if root.name in configuration.spaces else root / "spec"
    service = normalise(replace(read_snapshot(own), name=root.name))
    if lock.options.get("outputs") == "nullable":
        service = with_nullable_outputs(service)
    return _Client(service=service, root=root, is_new=False)


def _lock(root: Path) -> Lock:
    if not (root / LOCK_FILE).is_file():
        raise SpecError(f"{root} is not a hubsmith client. Move it away first.")
    return read_lock_file(root / LOCK_FILE)


def _languages(lock: Lock) -> list[ClientLanguage]:
    names = as_list(lock.options.get("languages")) or ["python"]
    return [one for one in ("python", "typescript") if one in names]


def _free_package(name: str, raw: RawSpec, beside: Path) -> str:
    """Return a package name that is not taken by a module or the client of another Space."""
    made, number = name, 2
    while True:
        root = beside / made
        try:
            refuse_taken(made, root)
            if not root.exists() or _lock(root).source == raw.source:
                return made
        except HubsmithError:
            pass
        made, number = f"{name}_space" if number == 2 else f"{name}_{number}", number + 1


def _hints(root: Path, beside: Path, module: str) -> list[str]:
    if root.resolve().is_relative_to(beside.resolve()):
        return []
    top = root.resolve().parents[module.count(".")]
    where = Path(os.path.relpath(top, Path.cwd())).as_posix()
    return [f"Run it with PYTHONPATH={where}, the folder of {module.partition('.')[0]}."]
