"""`diff_services(old, new)`: every change between two APIs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...ir.model import Definition, Operation, Service
from ...ir.types import Reference
from .change import KINDS, ApiDiff, Change, Rule, code
from .comparison import Comparison, pair
from .parameters import parameter_changes
from .results import result_changes
from .wording import names, was_and_is


def diff_services(old: Service, new: Service) -> ApiDiff:
    """Compare two versions of an API, both normalised under one package name.

    With two names, the change of the client's name is reported as well.
    """
    api = Comparison(old, new)
    found = [*_endpoints(api), *_classes(api), *_about(old, new)]
    found.sort(key=lambda change: KINDS.index(change.kind))
    return ApiDiff(package=str(new.package), changes=tuple(found))


def _endpoints(api: Comparison) -> Iterator[Change]:
    pairs = pair(
        api.old.operations,
        api.new.operations,
        name=_key,
        is_same=lambda one, other: _has_same_signature(api, one, other),
    )
    omitted = {omission.endpoint: omission.reason for omission in api.new.omissions}
    for old in pairs.gone:
        key = _key(old)
        fail = f"Calls of {api.call(old)} fail."
        rule, what = Rule.ENDPOINT_GONE, "it is gone"
        if key in omitted:
            rule = Rule.ENDPOINT_OMITTED
            what = f"the client cannot carry it any more: {code(omitted[key])}"
        yield Change(rule, what, fail, endpoint=key)
    for old, new in pairs.renamed:
        yield Change(
            Rule.ENDPOINT_RENAMED,
            f"it is gone; {code(_key(new))} is new, with the same parameters and results",
            f"Calls of {api.call(old)} fail: write {api.call(new)}.",
            endpoint=_key(old),
        )
    for new in pairs.added:
        affected = f"{api.call(new)} can be called."
        yield Change(Rule.ENDPOINT_ADDED, "it is new", affected, endpoint=_key(new))
    for old, new in pairs.kept:
        if old.method != new.method:
            yield Change(
                Rule.METHOD_RENAMED,
                f"its method {code(old.method)} is now {code(new.method)}",
                f"Calls of {api.call(old)} fail: write {api.call(new)}.",
                endpoint=_key(old),
            )
    for old, new in pairs.both:
        for change in _endpoint(api, old, new):
            yield replace(change, endpoint=_key(old))


def _endpoint(api: Comparison, old: Operation, new: Operation) -> Iterator[Change]:
    yield from parameter_changes(api, old, new)
    yield from result_changes(api, old, new)
    jobs = code(f"{api.new.package}.jobs.{new.method}(...)")
    if new.streams and old.streams is False:
        yield Change(
            Rule.STREAMING_BEGAN,
            "it gives partial results now",
            f"Iterating over {jobs} gives each of them; calls go on as they are.",
        )
    elif old.streams and new.streams is False:
        yield Change(
            Rule.STREAMING_ENDED,
            "it gives no partial results any more",
            f"Iterating over {jobs} gives the result alone; calls go on as they are.",
        )
    if old.description != new.description:
        yield Change(Rule.ENDPOINT_DESCRIBED, "its description changed")


def _has_same_signature(api: Comparison, old: Operation, new: Operation) -> bool:
    """Whether an endpoint may be another one under a new name."""
    changes = (*parameter_changes(api, old, new), *result_changes(api, old, new))
    has_signature = bool(old.parameters or old.results)
    return has_signature and all(change.kind == "cosmetic" for change in changes)


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
    for gone in pairs.gone:
        name = gone.class_name
        what = f"the class {code(name)} is gone"
        yield Change(Rule.CLASS_GONE, what, _import_fails(name), name=name)
    for one, other in pairs.renamed:
        was, is_ = one.class_name, other.class_name
        what = f"the class {code(was)} is now {code(is_)}"
        yield Change(Rule.CLASS_RENAMED, what, _import_fails(was, is_), name=was)
    for added in pairs.added:
        name = added.class_name
        yield Change(Rule.CLASS_ADDED, f"the class {code(name)} is new", name=name)


def _import_fails(name: str, instead: str = "") -> str:
    advice = f": import {code(instead)}" if instead else ""
    return f"Code that imports {code(name)} fails{advice}."


def _about(old: Service, new: Service) -> Iterator[Change]:
    """What changed in the Space as a whole."""
    versions = old.platform_version, new.platform_version
    for rule, what, was, is_ in (
        (Rule.SOURCE_CHANGED, "the Space", old.source, new.source),
        (Rule.TITLE_CHANGED, "the title", old.title, new.title),
        (Rule.PLATFORM_CHANGED, "the Gradio version", *versions),
    ):
        if was != is_:
            change = Change(rule, was_and_is(what, was, is_, without="unknown"))
            if rule is Rule.SOURCE_CHANGED:
                client = code(f"{new.class_name}()")
                affected = f"{client} without a source calls another Space."
                change = replace(change, affected=affected)
            yield change
    if old.documents != new.documents:
        yield Change(
            Rule.DOCUMENTS_CHANGED,
            f"the API was read from {names(old.documents)}, is read from {names(new.documents)}",
            "What only one of them says looks as if it had changed.",
        )


def _key(operation: Operation) -> str:
    """What an endpoint is known by from one version of an API to the next."""
    return operation.endpoint or f"fn_index={operation.fn_index}"
