"""The inference tasks: their schemas, and what is laid over them, become one service."""

from __future__ import annotations

import hashlib
from pathlib import Path

from hubsmith_runtime import SpecError

from ...ir.model import Definition, Operation, Service
from ...ir.names import ClassName, Identifier
from ...ir.text import NO_TEXT
from .documents import COMMON, OVERLAY, Registry, corrected, read_documents, read_overlays
from .schema import Classes
from .task import read_task

__all__ = ["service_of_tasks"]


def service_of_tasks(folder: Path) -> Service:
    """Every task as an operation of the one inference client.

    The folder holds schemas, a folder per task, and a folder `overlay`; a `SpecError` says where
    they do not fit each other.
    """
    overlays = read_overlays(folder)
    documents = read_documents(folder)
    if odd := set(documents.tasks) ^ set(overlays):
        raise SpecError(f"{folder}: schemas or overlay are missing for {', '.join(sorted(odd))}.")
    documents = corrected(documents, overlays)
    registry = Registry(documents)
    digests = {task: _digest(folder, task) for task in documents.tasks}
    operations: list[Operation] = []
    classes: list[Classes] = []
    for task, files in documents.tasks.items():
        operation, own = read_task(overlays[task], files, registry, digests[task])
        operations.append(operation)
        classes += own
    definitions: dict[str, Definition] = {}
    for found in (definition for one in classes for definition in one.definitions.values()):
        if definitions.setdefault(found.class_name, found) != found:
            raise SpecError(f"{folder}: two classes are called {found.class_name}.")
    return Service(
        package=Identifier("hubsmith"),
        class_name=ClassName("InferenceClient"),
        source=None,
        title=NO_TEXT,
        platform_version="",
        digest=hashlib.sha256("".join(digests.values()).encode()).hexdigest(),
        documents=(),
        operations=tuple(operations),
        definitions=tuple(definitions.values()),
        aliases=tuple(alias for one in classes for alias in one.aliases.values()),
    )


def _digest(folder: Path, task: str) -> str:
    """sha256 of everything that one task is made from."""
    files = [*sorted((folder / task).glob("*.json")), folder / OVERLAY / f"{task}.toml"]
    digest = hashlib.sha256()
    for path in (*files, folder / f"{COMMON}.json"):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
