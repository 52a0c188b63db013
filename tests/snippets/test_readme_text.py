"""The README of a client: what it says, whatever a spec holds."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hubsmith_codegen.ir.model import Service
from hubsmith_codegen.load import load
from hubsmith_codegen.normalise import normalise
from hubsmith_codegen.snippets.readme import readme

TEXT = {"type": "string"}
HOSTILE = {
    "rule": "--- over",
    "numbered list": "1. first",
    "other numbered list": "12) twelfth",
    "list": "+ one",
    "heading": "# Heading",
    "underline": "=== line",
    "quote": "> said",
    "fence": "```\nimport os\n```",
    "markup": "<script>alert(1)</script>",
    "image": "![x](http://evil.example/x.png)",
    "table": "| a | b |",
    "terminal": "\x1b[2J\x9b2J\x07\u202e",
    "lines": "a\r\n\r\n# b\u2028# c",
}


def service_of(named: dict[str, Any], title: str = "") -> Service:
    info: dict[str, Any] = {"named_endpoints": named, "unnamed_endpoints": {}}
    config: dict[str, Any] = {
        "version": "6.31.0",
        "title": title,
        "components": [],
        "dependencies": [],
    }
    documents = {"info": json.dumps(info).encode(), "config": json.dumps(config).encode()}
    return normalise(load(documents, source="bob/app", name="tiny"))


def test_it_shows_signatures_samples_and_what_was_left_out() -> None:
    optional = {"parameter_has_default": True, "parameter_default": "y"}
    go = {
        "parameters": [
            {"parameter_name": "kind", "type": {"enum": ["a|b"]}},
            {"parameter_name": "more", "type": TEXT, **optional},
        ],
        "returns": [{"label": "A", "type": TEXT}, {"label": "B", "type": TEXT}],
    }
    gone = {
        "parameters": [{"parameter_name": "x", "type": {"$ref": "#/$defs/Gone"}}],
        "returns": [],
    }
    text = readme(service_of({"/go": go, "/gone": gone}))
    assert "kind: Literal['a|b'], *, more: str = 'y') -> GoResult: ...\n" in text
    assert 'result = space.go(kind="a|b", more="y")\n' in text
    assert "- `/gone`: parameter 'x': its schema refers to Gone, which it does not define" in text


def test_a_space_without_endpoints_has_a_readme() -> None:
    text = readme(service_of({}))
    assert "The Space had no endpoint that a client could call" in text
    assert "await" not in text


def test_it_says_what_has_to_be_installed() -> None:
    service = service_of({})
    assert "It needs the package `hubsmith`." in readme(service)
    vendored = readme(service, runtime_is_vendored=True)
    assert "needs the package" not in vendored
    assert "needs httpx and pydantic only" in vendored


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_no_text_of_a_spec_makes_structure(text: str) -> None:
    parameter = {"parameter_name": text, "label": text, "type": TEXT, "example_input": text}
    go = {
        "description": text,
        "parameters": [parameter],
        "returns": [{"label": text, "type": TEXT}],
    }
    written = readme(service_of({"/go": go, f"/{text}": go}, title=text))
    assert written.replace("\n", "").isprintable()
    prose = re.sub(r"^```python\n.*?\n```$", "", written, flags=re.MULTILINE | re.DOTALL)
    prose = re.sub(r"(?<![\\`])`[^`\n]+`(?!`)", "", prose)
    assert re.findall(r"(?<!\\)(?:\\\\)*([<\[`|].*)", prose) == []
    starts = [line for line in prose.splitlines() if re.match(r"\s*([-+=>#|*]|\d+[.)])", line)]
    headings = [line for line in starts if line.startswith("#")]
    assert starts == headings
    assert [line.split()[0] for line in headings] == ["#", "##", "###", "###"]
