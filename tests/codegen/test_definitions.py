"""Objects of a spec become classes: each once, named by its title or by its full path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hubsmith_codegen.render.space import render

from tests.support.documents import (
    FILE_DATA,
    endpoint,
    imported,
    info_of,
    parameter,
    result,
    service_of,
)

from .ir_text import members, signatures

STRING = {"type": "string"}
INTEGER = {"type": "integer"}


def an_object(title: str = "", **inside: object) -> dict[str, Any]:
    return {"type": "object", "title": title, "properties": inside, "required": sorted(inside)}


def classes(**endpoints: object) -> dict[str, dict[str, str]]:
    """The object types of a Space."""
    return members(service_of(info=info_of({f"/{name}": one for name, one in endpoints.items()})))


def test_the_same_object_is_one_class_wherever_it_stands() -> None:
    row = an_object("Row", a=STRING)
    found = classes(
        one=endpoint(parameter({"type": "array", "items": row})),
        two=endpoint(returns=[result({"$ref": "#/$defs/R", "$defs": {"R": row}})]),
        three=endpoint(returns=[result(an_object("Table", rows=row))]),
    )
    assert found == {"Row": {"a": "str"}, "Table": {"rows": "Row"}}


def test_one_title_for_different_objects_names_each_by_its_full_path() -> None:
    found = classes(
        one=endpoint(parameter(an_object("Row", a=STRING))),
        two=endpoint(returns=[result(an_object("Row", b=INTEGER))]),
    )
    assert found == {"OneX": {"a": "str"}, "TwoResultObject": {"b": "int"}}


def test_an_object_without_a_title_is_named_by_its_full_path() -> None:
    inner = an_object(b=STRING)
    found = classes(plan=endpoint(parameter(an_object(steps=inner), name="recipe")))
    assert found == {"PlanRecipe": {"steps": "PlanRecipeSteps"}, "PlanRecipeSteps": {"b": "str"}}


def test_objects_of_parameters_of_one_name_are_classes_of_their_own() -> None:
    same = [parameter(an_object(**{member: STRING}), name="x") for member in "abcde"]
    found = classes(one=endpoint(*same))
    assert sorted(member for members in found.values() for member in members) == [*"abcde"]
    render(service_of(info=info_of({"/one": endpoint(*same)})))


def test_titles_that_are_no_names() -> None:
    for title in ("123", "!!!", "", "\u202e"):
        assert classes(go=endpoint(parameter(an_object(title, a=STRING)))) == {"GoX": {"a": "str"}}
    assert list(classes(go=endpoint(parameter(an_object("my row-type", a=STRING))))) == [
        "MyRowType"
    ]


def test_a_path_that_begins_with_a_digit_is_still_a_name() -> None:
    found = classes(**{"1st": endpoint(parameter(an_object(a=STRING)))})
    assert found == {"Object1stX": {"a": "str"}}


def test_a_title_never_takes_the_name_of_something_else() -> None:
    for title in ("Any", "File", "Model", "Tiny", "AsyncTiny", "TinyJobs", "GoRequest", "go"):
        found = classes(go=endpoint(parameter(an_object(title, a=STRING))))
        assert list(found) == (["Go"] if title == "go" else ["GoX"]), title


def test_optional_members_and_constants_have_defaults_and_stand_last() -> None:
    schema = {
        "type": "object",
        "title": "Message",
        "required": ["text", "kind"],
        "properties": {
            "alt": STRING,
            "kind": {"const": "text"},
            "size": {"type": "integer", "default": 3},
            "text": STRING,
            "unfit": {"type": "integer", "default": "three"},
            "when": {"anyOf": [STRING, {"type": "null"}]},
        },
    }
    assert classes(go=endpoint(returns=[result(schema)]))["Message"] == {
        "text": "str",
        "alt": "str | None = None",
        "kind": "Literal['text'] = 'text'",
        "size": "int = 3",
        "unfit": "int | None = None",
        "when": "str | None = None",
    }


def test_a_file_inside_an_object_goes_both_ways() -> None:
    schema = an_object("Message", file=FILE_DATA)
    assert classes(go=endpoint(parameter(schema)))["Message"] == {"file": "FileInput"}
    # What the server sends is typed as a result, even where it is also accepted.
    both = endpoint(parameter(schema), returns=[result(schema)])
    assert classes(go=both)["Message"] == {"file": "File"}


def test_all_of_objects_is_one_object() -> None:
    part = {"$ref": "#/$defs/A"}
    schema = {"allOf": [part, an_object(b=INTEGER)], "title": "Both"}
    schema["$defs"] = {"A": an_object(a=STRING)}
    assert classes(go=endpoint(parameter(schema)))["Both"] == {"a": "str", "b": "int"}


def test_recursion_names_the_class_again(tmp_path: Path) -> None:
    node = an_object("Node", children={"type": "array", "items": {"$ref": "#/$defs/Node"}})
    tree = {"$ref": "#/$defs/Node", "$defs": {"Node": node}}
    service = service_of(info=info_of({"/go": endpoint(parameter(tree))}))
    assert members(service)["Node"] == {"children": "list[Node]"}
    with imported(render(service), tmp_path) as package:
        made = package.GoRequest(x={"children": [{"children": []}]})
        assert made.x.children[0].children == []


def test_recursive_objects_that_nothing_tells_apart_are_one_class() -> None:
    node = an_object("Node", next={"$ref": "#/$defs/Node"})
    unrolled = an_object("Node", next=node)
    other = an_object("Node", next=an_object("Node", next=STRING))
    definitions = {"$defs": {"Node": node}}
    found = classes(
        a=endpoint(parameter({"$ref": "#/$defs/Node", **definitions})),
        b=endpoint(parameter({**unrolled, **definitions})),
    )
    assert found == {"Node": {"next": "Node"}}
    found = classes(
        a=endpoint(parameter({**unrolled, **definitions})), b=endpoint(parameter(other))
    )
    assert found == {
        "AX": {"next": "AX"}, "BX": {"next": "BXNext"}, "BXNext": {"next": "str"},
    }  # fmt: skip


def test_mutual_recursion(tmp_path: Path) -> None:
    person = an_object("Person", home={"anyOf": [{"$ref": "#/$defs/Home"}, {"type": "null"}]})
    home = an_object("Home", owner={"$ref": "#/$defs/Person"})
    schema = {"$ref": "#/$defs/Person", "$defs": {"Person": person, "Home": home}}
    service = service_of(info=info_of({"/go": endpoint(returns=[result(schema)])}))
    found = members(service)
    assert (found["Person"], found["Home"]) == ({"home": "Home | None"}, {"owner": "Person"})
    with imported(render(service), tmp_path) as package:
        assert package.Person(home={"owner": {"home": None}}).home.owner.home is None


def test_a_member_named_like_a_class_does_not_hide_it(tmp_path: Path) -> None:
    row = an_object("Row", a=STRING)
    outer = {"type": "object", "title": "Outer", "properties": {"Row": row, "Outer": STRING}}
    odd = {**parameter(row, name="Row"), "parameter_has_default": True}
    returns = [result(outer, label="Outer"), result(row, label="Row")]
    service = service_of(info=info_of({"/go": endpoint(odd, returns=returns)}))
    assert members(service)["Outer"].keys() == {"Row_", "Outer_"}
    assert signatures(service)["go"] == "(self, Row_: Row | None=None) -> GoResult"
    with imported(render(service), tmp_path) as package:
        assert package.GoRequest(Row={"a": "x"}).Row_.a == "x"
        assert package.Outer(Row={"a": "x"}).Row_.a == "x"


def test_member_names_that_python_or_pydantic_takes(tmp_path: Path) -> None:
    names = ["class", "a-b", "json", "model_dump", "list", "_private", "1st", "mro", "ok"]
    schema = an_object("P", **{name: {} for name in names})
    service = service_of(info=info_of({"/go": endpoint(returns=[result(schema)])}))
    assert set(members(service)["P"]) == {
        *("class_", "a_b", "json_", "model_dump_", "list_", "private", "field_1st", "mro_", "ok")
    }
    with imported(render(service), tmp_path) as package:
        made = package.P(**dict.fromkeys(names, 1))
        assert made.model_dump(by_alias=True) == dict.fromkeys(names, 1)
