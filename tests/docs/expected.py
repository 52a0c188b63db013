"""What a page shows as output, compared with what there is."""

from __future__ import annotations

import re


def matches(shown: str, actual: str) -> bool:
    """Whether they are the same; `...` of the page stands for any text, lines included."""
    parts = [re.escape(part) for part in shown.strip().split("...")]
    return re.fullmatch(".*".join(parts), actual.strip(), re.DOTALL) is not None
