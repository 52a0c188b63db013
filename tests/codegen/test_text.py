"""The functions through which text of a spec reaches Python and Markdown."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from hubsmith_codegen.ir.text import (
    docstring,
    literal,
    markdown,
    markdown_code,
    paragraphs,
    plain,
    sentence,
)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  two\t words\n", "two words"),
        ("a\0b\x1b[31mc", "a b [31mc"),
        ("a\u2028b\u2029c\x85d", "a b c d"),
        ("user\u202e\u2066x", "userx"),
        ("a\ud800b", "ab"),
        ("zero\u200bwidth", "zerowidth"),
        ("naïve 你好 🎉", "naïve 你好 🎉"),
        ("x" * 1000, "x" * 399 + "…"),
        ("", ""),
        (None, ""),
        ({"a": "label"}, ""),
        (["a"], ""),
        (3, ""),
    ],
)
def test_plain_is_one_clean_line(text: object, line: str) -> None:
    assert plain(text) == line


def test_sentences_and_paragraphs() -> None:
    assert [sentence(text) for text in ("hello", "Hello!", "why?", "", " so: ")] == [
        *("Hello.", "Hello!", "Why?", "", "So:")
    ]
    assert paragraphs("one\ntwo\n \n\nthree\n") == ("one two", "three")
    assert paragraphs({"a": 1}) == ()


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 0, -1, 10**30, 1.5, -0.0, 1e300, "", "a'b\"c", "\\", "\n\r\t\0", "\ud800"),
        *("\u202e", "{{ x }}", '"""', [], {}, [1, [None]], {"b": 1, "a": {"c": []}}),
    ],
    ids=ascii,
)
def test_a_literal_evaluates_to_the_value(value: Any) -> None:
    source = literal(value)
    assert ast.literal_eval(source) == value
    assert type(ast.literal_eval(source)) is type(value)
    assert source.isprintable() and source.encode()


def test_a_literal_does_not_depend_on_the_order_of_keys() -> None:
    assert literal({"b": 1, "a": 2}) == literal({"a": 2, "b": 1}) == "{'a': 2, 'b': 1}"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [float("-inf")]])
def test_numbers_without_a_literal_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="has no literal"):
        literal(value)


@pytest.mark.parametrize(
    "text",
    ['"""', '"', 'ends with "', '""""', "\\", '\\"""', "\\\\", "\\N{DIGIT ONE}\\x41", "'''", "{x}"],
)
def test_a_docstring_holds_the_text(text: str) -> None:
    for lines in ([text], [text, "", f"    {text}"], ["x " * 80 + text]):
        (statement,) = ast.parse(docstring(lines, indent=0)).body
        assert isinstance(statement, ast.Expr)
        found = ast.literal_eval(statement.value)
        assert found.split() == " ".join(lines).split()


def test_a_docstring_is_wrapped_with_a_hanging_indent() -> None:
    source = docstring(["Call it.", "", "Args:", "    x: " + "word " * 30], indent=8)
    lines = source.splitlines()
    assert lines[:3] == ['"""Call it.', "", "        Args:"]
    assert lines[3].startswith("            x: word") and lines[4].startswith(" " * 16 + "word")
    assert lines[-1] == '        """'
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("<b>", r"\<b\>"),
        ("[a](b)", r"\[a\](b)"),
        ("a|b", r"a\|b"),
        ("`x` *y* _z_ &lt;", r"\`x\` \*y\* \_z\_ \&lt;"),
        ("back\\<b>", r"back\\\<b\>"),
        ("two\n# lines", r"two \# lines"),
    ],
)
def test_markdown_has_no_live_markup(text: str, written: str) -> None:
    assert markdown(text) == written


def test_markdown_code() -> None:
    assert markdown_code("a`b|c") == "`a'b|c`"
    assert markdown_code("```\n<b>") == "`''' <b>`"
