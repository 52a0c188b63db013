"""Media in results, `Image`, `Base64Bytes` and `Array`; and in arguments: `file_of`, `wav_of`.

Pillow and numpy are imported when the first value is created, not before.
"""

from __future__ import annotations

import base64
import importlib
import io
import re
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, cast

import pydantic
from pydantic_core import from_json

from ..errors import ArgumentError, MissingDependencyError, ValidationError, a_type
from ..files import File
from ..reading import as_list
from ..sources import decode_base64, decode_data_url

_ROW = re.compile(rb"\[[^][]*\]")  # An innermost list.


def needed(module: str, package: str, what: str) -> Any:
    """Import an optional dependency that a result or an input needs."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise MissingDependencyError(
            f"{what} needs {package}, which is not installed: `pip install {package}`. "
            "Without it, `client.with_raw_response` returns the answer as received.",
            name=module,
        ) from None


def image_of(content: bytes) -> Any:
    """Open an image with Pillow; a `ValueError` if the bytes are not an image."""
    pillow = needed("PIL.Image", "pillow", "An image")
    try:
        return pillow.open(io.BytesIO(content))
    except OSError:  # Including Pillow's error for unknown formats.
        raise ValueError("these bytes are not an image") from None


def bytes_of(text: object) -> bytes:
    """Decode base64 text or a data URL; a `ValueError` for anything else."""
    if isinstance(text, str):
        return decode_data_url(text)[0] if text.startswith("data:") else decode_base64(text)
    if isinstance(text, bytes):
        return text
    raise ValueError(f"base64 text is expected, not {a_type(text)}")


def array_of(numbers: object) -> Any:
    """Convert nested lists of numbers or base64 rows to a float32 array; else a `ValueError`."""
    numpy, rows = needed("numpy", "numpy", "An array"), as_list(numbers)
    if not isinstance(numbers, list) and not hasattr(numbers, "dtype"):
        raise ValueError("nested lists of numbers are expected")
    try:
        if rows and isinstance(rows[0], str):
            numbers = [numpy.frombuffer(bytes_of(row), dtype="<f4") for row in rows]
        with numpy.errstate(over="ignore"):  # Values too large for 32 bits become infinite.
            return numpy.array(numbers, dtype="float32")
    except (TypeError, ValueError, OverflowError):
        raise ValueError("the lists are not numbers, or not of equal lengths") from None


def parsed_array(content: bytes) -> Any:
    """Do the same for JSON text, a row at a time: Python's numbers for all of it would be large."""
    if b'"' in content or b"{" in content:
        raise ValueError("nested lists of numbers are expected")
    rows: list[Any] = []

    def keep(row: re.Match[bytes]) -> bytes:
        rows.append(array_of(from_json(row[0])))
        return b'"%d"' % (len(rows) - 1)

    try:
        return array_of(_placed(from_json(_ROW.sub(keep, content)), rows))
    except TypeError:  # A number outside of a list, or next to one.
        raise ValueError("nested lists of numbers, of equal lengths, are expected") from None


def _placed(node: Any, rows: list[Any]) -> Any:
    return rows[int(node)] if isinstance(node, str) else [_placed(part, rows) for part in node]


def file_of(value: object) -> File:
    """Convert a file argument in any of its forms, including sound as `(samples, rate)`."""
    if isinstance(value, tuple):
        # Samples first; in Gradio, the rate comes first.
        pair = sorted(cast("Any", value), key=lambda part: not getattr(part, "ndim", 0))
        if len(pair) != 2 or not hasattr(pair[0], "dtype") or not isinstance(pair[1], (int, float)):
            raise ArgumentError("a tuple is sound only as (numpy array, sampling rate)")
        return File(wav_of(pair[0], int(pair[1])), name="sound.wav", mime_type="audio/wav")
    return value if isinstance(value, File) else File(cast("Any", value))


def image_address(value: object) -> object:
    """Return a URL of any scheme unchanged, and anything else as a file."""
    is_url = isinstance(value, str) and (value.startswith("data:") or "://" in value)
    return value if is_url else file_of(value)


def wav_of(samples: Any, rate: int) -> bytes:
    """Encode sound as a WAV file with 16 bits per sample (32 bits for int32 samples).

    The array has one or two dimensions; the smaller one of two is the channels. Floats are clipped
    to the range from -1 to 1. The rate is in samples per second.
    """
    import wave

    numpy = needed("numpy", "numpy", "Sound in an array")
    sound = numpy.asarray(samples)
    if sound.ndim == 2 and sound.shape[0] < sound.shape[1]:
        sound = sound.T
    if sound.ndim not in (1, 2) or not sound.size:
        raise ValidationError(f"an array of shape {sound.shape} is not sound: give (samples,)")
    if rate <= 0:
        raise ValidationError(f"the sampling rate must be positive, got {rate}")
    if sound.dtype.kind == "f":
        if not numpy.isfinite(sound).all():
            raise ValidationError("the sound contains values that are not finite numbers")
        sound = (numpy.clip(sound, -1, 1) * 32767).round()
    elif sound.dtype == numpy.uint8:
        sound = (sound.astype("<i2") - 128) << 8
    elif sound.dtype not in (numpy.int16, numpy.int32):
        raise ValidationError(f"sound of {sound.dtype} is not supported: give float32 or int16")
    sound = sound.astype("<i4" if sound.dtype == numpy.int32 else "<i2")
    output = io.BytesIO()
    with wave.open(output, "wb") as file:
        file.setnchannels(1 if sound.ndim == 1 else sound.shape[1])
        file.setsampwidth(sound.dtype.itemsize)
        file.setframerate(rate)
        file.writeframes(sound.tobytes())
    return output.getvalue()


def _picture(value: Any) -> Any:
    return value if callable(getattr(value, "save", None)) else image_of(bytes_of(value))


def _base64(media: Any) -> str:
    if not isinstance(media, bytes):
        media.save(output := io.BytesIO(), format="PNG")
        media = output.getvalue()
    return base64.b64encode(media).decode()


if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray
    from PIL.Image import Image as Image

    Array: TypeAlias = NDArray[numpy.float32]
    Base64Bytes: TypeAlias = bytes
else:

    def _media(validate, serialize):
        serializer = pydantic.PlainSerializer(serialize, when_used="json")
        return Annotated[Any, pydantic.PlainValidator(validate), serializer]

    Image = _media(_picture, _base64)
    Base64Bytes = _media(bytes_of, _base64)
    Array = _media(array_of, lambda array: array.tolist())
