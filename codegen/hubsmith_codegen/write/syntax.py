"""What the Python code of a client package may contain: declarations, and calls to the runtime.

A package is made from untrusted documents. Whatever they contain, and whatever bugs the generator
has, no client is written that contains more than this module allows.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from hubsmith_runtime import HubsmithError

_LIBRARIES = frozenset(
    {"__future__", "collections.abc", "hubsmith_runtime", "pydantic", "typing", "typing_extensions"}
)
_OWN_MODULES = frozenset({"_runtime", "async_client", "client", "models"})
_BUILTINS = frozenset({"bool", "dict", "float", "int", "list", "str", "tuple"})


def check_syntax(path: PurePosixPath, content: str | bytes) -> None:
    """Check that a module of a client package only declares what a client has.

    Args:
        path: Its path in the package.
        content: Valid Python.

    Raises:
        HubsmithError: when it contains more, which is a bug in the generator.
    """
    for node in _Rules(module := ast.parse(content)).refused(module):
        raise HubsmithError(
            f"The generated {path}, line {node.lineno} may not hold {ast.unparse(node)[:100]!r}. "
            "This is a bug in hubsmith."
        )


class _Rules:
    """The rules for one module, whose annotations and calls may only use the names in it."""

    def __init__(self, module: ast.Module) -> None:
        self._classes: set[str] = set()
        self._names = set(_BUILTINS)
        for node in module.body:
            match node:
                case ast.ImportFrom(names=names, level=level):
                    imported = {one.name for one in names}
                    (self._classes if level else self._names).update(imported)
                case ast.ClassDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                    self._classes.add(name)
                case _:
                    pass
        self._names |= self._classes

    def refused(self, module: ast.Module) -> Iterator[ast.stmt]:
        """The statements that break a rule."""
        for node in module.body:
            match node:
                case ast.ClassDef(name=name, bases=bases, decorator_list=[], keywords=[]) if (
                    _is_public(name) and self._are_annotations(bases)
                ):
                    yield from (one for one in node.body if not self._may_be_in_class(one))
                case _ if not self._may_be_in_module(node):
                    yield node
                case _:
                    pass

    def _may_be_in_module(self, node: ast.stmt) -> bool:
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                return True
            case ast.ImportFrom(module=module, names=names, level=level):
                modules = (_LIBRARIES, _OWN_MODULES)[level] if level < 2 else ()
                return module in modules and all(
                    _is_public(one.name) and one.asname is None for one in names
                )
            case ast.Assign(targets=[ast.Name(id="__all__")], value=ast.List() as value):
                return _is_literal(value)
            case ast.AnnAssign(
                target=ast.Name(id=name), annotation=ast.Name(id="TypeAlias"), value=ast.expr()
            ):
                return _is_public(name) and self._is_annotation(node.value)
            case _:
                return False

    def _may_be_in_class(self, node: ast.stmt) -> bool:
        match node:
            case ast.Pass() | ast.Expr(value=ast.Constant(value=str())):
                return True
            case ast.Assign(targets=[ast.Name(id="_source")], value=value):
                return _is_literal(value)
            case ast.Assign(targets=[ast.Name(id="__endpoint__")], value=value):
                return _is_call(value, "Endpoint")
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                is_value = value is None or _is_literal(value) or _is_call(value, "Field")
                return _is_public(name) and is_value and self._is_annotation(annotation)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return self._is_method(node)
            case _:
                return False

    def _is_method(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        match node.args:
            case ast.arguments(posonlyargs=[], args=[ast.arg(arg="self"), *others], vararg=None):
                parameters = [*others, *node.args.kwonlyargs]
                defaults = [one for one in (*node.args.defaults, *node.args.kw_defaults) if one]
            case _:
                return False
        match node.body:
            case [ast.Expr(value=ast.Constant(value=str())), ast.Return(value=value)]:
                returned = value.value if isinstance(value, ast.Await) else value
            case _:
                return False
        return (
            all(isinstance(one, ast.Name) and one.id == "property" for one in node.decorator_list)
            and all(_is_public(name) for name in (node.name, *(one.arg for one in parameters)))
            and node.args.kwarg is None
            and self._are_annotations([node.returns, *(one.annotation for one in parameters)])
            and all(map(_is_literal, defaults))
            and self._is_call_of_the_runtime(returned, {one.arg for one in parameters})
        )

    def _is_call_of_the_runtime(self, node: ast.expr | None, parameters: set[str]) -> bool:
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="self"), attr="_run" | "_submit"),
                args=[ast.Call(func=ast.Name(id=request), args=[], keywords=keywords)],
                keywords=[],
            ):
                return request in self._classes and all(
                    isinstance(one.value, ast.Name) and one.arg == one.value.id in parameters
                    for one in keywords
                )
            case ast.Call(func=ast.Name(id=jobs), args=[ast.Name(id="self")], keywords=[]):
                return jobs in self._classes
            case _:
                return False

    def _are_annotations(self, nodes: Iterable[ast.expr | None]) -> bool:
        return all(map(self._is_annotation, nodes))

    def _is_annotation(self, node: ast.expr | None) -> bool:
        match node:
            case ast.Constant(value=None):
                return True
            case ast.Name(id=name):
                return name in self._names
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self._are_annotations((left, right))
            # A string anywhere else in an annotation is evaluated when the type is read.
            case ast.Subscript(value=ast.Name(id="Literal"), slice=values):
                return _is_literal(values)
            case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[one, field])):
                return self._is_annotation(one) and _is_call(field, "Field")
            case ast.Subscript(value=ast.Name() as generic, slice=ast.Tuple(elts=inner)):
                return self._are_annotations((generic, *inner))
            case ast.Subscript(value=ast.Name() as generic, slice=inner):
                return self._are_annotations((generic, inner))
            case _:
                return False


def _is_call(node: ast.expr, name: str) -> bool:
    """Whether it is a call of this name with only literal keyword arguments."""
    match node:
        case ast.Call(func=ast.Name(id=called), args=[], keywords=keywords):
            return called == name and all(
                one.arg is not None and _is_literal(one.value) for one in keywords
            )
        case _:
            return False


def _is_literal(node: ast.expr | None) -> bool:
    match node:
        case ast.Constant(value=str() | int() | float() | None):
            return True
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float())):
            return True
        case ast.List(elts=values) | ast.Tuple(elts=values):
            return all(map(_is_literal, values))
        case ast.Dict(keys=keys, values=values):
            return all(map(_is_literal, (*keys, *values)))
        case _:
            return False


def _is_public(name: str) -> bool:
    return not name.startswith(("_", "*"))
