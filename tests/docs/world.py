"""The world of a page: the folder that its code works in, the servers that it meets."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.docs.interpreter import Interpreter, Unexpected
from tests.docs.page import Block
from tests.docs.shell import Shell


@dataclass(frozen=True, kw_only=True)
class World:
    """What a page's fixture prepared.

    Attributes:
        folder: The working directory, with the files that the page's samples name.
        spelling: Text of the page that stands for something else here, such as a fixed port.
        steps: What a comment `<!-- run: NAME -->` of the page makes happen.
    """

    folder: Path
    spelling: Mapping[str, str] = field(default_factory=dict[str, str])
    steps: Mapping[str, Callable[[], None]] = field(default_factory=dict[str, Callable[[], None]])

    def run(self, blocks: list[Block]) -> None:
        """Run what of a page can run, from top to bottom."""
        interpreter, shell = Interpreter(), Shell(self.folder)
        whole = False
        try:
            for block in blocks:
                self._run(self._spelled(block), interpreter, shell)
            whole = True
        finally:
            shell.close()
            interpreter.close(whole=whole)
            for name in [name for name in sys.modules if name.partition(".")[0] == "clients"]:
                del sys.modules[name]

    def _spelled(self, block: Block) -> Block:
        code = block.code
        for text, here in self.spelling.items():
            code = code.replace(text, here)
        return replace(block, code=code)

    def _run(self, block: Block, interpreter: Interpreter, shell: Shell) -> None:
        if block.reason:
            return
        if block.file:
            path = self.folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.code, encoding="utf-8")
        elif block.language == "python":
            interpreter.run(block)
        elif block.language == "console":
            shell.run(block)
        elif block.language == "run":
            if block.code not in self.steps:
                raise Unexpected(f"{block.place}: its world has no step {block.code!r}")
            self.steps[block.code]()
