"""One virtual environment per inference server, made once and kept in an ignored folder.

`python -m tests.servers.server_environments` makes those that are missing; `make test-servers` does. No
weights are downloaded: each server gets a tiny random model that is made on the spot, or none.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from tests.support.environment import EnvironmentFailed, make_all, python_in
from tests.support.paths import CACHE

__all__ = ["CACHE", "COMMUNITY", "LLAMA", "TRANSFORMERS", "EnvironmentFailed", "python_of"]

COMMUNITY = "api-inference-community"
LLAMA = "llama-cpp-python"
TRANSFORMERS = "transformers serve"

# By server: what each `pip install` is given, and what must run then.
_STEPS: dict[str, tuple[list[list[str]], str]] = {
    COMMUNITY: (
        [
            # Its own pins are years old; what it needs of them is this.
            ["--no-deps", "api-inference-community==0.0.37"],
            ["numpy", "pillow", "psutil", "pydantic>=2", "starlette<1", "uvicorn"],
        ],
        "import api_inference_community.routes",
    ),
    # Published as source only: it is compiled here, which takes some minutes and a C++ compiler.
    LLAMA: (
        [["llama-cpp-python[server]==0.3.36", "gguf==0.19.0"]],
        "import llama_cpp.server.app, gguf",
    ),
    # A release of torch for the processor alone comes from its own index where one is set up.
    TRANSFORMERS: (
        [["torch==2.13.0"], ["transformers[serving]==5.23.0"]],
        "import transformers, fastapi, uvicorn",
    ),
}


def python_of(server: str) -> Path:
    """Return the interpreter that has this server, making its environment where there is none.

    Raises:
        EnvironmentFailed: when it cannot be installed.
    """
    steps, check = _STEPS[server]
    return python_in(CACHE / "servers" / server.replace(" ", "-"), server, steps, check)


if __name__ == "__main__":
    wanted = sys.argv[1:] or list(_STEPS)
    sys.exit(make_all({server: partial(python_of, server) for server in wanted}))
