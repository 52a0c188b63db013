"""`hubsmith remove`: remove a recorded Space with everything that `add` wrote for it."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path

from ...write.boundary import one_at_a_time
from ...write.contents import not_as_written
from ...write.snapshot import other_files
from ...write.undo import removed, restored
from ..configuration import read_configuration
from ..console import shown_path
from ..recording import without_space, write_configuration
from ..report import Report
from .arguments import add, add_output
from .writing import refuse_loss, unused_runtime


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add(parser, "names", nargs="+", help="a recorded Space")
    add(parser, "--force", help="also remove files that were edited or not written by hubsmith")
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Remove the Spaces, and return 2 if that failed for one, which is then left unchanged."""
    configuration = read_configuration(Path.cwd())
    with Report(options, stages=1) as report:
        for name in report.bar.each("removing", dict.fromkeys(options.names)):
            with report.space(name), one_at_a_time(configuration.file.parent):
                configuration.space(name)
                root, project = configuration.folder(name), configuration.boundary()
                if not options.force:
                    refuse_loss(root, not_as_written(root))
                folders = [root, *unused_runtime(root, is_forced=options.force)]
                if configuration.snapshots:
                    folders.append(snapshot := configuration.snapshot(name))
                    if not options.force:
                        refuse_loss(snapshot, other_files(snapshot))
                text = without_space(configuration, name)
                gone = [shown_path(folder) for folder in folders if folder.exists()]
                with contextlib.ExitStack() as undo:
                    undo.enter_context(restored([configuration.file]))
                    write_configuration(configuration, text)
                    for folder in folders:
                        undo.enter_context(removed(folder, project))
                configuration = read_configuration(configuration.file.parent)
                what = f"removed{', together with ' if gone else ''}{' and '.join(gone)}."
                report.tell(name, what, colour="green", removed=[*gone])
    return report.status
