"""Mock Spaces for tests: `MockSpace` serves a recorded Space on loopback, without its model.

    from hubsmith_testing import Answer, MockSpace

    with MockSpace("clients/kitchen", answers={"/greet": Answer(value="Hello")}) as space:
        assert Kitchen(space.url).greet("Bob") == "Hello"
        assert space.calls[0].arguments["name"] == "Bob"

The pytest plugin `pytest_plugins = ["hubsmith_testing.pytest"]` adds a fixture, `mock_space`.
"""

from __future__ import annotations

from .answers import Answer
from .routes import ReceivedCall
from .space import MockSpace

__all__ = ["Answer", "MockSpace", "ReceivedCall"]
