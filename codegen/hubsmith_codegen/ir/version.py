"""The version of the generator, which every generated file names."""

from importlib import metadata

VERSION = metadata.version("hubsmith")
GENERATOR = f"hubsmith {VERSION}"
