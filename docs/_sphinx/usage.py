"""The directive `{usage}`: a command's usage and options, taken from its parser at build time."""

from __future__ import annotations

import argparse
import importlib
import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

COMMANDS = "hubsmith_codegen.cli.commands"


def parser_of(command: str) -> argparse.ArgumentParser:
    """Return the parser behind `hubsmith COMMAND --help`."""
    parser = argparse.ArgumentParser(prog=f"hubsmith {command}")
    importlib.import_module(f"{COMMANDS}.{command}").add_arguments(parser)
    return parser


def usage_of(parser: argparse.ArgumentParser) -> str:
    """Return the line that shows how a command is typed."""
    words = [_words(one) for one in _shown(parser) if not one.option_strings]
    return parser.usage or " ".join([parser.prog, *words, "[options]"])


def options_of(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    """Yield every argument and option as it is typed, with its help as a sentence."""
    for action in _shown(parser):
        help_text = (action.help or "") % {**vars(action), "prog": parser.prog}
        if help_text.startswith("--"):
            help_text = f"the same as {help_text}"
        yield _words(action), f"{help_text[:1].upper()}{help_text[1:].removesuffix('.')}."


def _shown(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [
        one
        for one in parser._actions
        if not isinstance(one, argparse._HelpAction) and one.help is not argparse.SUPPRESS
    ]


def _words(action: argparse.Action) -> str:
    if action.metavar is not None:
        value = str(action.metavar)
    elif action.choices:
        value = "{" + ",".join(map(str, action.choices)) + "}"
    else:
        value = action.dest.upper()
    value = {"*": f"[{value} ...]", "+": f"{value} ...", "?": f"[{value}]"}.get(
        str(action.nargs), value
    )
    if not action.option_strings:
        return value
    return ", ".join(action.option_strings) + ("" if action.nargs == 0 else f" {value}")


class Usage(SphinxDirective):
    """Show how a command is typed, and a list of its arguments and options."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        command = self.arguments[0]
        self.env.note_dependency(str(importlib.import_module(f"{COMMANDS}.{command}").__file__))
        parser = parser_of(command)
        line = usage_of(parser)
        listed = nodes.definition_list(classes=["options"])
        for words, text in options_of(parser):
            term = nodes.term("", "", nodes.literal(words, words))
            # Options that the help names keep their two hyphens: in plain text they become a dash.
            parts = re.split(r"(?<!\S)(--[a-z-]+)", text)
            named = [
                nodes.literal(part, part) if number % 2 else nodes.Text(part)
                for number, part in enumerate(parts)
            ]
            body = nodes.definition("", nodes.paragraph(text, "", *named))
            listed += nodes.definition_list_item("", term, body)
        return [nodes.literal_block(line, line, language="text", classes=["usage"]), listed]


def setup(app: Sphinx) -> dict[str, Any]:
    """Make the directive known to Sphinx."""
    app.add_directive("usage", Usage)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
