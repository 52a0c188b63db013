"""The commands of `hubsmith`, one module each.

A module has `add_arguments(parser)` and `run(options) -> int`, the exit status. It is imported only
when its command runs, and imports anything heavy inside `run`.
"""

from __future__ import annotations

import importlib

from hubsmith_runtime import HubsmithError

OK, NO, ERROR, INTERRUPTED = 0, 1, 2, 130
"""The exit statuses, the same for every command.

OK: success. NO: the command worked, but something differs, or a call was refused or failed. ERROR:
the command could not be carried out. INTERRUPTED: by Ctrl-C.
"""


_OPTIONAL = frozenset({"anyio", "mcp", "starlette", "uvicorn"})


class UsageError(Exception):
    """The arguments do not fit together; the message says why."""


def require(module: str, *, extra: str, what: str | None = None) -> None:
    """Import a module that needs an extra, or raise an error that says how to install the extra."""
    try:
        importlib.import_module(module)
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in _OPTIONAL:
            raise
        raise HubsmithError(
            f'This command needs {what or error.name}. Run: pip install "hubsmith[codegen,{extra}]"'
        ) from None
