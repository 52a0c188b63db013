"""`hubsmith add`: read sources, write their clients and record them."""

from __future__ import annotations

import argparse
import contextlib
from dataclasses import replace
from pathlib import Path

from hubsmith_runtime import SpecError
from hubsmith_runtime.http import shown

from ...load import RawSpec
from ...snippets.readme import sample
from ...snippets.typescript_client import typescript_sample
from ...write.boundary import one_at_a_time
from ...write.contents import not_as_written
from ...write.undo import removed, restored
from ..configuration import Configuration, RecordedSpace, read_configuration
from ..console import shown_path
from ..naming import checked_name
from ..recording import with_space, write_configuration
from ..source import name_for, path_of, recorded_path
from . import UsageError
from .arguments import add, add_output
from .writing import Clients, refuse_loss, unused_runtime


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add(parser, "sources", "--name", "--out", "--force")
    runtime = "copy the runtime into the client, which then needs httpx and pydantic only"
    add(parser, "--vendor-runtime", help=runtime)
    default = "(default: as recorded, otherwise python)"
    add(parser, "--language", purpose=f"language of the client {default}")
    add(parser, "--token", "--timeout")
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Add the Spaces, and return 2 if one of them could not be added."""
    if options.name is not None and len(options.sources) != 1:
        raise UsageError("--name needs exactly one SOURCE")
    if options.name is not None:
        checked_name(options.name)
    clients = Clients(options, stages=3)
    reader, configuration = clients.reader, clients.configuration
    here, base = Path.cwd(), configuration.file.parent
    reader.is_alone = len(options.sources) == 1
    # A URL may contain a password, so reports use its printable form as the label.
    sources: dict[str, str] = {shown(source): source for source in options.sources}
    with clients.report as report:
        read = report.at_once("reading", sources, lambda label: reader.read(sources[label]))
        entries: dict[str, RecordedSpace] = {}
        for label, raw in read.items():
            with report.space(label):
                name, entry = _entry(configuration, sources[label], raw, options)
                clients.plan(label, name, raw, entry)
                entries[label] = entry
        ready = clients.packages()
        for label in report.bar.each("writing", ready):
            with report.space(label), one_at_a_time(base):
                package = ready[label]
                former = _former(configuration, package.root, sources[label], options)
                # Before anything is written: a client that cannot be recorded is not written.
                text = with_space(configuration, package.name, entries[label])
                with contextlib.ExitStack() as undo:
                    for folder in former:
                        undo.enter_context(removed(folder, configuration.boundary()))
                    if text is not None:
                        undo.enter_context(restored([configuration.file]))
                        write_configuration(configuration, text)
                    is_changed = clients.write(package)
                clients.tell(package, is_changed=is_changed)
                lines = sample(package.service, package.root, here, base)
                if "python" not in configuration.options(entries[label]).languages:
                    module = f"./{shown_path(package.root / 'index.js')}"
                    program = typescript_sample(package.service, module)
                    lines = ["", *(f"    {line}" if line else "" for line in program)]
                report.tell(package.name, sample=[line.removeprefix("    ") for line in lines[1:]])
                if text is not None:
                    clients.configuration = configuration = read_configuration(base)
                    place = shown_path(configuration.file)
                    lines.insert(0, f"Recorded {package.name} in {place}.")
                if former:
                    report.tell(package.name, moved_from=shown_path(former[0]))
                    lines.insert(0, f"Moved {package.name} from {shown_path(former[0])}.")
                report.show(*lines)
    return report.status


def _former(
    configuration: Configuration, root: Path, source: str, options: argparse.Namespace
) -> list[Path]:
    """Return what a moved client leaves behind: its folder, and a runtime that no other uses."""
    former = configuration.folder(root.name)
    is_recorded = root.name in configuration.spaces
    if not is_recorded or not former.exists() or former.resolve() == root.resolve():
        return []
    path = path_of(source)
    if path is not None and path.resolve().is_relative_to(former.resolve()):
        raise SpecError(
            f"{source} is in the old folder of {root.name}, which is removed. Copy it first."
        )
    if not options.force:
        refuse_loss(former, not_as_written(former))
    return [former, *unused_runtime(former, is_forced=options.force)]


def _entry(
    configuration: Configuration, source: str, raw: RawSpec, options: argparse.Namespace
) -> tuple[str, RecordedSpace]:
    """Return the name of a Space's client, and how it is recorded."""
    base, path = configuration.file.parent, path_of(source)
    recorded = raw.source or (source if path is None else recorded_path(path, base))
    name: str = options.name or name_for(source, raw)
    entry = configuration.spaces.get(name, RecordedSpace(source=recorded))
    if entry.source != recorded:
        raise SpecError(
            f"{name} is already the client of {shown(entry.source)}. Choose another name with "
            f"--name, or change its source in {shown_path(configuration.file)} and run: "
            f"hubsmith update {name}"
        )
    if options.out is not None:
        is_common = Path(options.out).resolve() == (base / configuration.out).resolve()
        out = None if is_common else recorded_path(Path(options.out), base).removeprefix("./")
        entry = replace(entry, out=out)
    if options.vendor_runtime is not None:
        entry = replace(entry, vendor_runtime=options.vendor_runtime)
    if options.language is not None:
        languages = tuple(sorted({*options.language}))
        entry = replace(
            entry, languages=None if languages == configuration.languages else languages
        )
    return name, entry
