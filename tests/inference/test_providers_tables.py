"""Provider tables: a new provider is one file, a wrong table is refused, and the output is the table."""

from __future__ import annotations

import contextlib
import dataclasses
import http.server
import importlib.util
import json
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any

import pytest
from hubsmith_codegen.ir.providers import table
from hubsmith_codegen.normalise.providers.load import load_providers
from hubsmith_codegen.render.providers.module import render_providers
from hubsmith_codegen.write.formatting import format_python
from hubsmith_runtime import SpecError, ValidationError
from hubsmith_runtime.driver import Driver
from hubsmith_runtime.files import File
from hubsmith_runtime.inference.provider import Operation
from hubsmith_runtime.inference.request import Target, call
from hubsmith_runtime.transport import Origins

from tests.inference.exchange import NO_RETRIES, TABLES, payload, tables

KNOWN = {task for table in tables().values() for task in table.provider.tasks}


def rendered(folder: Path) -> dict[PurePosixPath, str]:
    return render_providers(load_providers(folder, tasks=KNOWN))


def package(files: dict[PurePosixPath, str], folder: Path) -> ModuleType:
    """Write the generated package and import it."""
    for path, text in format_python(files).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    name = "generated_providers"
    spec = importlib.util.spec_from_file_location(name, folder / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def imported() -> Iterator[None]:
    """Forget the generated package after the test."""
    yield
    for name in [name for name in sys.modules if name.startswith("generated_providers")]:
        del sys.modules[name]


@pytest.fixture
def fake() -> Iterator[tuple[str, list[tuple[str, dict[str, str], bytes]]]]:
    """Give the address of a provider on loopback and the list of what it is asked."""
    asked: list[tuple[str, dict[str, str], bytes]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked.append((f"{self.command} {self.path}", headers, body))
            host = f"http://127.0.0.1:{self.server.server_port}"  # type: ignore[attr-defined]
            found: Any = {
                "/v1/embeddings": {"data": [{"embedding": [1.0, 2.0]}]},
                "/jobs/own/model": {"job": {"href": "https://elsewhere.example.org/jobs/7"}},
                "/jobs/7": {
                    "state": "ok",
                    "out": {"url": f"{host.replace('127.0.0.1', 'localhost')}/file"},
                },
                "/file": None,
            }[self.path]
            content = b"VIDEO" if found is None else json.dumps(found).encode()
            self.send_response(200)
            self.send_header("content-type", "video/mp4" if found is None else "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _answer

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def test_a_new_provider_is_one_file_and_no_code(
    tmp_path: Path, fake: tuple[str, list[Any]], imported: None
) -> None:
    url, asked = fake
    tables = tmp_path / "tables"
    tables.mkdir()
    shutil.copy(TABLES / "presets.toml", tables)
    (tables / "new-one.toml").write_text(
        f"""
        name = "new-one"
        url = "{url}"
        key_header = "x-api-key"
        key_scheme = ""

        [tasks.feature-extraction]
        extends = "embeddings"

        [tasks.image-to-video]
        route = "/jobs/{{model}}"
        rename = {{ num_frames = "frames" }}
        body = {{ start = "{{inputs:url=image/png}}", options = {{ "*" = "parameters" }} }}
        result.media = ["out.url"]

        [tasks.image-to-video.poll]
        location = "{{job.href}}"
        status = "state"
        done = ["ok"]
        interval = 0.01
        """,
        encoding="utf-8",
    )
    found = package(rendered(tables), tmp_path / "out")
    assert found.NAMES == ("new-one",)

    def answer_to(task: str, inputs: Any, **parameters: Any) -> Any:
        at = Target(
            provider=found.find("new-one"), task=task, model="own/model", key="k", is_routed=False
        )
        asked.clear()
        with contextlib.closing(Driver(Origins())) as driver:
            asking = call(at, payload(task, inputs, **parameters), {}, retries=NO_RETRIES)
            return driver.run(asking, timeout=20)

    assert answer_to("feature-extraction", "a").value == [[1.0, 2.0]]
    assert json.loads(asked[0][2]) == {"input": "a", "model": "own/model"}

    assert answer_to("image-to-video", File(b"IMG"), num_frames=8).content == b"VIDEO"
    assert [line for line, _, _ in asked] == ["POST /jobs/own/model", "GET /jobs/7", "GET /file"]
    assert json.loads(asked[0][2]) == {
        "start": "data:image/png;base64,SU1H", "options": {"frames": 8}
    }  # fmt: skip
    assert [headers.get("x-api-key") for _, headers, _ in asked] == ["k", "k", None]


def _is_what_the_table_says(made: Operation, read: table.Operation, task: str) -> None:
    """What functions do is compared in `test_providers_compiled`."""
    accept = {"accept": "image/png"} if task.endswith("to-image") else {}
    assert made.headers == {**read.headers, **accept}
    assert (made.url, made.routed_query) == (read.url, read.routed_query)
    assert made.needs_url == read.needs_url
    assert made.is_form == (read.form == "multipart")
    assert (made.is_media, made.media) == (read.result.is_media, read.result.media)
    assert (made.poll is None) == (read.poll is None)
    if made.poll is not None and read.poll is not None:
        for name in ("status", "position", "error", "done", "failed", "interval", "limit"):
            assert getattr(made.poll, name) == getattr(read.poll, name)


def test_the_generated_package_holds_what_the_tables_say(tmp_path: Path, imported: None) -> None:
    found = package(rendered(TABLES), tmp_path)

    assert (
        [*found.NAMES]
        == sorted(found.NAMES)
        == [name for name in tables() if name not in ("auto", "openai-compatible")]
    )
    for name, known in tables().items():
        made, read = found.find(name), known.provider
        assert list(made.tasks) == list(read.tasks)
        for field in dataclasses.fields(made):
            if field.name != "tasks":
                assert getattr(made, field.name) == getattr(read, field.name)
        for task, operation in read.tasks.items():
            _is_what_the_table_says(made.tasks[task], operation, task)
    with pytest.raises(ValidationError, match=r"there is no 'nope': known are auto, baseten"):
        found.find("nope")
    with pytest.raises(ValidationError, match="there is no 'os'"):
        found.find("os")


def test_rendering_twice_gives_the_same_bytes() -> None:
    assert rendered(TABLES) == rendered(TABLES)


GOOD = """
name = "x"
url = "https://x.example.org"
[tasks.text-to-image]
route = "/v1/{model}"
body = { prompt = "{inputs}", "*" = "parameters" }
"""
POLL = '\n[tasks.text-to-image.poll]\nlocation = "/j/{id}"\nstatus = "s"\ndone = ["ok"]\n'


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[tasks", "colour = 1\n[tasks", "there is no key 'colour'"),
        ("body", "rout = 1\nbody", r"tasks.text-to-image: there is no key 'rout'"),
        ('route = "/v1/{model}"\n', "", "tasks.text-to-image: route is missing"),
        ('"/v1/{model}"', "7", "tasks.text-to-image.route must be a string, not 7"),
        ('"/v1/{model}"', '"v1/{model}"', "route must be a path"),
        ('"/v1/{model}"', '"/v1/{inputs}"', "route: 'inputs' has no value here: known are model"),
        ('"/v1/{model}"', '"/v1?a={model}"', "route must be a path"),
        ("{inputs}", "{input}", "body: 'input' has no value here"),
        ("{inputs}", "{inputs:hex}", "body: the places in '{inputs:hex}' are not valid"),
        ("{inputs}", "{inputs", "are not valid"),
        ('"*" = "parameters"', '"*" = "inputs"', r"body: '\*' is one of parameters: 'inputs'"),
        ('"*" = "parameters"', '"*" = "json_schema"', r"body: '\*' is one of parameters"),
        ("body", "json_schema = { '*' = 'x' }\nbody", r"'\*' is one of json_schema, parameters: 'x'"),
        ("{inputs}", "{schema}", "body: 'schema' has no value here"),
        ("{inputs}", "{inputs:text}", "body: {inputs:text} has no text"),
        ("{inputs}", "{inputs..a}", "are not valid"),
        ("body", "result = { value = '{a:url=image/png}' }\nbody", "has no url"),
        ("body", "result = { value = { '*' = 'a b' } }\nbody", "must be a path such as"),
        ("body", "result = { media = ['a b'] }\nbody", "media.0 must be a path such as"),
        ('"s"', '"a|b"', "poll.status must be a path such as"),
        ("body", "variants = [{ models = ['a?'] }]\nbody", "variants.0.models.0: String should match"),
        ("body", "drop = 'a'\nbody", "drop must be a list, not 'a'"),
        ("body", "drop = [1]\nbody", "drop.0 must be a string, not 1"),
        ("body", "join = { size = ['width'] }\nbody", "size: Tuple should have at least 2 items"),
        ("body", "needs_url = 'yes'\nbody", "needs_url must be true or false"),
        ("body", "form = 'xml'\nbody", "form must be json or binary or multipart, not 'xml'"),
        ("body", "extends = 'chatter'\nbody", "extends: there is no preset 'chatter'"),
        ("body", "headers = { 'X Y' = '1' }\nbody", "headers.X Y.*: String should match"),
        ("body", 'headers = { x = "a\\nb" }\nbody', "headers.x must be printable ASCII"),
        ("body", "routed_query = '?a'\nbody", "routed_query: String should match"),
        ("body", "variants = [{ models = [] }]\nbody", "variants.0.models: Tuple should have at least 1 item"),
        ("body", "variants = [{}]\nbody", "variants.0: models is missing"),
        ("body", "result = { media = ['a'], is_media = true }\nbody", "is_media excludes media and value"),
        ("body", "result = { value = ['*a'] }\nbody", "a list that begins with a '\\*' has one item"),
        ("body", "poll = {}\nbody", "poll: location is missing"),
        ("https:", "http:", "url must be an https URL"),
        ("https://x", "https://me@x", "url must be an https URL"),
        (".org", ".org?a=b", "url must be an https URL"),
        ('url = "https://x.example.org"', "is_routed = false", "url is missing"),
        ("tasks.text-to-image", "tasks.text-to-picture", "the Hub has no task of this name"),
        ('name = "x"', 'name = "y"', "name must be 'x'"),
        ('name = "x"', 'name = ', "is not valid TOML"),
        ('name = "x"', 'name = "x"\nrouter_path = "../y"', "router_path: String should match"),
        ("[tasks.text-to-image]", "tasks = 1\n[other]", "tasks must be a table"),
        ('"/j/{id}"', '"j/{id}"', "poll.location must be a path, or begin with a place"),
        ('["ok"]', "[]", "poll.done: Tuple should have at least 1 item"),
        ('["ok"]', '["ok"]\ninterval = 0', "interval: Input should be greater than 0"),
    ],
)  # fmt: skip
def test_a_wrong_table_is_refused_with_file_key_and_what_it_must_be(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    text = (GOOD + POLL) if "poll." in words or "interval" in words else GOOD
    (tmp_path / "x.toml").write_text(text.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(SpecError, match=rf"x\.toml.*{words}"):
        rendered(tmp_path)


def test_the_table_of_those_tests_is_right_before_it_is_changed(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(GOOD + POLL, encoding="utf-8")
    (table,) = load_providers(tmp_path)

    assert table.provider.tasks["text-to-image"].poll is not None


@pytest.mark.parametrize("name", ["Up", "a b", "-a", "a_b", "1a"])
def test_a_file_name_that_is_no_providers_name_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.toml").write_text(GOOD, encoding="utf-8")

    with pytest.raises(SpecError, match="the name must consist of lower-case letters"):
        rendered(tmp_path)


ODD = [
    'x"""); __import__("os").abort() #',
    "'; raise SystemExit #",
    "\\",
    "a\nraise SystemExit\n",
    "%s%(a)s$a",
    "\u202e\u2028\x85",
    "import",
]


@pytest.mark.parametrize("odd", ODD)
def test_text_of_a_table_stays_text(tmp_path: Path, imported: None, odd: str) -> None:
    """No text of a table becomes code, whatever it looks like."""
    table = """
        name = "x"
        url = "https://x.example.org"
        [presets.ODD]
        route = "/v1"
        drop = [ODD]
        rename = { a = ODD }
        join = { ODD = ["b", "c"] }
        group = { d = ["e", ODD] }
        json_schema = { ODD = ODD }
        [presets.ODD.body]
        ODD = ["{inputs}", ODD]
        "*" = "parameters"
        [presets.ODD.poll]
        location = "/j/{id}"
        status = "status"
        done = [ODD]
        [presets.ODD.result.value]
        ODD = [ODD, "{id}"]
        [tasks.text-to-image]
        extends = ODD
        [tasks.image-to-image]
        extends = ODD
    """
    (tmp_path / "x.toml").write_text(table.replace("ODD", json.dumps(odd)), encoding="utf-8")
    made = package(rendered(tmp_path), tmp_path / "out").find("x")
    operation = made.tasks["text-to-image"]

    at = Target(provider=made, task="text-to-image", model="m", is_routed=False)
    formed = {"type": "json_schema", "json_schema": {"schema": {}}}
    body = operation.body(at, payload("text-to-image", "i", a=1, b=2, c=3, response_format=formed))
    assert body == {odd: odd, "response_format": formed}
    assert operation.poll.done == (odd,)
    assert operation.value({"id": 1}) == {odd: [odd, 1]}


@pytest.mark.parametrize("odd", [*(one for one in ODD if one.isprintable()), "{{ 7 * 7 }}{% x %}"])
def test_text_of_a_header_stays_text(tmp_path: Path, imported: None, odd: str) -> None:
    text = GOOD + f"[tasks.text-to-image.headers]\nx = {json.dumps(odd)}\n"
    (tmp_path / "x.toml").write_text(text, encoding="utf-8")
    found = package(rendered(tmp_path), tmp_path / "out")

    assert found.find("x").tasks["text-to-image"].headers == {"x": odd, "accept": "image/png"}
