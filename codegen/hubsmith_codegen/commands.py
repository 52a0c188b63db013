"""What `hubsmith add`, `generate` and `check` do. Each returns the exit status."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from hubsmith_runtime import HubsmithError, SpecError
from hubsmith_runtime._transport import shown

from .configuration import (
    Configuration,
    RecordedSpace,
    read_configuration,
    with_space,
    write_configuration,
)
from .console import fail, progress, say, warn
from .load import RawSpec
from .naming import checked_name, name_of_path, name_of_source
from .package import Draft, Package, draft, finish, finish_each
from .sample import sample
from .snapshot import read_snapshot, write_snapshot
from .write import compare, write

OK, FAILED, UNKNOWN = 0, 1, 2


def add(
    source: str, *, name: str | None, out: str | None, token: str | None, timeout: float
) -> int:
    """Snapshot a Space, write its client and record it in the configuration."""
    if name is not None:
        checked_name(name)
    configuration = read_configuration(Path.cwd())
    is_named = name is not None
    path = _as_path(source)
    if path is not None:
        raw = read_snapshot(path)
        name = name or name_of_path(path, raw)
        recorded = raw.source or _relative(path, configuration.file.parent)
    else:
        from .fetch import fetch

        progress(f"Reading {shown(source)} ...")
        raw = fetch(source, token=token, timeout=timeout)
        recorded = raw.source or source
        name = name or name_of_source(recorded, raw)
    if not is_named:
        _refuse_namesake(configuration, name, recorded)
    space = RecordedSpace(source=recorded, out=_own_out(out, configuration, name))
    folder = Path(out) / name if out is not None else configuration.folder(name)
    progress(f"Writing {name} ...")
    (package,) = finish([draft(raw, folder)])
    # The edit is made up before anything is written, so that a refusal leaves all as it was.
    edited = with_space(configuration, name, space)
    _write(package)
    if configuration.snapshots is not None:
        write_snapshot(package.raw, configuration.snapshot(name))
    if edited is not None:
        write_configuration(configuration.file, edited)
        say(f"Recorded {name} in {_shown(configuration.file)}.")
    for line in sample(package, Path.cwd()):
        print(line)
    return OK


def generate(
    names: Sequence[str], *, specs: Sequence[str], out: str | None, name: str | None
) -> int:
    """Rewrite clients from their snapshots, or from documents that are named."""
    if name is not None:
        checked_name(name)
    configuration = read_configuration(Path.cwd())
    drafts: list[Draft] = []
    status = OK
    for path in map(Path, specs):
        progress(f"Reading {path} ...")
        try:
            raw = read_snapshot(path)
            package_name = name or name_of_path(path, raw)
            parent = Path(out) if out is not None else configuration.folder(package_name).parent
            _refuse_twin(drafts, parent / package_name, path)
            drafts.append(draft(raw, parent / package_name))
        except HubsmithError as error:
            status = _failed(str(path), error)
    for recorded in names or ([] if specs else _all(configuration)):
        progress(f"Reading {recorded} ...")
        try:
            _known(configuration, recorded)
            folder = Path(out) / recorded if out is not None else configuration.folder(recorded)
            drafts.append(draft(_stored(configuration, recorded), folder))
        except HubsmithError as error:
            status = _failed(recorded, error)
    progress(f"Writing {len(drafts)} clients ...")
    packages, failures = finish_each(drafts)
    for failed, error in failures:
        status = _failed(failed, error)
    for package in packages:
        try:
            _write(package)
        except HubsmithError as error:
            status = _failed(package.name, error)
    return status


def check(names: Sequence[str]) -> int:
    """Compare clients on the disk with what their snapshots give."""
    configuration = read_configuration(Path.cwd())
    status = OK
    drafts: list[Draft] = []
    for name in names or _all(configuration):
        progress(f"Reading {name} ...")
        try:
            _known(configuration, name)
            drafts.append(draft(_stored(configuration, name), configuration.folder(name)))
        except HubsmithError as error:
            _failed(name, error)
            status = UNKNOWN
    packages, failures = finish_each(drafts)
    for failed, error in failures:
        _failed(failed, error)
        status = UNKNOWN
    for package in packages:
        try:
            drift = compare(package.files, package.root)
        except HubsmithError as error:
            _failed(package.name, error)
            status = UNKNOWN
            continue
        if drift:
            say(f"{package.name}: differs from its snapshot ({drift}).")
            status = max(status, FAILED)
        else:
            say(f"{package.name}: up to date.")
    return status


def _write(package: Package) -> None:
    is_changed = write(package.files, package.root)
    endpoints = len(package.service.operations)
    say(
        f"{package.name}: {endpoints} {'endpoint' if endpoints == 1 else 'endpoints'}, "
        f"{len(package.files)} files in {_shown(package.root)}"
        f"{'' if is_changed else ' (unchanged)'}."
    )
    for omission in package.service.omissions:
        warn(f"{package.name}: left out {omission}")
    for document, reason in package.raw.notes.items():
        warn(f"{package.name}: made without {document}: {reason}")


def _failed(what: str, error: HubsmithError) -> int:
    text = str(error)
    fail(text if text.startswith(what) else f"{what}: {text}")
    return FAILED


def _as_path(source: str) -> Path | None:
    """Return the path that a source is; the owner/name of a Space and URLs are none."""
    if "://" in source:
        return None
    path = Path(source)
    looks_like_path = (
        source.endswith(".json") or source.startswith((".", "~", os.sep)) or path.exists()
    )
    if looks_like_path or "/" not in source:
        return path.expanduser()
    return None


def _stored(configuration: Configuration, name: str) -> RawSpec:
    folder = configuration.snapshot(name)
    if not folder.is_dir():
        source = configuration.spaces[name].source
        raise SpecError(
            f"{name}: there is no snapshot in {_shown(folder)}. Run: hubsmith add {source} --name {name}"
        )
    return read_snapshot(folder)


def _known(configuration: Configuration, name: str) -> None:
    if name not in configuration.spaces:
        known = ", ".join(sorted(configuration.spaces)) or "none yet"
        raise SpecError(
            f"{name}: not recorded in {_shown(configuration.file)} (there is: {known})."
        )


def _all(configuration: Configuration) -> list[str]:
    if not configuration.spaces:
        raise SpecError(
            f"{_shown(configuration.file)} records no Space. Run: hubsmith add owner/name"
        )
    return sorted(configuration.spaces)


def _refuse_twin(drafts: Sequence[Draft], folder: Path, path: Path) -> None:
    if any(item.root == folder for item in drafts):
        raise SpecError(
            f"{path}: another of these documents gives a client named {folder.name} already. "
            "Generate it alone, with --name."
        )


def _refuse_namesake(configuration: Configuration, name: str, source: str) -> None:
    space = configuration.spaces.get(name)
    if space is not None and space.source != source:
        raise SpecError(
            f"{name} is the client of {space.source} already. Choose another name with --name, "
            f"or pass --name {name} to replace it."
        )


def _own_out(out: str | None, configuration: Configuration, name: str) -> str | None:
    """Return what to record as the Space's own folder: nothing, where it is the common one."""
    base = configuration.file.parent
    if out is None:
        space = configuration.spaces.get(name)
        return space.out if space else None
    if Path(out).resolve() == (base / configuration.out).resolve():
        return None
    return _relative(Path(out), base)


def _relative(path: Path, base: Path) -> str:
    try:
        return Path(os.path.relpath(path.resolve(), base.resolve())).as_posix()
    except ValueError:  # another drive
        return path.resolve().as_posix()


def _shown(path: Path) -> str:
    try:
        return path.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return str(path)
