"""What changed in what an endpoint returns."""

from __future__ import annotations

from collections.abc import Iterator

from ...ir.model import Operation, Result
from .argument_type import type_change
from .change import Change, Rule, code, endpoint_key
from .pairing import pair
from .schemas import choices_of
from .spelling import names, type_, values
from .types import Classes, Types


class Results:
    """Compares the results of an endpoint that is in both APIs; see `Parameters`."""

    def __init__(
        self,
        types: Types,
        classes: tuple[Classes, Classes],
        call: str,
        old: Operation,
        new: Operation,
    ) -> None:
        self._types = types
        self._classes = classes
        self._call = code(f"{call}(...)")
        self._old = old
        self._new = new

    def changes(self) -> Iterator[Change]:
        """Every change, from the shape down to the words."""
        old, new = self._old.results, self._new.results
        if len(old) > 1 and len(new) > 1:
            yield from self._tuples()
        elif len(old) == 1 and len(new) == 1:
            yield from self._one(old[0], new[0], is_alone=True)
        elif not old and new:
            what = f"it returns {self._shape(self._new)}, not {code('None')}"
            yield self._endpoint("result-began", what, "Calls go on as they are.")
        elif old and not new:
            what = f"it returns {code('None')}, not {self._shape(self._old)}"
            yield self._endpoint(
                "result-ended", what, f"Code that uses what {self._call} returns fails."
            )
        elif old:
            what = f"it returns {self._shape(self._new)}, not {self._shape(self._old)}"
            how = (
                "the value is a field of the named tuple now"
                if len(old) == 1
                else "there is no tuple any more, the value comes alone"
            )
            affected = f"Code that uses what {self._call} returns fails: {how}."
            yield self._endpoint("result-count-changed", what, affected)

    def _tuples(self) -> Iterator[Change]:
        old, new = self._old.results, self._new.results
        places = [{id(one): place for place, one in enumerate(results)} for results in (old, new)]
        pairs = pair(
            old,
            new,
            name=lambda one: str(one.identifier),
            is_same=lambda one, other: (
                places[0][id(one)] == places[1][id(other)]
                and self._types.relation(one.schema, other.schema, "result") == "same"
            ),
        )
        for one in pairs.gone:
            yield self._change(
                "result-gone",
                one,
                f"result {code(one.identifier)} is gone: it returns {len(new)} values, not {len(old)}",
                f"Code that reads {code(f'.{one.identifier}')} of what {self._call} returns, or "
                "unpacks it, fails.",
            )
        for one, other in pairs.renamed:
            yield self._change(
                "result-renamed",
                one,
                f"result {code(one.identifier)} is now {code(other.identifier)}",
                f"Code that reads {code(f'.{one.identifier}')} of what {self._call} returns fails: "
                f"read {code(f'.{other.identifier}')}. Unpacking goes on.",
            )
        for one in pairs.added:
            yield self._change(
                "result-added",
                one,
                f"result {code(one.identifier)} ({type_(one.schema)}) is new: it returns "
                f"{len(new)} values, not {len(old)}",
                f"Code that unpacks what {self._call} returns fails; code that reads its fields goes on.",
            )
        became = {
            str(one.identifier): str(other.identifier)
            for one, other in (*pairs.kept, *pairs.renamed)
        }
        before = [became[str(one.identifier)] for one in old if str(one.identifier) in became]
        after = [str(one.identifier) for one in new if str(one.identifier) in set(before)]
        if before != after:
            yield self._endpoint(
                "results-reordered",
                f"it returns {names(after)} in this order, not {names(before)}",
                f"Code that unpacks what {self._call} returns, or reads it by position, gets other "
                "values; code that reads its fields goes on.",
            )
        for one, other in (*pairs.kept, *pairs.renamed):
            yield from self._one(one, other, is_alone=False)

    def _one(self, old: Result, new: Result, *, is_alone: bool) -> Iterator[Change]:
        shown = "the result" if is_alone else f"result {code(new.identifier)}"
        relation = self._types.relation(old.schema, new.schema, "result")
        rules: dict[str, Rule] = {
            "narrowed": "result-narrowed",
            "widened": "result-widened",
            "changed": "result-type-changed",
        }
        if relation in rules:
            yield self._change(
                rules[relation],
                old,
                f"{shown}: {type_change(old.schema, new.schema, self._classes)}",
                "Code goes on as it is."
                if relation == "narrowed"
                else f"Code that counts on the type of what {self._call} returns fails.",
            )
        else:
            yield from self._choices(old, new, shown)
        if (was := old.label) != (is_ := new.label):
            yield self._change(
                "result-described",
                old,
                f"{shown}: the label was {code(was or 'empty')}, is {code(is_ or 'empty')}",
                "No call is affected.",
            )

    def _choices(self, old: Result, new: Result, shown: str) -> Iterator[Change]:
        before, after = choices_of(old.schema), choices_of(new.schema)
        gone = [value for value in before if value not in after]
        came = [value for value in after if value not in before]
        if gone or came:
            parts = [f"{values(came)} may come as well"] if came else []
            parts += [f"{values(gone)} comes no more"] if gone else []
            yield self._change(
                "result-choices-changed",
                old,
                f"{shown}: {', and '.join(parts)}",
                "Code goes on; one that tells the values apart may have a case more or less.",
            )

    def _shape(self, operation: Operation) -> str:
        results = operation.results
        if len(results) == 1:
            return type_(results[0].schema)
        return f"{len(results)} values ({names(str(one.identifier) for one in results)})"

    def _endpoint(self, rule: Rule, what: str, affected: str) -> Change:
        key = endpoint_key(self._old)
        return Change(rule=rule, subject="endpoint", endpoint=key, what=what, affected=affected)

    def _change(self, rule: Rule, result: Result, what: str, affected: str) -> Change:
        return Change(
            rule=rule,
            subject="result",
            endpoint=endpoint_key(self._old),
            name=str(result.identifier),
            what=what,
            affected=affected,
        )
