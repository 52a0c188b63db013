"""Runs the Python blocks of a page in one namespace, and compares what `# -> ` comments promise."""

from __future__ import annotations

import ast
import asyncio
import inspect
import io
import tokenize
from collections.abc import Callable
from typing import Any

from tests.docs.expected import matches
from tests.docs.page import Block

_MARK = "# -> "
_FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


class Unexpected(AssertionError):
    """A page promises something else than what happens."""


class Interpreter:
    """One namespace and one event loop for the blocks of a page.

    A comment `# -> TEXT` behind a statement is a promise. TEXT is the `str` or `repr` of the value of
    the expression, of what is assigned or of what is printed; `...` stands for anything.
    """

    def __init__(self) -> None:
        own = {"__name__": "page", "__shown__": self._show, "__joined__": _joined}
        self.names: dict[str, Any] = own
        self._loop = asyncio.new_event_loop()
        self._promised: dict[str, str] = {}

    def run(self, block: Block) -> None:
        """Run a block; an error in it has the page and the line in its traceback."""
        # With as many empty lines above it, lines have the numbers that they have on the page.
        source = "\n" * (block.line - 1) + block.code
        tree = ast.parse(source, block.place.rpartition(":")[0])
        comments = _promises(source)
        _Watch(block, comments).visit(tree)
        self._promised.update(
            {f"{block.path.name}:{line}": text for line, text in comments.items()}
        )
        code = compile(
            ast.fix_missing_locations(tree), str(block.path), "exec", _FLAGS, dont_inherit=True
        )
        awaitable = eval(code, self.names)
        if inspect.iscoroutine(awaitable):
            self._loop.run_until_complete(awaitable)

    def _show(self, place: str, value: object) -> object:
        promised = self._promised.pop(place, None)
        if promised is not None and not any(matches(promised, f(value)) for f in (str, repr)):
            raise Unexpected(f"{place}: promised {promised!r}, and it is {value!r}")
        return value

    def close(self, *, whole: bool) -> None:
        """Close the clients that the page left open.

        Args:
            whole: Whether the page came to its end, so that every promise has been looked at.
        """
        try:
            for value in reversed(list(self.names.values())):
                closing = _closing(value)
                result = closing() if closing else None
                if inspect.isawaitable(result):
                    self._loop.run_until_complete(_awaited(result))
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()
        if whole and self._promised:
            raise Unexpected(f"never reached: {self._promised}")


def _joined(*values: object) -> str:
    """What `print` makes of several values."""
    return " ".join(map(str, values))


async def _awaited(value: Any) -> None:
    await value


def _closing(value: object) -> Callable[[], object] | None:
    """How a client, ours or openai's, is closed; None for everything else."""
    if isinstance(value, type):
        return None
    if not any(base.__module__.startswith(("hubsmith", "openai")) for base in type(value).__mro__):
        return None
    return getattr(value, "aclose", None) or getattr(value, "close", None)


def _promises(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        token.start[0]: token.string.removeprefix(_MARK)
        for token in tokens
        if token.type == tokenize.COMMENT and token.string.startswith(_MARK)
    }


class _Watch(ast.NodeTransformer):
    """Shows the value of each statement that has a promise behind it."""

    def __init__(self, block: Block, comments: dict[int, str]) -> None:
        self._block = block
        self._comments = comments
        self._left = set(comments)

    def visit_Module(self, node: ast.Module) -> ast.Module:
        self.generic_visit(node)
        if self._left:
            line = min(self._left)
            raise Unexpected(f"{self._block.path.name}:{line}: a promise behind no statement")
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.Expr:
        match node.value:
            case ast.Call(func=ast.Name(id="print"), args=[value]) as call:
                call.args = [self._watched(node, value)]
            case ast.Call(func=ast.Name(id="print"), args=[_, _, *_] as values) as call:
                joined = ast.Call(ast.Name("__joined__", ast.Load()), values, [])
                call.args = [self._watched(node, joined)]
            case value:
                node.value = self._watched(node, value)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.Assign:
        node.value = self._watched(node, node.value)
        return node

    def _watched(self, node: ast.stmt, value: ast.expr) -> ast.expr:
        line = node.end_lineno
        if line is None or line not in self._comments:
            return value
        self._left.discard(line)
        place = ast.Constant(f"{self._block.path.name}:{line}")
        call = ast.Call(ast.Name("__shown__", ast.Load()), [place, value], [])
        return ast.copy_location(call, value)
