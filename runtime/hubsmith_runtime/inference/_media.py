"""Media in results: `Image`, `Base64Bytes`, `Array`; and sound in arguments: `wav_of`.

Pillow and numpy are imported when the first value is made, not before.
"""

from __future__ import annotations

import base64
import binascii
import importlib
import io
from typing import TYPE_CHECKING, Annotated, Any

import pydantic
from pydantic_core import core_schema

from .._errors import MissingDependencyError, ValidationError


def needed(module: str, package: str, what: str) -> Any:
    """Import what a result or an input needs beyond our own dependencies.

    Raises:
        MissingDependencyError: when it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        raise MissingDependencyError(
            f"{what} needs {package}, which is not installed: `pip install {package}`. "
            "Without it, `client.with_raw_response` gives the answer as it came.",
            name=module,
        ) from None


def image_of(content: bytes) -> Any:
    """Open an image with Pillow.

    Raises:
        ValueError: when the bytes are not an image.
        MissingDependencyError: when Pillow is not installed.
    """
    pillow = needed("PIL.Image", "pillow", "An image")
    try:
        return pillow.open(io.BytesIO(content))
    except OSError:  # Also what Pillow raises for bytes that it does not know.
        raise ValueError("these bytes are not an image") from None


def bytes_of(text: object) -> bytes:
    """Decode base64 text, with the head of a data URL or without.

    Raises:
        ValueError: when it is not base64.
    """
    if isinstance(text, bytes):
        return text
    if not isinstance(text, str):
        raise ValueError(f"base64 text is expected, not a {type(text).__name__}")
    encoded = text.partition(",")[2] if text.startswith("data:") else text
    encoded = "".join(encoded.split())
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("the text is not base64") from None


def array_of(numbers: object) -> Any:
    """Make a numpy array of float32 of nested lists of numbers.

    Raises:
        ValueError: when the lists are not numbers, or not of equal lengths.
        MissingDependencyError: when numpy is not installed.
    """
    numpy = needed("numpy", "numpy", "An array")
    if not isinstance(numbers, list) and not hasattr(numbers, "dtype"):
        raise ValueError("nested lists of numbers are expected")
    try:
        array = numpy.array(numbers, dtype="float32")
    except (TypeError, ValueError):
        raise ValueError("the lists are not numbers, or not of equal lengths") from None
    return array


def wav_of(samples: Any, rate: int) -> bytes:
    """Write sound as a WAV file of 16 bits (32 bits where the samples are int32).

    Args:
        samples: A numpy array of one channel, or of two dimensions, the smaller of which is the
            channels. Floats are between -1 and 1; what is beyond is clipped.
        rate: Samples per second.

    Raises:
        ValidationError: when the array is not sound.
    """
    import wave

    numpy = needed("numpy", "numpy", "Sound in an array")
    sound = numpy.asarray(samples)
    if sound.ndim == 2 and sound.shape[0] < sound.shape[1]:
        sound = sound.T
    if sound.ndim not in (1, 2) or not sound.size:
        raise ValidationError(f"an array of shape {sound.shape} is not sound: give (samples,)")
    if rate <= 0:
        raise ValidationError(f"a sampling rate is a positive number, got {rate}")
    if sound.dtype.kind == "f":
        if not numpy.isfinite(sound).all():
            raise ValidationError("the sound holds values that are not finite numbers")
        sound = (numpy.clip(sound, -1, 1) * 32767).round().astype("<i2")
    elif sound.dtype == numpy.int32:
        sound = sound.astype("<i4")
    elif sound.dtype == numpy.int16:
        sound = sound.astype("<i2")
    elif sound.dtype == numpy.uint8:
        sound = ((sound.astype("<i2") - 128) << 8).astype("<i2")
    else:
        raise ValidationError(f"sound of {sound.dtype} is not known: give float32 or int16")
    output = io.BytesIO()
    with wave.open(output, "wb") as file:
        file.setnchannels(1 if sound.ndim == 1 else sound.shape[1])
        file.setsampwidth(sound.dtype.itemsize)
        file.setframerate(int(rate))
        file.writeframes(numpy.ascontiguousarray(sound).tobytes())
    return output.getvalue()


def _validate_image(value: object) -> Any:
    if callable(getattr(value, "save", None)):
        return value
    return image_of(bytes_of(value))


if TYPE_CHECKING:
    from typing import TypeAlias

    import numpy
    from numpy.typing import NDArray
    from PIL.Image import Image as Image

    Array: TypeAlias = NDArray[numpy.float32]
    Base64Bytes: TypeAlias = bytes
else:

    def _validated_by(validate, serialize=None):
        schema = core_schema.no_info_plain_validator_function(
            validate,
            serialization=core_schema.plain_serializer_function_ser_schema(
                serialize, when_used="json"
            ),
        )
        return Annotated[Any, pydantic.GetPydanticSchema(lambda source, handler: schema)]

    def _png(image):
        output = io.BytesIO()
        image.save(output, format="PNG")
        return _text(output.getvalue())

    def _text(content):
        return base64.b64encode(content).decode()

    Image = _validated_by(_validate_image, _png)
    Base64Bytes = _validated_by(bytes_of, _text)
    Array = _validated_by(array_of, lambda array: array.tolist())
