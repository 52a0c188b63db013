"""README's figures are those of the performance page."""

from __future__ import annotations

from tests.docs.figures import PAGE, README, filled, inside, ratios

PRINTED = """```text
8 streams
hubsmith / huggingface_hub             9.27   aim 8   ok
hubsmith / openai                     17.02   aim 15   ok
hubsmith / iter_lines + json.loads     0.70   aim 0.4   ok

8 other streams
hubsmith / huggingface_hub             3.56

300 whole answers
hubsmith / huggingface_hub             0.97
```"""
CALLS = "```text\nhubsmith / gradio_client      0.103   aim 0.12   ok\nhubsmith / bare httpx  1.001\n```"


def test_readme_has_the_ratios_of_the_page() -> None:
    page, readme = (path.read_text(encoding="utf-8") for path in (PAGE, README))
    assert inside(readme, "ratios") == ratios(page), "Run `python -m tests.docs.figures`."


def test_ratios_are_read_from_the_printouts() -> None:
    page = "<!-- figures: chat -->\n<!-- end -->\n<!-- figures: calls -->\n<!-- end -->\n"
    page = filled(filled(page, "chat", PRINTED), "calls", CALLS)
    table = ratios(page)
    assert "| huggingface_hub | 9.3 × |" in table
    assert "| openai | 17 × |" in table
    assert "| gradio_client | 0.1 × |" in table
