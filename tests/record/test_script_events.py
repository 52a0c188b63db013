"""Chains, page loads, private functions and the calls of a chat's own page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hubsmith_record.session import write_session

from tests.record.by_hand import Clicks

APPS = Path(__file__).parent / "apps"


@pytest.fixture
def chain(start_gradio: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Clicks:
    return _clicks(start_gradio, "chain")


@pytest.fixture
def chat(start_gradio: Callable[..., str]) -> Clicks:
    return _clicks(start_gradio, "chat")


def _clicks(start_gradio: Callable[..., str], name: str) -> Clicks:
    return Clicks.on(
        start_gradio(
            APPS / "observed.py", APP_SCRIPT=str(APPS / f"{name}.py"), APP_SEEN="/dev/null"
        )
    )


def script(clicks: Clicks, folder: Path) -> str:
    return write_session(
        clicks.recording(), language="python", out=folder / "session.py"
    ).script.read_text(encoding="utf-8")


def test_what_follows_a_click_stands_under_it(chain: Clicks, tmp_path: Path) -> None:
    button = chain.call("draft", ["rain", None], ["rain, draft 1", None]).trigger_id
    chain.call("polish", ["rain, draft 1"], ["Rain, draft 1."], trigger_id=button)
    chain.call("check", ["Rain, draft 1."], ["fine"], trigger_id=button)
    text = script(chain, tmp_path)
    assert text.count("after the start") == 1
    assert '# 1. "Write", 1.0 s after the start.' in text
    assert "chain.polish(text=draft)" in text
    assert "chain.check(text=draft_2)" in text


def test_the_opening_of_the_page_is_named_and_made_again_where_it_is_needed(
    chain: Clicks, tmp_path: Path
) -> None:
    chain.call("greeting", [], ["Welcome to all of you"], trigger_id=None)
    chain.call("draft", ["rain", None], ["rain, draft 1", None])
    text = script(chain, tmp_path / "a")
    assert "# On opening, the page called /greeting." in text
    assert "chain.greeting()" not in text
    chain.call("draft", ["Welcome to all of you", None], ["x", None])
    text = script(chain, tmp_path / "b")
    assert "welcome_line = chain.greeting()" in text
    assert "chain.draft(topic=welcome_line)" in text


def test_what_is_private_or_runs_in_the_page_is_named(chain: Clicks, tmp_path: Path) -> None:
    functions = chain.config["dependencies"]
    reset = next(
        one
        for one in functions
        if one["outputs"] and not one["inputs"] and one["targets"][0][1] == "click"
    )
    swap = next(one for one in functions if one["backend_fn"] is False)
    chain.functions["reset"] = reset
    chain.call("reset", [], ["", None])
    text = script(chain, tmp_path / "a")
    assert "it is private, so clients have no method for it." in text
    # One that the page runs by itself, at the same click.
    swap["targets"] = reset["targets"]
    assert ": it only ran in the browser." in script(chain, tmp_path / "b")


def test_what_a_page_renders_while_it_runs_is_left_out(chain: Clicks, tmp_path: Path) -> None:
    chain.functions["rendered"] = {**chain.functions["draft"], "id": 1000}
    chain.call("rendered", ["rain", None], ["rain", None])
    text = " ".join(script(chain, tmp_path).replace("#", "").split())
    assert "fn_index=1000: the page made it while it ran, as with gr.render" in text


def test_what_was_selected_cannot_be_passed(chain: Clicks, tmp_path: Path) -> None:
    chain.functions["polish"]["collects_event_data"] = True
    chain.call("polish", ["x"], ["X."], event_data={"index": 1, "value": "x"})
    assert "# Left out: /polish: it depends on a selection on the page" in script(chain, tmp_path)


def test_a_change_of_a_text_is_no_selection(chain: Clicks, tmp_path: Path) -> None:
    chain.call("polish", ["xy"], ["XY."], event_data="x")  # As pages of Gradio 6 send it.
    assert 'chain.polish(text="xy")' in script(chain, tmp_path)


def test_a_label_that_is_not_translated_is_not_shown(chain: Clicks, tmp_path: Path) -> None:
    started = chain.call("draft", ["x", None], ["x, draft 1", None]).trigger_id
    button = next(one for one in chain.config["components"] if one["id"] == started)
    button["props"]["value"] = '__i18n__{"key": "chat_interface.chatbot"}'
    assert "i18n" not in script(chain, tmp_path)


def test_a_chat_is_called_by_the_endpoint_that_it_has_for_programs(
    chat: Clicks, tmp_path: Path
) -> None:
    for words in ("hello", "once more"):
        box = chat.call("_clear_and_save_textbox", [words, None], ["", None]).trigger_id
        chat.call("_append_message_to_history", [None, []], [[]], trigger_id=box)
        chat.call("_submit_fn", [None, None, "loud"], [None, []], trigger_id=box, partials=2)
    text = script(chat, tmp_path)
    assert 'for part in chat.jobs.answer(message="hello", tone="loud"):' in text
    assert 'for part in chat.jobs.answer(message="once more", tone="loud"):' in text
    assert text.count("# Left out: /_clear_and_save_textbox, /_append_message_to_history: ") == 2


def test_functions_that_follow_each_other_in_a_circle_end(chain: Clicks, tmp_path: Path) -> None:
    first, second = chain.functions["polish"], chain.functions["check"]
    first["trigger_after"], second["trigger_after"] = second["id"], first["id"]
    for _ in range(600):
        chain.call("polish", ["x"], ["X."], trigger_id=1)
        chain.call("check", ["X."], ["fine"], trigger_id=1)
    assert "chain.check" in script(chain, tmp_path)
