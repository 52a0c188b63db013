"""A Gradio app in a process of its own, run by whichever interpreter has the wanted version."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path

from tests.support import server_process
from tests.support.server_process import ServerFailed

__all__ = ["ServerFailed", "serve"]


def serve(
    python: str | os.PathLike[str], app: Path, folder: Path, **environment: str
) -> AbstractContextManager[str]:
    """Serve an app on loopback while the block runs; give its URL.

    Args:
        python: The interpreter.
        app: The script that starts the app.
        folder: Where its log and its files are kept.
        environment: Further environment variables.

    Raises:
        ServerFailed: when it does not answer in time, with the end of its log.
    """

    def settings(port: int) -> dict[str, str]:
        return {
            "GRADIO_SERVER_NAME": "127.0.0.1",
            "GRADIO_SERVER_PORT": str(port),
            "GRADIO_ANALYTICS_ENABLED": "False",
            "GRADIO_TEMP_DIR": str(folder / "files"),
            "HF_HUB_OFFLINE": "1",
            **environment,
        }

    command = [os.fspath(python), str(app)]
    return server_process.serve(app.stem, lambda port: command, folder, settings, "/config")
