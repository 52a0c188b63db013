"""`hubsmith completion`: the script with which a shell completes this command."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import argcomplete
from argcomplete.completers import BaseCompleter, FilesCompleter
from argcomplete.shell_integration import shellcode
from hubsmith_runtime import HubsmithError

from . import OK

_INSTALLATION = """\
bash:  echo 'eval "$(hubsmith completion bash)"' >> ~/.bashrc
zsh:   echo 'eval "$(hubsmith completion zsh)"' >> ~/.zshrc   (below compinit)
fish:  hubsmith completion fish > ~/.config/fish/completions/hubsmith.fish
"""
_RECORDED = frozenset({"names", "source", "old", "new"})
_PATHS = frozenset({"SOURCE", "PATH|NAME", "A", "B", "PATH", "DIR", "FILE"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _INSTALLATION
    parser.add_argument("shell", choices=("bash", "zsh", "fish"))


def run(options: argparse.Namespace) -> int:
    """Print the completion script for a shell."""
    print(shellcode(["hubsmith"], shell=options.shell))
    return OK


def complete(
    parser: argparse.ArgumentParser, parsers: Mapping[str, argparse.ArgumentParser]
) -> None:
    """Answer a shell's request for completions, and exit.

    Names come from the configuration and paths from the disk; nothing else is read.
    """
    words = os.environ.get("COMP_LINE", "").split()[1:]
    name = next((word for word in words if not word.startswith("-")), "")
    if name in parsers:
        importlib.import_module(f".{name}", __package__).add_arguments(parsers[name])
    argcomplete.autocomplete(parser, always_complete_options=False, default_completer=_Words())


class _Words(BaseCompleter):
    """The possible values of an argument."""

    def __call__(self, *, prefix: str, action: argparse.Action, **_: Any) -> Iterable[str]:
        found: list[str] = []
        if action.dest in _RECORDED:
            from ..configuration import read_configuration

            with contextlib.suppress(HubsmithError, OSError):
                found += sorted(read_configuration(Path.cwd()).spaces)
        return [*found, *FilesCompleter()(prefix)] if action.metavar in _PATHS else found
