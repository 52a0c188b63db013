"""The page about errors names every error, its place in the tree, and what it carries."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import hubsmith
import pytest
from hubsmith_runtime import errors
from hubsmith_runtime.inference import errors as inference_errors

from tests.docs.page import page_path

TEXT = page_path("errors").read_text(encoding="utf-8")
ERRORS = [
    one
    for module in (errors, inference_errors)
    for _, one in inspect.getmembers(module, inspect.isclass)
    if issubclass(one, hubsmith.HubsmithError) and one.__module__ == module.__name__
]
ROWS = {
    match[1]: match[0] for match in re.finditer(r"^\| `(\w+)` \|.*$", TEXT, re.MULTILINE)
}  # By the error that each is about.
BUILT_IN = {ValueError, TypeError, TimeoutError, ImportError, FileNotFoundError}


def drawn() -> Iterator[tuple[str, str, set[str]]]:
    """Yield each error of the page's tree, the one above it, and what it says to be, too."""
    tree = TEXT.partition("```text\n")[2].partition("```")[0]
    above: dict[int, str] = {}
    for line in tree.splitlines():
        match = re.fullmatch(r"([│├└─ ]*)(\w+)\s*(?:\(also ([^)]*)\))?.*", line)
        assert match is not None, line
        depth = len(match[1]) // 4
        above[depth] = match[2]
        also = set(re.findall(r"\w+", match[3] or ""))
        yield match[2], above[depth - 1] if depth else "", also


def test_the_tree_is_that_of_the_code() -> None:
    tree = TEXT.partition("```text\n")[2].partition("```")[0]
    for module in (errors, inference_errors):
        # The branch of inference stands in a module of its own, a level further left.
        for line in f"{module.__doc__}".splitlines():
            if match := re.fullmatch(r"[│├└─ ]*(\w+Error)\b.*", line):
                assert match[1] in tree
    names = [name for name, _, _ in drawn()]
    assert sorted(names) == sorted(one.__name__ for one in ERRORS)


@pytest.mark.parametrize(("name", "above", "also"), list(drawn()))
def test_an_error_stands_where_it_belongs(name: str, above: str, also: set[str]) -> None:
    bases = {base.__name__ for base in getattr(hubsmith, name).__bases__}
    assert bases == ({above} | also if above else {"Exception"})


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_an_error_is_explained_with_what_it_carries(error: type) -> None:
    if error is hubsmith.HubsmithError:
        return
    row = ROWS[error.__name__]
    listed = (inspect.getdoc(error) or "").partition("Attributes:")[2]
    for name in re.findall(r"^ {4}(\w+):", listed, re.MULTILINE):
        assert f"`{name}`" in (TEXT if error is hubsmith.InferenceError else row), name


@pytest.mark.parametrize("built_in", sorted(BUILT_IN, key=lambda one: one.__name__))
def test_errors_of_python_are_listed(built_in: type) -> None:
    told = next(line for line in TEXT.splitlines() if line.startswith(f"| `{built_in.__name__}` |"))
    roots = [
        one for one in ERRORS if issubclass(one, built_in)
        and not any(issubclass(base, built_in) for base in one.__bases__ if base in ERRORS)
    ]  # fmt: skip
    assert roots
    assert [one for one in roots if f"`{one.__name__}`" not in told] == []
