"""`hubsmith call` in a pipe: JSON on the output, one line per problem, nothing else."""

from __future__ import annotations

import base64
import json
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest
from hubsmith_codegen.cli import main

PIXEL = "iVBORw0KGgo" + "A" * 201
ROOT = Path(__file__).resolve().parents[2]
SNAPSHOT = ROOT / "generated" / "spaces" / "kitchen" / "spec"

pytestmark = pytest.mark.usefixtures("home")

Capture = pytest.CaptureFixture[str]


def called(capsys: Capture, *words: str) -> Any:
    assert main(["call", *words]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    return json.loads(shown.out)


def refused(capsys: Capture, *words: str, status: int = 1) -> list[str]:
    assert main(["call", *words]) == status
    shown = capsys.readouterr()
    assert shown.out == ""
    return [line.removeprefix("hubsmith: error: ") for line in shown.err.splitlines()]


def test_prints_json_in_a_pipe(kitchen_url: str, capsys: Capture) -> None:
    assert called(capsys, kitchen_url, "greet", "name=Bob") == "Good evening, Bob!!!"


@pytest.mark.parametrize(
    "words",
    [
        ["name=Bob", "intensity=5", "style=casual"],
        ["--name", "Bob", "--intensity", "5", "--style=casual"],
        ["--json", "name=Bob", "--quiet", "intensity=5.0", "style=casual"],
    ],
)
def test_takes_arguments_as_words_and_as_options(
    words: list[str], kitchen_url: str, capsys: Capture
) -> None:
    assert called(capsys, kitchen_url, "/greet", *words) == "Hi, Bob!!!!!"


def test_options_may_stand_anywhere(kitchen_url: str, capsys: Capture) -> None:
    assert called(capsys, "--json", kitchen_url, "--timeout", "60", "count", "order=x", "-q") == 1


def test_several_results_have_names(kitchen_url: str, capsys: Capture) -> None:
    words = ["season=winter", "avoid=pesto", "avoid=cream"]
    answer = {"vegetable": "cabbage", "sauces": ["tomato"]}
    assert called(capsys, kitchen_url, "suggest", *words) == answer
    assert (
        called(capsys, kitchen_url, "suggest", "season=winter", 'avoid=["pesto","cream"]') == answer
    )


def test_objects_are_json_or_a_file_of_json(kitchen_url: str, capsys: Capture, home: Path) -> None:
    recipe = {
        "title": "Soup",
        "tags": [],
        "ingredients": [{"name": "salt", "grams": 2, "optional": False}],
    }
    (home / "soup.json").write_text(json.dumps(recipe))
    for text in (json.dumps(recipe), "@soup.json"):
        answer = called(capsys, kitchen_url, "plan", f"recipe={text}", "servings=3", "notes=hot")
        assert answer == [{"item": "salt", "grams": 6}, {"item": "hot", "grams": 0}]


@pytest.mark.parametrize("text", ["card.txt", "@card.txt", "data:text/plain;base64,c2FsdA=="])
def test_files_go_up_and_come_back(
    text: str, kitchen_url: str, capsys: Capture, home: Path
) -> None:
    (home / "card.txt").write_text("salt")
    answer = called(capsys, kitchen_url, "shout", f"recipe={text}", "--out", "saved/here")
    saved = home / answer["path"]
    assert saved.parent == home / "saved" / "here"
    assert saved.read_text() == "SALT"
    assert answer["size"] == 4
    assert answer["url"].startswith(f"{kitchen_url}/gradio_api/file=")


def test_no_file_is_saved_unless_asked_for(kitchen_url: str, capsys: Capture, home: Path) -> None:
    (home / "card.txt").write_text("salt")
    assert "path" not in called(capsys, kitchen_url, "shout", "recipe=card.txt")
    assert sorted(one.name for one in home.iterdir()) == ["card.txt", "hubsmith.toml"]


def test_files_of_one_name_do_not_replace_each_other(
    counter_url: str, capsys: Capture, home: Path
) -> None:
    (home / "same.txt").write_text("mine")
    answer = called(capsys, counter_url, "pictures", "--out", ".")
    assert [answer["first"]["path"], answer["second"]["path"]] == ["same-2.txt", "same-3.txt"]
    texts = [(home / name).read_text() for name in ("same.txt", "same-2.txt", "same-3.txt")]
    assert texts == ["mine", "a", "b"]


def test_a_plot_is_a_file_too(counter_url: str, capsys: Capture, home: Path) -> None:
    """It comes as a data URL."""
    url = f"data:image/png;base64,{PIXEL}"
    others = ["data: none", "data:image/png;base64,?"]
    assert called(capsys, counter_url, "draw") == {
        "chart": {"type": "matplotlib", "plot": url},
        "others": others,
    }
    answer = called(capsys, counter_url, "draw", "--out", "saved")
    assert answer["others"] == others
    assert answer["chart"]["type"] == "matplotlib"
    content = (home / "saved" / "plot.png").read_bytes()
    assert content == base64.b64decode(PIXEL)
    assert answer["chart"]["plot"] == {
        "path": "saved/plot.png",
        "name": "plot.png",
        "mime_type": "image/png",
        "size": len(content),
        "url": None,
    }
    again = called(capsys, counter_url, "draw", "--out", "saved")
    assert again["chart"]["plot"]["path"] == "saved/plot-2.png"


def test_streams_lines_of_json(kitchen_url: str, capsys: Capture) -> None:
    assert main(["call", kitchen_url, "stream", "n=3", "--stream"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines == ["1", "1 2", "1 2 3"]
    assert called(capsys, kitchen_url, "stream", "n=3") == "1 2 3"


def test_no_result_is_null(counter_url: str, capsys: Capture) -> None:
    assert called(capsys, counter_url, "nothing") is None


def test_parameters_may_be_named_like_the_client_s_own(counter_url: str, capsys: Capture) -> None:
    answer = called(
        capsys, counter_url, "reveal", "timeout=a=b", "headers=h", 'event_data={"x": 1}'
    )
    assert answer == {"timeout": "a=b", "headers": ["h"], "event_data": {"x": 1}}


def test_a_snapshot_calls_the_address_it_is_given(kitchen_url: str, capsys: Capture) -> None:
    words = [str(SNAPSHOT), "greet", "name=Bob", "--url", kitchen_url]
    assert called(capsys, *words) == "Good evening, Bob!!!"


def test_a_recorded_name_calls_its_space(kitchen_url: str, capsys: Capture) -> None:
    assert main(["add", kitchen_url, "--name", "cook"]) == 0
    capsys.readouterr()
    assert called(capsys, "cook", "greet", "name=Bob") == "Good evening, Bob!!!"


def test_a_document_does_not_say_where_the_space_runs(capsys: Capture, home: Path) -> None:
    shutil.copy(SNAPSHOT / "openapi.json", home)
    assert refused(capsys, "openapi.json", "count", "order=x", status=2) == [
        "openapi.json does not say where the Space runs. Pass --url with its address."
    ]


@pytest.fixture
def silent_url() -> Any:
    """An address where every connection would wait for ever."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize(
    ("words", "problems"),
    [
        (["greet"], ["/greet: name: a value is required"]),
        (
            ["greet", "name=a", "intensity=11"],
            ["/greet: intensity: Input should be less than or equal to 10, got '11'"],
        ),
        (
            ["greet", "name=a", "intensity=much", "style=rude"],
            [
                "/greet: style: Input should be 'formal' or 'casual', got 'rude'",
                "/greet: intensity: Input should be a valid number, unable to parse string as a number, got 'much'",
            ],
        ),
        (["greet", "name=a", "name=b"], ["/greet: name was given 2 times, but takes one value."]),
        (["greet", "name=a", "intensity=nan"], ["/greet: intensity: Input should be a finite number, got 'nan'"]),
        (
            ["stream", "n=1.5"],
            ["/stream: n: Input should be a valid integer, unable to parse string as an integer, got '1.5'"],
        ),
        (["suggest", "avoid=salt"], ["/suggest: avoid[0]: Input should be 'tomato', 'pesto' or 'cream', got 'salt'"]),
        (
            ["plan", 'recipe={"title": "a", "tags": [], "ingredients": [{"name": "b"}]}'],
            [
                "/plan: recipe.ingredients[0].grams: a value is required; or "
                "recipe.ingredients[0].optional: a value is required"
            ],
        ),
        (["plan", "recipe=[]"], ["/plan: recipe: Input should be a valid dictionary, got []"]),
        (
            ["plan", "recipe={"],
            [
                "/plan: recipe is not JSON: Expecting property name enclosed in double quotes: "
                "line 1 column 2 (char 1), got '{'."
            ],
        ),
        (["plan", "recipe=@no.json"], ["/plan: recipe is not JSON: no.json cannot be read: No such file or directory."]),
        (["shout", "recipe=gone.txt"], ["/shout: recipe: 'gone.txt' is not an existing file, got 'gone.txt'"]),
        (["shout", "recipe=."], ["/shout: recipe: '.' is a folder, not a file, got '.'"]),
        (
            ["greet", "nam=Bob"],
            ["/greet has no parameter 'nam'. Did you mean name? Its parameters are: name, style, intensity."],
        ),
        (
            ["greet", "--nam", "Bob"],
            [
                "/greet has no parameter or option --nam. Did you mean name? "
                "Its parameters are: name, style, intensity."
            ],
        ),
        (["greet", "Bob"], ["/greet: 'Bob' is not name=value. Its parameters are: name, style, intensity."]),
        (["greet", "--name"], ["/greet: --name needs a value."]),
    ],
)  # fmt: skip
def test_refuses_what_does_not_fit_before_any_request(
    words: list[str], problems: list[str], silent_url: str, capsys: Capture
) -> None:
    assert refused(capsys, str(SNAPSHOT), *words, "--url", silent_url) == problems


def test_names_the_nearest_endpoint(capsys: Capture) -> None:
    (problem,) = refused(capsys, str(SNAPSHOT), "gret", status=2)
    assert "has no endpoint 'gret'. Did you mean /greet? It has: /bake, /chat," in problem


def test_without_an_endpoint_says_so(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["call", str(SNAPSHOT)])
    assert exit_.value.code == 2
    assert "ENDPOINT" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--timeout", "soon"], ["--timeout", "-1"], ["--out"]])
def test_refuses_an_option_without_sense(words: list[str], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["call", str(SNAPSHOT), "greet", "name=a", *words])
    assert exit_.value.code == 2
    assert words[0] in capsys.readouterr().err


def test_fails_with_the_space_s_words(kitchen_url: str, capsys: Capture) -> None:
    (problem,) = refused(capsys, kitchen_url, "fail", "dish=soup")
    assert "There is no more soup today." in problem


def test_what_cannot_hold_the_files_is_refused_before_any_request(
    silent_url: str, capsys: Capture, home: Path
) -> None:
    (home / "card.txt").write_text("salt")
    words = [str(SNAPSHOT), "shout", "recipe=card.txt", "--out", "card.txt", "--url", silent_url]
    (problem,) = refused(capsys, *words, status=2)
    assert problem == "card.txt is not a folder. Choose another --out."


def test_gives_up_after_the_timeout(counter_url: str, capsys: Capture) -> None:
    assert refused(capsys, counter_url, "forever", "--timeout", "1.5", status=2) == [
        "/forever: no answer within 1.5 s; the job was cancelled. Raise --timeout."
    ]


def test_help_behind_the_endpoint_lists_its_parameters(capsys: Capture) -> None:
    for words in (["greet", "--help"], ["-h", "greet"], ["greet", "name=a", "-h"]):
        assert main(["call", str(SNAPSHOT), *words]) == 0
        text = capsys.readouterr().out
        assert text.startswith(f"usage: hubsmith call {SNAPSHOT} /greet name=... [name=value ...]")
        assert "Greet a guest at the door." in text
        rows = [line.split() for line in text.splitlines()]
        assert ["name", "str", "required", "Who", "to", "greet."] in rows
        assert ["style", "Literal['formal',", "'casual']", "=", '"formal"'] in rows
        assert ["intensity", "float", "=", "3", "0", "to"] in [row[:6] for row in rows]
        assert "--timeout" in text


@pytest.mark.parametrize("columns", [60, 200])
def test_help_is_as_wide_as_columns_says(
    columns: int, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    assert main(["call", str(SNAPSHOT), "greet", "--help"]) == 0
    _usage, *lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= columns
    (hint,) = (line for line in lines if line.startswith("Write numbers"))
    assert hint.endswith("name=b.") == (columns == 200)


def test_help_describes_the_objects(capsys: Capture) -> None:
    assert main(["call", str(SNAPSHOT), "plan", "--help"]) == 0
    text = capsys.readouterr().out
    assert "\nPlanRecipe\n" in text
    assert "\nPlanRecipeIngredients\n" in text


def test_help_behind_the_source_lists_its_endpoints(capsys: Capture) -> None:
    assert main(["call", str(SNAPSHOT), "--help"]) == 0
    text = capsys.readouterr().out
    assert "  /greet  Greet a guest at the door." in text.splitlines()


def test_help_alone_shows_the_usage(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["call", "--help"])
    assert exit_.value.code == 0
    assert "hubsmith call SOURCE ENDPOINT [name=value ...]" in capsys.readouterr().out
