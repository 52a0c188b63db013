"""Every kind of change: its name, how bad it is, and what it is a change of.

The measure is code that calls the generated client and was right against the old API:

- breaking: after the client is generated again, some such call is refused, by a type checker, by
  the client or by the Space; or it gives back another type; or an argument ends up in another place.
- compatible: every such call goes on as before. It may send another default, or return a value of
  which there is less to expect than before.
- cosmetic: only words changed.

What a value may be is compared from the caller's side: an argument may accept more, never less; a
result may promise more, never less.
"""

from __future__ import annotations

from enum import Enum
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["breaking", "compatible", "cosmetic"]
Subject: TypeAlias = Literal["api", "class", "endpoint", "parameter", "result"]


class Rule(Enum):
    """One kind of change; the value is its name in reports."""

    kind: Kind
    subject: Subject

    def __new__(cls, name: str, kind: Kind, subject: Subject) -> Rule:
        rule = object.__new__(cls)
        rule._value_ = name
        rule.kind = kind
        rule.subject = subject
        return rule

    # The client as a whole.
    CLIENT_RENAMED = "client-renamed", "breaking", "class"
    CLASS_GONE = "class-gone", "breaking", "class"
    CLASS_RENAMED = "class-renamed", "breaking", "class"
    CLASS_ADDED = "class-added", "compatible", "class"
    SOURCE_CHANGED = "source-changed", "compatible", "api"
    TITLE_CHANGED = "title-changed", "cosmetic", "api"
    PLATFORM_CHANGED = "platform-changed", "cosmetic", "api"
    # Another document may know less; what that changes has rules of its own.
    DOCUMENTS_CHANGED = "documents-changed", "cosmetic", "api"

    ENDPOINT_GONE = "endpoint-gone", "breaking", "endpoint"
    ENDPOINT_OMITTED = "endpoint-omitted", "breaking", "endpoint"
    ENDPOINT_RENAMED = "endpoint-renamed", "breaking", "endpoint"
    ENDPOINT_ADDED = "endpoint-added", "compatible", "endpoint"
    METHOD_RENAMED = "method-renamed", "breaking", "endpoint"
    ENDPOINT_DESCRIBED = "endpoint-described", "cosmetic", "endpoint"
    # A call still returns the last value, and a job still gives its result once.
    STREAMING_BEGAN = "streaming-began", "compatible", "endpoint"
    STREAMING_ENDED = "streaming-ended", "compatible", "endpoint"

    PARAMETER_GONE = "parameter-gone", "breaking", "parameter"
    PARAMETER_RENAMED = "parameter-renamed", "breaking", "parameter"
    PARAMETER_ADDED_REQUIRED = "parameter-added-required", "breaking", "parameter"
    PARAMETER_ADDED_OPTIONAL = "parameter-added-optional", "compatible", "parameter"
    PARAMETER_MADE_REQUIRED = "parameter-made-required", "breaking", "parameter"
    PARAMETER_MADE_OPTIONAL = "parameter-made-optional", "compatible", "parameter"
    PARAMETER_DESCRIBED = "parameter-described", "cosmetic", "parameter"
    # An argument by position reaches another parameter; or none of them is taken by position.
    PARAMETERS_MOVED = "parameters-moved", "breaking", "endpoint"
    PARAMETERS_REORDERED = "parameters-reordered", "compatible", "endpoint"
    DEFAULT_CHANGED = "default-changed", "compatible", "parameter"
    CHOICES_GONE = "choices-gone", "breaking", "parameter"
    # Any other value is accepted as well.
    OPEN_CHOICES_GONE = "open-choices-gone", "compatible", "parameter"
    CHOICES_ADDED = "choices-added", "compatible", "parameter"
    BOUNDS_NARROWED = "bounds-narrowed", "breaking", "parameter"
    BOUNDS_WIDENED = "bounds-widened", "compatible", "parameter"
    ARGUMENT_NARROWED = "argument-narrowed", "breaking", "parameter"
    ARGUMENT_WIDENED = "argument-widened", "compatible", "parameter"
    ARGUMENT_TYPE_CHANGED = "argument-type-changed", "breaking", "parameter"

    RESULT_BEGAN = "result-began", "compatible", "endpoint"
    RESULT_ENDED = "result-ended", "breaking", "endpoint"
    RESULT_COUNT_CHANGED = "result-count-changed", "breaking", "endpoint"
    RESULT_GONE = "result-gone", "breaking", "result"
    # The tuple is longer, so that unpacking it fails.
    RESULT_ADDED = "result-added", "breaking", "result"
    RESULT_RENAMED = "result-renamed", "breaking", "result"
    RESULTS_REORDERED = "results-reordered", "breaking", "endpoint"
    # The choices of a result are open: any value may come.
    RESULT_CHOICES_CHANGED = "result-choices-changed", "compatible", "result"
    RESULT_NARROWED = "result-narrowed", "compatible", "result"
    RESULT_WIDENED = "result-widened", "breaking", "result"
    RESULT_TYPE_CHANGED = "result-type-changed", "breaking", "result"
    RESULT_DESCRIBED = "result-described", "cosmetic", "result"
