"""What changes for callers in TypeScript: names in camel case, their types, and no positions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hubsmith_codegen.cli import main
from hubsmith_codegen.cli.changes import changes_for
from hubsmith_codegen.compare.api import ApiDiff, to_text

from tests.support.documents import (
    endpoint,
    info_of,
    parameter,
    result,
    service_of,
    with_default,
)

TEXT = {"type": "string"}
NUMBER = {"type": "number"}
WHOLE = {"type": "integer"}
FILE = {"type": "filepath"}
AB = {"type": "string", "enum": ["a", "b"]}
Capture = pytest.CaptureFixture[str]


def go(*described: Any, name: str = "/go_on", **more: Any) -> Mapping[str, Any]:
    """The document of a Space with one endpoint."""
    return info_of({name: endpoint(*described, **more)})


def diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> ApiDiff:
    """How two documents differ for callers in TypeScript."""
    before, after = (service_of(info=one, name="my_kitchen") for one in (old, new))
    return changes_for("typescript", before, after)


def test_a_parameter_is_named_as_the_space_names_it() -> None:
    changes = diff(go(parameter(TEXT, name="old name")), go(parameter(TEXT, name="new name")))
    assert changes.brief().startswith("1 breaking")
    assert (
        "Calls to `myKitchen.goOn({ \"old name\": ... })` fail: write "
        "`myKitchen.goOn({ \"new name\": ... })`."
    ) in to_text(changes)  # fmt: skip


def test_types_and_values_are_those_of_typescript() -> None:
    text = to_text(
        diff(
            go(parameter(TEXT, name="x"), with_default(AB, "a", name="y")),
            go(
                parameter({"type": "array", "items": TEXT}, name="x"),
                with_default(AB, "b", name="y"),
                with_default({"type": "boolean"}, True, name="z"),
            ),
        )
    )
    assert "the type was `string`, is `readonly string[]`" in text
    assert 'the default was `"a"`, is `"b"`' in text
    assert "parameter `z` (`boolean`) is new, with the default `true`" in text


def test_there_is_no_order_of_arguments_or_results_to_rely_on() -> None:
    one, two = (parameter(TEXT, name=name) for name in ("one", "two"))
    assert not diff(go(one, two), go(two, one)).breaking
    a, b = result(TEXT, label="A"), result(NUMBER, label="B")
    assert not diff(go(returns=[a, b]), go(returns=[b, a]))


def test_a_result_more_is_a_member_more() -> None:
    a, b, c = result(TEXT, label="A"), result(NUMBER, label="B"), result(WHOLE, label="the end")
    added = diff(go(returns=[a, b]), go(returns=[a, b, c]))
    assert [change.rule.value for change in added.changes] == ["result-member-added"]
    assert "result `theEnd` (`number`) is new" in to_text(added)
    gone = diff(go(returns=[a, b, c]), go(returns=[a, b]))
    assert gone.breaking[0].affected == (
        "Code that reads `.theEnd` of what `myKitchen.goOn(...)` returns fails."
    )
    alone = diff(go(returns=[a]), go(returns=[a, b]))
    assert "the value is now a field of the object" in alone.breaking[0].affected
    assert "it returns `void`, not `string`" in to_text(diff(go(returns=[a]), go()))


def test_all_numbers_are_one_type_in_results_only() -> None:
    assert not diff(go(returns=[result(WHOLE)]), go(returns=[result(NUMBER)]))
    assert diff(go(parameter(NUMBER)), go(parameter(WHOLE))).breaking


def test_a_method_is_named_in_camel_case() -> None:
    text = to_text(diff(go(parameter(TEXT)), go(parameter(TEXT), name="/go_off")))
    assert "Calls to `myKitchen.goOn(...)` fail: write `myKitchen.goOff(...)`." in text
    # Both are goOn in TypeScript.
    assert diff(go(parameter(TEXT)), go(parameter(TEXT), name="/goOn")).summary() == "1 cosmetic"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("old.json").write_text(json.dumps(go(parameter(TEXT, name="a"))))
    Path("new.json").write_text(json.dumps(go(parameter(TEXT, name="b"))))
    return tmp_path


def test_the_option_says_whose_callers_are_meant(project: Path, capsys: Capture) -> None:
    assert main(["diff", "old.json", "new.json", "--language", "typescript"]) == 1
    assert "old.goOn({ b: ... })" in capsys.readouterr().out
    assert main(["diff", "old.json", "new.json"]) == 1
    assert "old.go_on(b=...)" in capsys.readouterr().out


def test_a_recorded_client_says_it_itself(project: Path, capsys: Capture) -> None:
    assert main(["add", "old.json", "--name", "kitchen", "--language", "typescript"]) == 0
    capsys.readouterr()
    assert main(["diff", "kitchen", "new.json"]) == 1
    assert "kitchen.goOn({ b: ... })" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["diff", "kitchen", "new.json", "--code", "."])
    assert "--code checks Python" in capsys.readouterr().err
