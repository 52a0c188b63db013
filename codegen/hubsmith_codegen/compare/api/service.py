"""`diff_services(old, new)`: every change between two APIs."""

from __future__ import annotations

from collections.abc import Iterator

from ...ir.model import Definition, Operation, Service
from .change import ApiDiff, Change, Rule, Subject, code, endpoint_key
from .pairing import pair
from .parameters import Parameters
from .results import Results
from .rules import RULES
from .spelling import names
from .types import Types, classes_of

_RANKS = {"breaking": 0, "compatible": 1, "cosmetic": 2}


def diff_services(old: Service, new: Service) -> ApiDiff:
    """Compare two versions of an API.

    Args:
        old: The API that calling code was written against.
        new: The API as it is now. Both should be normalised under one package name; else the
            change of the client's name is reported as well.
    """
    found = list(_Services(old, new).changes())
    found.sort(key=lambda change: _RANKS[RULES[change.rule].kind])
    return ApiDiff(package=str(new.package), changes=tuple(found))


class _Services:
    def __init__(self, old: Service, new: Service) -> None:
        self._old = old
        self._new = new
        self._types = Types(old, new)
        self._classes = (classes_of(old), classes_of(new))

    def changes(self) -> Iterator[Change]:
        """Every change, in the order of the old API."""
        old, new = self._old, self._new
        if old.class_name != new.class_name:
            yield _change(
                "client-renamed",
                "class",
                f"the client {code(old.class_name)} is now {code(new.class_name)}",
                f"Code that imports {code(old.class_name)} fails: import {code(new.class_name)}.",
                name=str(old.class_name),
            )
        yield from self._operations()
        yield from self._definitions()
        yield from self._words()

    def _operations(self) -> Iterator[Change]:
        pairs = pair(
            self._old.operations,
            self._new.operations,
            name=endpoint_key,
            is_same=self._has_same_signature,
        )
        omitted = {omission.endpoint: omission.reason for omission in self._new.omissions}
        for one in pairs.gone:
            call = code(f"{self._new.package}.{one.method}(...)")
            if (key := endpoint_key(one)) in omitted:
                yield _change(
                    "endpoint-omitted",
                    "endpoint",
                    f"the client cannot carry it any more: {code(omitted[key])}",
                    f"Calls of {call} fail.",
                    endpoint=key,
                )
            else:
                affected = f"Calls of {call} fail."
                yield _change("endpoint-gone", "endpoint", "it is gone", affected, endpoint=key)
        for one, other in pairs.renamed:
            yield _change(
                "endpoint-renamed",
                "endpoint",
                f"it is gone; {code(endpoint_key(other))} is new, with the same parameters and results",
                f"Calls of {self._call(one)} fail: write {self._call(other)}.",
                endpoint=endpoint_key(one),
            )
        for one in pairs.added:
            yield _change(
                "endpoint-added",
                "endpoint",
                "it is new",
                f"{self._call(one)} can be called.",
                endpoint=endpoint_key(one),
            )
        for one, other in pairs.kept:
            if one.method != other.method:
                yield _change(
                    "method-renamed",
                    "endpoint",
                    f"its method {code(one.method)} is now {code(other.method)}",
                    f"Calls of {self._call(one)} fail: write {self._call(other)}.",
                    endpoint=endpoint_key(one),
                )
        for one, other in (*pairs.kept, *pairs.renamed):
            yield from self._operation(one, other)

    def _operation(self, old: Operation, new: Operation) -> Iterator[Change]:
        call = f"{self._new.package}.{new.method}"
        yield from Parameters(self._types, self._classes, call, old, new).changes()
        yield from Results(self._types, self._classes, call, old, new).changes()
        key = endpoint_key(old)
        jobs = code(f"{self._new.package}.jobs.{new.method}(...)")
        if new.streams and old.streams is False:
            yield _change(
                "streaming-began",
                "endpoint",
                "it gives partial results now",
                f"Iterating over {jobs} gives each of them; calls go on as they are.",
                endpoint=key,
            )
        elif old.streams and new.streams is False:
            yield _change(
                "streaming-ended",
                "endpoint",
                "it gives no partial results any more",
                f"Iterating over {jobs} gives the result alone; calls go on as they are.",
                endpoint=key,
            )
        if old.description != new.description:
            yield _change(
                "endpoint-described",
                "endpoint",
                "its description changed",
                "No call is affected.",
                endpoint=key,
            )

    def _has_same_signature(self, old: Operation, new: Operation) -> bool:
        """Whether an endpoint may be another one under a new name."""
        if not (old.parameters or old.results) or old.is_ordered != new.is_ordered:
            return False
        if len(old.parameters) != len(new.parameters) or len(old.results) != len(new.results):
            return False
        return all(
            one.identifier == other.identifier
            and one.default == other.default
            and self._types.relation(one.schema, other.schema, "argument") == "same"
            for one, other in zip(old.parameters, new.parameters, strict=True)
        ) and all(
            one.identifier == other.identifier
            and self._types.relation(one.schema, other.schema, "result") == "same"
            for one, other in zip(old.results, new.results, strict=True)
        )

    def _definitions(self) -> Iterator[Change]:
        pairs = pair(
            self._old.definitions,
            self._new.definitions,
            name=lambda one: str(one.class_name),
            is_same=self._is_same_class,
        )
        for one in pairs.gone:
            yield _change(
                "class-gone",
                "class",
                f"the class {code(one.class_name)} is gone",
                f"Code that imports {code(one.class_name)} fails.",
                name=str(one.class_name),
            )
        for one, other in pairs.renamed:
            yield _change(
                "class-renamed",
                "class",
                f"the class {code(one.class_name)} is now {code(other.class_name)}",
                f"Code that imports {code(one.class_name)} fails: import {code(other.class_name)}.",
                name=str(one.class_name),
            )
        for one in pairs.added:
            yield _change(
                "class-added",
                "class",
                f"the class {code(one.class_name)} is new",
                "No call is affected.",
                name=str(one.class_name),
            )

    def _is_same_class(self, old: Definition, new: Definition) -> bool:
        one, other = ({"$ref": f"#/$defs/{definition.class_name}"} for definition in (old, new))
        return (
            self._types.relation(one, other, "argument") == "same"
            and self._types.relation(one, other, "result") == "same"
        )

    def _words(self) -> Iterator[Change]:
        old, new = self._old, self._new
        if old.source != new.source:
            client = code(f"{new.class_name}()")
            yield _change(
                "source-changed",
                "api",
                f"the Space was {code(old.source or 'unknown')}, is {code(new.source or 'unknown')}",
                f"{client} without a source calls another Space.",
            )
        for rule, what, was, is_ in (
            ("title-changed", "the title", old.title, new.title),
            ("platform-changed", "the Gradio version", old.platform_version, new.platform_version),
        ):
            if was != is_:
                yield _change(
                    "title-changed" if rule == "title-changed" else "platform-changed",
                    "api",
                    f"{what} was {code(was or 'unknown')}, is {code(is_ or 'unknown')}",
                    "No call is affected.",
                )
        if old.documents != new.documents:
            yield _change(
                "documents-changed",
                "api",
                f"the API was read from {names(old.documents)}, is read from {names(new.documents)}",
                "What only one of them says looks as if it had changed.",
            )

    def _call(self, operation: Operation) -> str:
        return code(f"{self._new.package}.{operation.method}(...)")


def _change(
    rule: Rule, subject: Subject, what: str, affected: str, *, endpoint: str = "", name: str = ""
) -> Change:
    return Change(
        rule=rule, subject=subject, endpoint=endpoint, name=name, what=what, affected=affected
    )
