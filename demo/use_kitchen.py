"""Call every kind of endpoint with the generated Kitchen client.

`make demo` starts the app, generates the client into `clients/`, type-checks this file in strict
mode and runs it. To run it yourself: `python use_kitchen.py http://127.0.0.1:7860`, with the folder
that contains `clients/` on PYTHONPATH.
"""

from __future__ import annotations

import asyncio
import struct
import sys
import zlib
from pathlib import Path

from clients.kitchen import AsyncKitchen, Kitchen
from hubsmith import AppError, ValidationError


def step(headline: str) -> None:
    """Print the headline of a step."""
    print(f"\n== {headline}")


def show(call: str, result: object) -> None:
    """Print a call, the type of its result and the result."""
    text = repr(result)
    shown = text if len(text) <= 100 else f"{text[:97]}..."
    print(f"{call}\n    -> {type(result).__name__}: {shown}")


def white_png(width: int, height: int) -> bytes:
    """Return a white image as a PNG file, so that the demo needs no image file."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = (b"\x00" + b"\xff\xff\xff" * width) * height
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def call_plainly(kitchen: Kitchen) -> None:
    """Simple calls: positional and keyword arguments, defaults, nested types."""
    step("a simple call: positional and keyword arguments, defaults from the Space")
    greeting = kitchen.greet("Bob")
    show('kitchen.greet("Bob")', greeting)
    assert greeting == "Good evening, Bob!!!", greeting

    greeting = kitchen.greet("Ann", style="casual", intensity=5)
    show('kitchen.greet("Ann", style="casual", intensity=5)', greeting)
    assert greeting == "Hi, Ann!!!!!", greeting

    step("choices as arguments and results, several results as a named tuple")
    suggestion = kitchen.suggest("autumn", avoid=["pesto"])
    show('kitchen.suggest("autumn", avoid=["pesto"])', suggestion)
    assert suggestion.vegetable == "pumpkin", suggestion
    assert suggestion.sauces == ["tomato", "cream"], suggestion

    step("nested types: a chat with its history")
    first = kitchen.chat("Is there soup?")
    second = kitchen.chat("And bread?", history=first)
    show('kitchen.chat("And bread?", history=first)', [turn.role for turn in second])
    assert len(second) == 4, second


def send_files(kitchen: Kitchen, folder: Path) -> None:
    """Files: arguments from a path and from bytes, and saving results."""
    step("files: pass a path or bytes, and save results")
    picture = folder / "white.png"
    picture.write_bytes(white_png(32, 32))
    toast = kitchen.img(picture, strength=0.3)
    show("kitchen.img(picture, strength=0.3)", toast)
    assert toast.verdict.label == "raw", toast
    saved = toast.toasted_image.save(folder / "toasted.webp")
    show('toast.toasted_image.save("toasted.webp")', saved)
    assert (folder / "toasted.webp").stat().st_size > 0

    toast = kitchen.img(white_png(16, 16), strength=0.9)
    show("kitchen.img(png_bytes, strength=0.9)", toast.verdict.label)
    assert toast.verdict.label == "toasted", toast

    card = folder / "card.txt"
    card.write_text("salt to taste", encoding="utf-8")
    copy = kitchen.shout(card)
    show("kitchen.shout(card).read()", copy.read())
    assert copy.read() == b"SALT TO TASTE", copy


def follow_jobs(kitchen: Kitchen) -> None:
    """Jobs: partial results, status and progress."""
    step("a streaming job: partial results as they arrive, then the result and status")
    job = kitchen.jobs.stream(4, delay=0.1)
    parts: list[str] = []
    for part in job:
        parts.append(part)
        print(f"    part {part!r}, stage {job.status().stage}")
    assert parts[0] == "1" and parts[-1] == "1 2 3 4", parts
    show("job.result(timeout=10)", job.result(timeout=10))
    show("job.status()", job.status())

    step("a job that reports progress")
    baking = kitchen.jobs.bake("rye bread", minutes=8)
    for event in baking.events():
        print(f"    {event}")
    show("baking.result()", baking.result())
    assert baking.result() == "rye bread, baked for 8 minutes"


def keep_state(kitchen: Kitchen) -> None:
    """Session state: each client has its own session."""
    step("session state: the second call remembers the first")
    numbers = [kitchen.count("soup"), kitchen.count("salad")]
    show('[kitchen.count("soup"), kitchen.count("salad")]', numbers)
    assert numbers == [1, 2], numbers


def handle_errors(kitchen: Kitchen) -> None:
    """Errors: one raised by the app, and a wrong argument that is never sent."""
    step("an error raised by the app, with its title")
    try:
        kitchen.fail("soup")
    except AppError as error:
        show('kitchen.fail("soup")', error)
        print(f"    title: {error.title}")
        assert error.title == "Sold out", error.title
    else:
        raise AssertionError("the app's error was not raised")

    step("a wrong argument is rejected before anything is sent")
    try:
        kitchen.greet("Bob", intensity=11)
    except ValidationError as error:
        show('kitchen.greet("Bob", intensity=11)', error)
        assert "intensity" in str(error), error
    else:
        raise AssertionError("an intensity of 11 was accepted")


async def call_asynchronously(url: str) -> None:
    """The asynchronous client: the same names with `await` and `async for`."""
    step("the asynchronous client: the same names with await and async for")
    async with AsyncKitchen(url) as kitchen:
        greetings = await asyncio.gather(kitchen.greet("Eve"), kitchen.greet("Max", intensity=1))
        show('await asyncio.gather(kitchen.greet("Eve"), kitchen.greet("Max", ...))', greetings)
        assert greetings == ["Good evening, Eve!!!", "Good evening, Max!"], greetings
        job = await kitchen.jobs.stream(3)
        parts = [part async for part in job]
        show("[part async for part in await kitchen.jobs.stream(3)]", parts)
        assert parts[-1] == "1 2 3", parts


def main(url: str, folder: Path) -> None:
    """Run all steps against the app at `url`, and write files to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with Kitchen(url) as kitchen:
        call_plainly(kitchen)
        send_files(kitchen, folder)
        follow_jobs(kitchen)
        keep_state(kitchen)
        handle_errors(kitchen)
    asyncio.run(call_asynchronously(url))
    print("\nAll steps succeeded.")


if __name__ == "__main__":
    main(sys.argv[1], Path("files"))
