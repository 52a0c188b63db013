"""The commands of `hubsmith`, one module each.

A module has `add_arguments(parser)` and `run(options) -> int`, the exit status. It is imported only
when its command is asked for, and imports whatever is heavy within `run`.
"""

from __future__ import annotations

OK, FAILED, UNKNOWN = 0, 1, 2
"""The exit statuses: all went well; something failed or differs; `check` could not tell."""


class UsageError(Exception):
    """The arguments contradict each other; the message says how."""
