"""What `CallSpace` and `CallModel` make of a batch, without Ray: they need none of it."""

from __future__ import annotations

import asyncio
import json
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hubsmith import ArgumentError, AuthenticationError, Client, Space

from tests.ray.requests import DescribeRequest, QuotaRequest, SquareRequest
from tests.support.fake_inference import FakeChatServer

arrow: Any = pytest.importorskip("pyarrow", reason="hubsmith.ray needs pyarrow")
numpy: Any = pytest.importorskip("numpy", reason="batches of numpy need it")

from hubsmith.ray import CallModel, CallSpace  # noqa: E402

OWN = ["result", "error", "error_kind"]


@pytest.fixture
def url(start_gradio: Callable[..., str]) -> str:
    return start_gradio(Path(__file__).with_name("app.py"))


@pytest.fixture
def chat() -> Iterator[FakeChatServer]:
    server = FakeChatServer("tiny")
    with server.running():
        yield server


def called(caller: Any, *batches: Any) -> list[Any]:
    """Call with batches that come at the same time, as Ray sends them."""

    async def call() -> list[Any]:
        try:
            return list(await asyncio.gather(*map(caller, batches)))
        finally:
            await caller.aclose()

    return asyncio.run(call())


def test_every_row_comes_back_with_its_value_or_its_error(url: str) -> None:
    batch = arrow.table({"number": [2, 13, 3], "note": ["a", None, "c"]})
    (done,) = called(CallSpace(url, SquareRequest, actors=1), batch)
    assert done.column_names == ["number", "note", *OWN]
    assert done.select(["number", "note"]) == batch
    assert done.column("result").to_pylist() == [4, None, 9]
    assert done.column("error").to_pylist() == [
        None,
        f"{url}: /square failed: 13 brings bad luck.",
        None,
    ]
    assert done.column("error_kind").to_pylist() == [None, "AppError", None]


def test_the_types_do_not_depend_on_the_values(url: str) -> None:
    caller = CallSpace(url, SquareRequest, actors=1)
    batches = [arrow.table({"number": numbers}) for numbers in ([1], [13])]
    schemas = [done.schema for done in called(caller, *batches)]
    assert schemas[0] == schemas[1]
    assert [str(schemas[0].field(name).type) for name in OWN] == ["int64", "string", "string"]


def test_several_results_are_fields_and_what_has_no_type_is_json(url: str, tmp_path: Path) -> None:
    caller = CallSpace(
        url, DescribeRequest, actors=1, columns={"who": "name"}, arguments={"times": 2},
        files=tmp_path,
    )  # fmt: skip
    (done,) = called(caller, arrow.table({"who": ["ann"], "loud": [True]}))
    kinds = {field.name: str(field.type) for field in done.schema.field("result").type}
    assert kinds == {
        "text": "string", "half": "double", "loud": "bool", "shown": "string", "file": "string",
    }  # fmt: skip
    (result,) = done.column("result").to_pylist()
    assert (result["text"], result["half"], result["loud"]) == ("ANN ANN", 1.0, True)
    assert json.loads(result["shown"]) == {"letters": ["a", "n", "n"]}
    file = Path(json.loads(result["file"])["file"])
    assert file.is_relative_to(tmp_path)
    assert file.read_text(encoding="utf-8") == "ann"


def test_an_endpoint_is_called_by_its_name_and_described_by_the_space(url: str) -> None:
    batch = arrow.table({"name": ["ann"], "times": [3], "other": [1]})
    (done,) = called(CallSpace(url, "describe", actors=1), batch)
    kinds = {field.name: str(field.type) for field in done.schema.field("result").type}
    assert kinds == {
        "Text": "string", "Half": "double", "Loud": "bool", "Shown": "string", "File": "string",
    }  # fmt: skip
    (result,) = done.column("result").to_pylist()
    assert (result["Text"], result["Half"]) == ("ann ann ann", 1.5)
    assert json.loads(result["File"])["url"].startswith(url)


def test_an_endpoint_that_is_not_there_is_the_error_of_every_row(url: str) -> None:
    (done,) = called(CallSpace(url, "cube", actors=1), arrow.table({"number": [1, 2]}))
    assert done.column("error_kind").to_pylist() == ["EndpointNotFoundError"] * 2
    assert "there is no endpoint /cube" in done.column("error")[0].as_py()


