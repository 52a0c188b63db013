"""Serves the app of the script `APP_SCRIPT` and notes every call of its functions in `APP_SEEN`.

It runs on every Gradio under test, with whatever Python they have.
"""

# The wrapped functions keep their own annotations; nothing here is read by Gradio.

import functools
import hashlib
import importlib.util
import inspect
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np

lock = threading.Lock()


def plain(value: Any) -> Any:
    """Return a value as JSON; of a file and of a picture what tells it from others."""
    if isinstance(value, np.ndarray):
        return {"pixels": hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()}
    if isinstance(value, str) and value.startswith("/") and Path(value).is_file():
        return {"file": hashlib.sha256(Path(value).read_bytes()).hexdigest()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    return value if isinstance(value, (str, int, float, bool, type(None))) else repr(type(value))


def observed(function: Any, seen: Path) -> Any:
    """Wrap a function of an app."""

    def note(values: tuple[Any, ...]) -> None:
        with lock, seen.open("a", encoding="utf-8") as file:
            file.write(json.dumps([function.__name__, [plain(value) for value in values]]) + "\n")

    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def iterate(*values: Any) -> Any:
            note(values)
            yield from function(*values)

        return iterate

    @functools.wraps(function)
    def call(*values: Any) -> Any:
        note(values)
        return function(*values)

    return call


def main() -> None:
    path, seen = Path(os.environ["APP_SCRIPT"]), Path(os.environ["APP_SEEN"])
    spec: Any = importlib.util.spec_from_file_location("app", path)
    module: Any = importlib.util.module_from_spec(spec)
    sys.modules["app"] = module
    spec.loader.exec_module(module)
    for name, function in [*vars(module).items()]:
        is_own = inspect.isfunction(function) and function.__module__ == "app"
        if is_own and name not in ("build", "main"):
            setattr(module, name, observed(function, seen))
    app = module.build()
    port = int(os.environ["GRADIO_SERVER_PORT"])
    app.launch(server_name="127.0.0.1", server_port=port, quiet=True, share=False)


if __name__ == "__main__":
    main()
