"""The tables of the pages say what the code says."""

from __future__ import annotations

import inspect

import pytest
from hubsmith import InferenceClient

from tests.docs.page import page_path
from tests.docs.tables import DOMAINS, TABLES, methods, tabled


@pytest.mark.parametrize("page", TABLES)
def test_a_table_is_what_the_code_makes_of_it(page: str) -> None:
    text = page_path(page.removesuffix(".md")).read_text(encoding="utf-8")
    assert text == tabled(page), "Run `python -m tests.docs.tables`."


def test_every_method_has_a_row() -> None:
    shown = [name for names in DOMAINS.values() for name in names]
    assert sorted(shown) == sorted(methods())


def test_every_argument_of_the_client_is_explained() -> None:
    text = page_path("inference").read_text(encoding="utf-8")
    table = text.partition("## The client")[2].partition("## Tasks")[0]
    named = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    arguments = [name for name in inspect.signature(InferenceClient).parameters if name != "self"]
    assert [name for name in arguments if f"`{name}`" not in " ".join(named)] == []
