"""`diff_services(old, new)`: every change between two APIs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...ir.model import Definition, Operation, Service
from ...ir.types import Reference
from .change import KINDS, ApiDiff, Change, Rule, code
from .comparison import PYTHON, Comparison, Language, pair
from .parameters import parameter_changes
from .results import result_changes
from .wording import names, was_and_is


def diff_services(old: Service, new: Service, *, language: Language = PYTHON) -> ApiDiff:
    """Compare two versions of an API, both normalised under one package name.

    Their names must already be those of the language, such as TypeScript's camel case.

    If the names of the two clients differ, that is reported as a change as well.
    """
    api = Comparison(old, new, language)
    found = [*_endpoints(api), *_classes(api), *_about(api)]
    found.sort(key=lambda change: KINDS.index(change.kind))
    return ApiDiff(package=str(new.package), changes=tuple(found))


def _endpoints(api: Comparison) -> Iterator[Change]:
    def is_same(old: Operation, new: Operation) -> bool:
        changes = (*parameter_changes(api, old, new), *result_changes(api, old, new))
        has_signature = bool(old.parameters or old.results)
        return has_signature and all(change.kind == "cosmetic" for change in changes)

    pairs = pair(api.old.operations, api.new.operations, name=_key, is_same=is_same)
    omitted = {omission.endpoint: omission.reason for omission in api.new.omissions}
    for old in pairs.gone:
        key = _key(old)
        fail = f"Calls to {api.call(old)} fail."
        rule, what = Rule.ENDPOINT_GONE, "it is gone"
        if key in omitted:
            rule = Rule.ENDPOINT_OMITTED
            what = f"the client can no longer express it: {code(omitted[key])}"
        yield Change(rule, what, fail, endpoint=key)
    for old, new in pairs.renamed:
        if old.method == new.method:  # Two paths may have the same name in camel case.
            yield Change(
                Rule.ENDPOINT_DESCRIBED, f"it is {code(_key(new))} now", endpoint=_key(old)
            )
            continue
        what = f"it is gone; {code(_key(new))} is new, with the same parameters and results"
        affected = f"Calls to {api.call(old)} fail: write {api.call(new)}."
        yield Change(Rule.ENDPOINT_RENAMED, what, affected, endpoint=_key(old))
    for new in pairs.added:
        affected = f"{api.call(new)} can be called."
        yield Change(Rule.ENDPOINT_ADDED, "it is new", affected, endpoint=_key(new))
    for old, new in pairs.kept:
        if old.method != new.method:
            what = f"its method {code(old.method)} is now {code(new.method)}"
            affected = f"Calls to {api.call(old)} fail: write {api.call(new)}."
            yield Change(Rule.METHOD_RENAMED, what, affected, endpoint=_key(old))
    for old, new in pairs.both:
        for change in _endpoint(api, old, new):
            yield replace(change, endpoint=_key(old))


def _endpoint(api: Comparison, old: Operation, new: Operation) -> Iterator[Change]:
    yield from parameter_changes(api, old, new)
    yield from result_changes(api, old, new)
    jobs = code(api.language.call(f"{api.new.package}.jobs", new.method, ""))
    if new.streams and old.streams is False:
        affected = f"Iterating over {jobs} yields each of them; calls keep working."
        yield Change(Rule.STREAMING_BEGAN, "it sends partial results now", affected)
    elif old.streams and new.streams is False:
        affected = f"Iterating over {jobs} yields only the result; calls keep working."
        yield Change(Rule.STREAMING_ENDED, "it no longer sends partial results", affected)
    if old.description != new.description:
        yield Change(Rule.ENDPOINT_DESCRIBED, "its description changed")


def _classes(api: Comparison) -> Iterator[Change]:
    old, new = api.old.class_name, api.new.class_name
    if old != new:
        what = f"the client {code(old)} is now {code(new)}"
        yield Change(Rule.CLIENT_RENAMED, what, _import_fails(old, new), name=old)

    def is_same(one: Definition, other: Definition) -> bool:
        types = Reference(class_name=one.class_name), Reference(class_name=other.class_name)
        return api.is_same(*types, "argument") and api.is_same(*types, "result")

    pairs = pair(
        tuple(api.old_classes.values()),
        tuple(api.new_classes.values()),
        name=lambda definition: definition.class_name,
        is_same=is_same,
    )
    for name in (one.class_name for one in pairs.gone):
        what = f"the class {code(name)} is gone"
        yield Change(Rule.CLASS_GONE, what, _import_fails(name), name=name)
    for one, other in pairs.renamed:
        was, is_ = one.class_name, other.class_name
        what = f"the class {code(was)} is now {code(is_)}"
        yield Change(Rule.CLASS_RENAMED, what, _import_fails(was, is_), name=was)
    for name in (one.class_name for one in pairs.added):
        yield Change(Rule.CLASS_ADDED, f"the class {code(name)} is new", name=name)


def _import_fails(name: str, instead: str = "") -> str:
    advice = f": import {code(instead)}" if instead else ""
    return f"Code that imports {code(name)} fails{advice}."


def _about(api: Comparison) -> Iterator[Change]:
    """What changed in the Space as a whole."""
    old, new = api.old, api.new
    if old.source != new.source:
        what = was_and_is("the Space", old.source, new.source, without="unknown")
        affected = (
            f"{code(api.language.new_client(new.class_name))} without a source calls another Space."
        )
        yield Change(Rule.SOURCE_CHANGED, what, affected)
    if old.title != new.title:
        what = was_and_is("the title", old.title, new.title, without="unknown")
        yield Change(Rule.TITLE_CHANGED, what)
    was, is_ = old.platform_version, new.platform_version
    if was != is_:
        what = was_and_is("the Gradio version", was, is_, without="unknown")
        yield Change(Rule.PLATFORM_CHANGED, what)
    if old.documents != new.documents:
        what = f"the API was read from {names(old.documents)}, is read from {names(new.documents)}"
        affected = "Details that only one of them has appear as changes."
        yield Change(Rule.DOCUMENTS_CHANGED, what, affected)


def _key(operation: Operation) -> str:
    """What identifies an endpoint across versions of an API."""
    return operation.endpoint or f"fn_index={operation.fn_index}"
