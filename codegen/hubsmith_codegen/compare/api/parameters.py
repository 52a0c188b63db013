"""What changed in the parameters of an endpoint."""

from __future__ import annotations

from collections.abc import Iterator

from ...ir.model import Default, Operation, Parameter
from .argument_type import ArgumentType
from .change import Change, Rule, code, endpoint_key
from .pairing import Pairs, pair
from .spelling import default, listed, names, type_
from .types import Classes, Types


def positional(operation: Operation) -> list[Parameter]:
    """The parameters that the stub takes by position: see `render`."""
    found: list[Parameter] = []
    for place, parameter in enumerate(operation.parameters if operation.is_ordered else ()):
        if place and parameter.default is not None:
            break
        found.append(parameter)
        if parameter.default is not None:
            break
    return found


class Parameters:
    """Compares the parameters of an endpoint that is in both APIs.

    Args:
        types: Compares types.
        classes: The classes of the old and of the new API.
        call: What calls look like now, such as `kitchen.greet`.
        old: The endpoint as it was.
        new: The endpoint as it is.
    """

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
        self._call = call
        self._old = old
        self._new = new
        self._places = tuple(
            {str(one.identifier): place for place, one in enumerate(operation.parameters)}
            for operation in (old, new)
        )

    def changes(self) -> Iterator[Change]:
        """Every change, from the signature down to the words."""
        pairs = pair(
            self._old.parameters,
            self._new.parameters,
            name=lambda one: str(one.identifier),
            is_same=self._may_be,
        )
        for one in pairs.gone:
            yield self._change(
                "parameter-gone",
                one,
                f"parameter {code(one.identifier)} is gone",
                f"Calls of {self._with(one)} fail: leave it out.",
            )
        for one, other in pairs.renamed:
            by_place = (
                " Calls that pass it by position go on." if one in positional(self._old) else ""
            )
            yield self._change(
                "parameter-renamed",
                one,
                f"parameter {code(one.identifier)} is now {code(other.identifier)}",
                f"Calls of {self._with(one)} fail: write {self._with(other)}.{by_place}",
            )
        for one in pairs.added:
            yield self._added(one)
        yield from self._order(pairs)
        for one, other in (*pairs.kept, *pairs.renamed):
            yield from self._default(one, other)
            yield from ArgumentType(
                self._types, self._classes, self._call, endpoint_key(self._old), one, other
            ).changes()
            yield from self._words(one, other)

    def _may_be(self, old: Parameter, new: Parameter) -> bool:
        """Whether a parameter may be another one under a new name."""
        places = self._places[0][str(old.identifier)], self._places[1][str(new.identifier)]
        is_there = places[0] == places[1] or bool(old.label and old.label == new.label)
        return (
            is_there
            and (old.default is None) == (new.default is None)
            and self._types.relation(old.schema, new.schema, "argument") == "same"
        )

    def _added(self, one: Parameter) -> Change:
        if one.default is None:
            return self._change(
                "parameter-added-required",
                one,
                f"parameter {code(one.identifier)} ({type_(one.schema)}) is new and required",
                f"Calls of {code(f'{self._call}(...)')} fail until they pass {code(one.identifier)}.",
            )
        return self._change(
            "parameter-added-optional",
            one,
            f"parameter {code(one.identifier)} ({type_(one.schema)}) is new; "
            f"left out, it is {default(one.default)}",
            "Calls go on as they are.",
        )

    def _order(self, pairs: Pairs[Parameter]) -> Iterator[Change]:
        became = {str(one.identifier): str(other.identifier) for one, other in pairs.kept}
        became |= {str(one.identifier): str(other.identifier) for one, other in pairs.renamed}
        before = [str(one.identifier) for one in positional(self._old)]
        after = [str(one.identifier) for one in positional(self._new)]
        moved = [
            name
            for place, name in enumerate(before)
            if name in became and after[place : place + 1] != [became[name]]
        ]
        if moved:
            yield Change(
                rule="parameters-moved",
                subject="endpoint",
                endpoint=endpoint_key(self._old),
                what=f"by position it takes {names(after) if after else 'nothing'}, "
                f"not {names(before)}",
                affected=f"Calls of {code(f'{self._call}(...)')} that pass {names(moved)} by "
                "position fail, or pass it as another parameter: pass it by name.",
            )
            return
        shared = [
            became[str(one.identifier)]
            for one in self._old.parameters
            if str(one.identifier) in became
        ]
        order = [name for name in self._places[1] if name in set(shared)]
        if shared != order:
            yield Change(
                rule="parameters-reordered",
                subject="endpoint",
                endpoint=endpoint_key(self._old),
                what=f"the parameters are in the order {names(order)}, not {names(shared)}",
                affected="Calls go on once the client is generated again. Calls without a typed "
                "client that pass values by position give them to other parameters.",
            )

    def _default(self, old: Parameter, new: Parameter) -> Iterator[Change]:
        shown = code(new.identifier)
        if old.default is None and new.default is not None:
            yield self._change(
                "parameter-made-optional",
                old,
                f"parameter {shown} may be left out; it is {default(new.default)} then",
                "Calls go on as they are.",
            )
        elif old.default is not None and new.default is None:
            yield self._change(
                "parameter-made-required",
                old,
                f"parameter {shown} is required",
                f"Calls of {code(f'{self._call}(...)')} that leave out {shown} fail; "
                f"it was {default(old.default)} then.",
            )
        elif (
            old.default is not None
            and new.default is not None
            and not _is_equal(old.default, new.default)
        ):
            yield self._change(
                "default-changed",
                old,
                f"parameter {shown}: the default was {default(old.default)}, "
                f"is {default(new.default)}",
                f"Calls of {code(f'{self._call}(...)')} that leave out {shown} send the new value.",
            )

    def _words(self, old: Parameter, new: Parameter) -> Iterator[Change]:
        changed = [
            f"the {what} was {code(was or 'empty')}, is {code(is_ or 'empty')}"
            for what, was, is_ in (
                ("label", old.label, new.label),
                ("help", old.description, new.description),
                ("component", old.component, new.component),
                ("name on the wire", old.wire_name, new.wire_name),
            )
            if was != is_ and (what != "name on the wire" or old.identifier == new.identifier)
        ]
        if changed:
            yield self._change(
                "parameter-described",
                old,
                f"parameter {code(new.identifier)}: {listed(changed)}",
                "No call is affected.",
            )

    def _with(self, parameter: Parameter) -> str:
        return code(f"{self._call}({parameter.identifier}=...)")

    def _change(self, rule: Rule, parameter: Parameter, what: str, affected: str) -> Change:
        return Change(
            rule=rule,
            subject="parameter",
            endpoint=endpoint_key(self._old),
            name=str(parameter.identifier),
            what=what,
            affected=affected,
        )


def _is_equal(old: Default, new: Default) -> bool:
    kinds = [isinstance(one.value, bool) for one in (old, new)]
    return kinds[0] == kinds[1] and (old.value, repr(old.wire)) == (new.value, repr(new.wire))
