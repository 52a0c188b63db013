"""Runs the Python of a page where Ray is: `python -m tests.ray.page NAME '{"text": "instead"}'`."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

from tests.docs.interpreter import Interpreter
from tests.docs.page import blocks_of
from tests.ray.pipelines import local_ray


def main(name: str, spelling: dict[str, str]) -> None:
    interpreter, whole = Interpreter(), False
    with local_ray():
        try:
            for block in blocks_of(name):
                if block.language == "python":
                    code = block.code
                    for text, here in spelling.items():
                        code = code.replace(text, here)
                    interpreter.run(replace(block, code=code))
            whole = True
        finally:
            interpreter.close(whole=whole)


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
