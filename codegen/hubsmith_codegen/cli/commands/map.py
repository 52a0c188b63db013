"""`hubsmith map`: call an endpoint, or a task of a model, for every row of a table."""

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
from .arguments import FLAG, add, positive_number

_EPILOG = """\
Rows come from a .jsonl, .csv or .parquet file with a column for each parameter. Every row is
checked before the first one is sent. A journal beside the results (RESULTS.journal) keeps what is
done, so that --resume can continue. Results are written at the end, in the order of the input.

exit status: 0 all rows are done, 1 some failed, 2 the run failed, 130 interrupted
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = (
        "hubsmith map SPACE ENDPOINT INPUTS --out RESULTS [options]\n"
        "       hubsmith map --task TASK --model MODEL INPUTS --out RESULTS [options]"
    )
    parser.epilog = _EPILOG
    option = parser.add_argument
    option("words", nargs="+", metavar="SPACE ENDPOINT INPUTS", help="what to call, and the inputs")
    option("--out", metavar="RESULTS", type=Path, required=True, help="the table to write")
    option("--task", help="call a task of a model instead of a Space, such as summarization")
    option("--model", help="with --task: the model, or the URL of a server")
    option("--provider", help="with --task: the provider of the model (default: auto)")
    option("--map", action="append", default=[], metavar="COLUMN=PARAMETER", help="rename a column")
    option("--id", metavar="COLUMN", help="the column that identifies rows (default: id)")
    option("--resume", help="continue from the journal of an earlier run", **FLAG)
    option("--retry-failed", help="with --resume: send failed rows again", **FLAG)
    many = "calls at the same time (default: auto, as many as the server can take)"
    option("--concurrency", type=_concurrency, default="auto", metavar="N", help=many)
    option("--rate", type=positive_number, metavar="N", help="at most this many calls per second")
    option("--max-errors", metavar="N", help="stop when more rows than this fail: 10, or 5%%")
    option("--failed", metavar="FILE", type=Path, help="also write the failed rows to this table")
    option("--limit", type=_count, metavar="N", help="send only the first N rows")
    option("--repeat-lost", help="send a row again if its answer was lost", **FLAG)
    option("--timeout", type=positive_number, metavar="S", help="seconds that a call may take")
    option("--dry-run", help="check every row without sending any", **FLAG)
    option("-q", "--quiet", help="show no progress", **FLAG)
    add(parser, "--token")


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, not {text!r}")
    return int(text)


def _concurrency(text: str) -> int | str:
    return text if text == "auto" else _count(text)


def run(options: argparse.Namespace) -> int:
    """Check the rows, send them, and write their results."""
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
            f"{shown_path(journal)}: there is a journal of an earlier run. Continue it with "
            "--resume, or remove it."
        )
    total, problems = inputs.check()
    for problem in problems:
        fail(f"{table}: {problem}")
    if problems:
        return ERROR
    if options.dry_run:
        print(f"{table}: {total} rows are valid; nothing was sent.")
        return OK
    if not total:
        raise ArgumentError(f"{table}: the table has no rows.")
    status, summary = _send(inputs, wanted, total, is_quiet=options.quiet)
    if not journal.exists():
        return status  # The run ended before the first row.
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
    """Send the rows, and return the exit status and a summary of the run."""
    rows = (one.content if one.id is None else (one.id, one.content) for one in inputs.items())
    problem, status = "", OK
    with inputs.target.map(rows, wanted) as calls:
        try:
            with RunProgress(calls.summary, total, is_quiet=is_quiet), calls:
                ends = iter(calls)  # Kept alive: the run ends with the block, or a second Ctrl-C.
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
    """Write the rows in a journal, or only those that failed; return a line with their number."""
    try:
        written = write_results(
            path, journal, inputs.keys, inputs.columns(), like=inputs.path, only_failed=only_failed
        )
    except HubsmithError as error:  # Such as a full disk.
        kept = f"{shown_path(journal)} keeps the rows that are done: run again with --resume."
        raise HubsmithError(f"{error} {kept}") from None
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
    """Return what to call, and the path of the table."""
    words: list[str] = options.words
    if options.task is not None:
        if len(words) != 1:
            raise UsageError("with --task, give only the table")
        client = {"model": options.model, "provider": options.provider, "token": options.token}
        client["timeout"] = options.timeout
        return TaskTarget(options.task, client), words[0]
    if options.model is not None or options.provider is not None:
        raise UsageError("--model and --provider need --task")
    if len(words) != 3:
        raise UsageError("give the Space, its endpoint and the table")
    source, endpoint, table = words
    raw = Reader(token=options.token).read_named(source)
    service = normalise(raw)
    operation = find_operation(service, endpoint)
    address = address_of(source, raw, "Give its address instead.")
    client = {"token": options.token, "timeout": options.timeout}
    return EndpointTarget(service, operation, address, client), table
