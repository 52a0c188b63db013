"""A difference as text, as JSON and as Markdown."""

from __future__ import annotations

import json
from typing import Any

from hubsmith_codegen.compare.api import (
    ApiDiff,
    diff_services,
    to_document,
    to_markdown,
    to_text,
)

from tests.support.documents import endpoint, info_of, parameter, service_of

TEXT = {"type": "string"}


def diff(old: object, new: object) -> ApiDiff:
    return diff_services(
        *(service_of(info=info_of({"/greet": one}), name="kitchen") for one in (old, new))
    )


RENAMED = diff(
    endpoint(parameter(TEXT, name="nmae")),
    endpoint(parameter(TEXT, name="name"), description="Say hello."),
)


def test_text_counts_and_then_says_what_happens_to_calls() -> None:
    assert to_text(RENAMED) == (
        "kitchen: 1 breaking, 1 cosmetic.\n"
        "\n"
        "Breaking\n"
        "  /greet: parameter `nmae` is now `name`.\n"
        "      Calls to `kitchen.greet(nmae=...)` fail: write `kitchen.greet(name=...)`. "
        "Calls that pass it by position keep working.\n"
        "\n"
        "Cosmetic\n"
        "  /greet: its description changed."
    )


def test_the_title_of_a_kind_is_painted() -> None:
    painted = to_text(RENAMED, paint=lambda title, kind: f"<{kind}>{title}")
    assert "\n<breaking>Breaking\n" in painted


def test_nothing_changed_is_one_line() -> None:
    same = endpoint(parameter(TEXT))
    assert to_text(diff(same, same)) == "kitchen: no changes."
    assert "No changes." in to_markdown(diff(same, same))


def test_json_holds_every_fact_of_a_change() -> None:
    document: Any = to_document(RENAMED)
    assert document["package"] == "kitchen"
    assert document["summary"] == {"breaking": 1, "compatible": 0, "cosmetic": 1}
    assert document["changes"][0] == {
        "kind": "breaking",
        "rule": "parameter-renamed",
        "subject": "parameter",
        "endpoint": "/greet",
        "name": "nmae",
        "what": "parameter `nmae` is now `name`",
        "affected": "Calls to `kitchen.greet(nmae=...)` fail: write `kitchen.greet(name=...)`. "
        "Calls that pass it by position keep working.",
    }


def test_markdown_is_a_list_for_each_kind() -> None:
    lines = to_markdown(RENAMED).splitlines()
    assert lines[0] == "## API changes of `kitchen`"
    assert "### Breaking" in lines and "### Cosmetic" in lines
    assert lines[-1] == "- **`/greet`**: its description changed."


HOSTILE = "x`\n# Title\x1b[31m\u202e<script>[a](http://b)|`"


def test_text_of_a_spec_is_never_live_markup_nor_terminal_codes() -> None:
    old = endpoint(parameter({"enum": [HOSTILE, "a"]}, label=HOSTILE))
    new = endpoint(parameter({"enum": ["a"]}, label="Who"))
    found = diff_services(
        service_of(info=info_of({f"/{HOSTILE}": old, f"/gone{HOSTILE}": old})),
        service_of(info=info_of({f"/{HOSTILE}": new})),
    )
    assert found.breaking and found.by_kind()["cosmetic"]
    for text in (to_text(found), to_markdown(found), json.dumps(to_document(found))):
        assert "\x1b" not in text and "\u202e" not in text
        assert "\n# Title" not in text
    for line in to_markdown(found).splitlines():
        outside = line.split("`")[::2]
        assert line.count("`") % 2 == 0
        assert not any("<script>" in part or "](" in part for part in outside), line