def test_null_is_an_argument_that_is_left_out(url: str) -> None:
    batch = arrow.table({"name": ["ann", None], "times": [None, 2]})
    (done,) = called(CallSpace(url, DescribeRequest, actors=1), batch)
    assert done.column("result")[0].as_py()["text"] == "ann"
    assert done.column("error_kind").to_pylist() == [None, "ValidationError"]
    assert "/describe: name" in done.column("error")[1].as_py()


def test_batches_of_numpy_and_pandas_keep_their_kind(url: str) -> None:
    pandas = pytest.importorskip("pandas")
    tensors = numpy.zeros((2, 3, 3))
    arrays = {"number": numpy.array([2, 13]), "picture": tensors}
    frame = pandas.DataFrame({"number": [5, 13], "note": [None, "b"]})
    ofarrays, offrame = called(CallSpace(url, SquareRequest, actors=1), arrays, frame)
    assert ofarrays["picture"] is tensors
    assert ofarrays["result"].to_pylist() == [4, None]
    assert ofarrays["error_kind"].type == arrow.string()
    assert offrame["result"].tolist()[0] == 25
    assert str(offrame["error"].dtype) == "string[pyarrow]"
    assert list(offrame.columns) == ["number", "note", *OWN]


def test_an_empty_batch_has_the_columns_and_their_types(url: str) -> None:
    empty = arrow.table({"number": arrow.array([], arrow.int64())})
    (done,) = called(CallSpace(url, SquareRequest, actors=1), empty)
    assert (done.num_rows, done.column_names) == (0, ["number", *OWN])
    assert done.schema.field("result").type == arrow.int64()


def test_columns_of_an_earlier_call_are_replaced_or_kept_under_a_prefix(url: str) -> None:
    first = called(CallSpace(url, SquareRequest, actors=1), arrow.table({"number": [3, 13]}))[0]
    (again,) = called(CallSpace(url, SquareRequest, actors=1), first)
    assert again.column_names == ["number", *OWN]
    second = CallSpace(url, SquareRequest, actors=1, columns={"result": "number"}, prefix="second_")
    (both,) = called(second, first)
    assert both.column("second_result").to_pylist() == [81, None]
    assert both.column("error_kind").to_pylist() == [None, "AppError"]
    assert both.column("second_error_kind").to_pylist() == [None, "ValidationError"]


def test_a_used_up_quota_is_the_error_of_all_that_follow_and_nothing_is_sent(url: str) -> None:
    caller = CallSpace(url, QuotaRequest, actors=1, concurrency=1)
    with Client(url) as client:
        client.predict(api_name="/count")

        async def call() -> list[Any]:
            batches = [await caller(arrow.table({"number": [*range(6)]})) for _ in range(2)]
            await caller.aclose()
            return batches

        first, later = asyncio.run(call())
        executions = client.predict(api_name="/count")["executions"]
    kinds = first.column("error_kind").to_pylist()
    assert kinds == [None] * 3 + ["ZeroGPUQuotaError"] * 3
    assert later.column("error_kind").to_pylist() == ["ZeroGPUQuotaError"] * 6
    assert executions == 4


def test_batches_at_the_same_time_share_the_limit_of_the_actor(
    start_gradio: Callable[..., str],
) -> None:
    url = start_gradio(Path(__file__).with_name("app.py"), APP_SECONDS="0.05")
    caller = CallSpace(url, SquareRequest, actors=2, concurrency=6)
    batches = [arrow.table({"number": [*range(10 * at, 10 * at + 10)]}) for at in range(3)]
    with Client(url) as client:
        client.predict(api_name="/count")
        called(caller, *batches)
        assert client.predict(api_name="/count")["at_once"] == 3


def test_a_result_that_does_not_fit_its_column_is_an_error(url: str) -> None:
    (done,) = called(
        CallSpace(url, SquareRequest, actors=1), arrow.table({"number": [3_037_000_500, 4]})
    )
    assert done.column("result").to_pylist() == [None, 16]
    assert done.column("error_kind").to_pylist() == ["ResultError", None]


