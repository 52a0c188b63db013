"""From names in a spec to names in Python.

A name that is already an identifier stays as it is, so that callers type what the Space's author
wrote. Collisions are never resolved by a counter: a name that needed no change is kept, and the
others have their odd characters spelled out.
"""

from __future__ import annotations

import hashlib
import itertools
import keyword
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib import resources

from .text import Source

_SPELLED = {"-": "dash", ".": "dot", "/": "slash", " ": "space", "+": "plus", ":": "colon"}
_LONGEST = 60

RUNTIME_FOLDER = "_runtime"
"""The folder of the runtime in a client package that contains it."""


class Identifier(Source):
    """A Python identifier."""

    __slots__ = ()


class ClassName(Source):
    """The name of a class."""

    __slots__ = ()


@cache
def reserved(list_name: str) -> frozenset[str]:
    """The words of one list in the `reserved` folder."""
    folder = resources.files("hubsmith_codegen").joinpath("ir/reserved")
    text = folder.joinpath(f"{list_name}.txt").read_text("utf-8")
    lines = (line.partition("#")[0].split() for line in text.splitlines())
    return frozenset(word for line in lines for word in line)


def is_name(text: str) -> bool:
    """Whether the text is a valid Python name and not a keyword."""
    return text.isidentifier() and not keyword.iskeyword(text)


def identifier(
    text: str, *, fallback: str, avoid: frozenset[str] = frozenset(), is_spelled: bool = False
) -> Identifier:
    """The identifier for a name of a spec; one to `avoid` gets a trailing underscore.

    If nothing usable is left, it is the fallback or begins with it. Odd characters become
    underscores, or with `is_spelled` their names, for a name whose short form is taken.
    """
    # Python folds identifiers to NFKC when it reads source. Fold them here as well, so that names
    # that differ in the spec but not in Python are seen as equal.
    folded = unicodedata.normalize("NFKC", text.strip("/"))
    name = "".join(
        one if f"_{one}".isidentifier() else _spell(one) if is_spelled else "_" for one in folded
    )
    # A leading underscore would make a field private and hide a method from completion.
    name = re.sub(r"_{2,}", "_", name).strip("_")[:_LONGEST].rstrip("_")
    if not name:
        name = fallback
    elif not name.isidentifier():
        name = f"{fallback}_{name}"
    if keyword.iskeyword(name) or name in avoid:
        name += "_"
    return Identifier(name)


def class_name(text: str, *, fallback: str) -> ClassName:
    """The class name for a name of a spec: words joined, each with a capital, all in ASCII."""
    if not text.isascii():
        # Imported only when needed: few Spaces have such names.
        from anyascii import anyascii

        text = anyascii(text)
    words = re.findall("[A-Za-z0-9]+", text)
    joined = "".join(word[0].upper() + word[1:] for word in words)[:_LONGEST]
    if not joined.isidentifier():
        joined = fallback + joined
    # A class name must not be a keyword such as `None`.
    return ClassName(f"{joined}_" if keyword.iskeyword(joined) else joined)


def distinct(
    names: Sequence[str], *, fallback: str, avoid: frozenset[str] = frozenset()
) -> tuple[Identifier, ...]:
    """One identifier for each name in one scope, all different, independent of their order."""
    short = [identifier(name, fallback=fallback, avoid=avoid) for name in names]
    rivals, twins = Counter(short), Counter(names)
    is_unchanged = [one == name.strip("/") for one, name in zip(short, names, strict=True)]
    unchanged = Counter(itertools.compress(short, is_unchanged))

    def longer(place: int) -> str:
        if twins[names[place]] > 1:
            # Even the spec's own names are equal: only their positions distinguish them.
            return f"{short[place].rstrip('_')}_{place + 1}"
        return identifier(names[place], fallback=fallback, avoid=avoid, is_spelled=True)

    keeps = [
        rivals[one] == 1 or (is_same and unchanged[one] == 1)
        for one, is_same in zip(short, is_unchanged, strict=True)
    ]
    return tuple(map(Identifier, _set_apart(short, keeps, longer, names)))


def distinct_classes(methods: Sequence[Identifier]) -> tuple[ClassName, ...]:
    """Distinct class names for methods, whose own names are distinct."""
    short = [class_name(method, fallback="Call") for method in methods]
    rivals = Counter(short)
    keeps = [rivals[name] == 1 for name in short]
    # `run_it` and `runIt`: keep the underscores that distinguish them.
    found = _set_apart(short, keeps, lambda place: _capital(methods[place]), methods)
    return tuple(map(ClassName, found))


def _set_apart(
    short: Sequence[str], keeps: Sequence[bool], longer: Callable[[int], str], names: Sequence[str]
) -> list[str]:
    """The short names, or longer ones, with a hash of the spec's name where two are still equal.

    The names marked in `keeps` are all different, and are never changed.
    """
    found = [one if keeps[place] else longer(place) for place, one in enumerate(short)]
    result = list(found)
    rivals, twins = Counter(found), Counter(names)
    taken = set(found)
    for place, name in enumerate(names):
        if keeps[place] or rivals[found[place]] == 1:
            continue
        origin = name if twins[name] == 1 else f"{place}{name}"
        digest = hashlib.sha256(origin.encode(errors="replace")).hexdigest()
        length = 8
        while (made := f"{found[place].rstrip('_')}_{digest[:length]}") in taken:
            length += 8
        result[place] = made
        taken.add(made)
    return result


def joined(parts: Iterable[str]) -> ClassName:
    """A class name from the full path of an object."""
    text = "".join(class_name(part, fallback="") for part in parts)[: 2 * _LONGEST]
    return ClassName(text if is_name(text) else f"Object{text}")


def _capital(word: str) -> str:
    # The upper-case form of one letter may be several characters.
    return unicodedata.normalize("NFKC", word[0].upper() + word[1:])


def _spell(character: str) -> str:
    return f"_{_SPELLED.get(character) or f'u{ord(character):04x}'}_"
