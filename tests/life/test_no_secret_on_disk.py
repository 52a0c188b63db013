"""What the command is given in confidence is in no file that it writes, and in no line it prints."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hubsmith_codegen.cli import main

from tests.life.spaces import StartSpace

TOKEN, SAVED, PASSWORD = "hf_token_of_the_caller", "hf_saved_on_this_machine", "hunter2-of-the-url"


@pytest.mark.parametrize("is_up", [True, False], ids=["well", "broken"])
def test_add_update_and_check_write_no_secret(
    home: Path,
    start_space: StartSpace,
    is_up: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "hubsmith")
    monkeypatch.setenv("HF_TOKEN", SAVED)
    space = start_space("Greeter")
    space.is_up = is_up
    address = space.url.replace("://", f"://me:{PASSWORD}@") + f"/?code={PASSWORD}#{PASSWORD}"
    main(["add", address, "--name", "one", "--token", TOKEN])
    main(["add", space.url, "--name", "two", "--token", TOKEN])
    for command in (["update"], ["check", "--live"], ["show", address]):
        main([*command, "--token", TOKEN])
    output = capsys.readouterr()
    texts = [output.out, output.err, caplog.text]
    written = [path for path in home.rglob("*") if path.is_file()]
    assert bool(written) == is_up
    texts += [path.read_bytes().decode(errors="replace") for path in written]
    for secret in (TOKEN, SAVED, PASSWORD):
        assert not [text for text in texts if secret in text]
