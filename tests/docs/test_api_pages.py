"""The API reference has every public name, and the pages of commands every command."""

from __future__ import annotations

import re

import hubsmith
import hubsmith_testing
import hubsmith_tools
from hubsmith import tasks
from hubsmith_codegen.cli.main import COMMANDS

from tests.docs.page import DOCS, page_path

API = "\n".join(path.read_text(encoding="utf-8") for path in (DOCS / "api").glob("*.md"))


def test_every_public_name_is_documented() -> None:
    of_tasks = set(tasks.__all__)  # Their page lists all of them.
    public = {f"hubsmith.{name}" for name in hubsmith.__all__ if name not in of_tasks}
    public |= {f"hubsmith_testing.{name}" for name in hubsmith_testing.__all__}
    public |= {f"hubsmith.tools.{name}" for name in hubsmith_tools.__all__}
    documented = re.findall(r"^\.\. (?:auto|py:)\w+:: ([\w.]+)", API, re.MULTILINE)
    assert sorted(public - set(documented)) == []
    assert sorted(name for name in documented if documented.count(name) > 1) == []


def test_every_command_has_a_page_with_its_usage() -> None:
    pages = {path.stem for path in (DOCS / "commands").glob("*.md")}
    missing = [f"docs/commands/{command}.md" for command in COMMANDS if command not in pages]
    assert missing == [], "Write them, and name them in docs/commands/index.md."
    for command in COMMANDS:
        text = page_path(f"commands/{command}").read_text(encoding="utf-8")
        assert text.startswith(f"# hubsmith {command}\n")
        assert f"```{{usage}} {command}\n" in text
        assert "## Exit status\n" in text
