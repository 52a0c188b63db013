"""`hubsmith map`: the rows of a table through an endpoint, or through a task of a model."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from hubsmith_bulk import JournalError, MapOptions, Summary, check_options
from hubsmith_runtime import ArgumentError, HubsmithError

from ...normalise.spaces import normalise
from ..calling.arguments import find_operation
from ..console import fail, shown_path
from ..mapping.inputs import Inputs
from ..mapping.progress import RunProgress, status_line
from ..mapping.results import write_results
from ..mapping.tables import check_output
from ..mapping.targets import EndpointTarget, Target, TaskTarget
from ..source import Reader, address_of
from . import ERROR, INTERRUPTED, NO, OK, UsageError
from .arguments import FLAG, add, seconds

_EPILOG = """\
Rows come from .jsonl, .csv or .parquet: a column for each parameter. Every row is checked before
the first is sent. What is done stands in a journal beside the results (RESULTS.journal), from which
--resume goes on; the results are written when the run ends, in the order of the input.

exit status: 0 all rows are done, 1 some failed, 2 it could not be done, 130 interrupted
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = (
        "hubsmith map SPACE ENDPOINT INPUTS --out RESULTS [options]\n"
        "       hubsmith map --task TASK --model MODEL INPUTS --out RESULTS [options]"
    )
    parser.epilog = _EPILOG
    option = parser.add_argument
    option(
        "words", nargs="+", metavar="SPACE ENDPOINT INPUTS", help="what is called, and the table"
    )
    option("--out", metavar="RESULTS", type=Path, required=True, help="the table that is written")
    option("--task", help="a task of a model instead of a Space, such as summarization")
    option("--model", help="the model, or the URL of a server, for --task")
    option("--provider", help="the provider of the model (default: auto)")
    option("--map", action="append", default=[], metavar="COLUMN=PARAMETER", help="rename a column")
    option("--id", metavar="COLUMN", help="the column that tells rows apart (default: id)")
    option("--resume", help="go on from the journal of an earlier run", **FLAG)
    option("--retry-failed", help="with --resume: send failed rows again", **FLAG)
    many = "calls at the same time (default: auto, what the server takes)"
    option("--concurrency", type=_concurrency, default="auto", metavar="N", help=many)
    option("--rate", type=seconds, metavar="N", help="at most so many calls a second")
    option("--max-errors", metavar="N", help="stop when more rows failed: a number, or 5%%")
    option("--failed", metavar="FILE", type=Path, help="a table of the rows that failed")
    option("--limit", type=_count, metavar="N", help="only the first N rows")
    option("--repeat-lost", help="send a row again whose answer was lost", **FLAG)
    option("--timeout", type=seconds, metavar="S", help="seconds that a call may take")
    option("--dry-run", help="check every row, and send none", **FLAG)
    option("-q", "--quiet", help="show no progress", **FLAG)
    add(parser, "--token")


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"a whole number from 1 on, not {text!r}")
    return int(text)


def _concurrency(text: str) -> int | str:
    return text if text == "auto" else _count(text)


def run(options: argparse.Namespace) -> int:
    """Check the rows, send them, and write what came of them."""
    for path in (options.out, options.failed):
        if path is not None:
            check_output(path)
    journal: Path = options.out.with_name(f"{options.out.name}.journal")
    wanted: MapOptions = {
        "concurrency": options.concurrency,
        "rate": options.rate,
        "retry_failed": options.retry_failed,
        "max_errors": options.max_errors,
        "repeat_lost": options.repeat_lost,
        "checkpoint": journal,
    }
    check_options(wanted)
    inputs = _inputs(options)
    table = inputs.path
    if len({one.resolve() for one in (table, options.out, options.failed or journal)}) < 3:
        raise ArgumentError(
            f"{table}: INPUTS, --out and --failed name one file twice. What is written would "
            "replace rows that are not done."
        )
    if journal.exists() and not (options.resume or options.dry_run):
        raise ArgumentError(
            f"{shown_path(journal)}: there is a journal of an earlier run. Go on from it by "
            "--resume, or remove it."
        )
    total, problems = inputs.check()
    for problem in problems:
        fail(f"{table}: {problem}")
    if problems:
        return ERROR
    if options.dry_run:
        print(f"{table}: {total} rows are right; nothing was sent.")
        return OK
    if not total:
        raise ArgumentError(f"{table}: there are no rows.")
    status, summary = _send(inputs, wanted, total, is_quiet=options.quiet)
    if not journal.exists():
        return status  # It ended before the first row.
    lines = [_write(options.out, inputs, journal, "rows")]
    if options.failed is not None:
        lines.append(_write(options.failed, inputs, journal, "rows failed", only_failed=True))
    if not options.quiet:
        print(status_line(summary, total), file=sys.stderr)
        print("\n".join(lines))
    if summary.next:
        words = summary.next.replace("with the same checkpoint", "with --resume")
        fail(words.replace("and retry_failed=True", "--retry-failed"))
    return status or (NO if summary.failed or summary.failed_before else OK)


def _send(inputs: Inputs, wanted: MapOptions, total: int, *, is_quiet: bool) -> tuple[int, Summary]:
    """Send the rows, and return the exit status and where the run stands then."""
    rows = (one.content if one.id is None else (one.id, one.content) for one in inputs.items())
    problem, status = "", OK
    with inputs.target.map(rows, wanted) as calls:
        try:
            with RunProgress(calls.summary, total, is_quiet=is_quiet), calls:
                ends = iter(calls)  # Kept, so that the block ends the run, and a second Ctrl-C it.
                for _ in ends:
                    pass
        except KeyboardInterrupt:
            status = INTERRUPTED
        except JournalError:
            raise
        except HubsmithError as error:
            problem, status = str(error), ERROR
    if problem:
        fail(problem)
    return status, calls.summary()


def _write(
    path: Path, inputs: Inputs, journal: Path, what: str, *, only_failed: bool = False
) -> str:
    """Write the rows that a journal has, or those that failed, and say how many these are."""
    written = write_results(path, journal, inputs.keys, like=inputs.path, only_failed=only_failed)
    return f"{shown_path(path)}: {written} {what}."


def _inputs(options: argparse.Namespace) -> Inputs:
    """Return the table as the command line describes it."""
    target, table = _target(options)
    return Inputs(
        path=Path(table),
        target=target,
        renames=_renames(options.map),
        id_column=options.id,
        limit=options.limit,
    )


def _renames(pairs: list[str]) -> dict[str, str]:
    renames: dict[str, str] = {}
    for pair in pairs:
        column, equals, name = pair.partition("=")
        if not equals or not column:
            raise UsageError(f"--map {pair}: write COLUMN=PARAMETER, or COLUMN= to leave it out")
        renames[column] = name
    return renames


def _target(options: argparse.Namespace) -> tuple[Target, str]:
    """Return what is called, and the table."""
    words: list[str] = options.words
    if options.task is not None:
        if len(words) != 1:
            raise UsageError("with --task, name the table only")
        client = {"model": options.model, "provider": options.provider, "token": options.token}
        client["timeout"] = options.timeout
        return TaskTarget(options.task, client), words[0]
    if options.model is not None or options.provider is not None:
        raise UsageError("--model and --provider go with --task")
    if len(words) != 3:
        raise UsageError("name the Space, its endpoint and the table")
    source, endpoint, table = words
    raw = Reader(token=options.token).read_named(source)
    service = normalise(raw)
    operation = find_operation(service, endpoint)
    address = address_of(source, raw, "Name its address instead.")
    client = {"token": options.token, "timeout": options.timeout}
    return EndpointTarget(service, operation, address, client), table
