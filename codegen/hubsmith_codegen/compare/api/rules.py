"""Every change that is told apart, and how bad it is: the one place to look it up or to settle it.

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

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["breaking", "compatible", "cosmetic"]

Rule: TypeAlias = Literal[
    "client-renamed",
    "class-gone",
    "class-renamed",
    "class-added",
    "source-changed",
    "title-changed",
    "platform-changed",
    "documents-changed",
    "endpoint-gone",
    "endpoint-omitted",
    "endpoint-renamed",
    "endpoint-added",
    "method-renamed",
    "endpoint-described",
    "streaming-began",
    "streaming-ended",
    "parameter-gone",
    "parameter-renamed",
    "parameter-added-required",
    "parameter-added-optional",
    "parameter-made-required",
    "parameter-made-optional",
    "parameters-moved",
    "parameters-reordered",
    "default-changed",
    "choices-gone",
    "open-choices-gone",
    "choices-added",
    "bounds-narrowed",
    "bounds-widened",
    "argument-narrowed",
    "argument-widened",
    "argument-type-changed",
    "parameter-described",
    "result-began",
    "result-ended",
    "result-count-changed",
    "result-gone",
    "result-added",
    "result-renamed",
    "results-reordered",
    "result-choices-changed",
    "result-narrowed",
    "result-widened",
    "result-type-changed",
    "result-described",
]


@dataclass(frozen=True, slots=True)
class Ruling:
    """How bad a change is, and why."""

    kind: Kind
    why: str


RULES: Mapping[Rule, Ruling] = {
    # The client as a whole.
    "client-renamed": Ruling("breaking", "the class is imported by its name"),
    "class-gone": Ruling("breaking", "the class is imported by its name"),
    "class-renamed": Ruling("breaking", "the class is imported by its name"),
    "class-added": Ruling("compatible", "nothing uses it yet"),
    "source-changed": Ruling("compatible", "the same calls, to another Space"),
    "title-changed": Ruling("cosmetic", "a word on the page"),
    "platform-changed": Ruling("cosmetic", "the runtime speaks to every version alike"),
    "documents-changed": Ruling(
        "cosmetic", "another document may know less; see the other changes"
    ),
    # Endpoints.
    "endpoint-gone": Ruling("breaking", "its calls fail"),
    "endpoint-omitted": Ruling("breaking", "its calls fail: the client cannot carry it any more"),
    "endpoint-renamed": Ruling("breaking", "its calls fail under the old name"),
    "endpoint-added": Ruling("compatible", "nothing calls it yet"),
    "method-renamed": Ruling("breaking", "its calls fail under the old name"),
    "endpoint-described": Ruling("cosmetic", "a docstring"),
    "streaming-began": Ruling("compatible", "a call still returns the last value"),
    "streaming-ended": Ruling("compatible", "a job still gives its result, once"),
    # Parameters.
    "parameter-gone": Ruling("breaking", "calls that pass it fail"),
    "parameter-renamed": Ruling("breaking", "calls that pass it by name fail"),
    "parameter-added-required": Ruling("breaking", "calls do not pass it yet"),
    "parameter-added-optional": Ruling("compatible", "calls may leave it out"),
    "parameter-made-required": Ruling("breaking", "calls that leave it out fail"),
    "parameter-made-optional": Ruling("compatible", "calls may go on passing it"),
    "parameters-moved": Ruling("breaking", "arguments by position meet another parameter, or none"),
    "parameters-reordered": Ruling("compatible", "they are passed by name"),
    "default-changed": Ruling("compatible", "calls that leave it out send another value"),
    "choices-gone": Ruling("breaking", "calls with one of them fail"),
    "open-choices-gone": Ruling("compatible", "any other value is accepted as well"),
    "choices-added": Ruling("compatible", "the others stay"),
    "bounds-narrowed": Ruling("breaking", "values beyond the bounds are refused"),
    "bounds-widened": Ruling("compatible", "what was within them still is"),
    "argument-narrowed": Ruling("breaking", "values that were accepted are refused"),
    "argument-widened": Ruling("compatible", "what was accepted still is"),
    "argument-type-changed": Ruling("breaking", "values that were accepted are refused"),
    "parameter-described": Ruling("cosmetic", "words of the docstring"),
    # Results.
    "result-began": Ruling("compatible", "nothing used a result that was None"),
    "result-ended": Ruling("breaking", "calls return None"),
    "result-count-changed": Ruling("breaking", "one value and a tuple are used differently"),
    "result-gone": Ruling("breaking", "its field is gone, and the tuple is shorter"),
    "result-added": Ruling("breaking", "the tuple is longer: unpacking it fails"),
    "result-renamed": Ruling("breaking", "its field is gone under the old name"),
    "results-reordered": Ruling("breaking", "unpacking gives each name another value"),
    "result-choices-changed": Ruling("compatible", "a result's choices are open: any may come"),
    "result-narrowed": Ruling("compatible", "every value that comes was possible before"),
    "result-widened": Ruling("breaking", "values may come that were not possible before"),
    "result-type-changed": Ruling("breaking", "other values come than before"),
    "result-described": Ruling("cosmetic", "words of the docstring"),
}
"""The ruling on each change."""
