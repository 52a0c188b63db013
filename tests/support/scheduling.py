"""How tests are handed out to the workers of pytest-xdist: a file at a time, what is slow first."""

from __future__ import annotations

from typing import Any

from xdist.scheduler import LoadScopeScheduling

# Files whose tests share nothing that takes long to make, and take long together.
ONE_BY_ONE = {
    "tests/behaviours/test_behaviours.py",
    "tests/call/test_terminal.py",
    "tests/docs/test_pages.py",
    "tests/inference/test_client_calls.py",
    "tests/mock/test_mock_command.py",
    "tests/mock/test_mock_corpus.py",
    "tests/runtime/test_downloads.py",
    "tests/snippets/test_executed.py",
    "tests/waits/test_clients_that_last.py",
    "tests/waits/test_leaks.py",
}

# Files whose tests share what takes long to make.
TOGETHER = {
    "tests/tools/test_corpus.py": "tests/test_corpus.py",
    "tests/runtime/test_zerogpu.py": "tests/runtime/test_diff.py",  # They import Gradio.
}


class FilesAndSlowTests(LoadScopeScheduling):
    """Keeps the tests of a file together, so that its fixtures are made once."""

    def __init__(self, config: Any, log: Any = None) -> None:
        config.option.loadscopereorder = False  # The slow ones shall stay first.
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return nodeid if file in ONE_BY_ONE else TOGETHER.get(file, file)
