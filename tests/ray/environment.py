"""The virtual environment with Ray, made once and kept in an ignored folder: it takes 600 MB.

`python -m tests.ray.environment` makes it where it is missing; `make test-ray` does.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.support.environment import EnvironmentFailed, make_all, python_in
from tests.support.paths import CACHE

__all__ = ["EnvironmentFailed", "python_with_ray"]

_REQUIREMENTS = ["ray[data]==2.60.0", "httpx>=0.27,<1", "pydantic>=2.8,<3"]


def python_with_ray() -> Path:
    """Return its interpreter.

    Raises:
        EnvironmentFailed: when Ray cannot be installed.
    """
    return python_in(CACHE / "ray", "Ray", [_REQUIREMENTS], "import ray.data, httpx, pydantic")


if __name__ == "__main__":
    sys.exit(make_all({"Ray": python_with_ray}))
