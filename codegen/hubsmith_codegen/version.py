"""The version of the generator, which every generated file names."""

from importlib import metadata

GENERATOR = f"hubsmith {metadata.version('hubsmith')}"
