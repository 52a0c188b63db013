"""`write_fixture`: writes recorded answers for `hubsmith mock` and the pytest plugin."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from hubsmith_codegen.ir.model import Operation
from hubsmith_codegen.normalise.spaces import normalise
from hubsmith_codegen.snippets.place import json_text
from hubsmith_codegen.write.boundary import write_file
from hubsmith_runtime.reading import as_object, as_text
from hubsmith_testing.files import FileStore

from .events import App, Event, events_of
from .files import content_of, free_name, free_path
from .recording import Recording
from .session import raw_spec
from .values import file_path

_KINDS = {"audio": "audio", "image": "image", "model": "model", "video": "video"}


def write_fixture(recording: Recording, out: Path) -> Path:
    """Write the recorded answers, each with the arguments of its call.

    The result is a file of answers for `MockSpace`. It references files in a folder next to it: the
    uploaded ones, and in place of files that the Space created, which are not recorded, small files
    of the same type.

    Args:
        recording: The recording.
        out: The file to write. If it exists, a number is appended to its name.

    Returns:
        The path of the written file.

    Raises:
        HubsmithError: if a file cannot be written.
    """
    target = free_path(out)
    files = _Files(recording, target.with_name(f"{target.stem}_files"))
    app, answers = App(recording), dict[str, list[dict[str, Any]]]()
    for event in events_of(recording, normalise(raw_spec(recording)), app):
        call, operation = event.call, event.operation
        is_known = operation is not None and not event.obstacle and not event.is_stand_in
        if is_known and (call.ended is not None or call.error is not None):
            assert operation is not None
            name = str(operation.endpoint) or f"fn_index={operation.fn_index}"
            answers.setdefault(name, []).append(_answer(event, operation, app, files))
    for path, content in files.contents.items():
        write_file(path, content, target.parent)
    write_file(
        target, (json_text(answers, indent=1) + "\n").encode(errors="replace"), target.parent
    )
    return target


def _answer(event: Event, operation: Operation, app: App, files: _Files) -> dict[str, Any]:
    call, function = event.call, event.function
    given = [
        value
        for component, value in zip(function.components("inputs"), call.data, strict=False)
        if app.is_argument(component)
    ]
    names = [str(one.wire_name) for one in operation.parameters]
    answer: dict[str, Any] = {"arguments": files.kept(dict(zip(names, given, strict=False)))}

    def value(outputs: Sequence[Any]) -> Any:
        shown = [app.is_argument(one) for one in function.components("outputs")]
        padded = [*outputs, *[None] * len(shown)]
        values = [files.kept(one) for one, is_value in zip(padded, shown, strict=False) if is_value]
        return values[0] if len(values) == 1 else values or None

    if call.partial_outputs:
        answer["stream"] = [value(one) for one in call.partial_outputs]
    if call.error is None:
        answer["value"] = value(call.outputs)
    else:
        answer["error"] = call.error
    return answer


class _Files:
    """The files of a fixture, by the path to write them to."""

    def __init__(self, recording: Recording, folder: Path) -> None:
        self.contents: dict[Path, bytes] = {}
        self._recording = recording
        self._folder = folder
        self._names: dict[str, str] = {}  # By their path on the server.

    def kept(self, value: Any) -> Any:
        """The value, with references to files of the fixture."""
        if (path := file_path(value)) is not None:
            return {"path": self._file(path, value), "meta": {"_type": "gradio.FileData"}}
        match value:
            case dict():
                return {key: self.kept(one) for key, one in cast("dict[str, Any]", value).items()}
            case list():
                return [self.kept(one) for one in cast("list[Any]", value)]
            case _:
                return value

    def _file(self, path: str, value: Any) -> str:
        if path not in self._names:
            facts, upload = as_object(value), self._recording.uploads.get(path)
            if upload is not None:
                name, content = upload.name, content_of(upload)
            else:
                made, content = _made(as_text(facts.get("mime_type")), path)
                name = as_text(facts.get("orig_name")) or made
            self._names[path] = free_name(name, self._names.values())
            self.contents[self._folder / self._names[path]] = content
        return f"{self._folder.name}/{self._names[path]}"


def _made(mime_type: str, path: str) -> tuple[str, bytes]:
    """A small file of a type, the same for the same path on the server."""
    kind = _KINDS.get(mime_type.partition("/")[0], "text")
    store = FileStore()
    made = store.make(kind, random.Random(path))["path"]
    return str(made).rpartition("/")[2], store.contents[made]
