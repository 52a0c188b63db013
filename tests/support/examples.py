"""How many examples hypothesis tries: few in `make test`, more in `make test-properties`."""

from __future__ import annotations

import os

IS_WHOLE = os.environ.get("HUBSMITH_PROPERTIES") == "all"


def examples(few: int, many: int) -> int:
    """Return the number of examples of a property."""
    return many if IS_WHOLE else few
