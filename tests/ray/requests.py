"""Requests of the app beside this module, as a generated client has them."""

from __future__ import annotations

from typing import Any, NamedTuple

from hubsmith import Endpoint, File, Request


class SquareRequest(Request[int]):
    __endpoint__ = Endpoint(name="/square")
    number: int


class QuotaRequest(Request[int]):
    __endpoint__ = Endpoint(name="/quota")
    number: int


class Described(NamedTuple):
    text: str
    half: float
    loud: bool
    shown: dict[str, Any]
    file: File


class DescribeRequest(Request[Described]):
    __endpoint__ = Endpoint(name="/describe", outputs=5)
    name: str
    times: float = 1
    loud: bool = False
