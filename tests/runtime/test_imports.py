"""Importing costs little, and every public name is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import hubsmith_runtime

PACKAGE = Path(hubsmith_runtime.__file__).parent


def modules_after(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(*sys.modules)"
    return set(subprocess.check_output([sys.executable, "-c", script], text=True).split())


def test_the_package_alone_imports_nothing_heavy() -> None:
    loaded = modules_after("import hubsmith_runtime")
    assert not loaded & {"httpx", "pydantic", "asyncio"}


def test_a_client_imports_httpx_with_its_first_request() -> None:
    code = "import hubsmith_runtime as h\nh.Space('http://127.0.0.1:9'); h.AsyncSpace('a/b')"
    loaded = modules_after(code)
    assert "pydantic" in loaded
    assert "httpx" not in loaded


def test_an_inference_client_imports_pydantic_with_its_first_request() -> None:
    loaded = modules_after(
        "import hubsmith as h\nh.InferenceClient('a/b'); h.AsyncInferenceClient()"
    )
    assert not loaded & {"httpx", "pydantic", "asyncio"}


def test_every_public_name_can_be_imported() -> None:
    assert hubsmith_runtime.__all__ == sorted(hubsmith_runtime.__all__)
    for name in hubsmith_runtime.__all__:
        assert getattr(hubsmith_runtime, name) is not None


def test_every_error_is_public() -> None:  # And drawn: tests/docs/test_errors_page.py.
    from hubsmith_runtime import errors, inference
    from hubsmith_runtime.inference import errors as inference_errors

    for module, public in (
        (errors, hubsmith_runtime.__all__),
        (inference_errors, inference.__all__),
    ):
        for name, one in vars(module).items():
            if isinstance(one, type) and one.__module__ == module.__name__:
                assert name in public


def test_httpx_is_named_in_one_module() -> None:
    importing = [
        path.name
        for path in PACKAGE.rglob("*.py")
        if re.search(r"^\s*(import|from) httpx", path.read_text(), re.MULTILINE)
    ]
    assert importing == ["transport.py"]
    # What leads to `map` is not copied into clients; see `render/vendor.py`.
    absolute = re.compile(r"^\s*(import|from) hubsmith(?!_bulk)", re.MULTILINE)
    assert not [path.name for path in PACKAGE.rglob("*.py") if absolute.search(path.read_text())]
