"""Endpoints with inputs at random get the same values from gradio_client and from hubsmith.

HUBSMITH_MIXED=all tries four apps with more endpoints, and calls each of them twice.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hubsmith_runtime import Client

from tests.support.generated_client import generated_client

pytestmark = pytest.mark.slow

APP = Path(__file__).with_name("mixed_app.py")
_IS_WHOLE = os.environ.get("HUBSMITH_MIXED") == "all"
SEEDS = ("1", "2", "3", "4") if _IS_WHOLE else ("1",)
ENDPOINTS, CALLS = ("40", 2) if _IS_WHOLE else ("12", 1)

gradio_client = pytest.importorskip("gradio_client")

# By Gradio's name of the component. A file is not given: that has tests of its own.
VALUES: dict[str, list[Any]] = {
    "Textbox": ["q", "", "a\nb"],
    "Number": [1, 2.5, -3],
    "Slider": [1, 2.5],
    "Checkbox": [True, False],
    "Checkboxgroup": [[], ["c", "a"]],
    "Radio": [1, 2],
    "Json": [{"k": [1, 2.0, None]}, [], "text"],
    "Colorpicker": ["#00ff00"],
    "Code": ["y = 2"],
    "Dataframe": [{"headers": ["a", "b"], "data": [[1, "u"]]}],
    "Datetime": ["2026-02-03 04:05:06"],
    "Markdown": ["*m*"],
    "Multimodaltextbox": [{"text": "t", "files": []}],
    "File": [None],
}


def arguments(described: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    """Choose arguments by name, and leave out some of those that may be."""
    given: dict[str, Any] = {}
    for one in described["parameters"]:
        kind, schema = one["component"], one["type"]
        values = VALUES.get(kind)
        if kind == "Dropdown":
            is_list = schema.get("type") == "array"
            values = [["y"], []] if is_list else ["x", "z"]
        if kind == "Number" and schema.get("type") == "integer":
            values = [1, -3]
        if not one["parameter_has_default"] or draw.random() < 0.5:
            given[one["parameter_name"]] = draw.choice(values or [None])
    return given


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_values_arrive(
    start_gradio: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: str
) -> None:
    monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
    url, draw = start_gradio(APP, APP_SEED=seed, APP_ENDPOINTS=ENDPOINTS), random.Random(seed)
    reference = gradio_client.Client(url, verbose=False, analytics_enabled=False)
    api = reference.view_api(print_info=False, return_format="dict")["named_endpoints"]
    with generated_client(url, tmp_path, f"mixed_{seed}") as package:
        requests = {
            request.__endpoint__.name: request
            for name in package.__all__
            if name.endswith("Request")
            for request in [getattr(package, name)]
        }
        assert requests.keys() == api.keys()
        with Client(url) as untyped, package.App(url) as typed:
            for name, described in [*api.items()] * CALLS:
                given = arguments(described, draw)
                expected = reference.predict(api_name=name, **given)
                assert untyped.predict(api_name=name, **given) == expected, (name, given)
                assert typed.run(requests[name](**given)) == expected, (name, given)
    reference.close()
