"""The inference tasks: from their schemas and overlays to one service."""

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
    """Return the service of the inference client, with every task as an operation.

    The folder has a folder of schemas per task, and a folder `overlay`. Raises a `SpecError` if
    they contradict each other.
    """
    overlays = read_overlays(folder)
    documents = read_documents(folder)
    if odd := set(documents.tasks) ^ set(overlays):
        raise SpecError(f"{folder}: schemas or overlay missing for {', '.join(sorted(odd))}.")
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
            raise SpecError(f"{folder}: two different classes are called {found.class_name}.")
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
    """The sha256 of every file that one task is made from."""
    files = [*sorted((folder / task).glob("*.json")), folder / OVERLAY / f"{task}.toml"]
    digest = hashlib.sha256()
    for path in (*files, folder / f"{COMMON}.json"):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
