"""An answer that was packed and cut is an error, however its length is given: never half a picture."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from hubsmith import AsyncInferenceClient, ConnectionFailedError, DownloadError, InferenceClient
from hubsmith_runtime import Retries

from tests.waits.scripted_http import Answer, Loopback, stream
from tests.waits.scripted_inference import DONE, ScriptedInference, chunk

SOUND = bytes(range(256)) * 400
PACKED = gzip.compress(SOUND, mtime=0)
BARE = zlib.compressobj(wbits=-15)
KINDS = {
    "gzip": PACKED,
    "x-gzip": PACKED,
    "deflate": zlib.compress(SOUND),
    "deflate without header": BARE.compress(SOUND) + BARE.flush(),
}
GZIP = {"content-type": "audio/flac", "content-encoding": "gzip"}
ONCE = Retries(attempts=1)


@pytest.fixture
def server(tokenless: pytest.MonkeyPatch) -> Iterator[ScriptedInference]:
    """Give the Hub, its router and a model server in one."""
    server = ScriptedInference()
    with Loopback().running() as loopback:
        loopback.start(server)
        tokenless.setenv("HF_ENDPOINT", server.url)
        tokenless.setenv("HUBSMITH_ROUTER", server.url)
        yield server


def answered(content: bytes, headers: dict[str, str], *, is_chunked: bool) -> Answer:
    """Answer with a length that is right, or in chunks that end as they should."""
    half = len(content) // 2
    steps = [content[:1], content[1:half], content[half:]]
    return Answer(steps=steps, headers=headers) if is_chunked else Answer(content, headers=headers)


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("left", [1, 12, len(PACKED) // 2, len(PACKED) - 8, len(PACKED) - 1])
def test_a_cut_answer_is_no_media(server: ScriptedInference, left: int, is_chunked: bool) -> None:
    server.plan("/speak", answered(PACKED[:left], GZIP, is_chunked=is_chunked))
    with InferenceClient(f"{server.url}/speak", retries=ONCE) as client:
        with pytest.raises(ConnectionFailedError, match="incomplete"):
            client.text_to_speech("hello")

    async def main() -> None:
        async with AsyncInferenceClient(f"{server.url}/speak", retries=ONCE) as client:
            with pytest.raises(ConnectionFailedError, match="incomplete"):
                await client.text_to_speech("hello")

    asyncio.run(main())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_whole_answer_is_unpacked(server: ScriptedInference, kind: str, is_chunked: bool) -> None:
    headers = {**GZIP, "content-encoding": kind.partition(" ")[0]}
    server.plan("/speak", answered(KINDS[kind], headers, is_chunked=is_chunked))
    with InferenceClient(f"{server.url}/speak", retries=ONCE) as client:
        assert client.text_to_speech("hello") == SOUND


def test_an_empty_answer_that_is_called_packed_is_empty(server: ScriptedInference) -> None:
    server.plan("/speak", Answer(b"", headers=GZIP))
    with InferenceClient(f"{server.url}/speak", retries=ONCE) as client:
        assert client.post(json={}).content == b""


def test_media_that_an_answer_names_are_whole_or_an_error(server: ScriptedInference) -> None:
    picture = {"content-type": "image/png", "content-encoding": "gzip"}
    server.plan("/media/org/paint", Answer(PACKED[:-1], headers=picture), times=1)
    server.plan("/media/org/paint", Answer(PACKED, headers=picture))
    options: dict[str, Any] = {"provider": "fal-ai", "token": "hf_1", "retries": ONCE}
    with InferenceClient(**options) as client:
        paint = client.with_raw_response.text_to_image
        with pytest.raises(ConnectionFailedError, match="incomplete"):
            paint("a cat", model="org/paint")
        assert paint("a cat", model="org/paint").content == SOUND


def test_a_file_to_send_is_whole_or_an_error(server: ScriptedInference) -> None:
    server.plan("/sound.flac", Answer(PACKED[:-1], headers=GZIP))
    with InferenceClient(f"{server.url}/hear", retries=ONCE) as client:
        with pytest.raises(DownloadError, match="incomplete"):
            client.audio_classification(f"{server.url}/sound.flac")
    assert server.asked["/hear"] == 0


def test_a_packed_stream_comes_in_its_chunks(server: ScriptedInference) -> None:
    packer = zlib.compressobj(wbits=31)
    pieces: list[bytes] = []
    for event in stream(chunk("Pa"), chunk("ris", "stop"), DONE).steps or ():  # type: ignore[union-attr]
        pieces.append(packer.compress(event) + packer.flush(zlib.Z_SYNC_FLUSH))  # type: ignore[arg-type]
    headers = {"content-type": "text/event-stream", "content-encoding": "gzip"}
    server.plan("/v1/chat/completions", Answer(steps=[*pieces, packer.flush()], headers=headers))
    with InferenceClient(server.url) as client:
        with client.chat_completion([{"role": "user", "content": "hi"}], stream=True) as chunks:
            words = [one.choices[0].delta.content for one in chunks]
    assert words == ["Pa", "ris"]
