"""The TypeScript of a client: its types, tables and methods; and the runtime that all share."""

from .callers import as_called
from .client import method_names, render
from .names import client_class
from .runtime import RUNTIME_FOLDER, runtime_files

__all__ = ["RUNTIME_FOLDER", "as_called", "client_class", "method_names", "render", "runtime_files"]
