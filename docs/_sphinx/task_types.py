"""The directive `{task-types}`: the public classes of every inference task, a section for each."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import hubsmith
from docutils import nodes
from hubsmith import tasks
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective


def sections() -> Iterator[tuple[str, list[str]]]:
    """Yield the title of each task with the names of its classes, then those that tasks share."""
    public = {name for name in hubsmith.__all__ if hasattr(tasks, name)}
    modules = sorted(found.name for found in pkgutil.iter_modules(tasks.__path__))
    modules.sort(key=lambda name: name.startswith("_"))
    for name in modules:
        module = importlib.import_module(f"{tasks.__name__}.{name}")
        own = [
            one
            for one, value in inspect.getmembers(module, inspect.isclass)
            if one in public and value.__module__ == module.__name__
        ]
        title = "Other names" if name[0] == "_" else name.replace("_", " ").capitalize()
        if own:
            yield "Shared by several tasks" if name == "_common" else title, sorted(own)


def markdown() -> Iterator[str]:
    """Yield the lines that document all of them."""
    for title, names in sections():
        yield from (f"## {title}", "", "```{eval-rst}")
        for name in names:
            yield from (f".. autoclass:: hubsmith.{name}()", "")
        yield from ("```", "")


def add_fields(
    app: Sphinx, what: str, name: str, value: Any, options: Any, lines: list[str]
) -> None:
    """Add the members of a task's class to its docstring, with their types."""
    module = getattr(value, "__module__", None) or ""
    if what != "class" or not module.startswith(tasks.__name__):
        return
    documented = ModuleAnalyzer.for_module(module).find_attr_docs()
    lines.append("")
    for member, annotation in inspect.get_annotations(value).items():
        if member.startswith("_"):
            continue
        text = " ".join(documented.get((value.__name__, member), ())).strip()
        lines += [f":ivar {member}: {text}", f":vartype {member}: {_plain(annotation)}"]
    lines.append("")


def _plain(annotation: Any) -> str:
    """Return a type without what only pydantic reads: `Annotated[str, ...]` is `str`."""
    # The members of a `TypedDict` are references to their text.
    text = getattr(annotation, "__forward_arg__", annotation)
    tree = ast.parse(text, mode="eval").body
    match tree:
        case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[plain, *_])):
            return ast.unparse(plain)
        case _:
            return ast.unparse(tree)


class TaskTypes(SphinxDirective):
    """Document the classes of all tasks."""

    def run(self) -> list[nodes.Node]:
        return self.parse_text_to_nodes("\n".join(markdown()), allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, Any]:
    """Make the directive known to Sphinx."""
    app.add_directive("task-types", TaskTypes)
    app.connect("autodoc-process-docstring", add_fields)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
