"""The commands of `hubsmith`, one module each.

A module has `add_arguments(parser)` and `run(options) -> int`, the exit status. It is imported only
when its command is asked for, and imports whatever is heavy within `run`.
"""

from __future__ import annotations

import importlib

from hubsmith_runtime import HubsmithError

OK, NO, ERROR, INTERRUPTED = 0, 1, 2, 130
"""The exit statuses, the same in every command.

All went well; it went well, and the answer is a "no": something differs, or a call was refused or
failed; it could not be done; it was interrupted.
"""


_OPTIONAL = frozenset({"anyio", "mcp", "starlette", "uvicorn"})


class UsageError(Exception):
    """The arguments contradict each other; the message says how."""


def require(module: str, *, extra: str, what: str | None = None) -> None:
    """Import a module that needs an extra of this distribution, or say how that is installed."""
    try:
        importlib.import_module(module)
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in _OPTIONAL:
            raise
        raise HubsmithError(
            f'This command needs {what or error.name}. Run: pip install "hubsmith[codegen,{extra}]"'
        ) from None
