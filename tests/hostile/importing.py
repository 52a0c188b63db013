"""Imports packages in a process of its own, where whatever they do besides is seen.

It is run by path: `python importing.py FOLDER`. In the folder `expected.json` says of each package
what its requests are made of. One line of JSON comes out for each package that is not right.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pydantic
import typing_extensions  # noqa: F401  # Imported before the watch begins.
from hubsmith_runtime import AsyncJob, AsyncSpace, File, Job, Request, Space  # noqa: F401

WATCHED = ("os.", "subprocess.", "socket.", "shutil.", "ctypes.", "pty.", "ftplib.", "urllib.")
HARMLESS = ("os.listdir", "os.scandir")
done: list[str] = []
watching = False


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    if not watching:
        return
    is_write = event == "open" and arguments[1] is not None and set("wax+") & set(arguments[1])
    if is_write or (event.startswith(WATCHED) and event not in HARMLESS):
        done.append(f"{event} {arguments[:2]!a}")


def problems(folder: Path, name: str, expected: Any) -> list[str]:
    """Import one package; say what it did, and what is not as it should be."""
    global watching
    done.clear()
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None and spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    watching = True
    try:
        spec.loader.exec_module(package)
        for module in ("models", "client", "async_client"):
            importlib.import_module(f"{name}.{module}")
        wrong = [text for one in expected for text in differences(package, **one)]
    except Exception as error:
        wrong = [f"{type(error).__name__}: {error}"]
    finally:
        watching = False
        for module in [one for one in sys.modules if one == name or one.startswith(f"{name}.")]:
            del sys.modules[module]
    return [*(f"escaped: {one}" for one in done), *wrong]


def differences(
    package: Any,
    request: str,
    endpoint: str,
    names: list[str],
    arguments: dict[str, Any],
    skips: bool = False,
) -> list[str]:
    """Make a request of example arguments, and compare what it holds with what was given."""
    kind = getattr(package, request)
    found = [field.alias or name for name, field in kind.model_fields.items()]
    wrong: list[str] = []
    if sorted(found) != sorted(names) or (kind.__endpoint__.name or "") != endpoint:
        wrong.append(
            f"{request}: {found} of {kind.__endpoint__.name!a} is not {names}, {endpoint!a}"
        )
    if skips:  # Files are needed, which are not values.
        return wrong
    made = kind(**arguments)
    again = kind.model_validate_json(made.model_dump_json(by_alias=True))
    sent = json.loads(again.model_dump_json(by_alias=True, exclude_unset=True))
    for name, value in arguments.items():
        if not same(sent.get(name), value):
            wrong.append(f"{request}: {name!a} was {value!a} and became {sent.get(name)!a}")
    return wrong


def same(sent: object, given: object) -> bool:
    """Whether a value came through; objects may have got the defaults of their members."""
    if isinstance(given, dict) and isinstance(sent, dict):
        return all(same(sent.get(key), value) for key, value in given.items())
    if isinstance(given, list) and isinstance(sent, list):
        return len(given) == len(sent) and all(map(same, sent, given))
    return sent == given


def main(folder: Path) -> None:
    """Import every package that `expected.json` lists."""
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    sys.dont_write_bytecode = True
    pydantic.TypeAdapter(int).validate_json("1")
    sys.addaudithook(watch)
    for number, (path, requests) in enumerate(expected.items()):
        for text in problems(folder / path, f"hostile_{number}", requests):
            print(json.dumps([path, text]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
