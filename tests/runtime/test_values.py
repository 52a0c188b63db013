"""Values as a Space gets them and as it leaves them, beside what gradio_client does."""

from __future__ import annotations

import asyncio
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import pytest
from hubsmith_runtime import (
    SKIPPED,
    AsyncClient,
    Client,
    ComponentUpdate,
    EndpointNotFoundError,
    File,
    Request,
    SpaceValidationError,
    ValidationError,
)
from hubsmith_runtime.spaces.filedata import has_any

from tests.support.generated_client import generated_client

gradio_client = pytest.importorskip("gradio_client")

APP = Path(__file__).with_name("values_app.py")
LEFT = {"__type__": "update"}


@pytest.fixture(scope="module")
def url(start_gradio: Callable[..., str]) -> str:
    return start_gradio(APP)


@pytest.fixture(scope="module")
def package(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    with generated_client(url, tmp_path_factory.mktemp("clients"), "values") as made:
        yield made


@pytest.fixture(scope="module")
def typed(package: ModuleType, url: str) -> Iterator[Any]:
    with package.App(url) as client:
        yield client


@pytest.fixture(scope="module")
def untyped(url: str) -> Iterator[Client]:
    with Client(url) as client:
        yield client


@pytest.fixture(scope="module")
def reference(url: str) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
        client = gradio_client.Client(url, verbose=False, analytics_enabled=False)
        yield client
        client.close()


# Numbers


@pytest.mark.parametrize(
    "values",
    [
        (3, 3, 2, {"a": [3, 3.0], "b": {"c": -0.0}}),
        (3.0, 3, 2.0, [3.0, [1e21], 1e-7]),
        (2.5, -4, 0, 10**20),
    ],
)
def test_numbers_arrive_as_they_were_given(
    typed: Any, untyped: Client, reference: Any, values: tuple[Any, ...]
) -> None:
    expected = reference.predict(*values, api_name="/seen")
    assert expected == repr([*values])
    assert untyped.predict(*values, api_name="/seen") == expected
    number, whole, slider, anything = values
    assert typed.seen(number, whole=whole, slider=slider, anything=anything) == expected


def test_numbers_in_lists_arrive_as_they_were_given(typed: Any, untyped: Client) -> None:
    expected = "[1, 1.0, [2, 2.0], 3.0, 3, 3.0]"
    assert untyped.predict(1, 1.0, [2, 2.0], api_name="/plain") == expected
    assert typed.plain(1, 1.0, [2, 2.0]) == expected


def test_a_default_arrives_as_the_space_has_it(
    typed: Any, untyped: Client, reference: Any, package: ModuleType
) -> None:
    expected = reference.predict(api_name="/seen")
    assert expected == "[3.0, 3, 2, {'a': [3.0, 3]}]"
    assert untyped.predict(api_name="/seen") == expected
    assert typed.seen() == expected
    assert repr(package.SeenRequest.model_fields["number"].default) == "3.0"


def test_a_stored_request_keeps_its_numbers(typed: Any, package: ModuleType) -> None:
    request: Request[str] = package.PlainRequest(a=1, b=1.0, pair=[2, 2.0])
    again = type(request).model_validate_json(request.model_dump_json())
    assert typed.run(again) == "[1, 1.0, [2, 2.0], 3.0, 3, 3.0]"


# Updates of components


@pytest.mark.parametrize(
    "name",
    [
        "skip", "none", "skip_both", "skip_one", "update", "choices", "component", "emptied",
        "parts",
    ],
)  # fmt: skip
def test_without_generated_code_an_update_is_what_gradio_client_gives(
    untyped: Client, reference: Any, name: str
) -> None:
    job, other = (client.submit(api_name=f"/{name}") for client in (untyped, reference))
    assert job.result() == other.result()
    assert job.outputs() == other.outputs()


def test_files_in_updates_are_files(untyped: Client, typed: Any) -> None:
    update = untyped.predict(api_name="/file")
    assert update["label"] == "F"
    assert update["value"].read() == APP.read_bytes()
    assert typed.file().read() == APP.read_bytes()


def test_files_in_an_output_that_may_be_anything_are_files(typed: Any, untyped: Client) -> None:
    for found in (typed.described(b"abc"), untyped.predict(File(b"abc"), api_name="/described")):
        (file,) = found["files"]
        assert (file.name, file.read(), found["path"]) == ("note.txt", b"abc", "a/b")


def test_files_in_a_member_that_may_be_anything_are_files(
    typed: Any, untyped: Client, package: ModuleType
) -> None:
    (message,) = history = typed.talk("red")
    (shown,) = message.content
    (picture,) = shown.value
    assert (picture["image"].image().size, picture["caption"]) == ((2, 3), "red")
    assert shown.model_fields_set == package.ComponentMessage.model_fields.keys()
    assert typed.count(history) == untyped.predict(history, api_name="/count") == 1
    stored = message.model_dump_json()
    again = package.CountRequest.model_validate_json(f'{{"history": [{stored}]}}')
    assert typed.run(again) == 1
    assert untyped.predict("red", api_name="/talk")[0]["content"][0]["value"][0]["caption"] == "red"


def test_only_a_type_with_an_any_in_it_is_searched_for_files(
    monkeypatch: pytest.MonkeyPatch, typed: Any, package: ModuleType
) -> None:
    searched: list[object] = []

    def convert(value: object, _: object) -> object:
        searched.append(value)
        return value

    monkeypatch.setattr("hubsmith_runtime.spaces.codec.convert_files", convert)
    assert typed.slash("a") == "a" and typed.file()
    assert searched == []
    typed.described(b"abc")
    assert len(searched) == 1
    assert all(map(has_any, (Any, list[Any], dict[str, Any] | None, list[package.Message])))
    assert not any(map(has_any, (str, list[str], Literal["a"] | str, File, package.TextMessage)))


def test_types_that_share_their_parts_are_looked_through_once() -> None:
    part: Any = str
    for _ in range(60):  # 2**60 ways lead to the innermost type.
        part = tuple[list[part], dict[str, part]]
    assert not has_any(part)
    assert has_any(tuple[part, Any])


def test_the_name_of_an_endpoint_may_begin_with_a_slash(typed: Any, untyped: Client) -> None:
    assert typed.slash("a") == "a"
    for name in ("//slash", "/slash"):
        assert untyped.predict(words="a", api_name=name) == "a"


def test_a_refusal_of_the_spaces_validators_names_every_parameter(typed: Any) -> None:
    with pytest.raises(SpaceValidationError, match="first: too long; second: too small") as refusal:
        typed.refused("long", second=0)
    assert refusal.value.message == "too long; too small"


def test_the_scheme_of_a_url_may_be_in_capitals(url: str) -> None:
    with Client(url.replace("http", "HTTP")) as client:
        assert client.predict(File(b"abc"), api_name="/described")["files"][0].read() == b"abc"


def test_what_the_space_left_as_it_was_is_told_from_nothing(
    typed: Any, package: ModuleType
) -> None:
    assert typed.skip() is SKIPPED
    assert typed.none() is None
    assert typed.emptied() is None
    assert typed.choices() is SKIPPED
    assert typed.skip_both() == (SKIPPED, SKIPPED)
    assert typed.skip_one() == package.SkipOneResult(text="x", other=SKIPPED)


def test_the_mark_of_what_was_left_is_false_and_one_alone() -> None:
    assert repr(SKIPPED) == "SKIPPED"
    assert not SKIPPED
    assert pickle.loads(pickle.dumps(SKIPPED)) is SKIPPED


def test_a_job_has_the_updates_beside_its_result(typed: Any) -> None:
    job = typed.jobs.update()
    assert job.result() == "p"
    (update,) = job.updates()
    assert update.choices == [("p", "p"), ("Q", 2)]
    assert update.properties["visible"] is False
    assert "value" not in update.properties

    job = typed.jobs.skip_one()
    job.result()
    assert job.updates() == (None, ComponentUpdate({}))
    assert job.updates()[1].choices is None


def test_partial_results_have_their_updates(typed: Any) -> None:
    job = typed.jobs.parts()
    seen = [(tuple(part), job.status().stage) for part in job]
    assert [part for part, _ in seen] == [("a", SKIPPED), (SKIPPED, "b"), (SKIPPED, SKIPPED)]
    assert job.updates() == (ComponentUpdate({"label": "M"}), ComponentUpdate({}))


def test_choices_are_read_in_any_form() -> None:
    listed = ComponentUpdate({"choices": ["a", ["B", 2], [], 3, ["c"]]}).choices
    assert listed == [("a", "a"), ("B", 2), ("[]", []), ("3", 3), ("c", "c")]
    assert ComponentUpdate({"choices": None}).choices == []


# Generators that yield nothing


@pytest.mark.parametrize(
    ("name", "result", "plain"),
    [("empty", None, None), ("empty_pair", (None, None), (None, None)), ("empty_none", None, ())],
)
def test_a_generator_that_yields_nothing_iterates_as_nothing(
    typed: Any, untyped: Client, reference: Any, name: str, result: object, plain: object
) -> None:
    assert reference.predict(api_name=f"/{name}") == plain
    for job, expected in (
        (getattr(typed.jobs, name)(), result),
        (untyped.submit(api_name=f"/{name}"), plain),
    ):
        assert [*job] == []
        assert job.outputs() == []
        assert job.updates() == (None,) * len(job.updates())
        assert job.result() == expected


async def iterated(url: str) -> list[Any]:
    async with AsyncClient(url) as client:
        return [part async for part in await client.submit(api_name="/empty")]


def test_so_does_one_of_an_asynchronous_client(url: str) -> None:
    assert asyncio.run(iterated(url)) == []


def test_a_callback_gets_the_result_of_a_generator_that_yields_nothing(untyped: Client) -> None:
    called, seen = threading.Event(), list[Any]()

    def note(*results: object) -> None:
        seen.append(results)
        called.set()

    untyped.submit(api_name="/empty_pair", result_callbacks=note)
    assert called.wait(5)
    assert seen == [(None, None)]


# Endpoints


def test_what_may_be_called_is_listed_and_the_nearest_is_named(url: str, untyped: Client) -> None:
    for wrong, near in (("/framed", "/frame"), ("choicse", "/choices")):
        with pytest.raises(EndpointNotFoundError) as caught:
            untyped.predict(api_name=wrong)
        assert f"{url} has no endpoint {wrong!r}. Did you mean {near}? It has: /" in str(
            caught.value
        )
    with pytest.raises(EndpointNotFoundError) as caught:
        untyped.predict(api_name="/privat")
    assert "/private" not in str(caught.value)
    assert "/hidden" not in str(caught.value)


# Tables and arrays


@pytest.fixture
def pandas() -> Any:
    return pytest.importorskip("pandas")


@pytest.fixture
def numpy() -> Any:
    return pytest.importorskip("numpy")


def test_a_data_frame_is_taken_for_a_table(
    typed: Any, untyped: Client, reference: Any, pandas: Any
) -> None:
    mixed = pandas.DataFrame({"name": ["leek", None], "grams": [1.5, float("nan")], "n": [1, 2]})
    table = {"headers": ["name", "grams", "n"], "data": [["leek", 1.5, 1], [None, None, 2]]}
    expected = reference.predict(table, api_name="/frame")
    assert "'leek', 1.5, 1" in expected
    assert typed.frame(mixed) == expected
    assert untyped.predict(mixed, api_name="/frame") == expected
    assert untyped.predict(table=mixed, api_name="/frame") == expected


def test_an_array_is_taken_for_a_table(
    typed: Any, untyped: Client, reference: Any, numpy: Any
) -> None:
    table = {"headers": ["1", "2"], "data": [[1, 2], [3, 4]]}
    expected = reference.predict(table, api_name="/frame")
    array = numpy.array([[1, 2], [3, 4]])
    assert typed.frame(array) == expected
    assert untyped.predict(array, api_name="/frame") == expected
    row = typed.frame(numpy.array([1.0, float("nan")]))
    assert row == "[['1'], [[1.0], [nan]], ['float']]"
    assert typed.frame(numpy.zeros((0, 2))) == typed.frame({"headers": [], "data": []})


def test_arrays_and_data_frames_are_taken_for_lists(
    typed: Any, untyped: Client, pandas: Any, numpy: Any
) -> None:
    words = pandas.Series(["a", "b"])
    for rows in (numpy.array([[1.0, 2.0]]), pandas.DataFrame({"x": [1.0], "y": [2.0]})):
        assert typed.rows(rows, words) == "[[[1.0, 2.0]], ['a', 'b']]"
        assert untyped.predict(rows, words, api_name="/rows") == "[[[1.0, 2.0]], ['a', 'b']]"
    assert typed.plain(numpy.int64(1), numpy.float32(0.5), numpy.array([2, 3])).startswith(
        "[1, 0.5, [2, 3],"
    )


def test_arrays_and_data_frames_are_taken_for_any_json(
    typed: Any, untyped: Client, pandas: Any, numpy: Any
) -> None:
    frame = pandas.DataFrame({"x": [1]})
    for given, sent in (
        (numpy.arange(3), "[0, 1, 2]"),
        ({"deep": [numpy.float64(0.5), numpy.eye(1)]}, "{'deep': [0.5, [[1.0]]]}"),
        (frame, "{'headers': ['x'], 'data': [[1]], 'metadata': None}"),
    ):
        assert typed.seen(anything=given) == f"[3.0, 3, 2, {sent}]"
        assert untyped.predict(3.0, 3, 2, given, api_name="/seen") == f"[3.0, 3, 2, {sent}]"


def test_a_stored_request_keeps_its_table(package: ModuleType, typed: Any, pandas: Any) -> None:
    request = package.FrameRequest(
        table=pandas.DataFrame({"when": pandas.to_datetime(["2026-01-02"])})
    )
    again = package.FrameRequest.model_validate_json(request.model_dump_json())
    assert typed.run(again) == typed.run(request)
    assert "2026-01-02T00:00:00" in typed.run(request)


def test_what_an_array_cannot_be_is_refused_by_name(typed: Any, numpy: Any) -> None:
    with pytest.raises(ValidationError, match=r"/plain: a: .*number, got array\(\[0\., 0\.\]\)"):
        typed.plain(numpy.zeros(2), 1, [1])
    with pytest.raises(ValidationError, match=r"/seen: anything: .* nan is not a JSON number"):
        typed.seen(anything=numpy.array([float("nan")]))


def test_neither_package_is_imported_for_that(url: str) -> None:
    code = (
        "import sys, hubsmith_runtime as h\n"
        f"h.Client({url!r}).predict([1, 2], api_name='/seen')\n"
        "print({'numpy', 'pandas', 'PIL'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"
