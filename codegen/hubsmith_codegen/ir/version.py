"""The version of the generator, which appears in every generated file."""

from importlib import metadata

VERSION = metadata.version("hubsmith")
GENERATOR = f"hubsmith {VERSION}"
