"""Overlays: what they may say, and corrections that are made or found stale."""

from __future__ import annotations

from pathlib import Path

import pytest
from hubsmith_codegen.normalise.tasks.documents import Documents, Overlay, corrected, read_overlays
from hubsmith_runtime import SpecError

FACTS = """
method = "shout"
summary = "Shout a text."
returns = "The loud text."
signature = ["text", "*", "model"]
"""


def overlay_of(folder: Path, text: str) -> Overlay:
    (folder / "overlay").mkdir()
    (folder / "overlay" / "shout.toml").write_text(FACTS + text, encoding="utf-8")
    return read_overlays(folder)["shout"]


def documents() -> Documents:
    output = {"$id": "/o", "required": ["tokenStr"], "properties": {"token_str": {"a": 1, "b": 2}}}
    return Documents(tasks={"shout": {"output": output}}, common={"$id": "/c"})


def correction(at: str, rest: str) -> str:
    return f'[[correction]]\nfile = "output"\nat = {at}\nreason = "Upstream errs."\n{rest}\n'


def test_a_correction_sets_and_drops_members(tmp_path: Path) -> None:
    fixed = correction('[""]', 'set = { required = ["token_str"] }')
    dropped = correction('["/properties/token_str"]', 'drop = ["a"]')
    overlay = overlay_of(tmp_path, fixed + dropped)
    before = documents()
    after = corrected(before, {"shout": overlay}).tasks["shout"]["output"]
    assert after["required"] == ["token_str"]
    assert after["properties"] == {"token_str": {"b": 2}}
    assert before == documents(), "what was given stays as it is"


@pytest.mark.parametrize(
    ("at", "rest", "message"),
    [
        ('[""]', 'set = { required = ["tokenStr"] }', "changes nothing"),
        ('["/properties/token_str"]', 'drop = ["c"]', "changes nothing"),
        ('["/properties/tokenStr"]', 'drop = ["a"]', "does not lead to an object"),
        ('["", "/required/0"]', "set = { title = 'x' }", "does not lead to an object"),
    ],
)
def test_a_stale_correction_is_refused(tmp_path: Path, at: str, rest: str, message: str) -> None:
    overlay = overlay_of(tmp_path, correction(at, rest))
    with pytest.raises(SpecError, match=message):
        corrected(documents(), {"shout": overlay})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("colour = 1", "there is no key 'colour'"),
        ("hub_task = 1", "hub_task must be a string, not 1"),
        ("answer_forms = [1]", "answer_forms.0 must be a string"),
        ('result = "gif"', "result must be json or image or bytes or array"),
        ("[", "not valid TOML"),
        (correction('[""]', ""), "set or drop something"),
        (correction('[""]', 'drop = ["a"]').replace("Upstream errs.", " "), "give a reason"),
        (
            correction('[""]', 'drop = ["a"]').replace("output", "other"),
            "file must be input or output",
        ),
        (correction('[""]', 'drop = ["a"]') + "why = 1", "there is no key 'why'"),
        (correction("1", 'drop = ["a"]'), "at must be a list"),
    ],
)
def test_an_overlay_that_is_not_understood_is_refused(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(SpecError, match=message):
        overlay_of(tmp_path, text)


def test_a_fact_that_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "overlay").mkdir()
    (tmp_path / "overlay" / "shout.toml").write_text('method = "shout"', encoding="utf-8")
    with pytest.raises(SpecError, match="summary is missing"):
        read_overlays(tmp_path)
