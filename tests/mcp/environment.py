"""The virtual environment with Gradio's own MCP server, made once and kept in an ignored folder.

`gradio[mcp]` wants an `mcp` before 2 and `hubsmith[mcp]` one from 2 on, so no environment has both.
`python -m tests.mcp.environment` makes it where it is missing; `make test-mcp` does.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.support.environment import EnvironmentFailed, make_all, python_in
from tests.support.paths import CACHE

__all__ = ["EnvironmentFailed", "python_with_gradio_mcp"]

_REQUIREMENTS = ["gradio[mcp]==6.31.0"]


def python_with_gradio_mcp() -> Path:
    """Return its interpreter.

    Raises:
        EnvironmentFailed: when it cannot be installed.
    """
    return python_in(CACHE / "gradio-mcp", "gradio[mcp]", [_REQUIREMENTS], "import gradio.mcp")


if __name__ == "__main__":
    sys.exit(make_all({"gradio[mcp]": python_with_gradio_mcp}))
