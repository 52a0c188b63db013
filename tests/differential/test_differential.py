"""The same calls through gradio_client and through hubsmith have the same results."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hubsmith_runtime import Client, handle_file

from tests.differential.calls import DEMO, NOT_COMPARED, VERSIONS, Call, outcome, with_files
from tests.support.generated_client import generated_client

pytestmark = pytest.mark.slow

TESTS = Path(__file__).resolve().parents[1]

gradio_client = pytest.importorskip("gradio_client")

APPS = {"demo": TESTS.parent / "demo/app.py", "versions": TESTS / "versions/app.py"}
CALLS = [
    pytest.param(app, call, id=f"{app}-{call}-{number}")
    for app, calls in (("demo", DEMO), ("versions", VERSIONS))
    for number, call in enumerate(calls)
]


@dataclass(frozen=True, slots=True)
class Clients:
    """The clients of one app."""

    reference: Any
    untyped: Client
    package: ModuleType
    typed: Any


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from PIL import Image

    folder = tmp_path_factory.mktemp("files")
    picture = Image.new("RGB", (8, 4), "navy")
    picture.paste((250, 120, 5), (0, 0, 3, 4))
    picture.save(folder / "picture.png")
    (folder / "note é.txt").write_text("salt to taste", encoding="utf-8")
    (folder / "other.txt").write_text("pepper", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def clients(
    start_gradio: Callable[..., str], files: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Clients]]:
    made: dict[str, Clients] = {}
    with pytest.MonkeyPatch.context() as patch, ExitStack() as packages:
        patch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
        for name, app in APPS.items():
            url = start_gradio(app)
            folder = tmp_path_factory.mktemp("clients")
            module = packages.enter_context(generated_client(url, folder, f"same_{name}"))
            made[name] = Clients(
                reference=gradio_client.Client(
                    url,
                    verbose=False,
                    analytics_enabled=False,
                    download_files=files / "downloads",
                ),
                untyped=Client(url, download_dir=files / "hubsmith"),
                package=module,
                typed=module.App(url, download_dir=files / "hubsmith"),
            )
        yield made
    for app in made.values():
        app.typed.close()
        app.untyped.close()
        app.reference.close()


def by_reference(app: Clients, call: Call, files: Path) -> dict[str, Any]:
    def take(path: Path) -> Any:
        return gradio_client.handle_file(path)

    args = with_files(list(call.args), files, take)
    job = app.reference.submit(*args, api_name=f"/{call.endpoint}", **call.kwargs)
    return outcome(job, call, files / "downloads")


def by_untyped(app: Clients, call: Call, files: Path) -> dict[str, Any]:
    args = with_files(list(call.args), files, handle_file)
    job = app.untyped.submit(*args, api_name=f"/{call.endpoint}", **call.kwargs)
    return outcome(job, call, files / "downloads")


def by_typed(app: Clients, call: Call, files: Path) -> dict[str, Any]:
    """Call by a request model, which has the parameters in the Space's order."""
    (request,) = (
        request
        for name in app.package.__all__
        if name.endswith("Request")
        and (request := getattr(app.package, name)).__endpoint__.name == f"/{call.endpoint}"
    )
    args = with_files(list(call.args), files, lambda path: path)
    named = dict(zip(request.model_fields, args, strict=False))
    job = app.typed.submit(request(**named, **call.kwargs))
    return outcome(job, call, files / "downloads")


@pytest.mark.parametrize(("app", "calls"), [("demo", DEMO), ("versions", VERSIONS)])
def test_every_endpoint_is_compared(
    clients: dict[str, Clients], app: str, calls: list[Call]
) -> None:
    api = clients[app].reference.view_api(print_info=False, return_format="dict")
    named = {name.removeprefix("/") for name in api["named_endpoints"]}
    assert named == {call.endpoint for call in calls} | (NOT_COMPARED & named)


@pytest.mark.parametrize(("app", "call"), CALLS)
def test_a_call_has_the_same_result(
    clients: dict[str, Clients], files: Path, app: str, call: Call
) -> None:
    expected = by_reference(clients[app], call, files)
    assert by_untyped(clients[app], call, files) == expected
    assert by_typed(clients[app], call, files) == expected
