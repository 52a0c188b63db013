"""The commands of `hubsmith`, one module each.

A module has `add_arguments(parser)` and `run(options) -> int`, the exit status. It is imported only
when its command is asked for, and imports whatever is heavy within `run`.
"""

from __future__ import annotations

OK, NO, ERROR, INTERRUPTED = 0, 1, 2, 130
"""The exit statuses, the same in every command.

All went well; it went well, and the answer is a "no": something differs, or a call was refused or
failed; it could not be done; it was interrupted.
"""


class UsageError(Exception):
    """The arguments contradict each other; the message says how."""