def test_the_same_rows_through_map_give_equal_results(url: str) -> None:
    numbers = [*range(120)]
    (done,) = called(CallSpace(url, SquareRequest, actors=1), arrow.table({"number": numbers}))
    with Space(url) as space:
        run = {one.index: one for one in space.map(SquareRequest(number=n) for n in numbers)}
    for place, row in enumerate(done.to_pylist()):
        error = run[place].error
        assert row["result"] == (run[place].value if error is None else None)
        assert row["error"] == (None if error is None else str(error))


def test_a_model_is_called_for_messages_and_answers_json(chat: FakeChatServer) -> None:
    caller = CallModel(
        "chat-completion", base_url=f"{chat.url}/v1", model="tiny", actors=1,
        arguments={"max_tokens": 5},
    )  # fmt: skip
    messages = [{"role": "user", "content": "What is the capital of France?"}]
    (done,) = called(caller, arrow.table({"id": [7], "messages": [messages]}))
    answer = json.loads(done.column("result")[0].as_py())
    assert answer["choices"][0]["message"]["content"] == "Paris."
    sent = chat.seen[-1].json()
    assert (sent["messages"], sent["max_tokens"]) == (messages, 5)
    assert "id" not in sent


def test_the_types_of_tasks() -> None:
    def kind(task: str, **options: Any) -> str:
        caller = CallModel(task, model="lab/model", actors=1, **options)
        return str(caller.result_type)

    assert kind("text_generation") == "string"
    assert kind("sentence_similarity") == "list<item: double>"
    assert kind("text_to_speech") == "binary"
    assert kind("text_to_image") == "binary"


@pytest.mark.parametrize("secret", ["token", "api_key", "headers", "auth", "cookies"])
def test_a_secret_is_refused_because_it_would_be_kept_in_clear(secret: str) -> None:
    given: Any = {secret: "hf_secret"}
    for make in (
        lambda: CallSpace("owner/kitchen", SquareRequest, actors=1, **given),
        lambda: CallModel("summarization", actors=1, **given),
    ):
        with pytest.raises(ArgumentError, match="token_variable") as raised:
            make()
        assert "hf_secret" not in str(raised.value)
    with pytest.raises(ArgumentError, match="in clear"):
        CallSpace("http://me:hf_secret@127.0.0.1:1", SquareRequest, actors=1)


def test_the_token_comes_from_the_environment_of_the_worker(
    chat: FakeChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: Any = {"base_url": f"{chat.url}/v1", "model": "tiny", "token_variable": "OUR_KEY"}
    with pytest.raises(AuthenticationError, match="OUR_KEY"):
        CallModel("chat_completion", actors=1, **options)
    monkeypatch.setenv("OUR_KEY", "sk-of-the-worker")
    assert b"sk-of-the-worker" not in pickle.dumps((CallModel, options))
    batch = arrow.table({"messages": [[{"role": "user", "content": "Hi"}]]})
    called(CallModel("chat_completion", actors=1, **options), batch)
    assert chat.seen[-1].headers["authorization"] == "Bearer sk-of-the-worker"


def test_a_function_makes_the_client_where_it_is_used(url: str) -> None:
    (done,) = called(
        CallSpace(lambda: Space(url), SquareRequest, actors=1), arrow.table({"number": [3]})
    )
    assert done.column("result").to_pylist() == [9]
    with pytest.raises(ArgumentError, match="source"):
        CallSpace(lambda: url, SquareRequest, actors=1)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "actors"),
        ({"actors": 0}, "actors"),
        ({"actors": 3, "max_concurrency": 2}, "max_concurrency: 2 calls cannot be divided by 3"),
        ({"actors": 1, "rate": 0}, "rate"),
        ({"actors": 1, "concurency": 2}, "concurency"),
        ({"actors": 1, "columns": {"n": "nummer"}}, "Did you mean number?"),
        ({"actors": 1, "arguments": {"nummer": 1}}, "there is no parameter 'nummer'"),
    ],
)
def test_wrong_options_are_named(options: Any, words: str) -> None:
    with pytest.raises(ValueError, match=r"CallSpace|map") as raised:
        CallSpace("owner/kitchen", SquareRequest, **options)
    assert words in str(raised.value)


def test_another_kind_of_batch_is_refused(url: str) -> None:
    with pytest.raises(ArgumentError, match="batch_format='pyarrow'"):
        called(CallSpace(url, SquareRequest, actors=1), [1, 2])
