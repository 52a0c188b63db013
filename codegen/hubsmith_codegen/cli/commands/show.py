"""`hubsmith show`: the endpoints of a Space, with snippets that call them."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ...ir.model import Operation, definitions_in
from ...ir.spelling import json_schema
from ...load import RawSpec
from ...normalise.spaces import normalise
from ...snippets import LANGUAGES
from ...snippets.listing import default_value, definition_lines, endpoint_lines, heading
from ...snippets.place import Place, json_text
from ...snippets.readme import module_of
from ..calling.arguments import find_operation
from ..configuration import Configuration
from ..console import printable, warn
from ..source import Reader, name_for, path_of, recorded_path
from . import OK
from .arguments import FLAG, add


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add(parser, "source")
    add(parser, "--endpoint", action="store", help="show only this endpoint")
    parser.add_argument(
        "--lang",
        choices=list(LANGUAGES),
        help="print only this snippet (python uses the generated client if the Space is recorded)",
    )
    parser.add_argument("--json", help="print everything as JSON", **FLAG)
    add(parser, "--token")


def run(options: argparse.Namespace) -> int:
    """Read the documents and print what they describe."""
    reader = Reader(token=options.token)
    place = _placed(options.source, reader.read_named(options.source), reader.configuration)
    operations: Sequence[Operation] = place.service.operations
    if options.endpoint is not None:
        operations = [find_operation(place.service, options.endpoint)]
    language: str | None = options.lang
    if language == "python" and place.note:
        language = "python-untyped"  # Typed Python needs the generated client.
    if options.json:
        languages = list(LANGUAGES) if language is None else [language]
        print(_json(operations, place, languages))
    elif language is not None:
        _, write = LANGUAGES[language]
        print("\n".join(write(operation, place) for operation in operations), end="")
    else:
        _print_all(operations, place, is_whole=options.endpoint is None)
    for omission in place.service.omissions if options.endpoint is None else ():
        warn(f"left out {omission}")
    return OK


def _placed(source: str, raw: RawSpec, configuration: Configuration) -> Place:
    """Find the name and the folder that the Space's client has or would get."""
    path = path_of(source)
    named = name_for(source, raw)
    places = {source, raw.source}
    if path is not None:
        places.add(recorded_path(path, configuration.file.parent))
    recorded = [
        name
        for name, space in sorted(configuration.spaces.items())
        if name == source or space.source in places
    ]
    if recorded:
        name, note = named if named in recorded else recorded[0], ""
    else:
        name = named
        if name in configuration.spaces:  # The name belongs to another Space.
            numbered = (f"{named}_{number}" for number in itertools.count(2))
            name = next(one for one in numbered if one not in configuration.spaces)
        note = f"First run: hubsmith add {printable(source)} --name {name}"
    service = normalise(replace(raw, name=name))
    module = module_of(configuration.folder(name), Path.cwd(), configuration.file.parent)
    return Place(service=service, module=module, note=note)


def _print_all(operations: Sequence[Operation], place: Place, *, is_whole: bool) -> None:
    if is_whole:
        print(heading(place.service))
    for number, operation in enumerate(operations):
        if number or is_whole:
            print()
        print("\n".join(endpoint_lines(operation)))
        for title, write in LANGUAGES.values():
            print(f"\n  {title}:\n")
            for line in write(operation, place).splitlines():
                print(f"    {line}".rstrip())
    types = [
        one.type for operation in operations for one in (*operation.parameters, *operation.results)
    ]
    used = definitions_in(types, place.service.definitions)
    if used:
        print("\nObjects")
    for definition in used:
        print()
        print("\n".join(definition_lines(definition)))


def _json(operations: Sequence[Operation], place: Place, languages: Sequence[str]) -> str:
    service = place.service
    return json_text(
        {
            "source": service.source,
            "title": service.title,
            "gradio": service.platform_version,
            "client": {"module": place.module, "class": service.class_name},
            "endpoints": [
                _operation(one)
                | {"snippets": {name: LANGUAGES[name][1](one, place) for name in languages}}
                for one in operations
            ],
            "objects": {
                one.class_name: {
                    str(member.wire_name): {
                        "schema": json_schema(member.type),
                        "required": member.is_required,
                        "default": member.default,
                    }
                    for member in one.members
                }
                for one in service.definitions
            },
            "left_out": [
                {"endpoint": one.endpoint, "reason": one.reason} for one in service.omissions
            ],
        },
        indent=2,
    )


def _operation(operation: Operation) -> dict[str, object]:
    return {
        "endpoint": operation.endpoint or None,
        "fn_index": operation.fn_index,
        "method": operation.method,
        "description": operation.description,
        "streams": operation.streams,
        "parameters": [
            {
                "name": one.wire_name,
                "identifier": one.identifier,
                "label": one.label,
                "description": one.description,
                "schema": json_schema(one.type),
                "required": one.default is None,
                "default": one.default and default_value(one.default),
            }
            for one in operation.parameters
        ],
        "results": [
            {"name": one.identifier, "label": one.label, "schema": json_schema(one.type)}
            for one in operation.results
        ],
    }
