"""Adversarial documents, made from those of real apps: the same number gives the same documents."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
KINDS = ("info", "config", "openapi")
CANARY = "hostile-canary"
"""What a text that became code leaves behind: a folder of this name."""

Tree: TypeAlias = "dict[str, Any]"
Place: TypeAlias = "tuple[Any, str | int]"

_CODE = f'__import__("os").mkdir("{CANARY}")'
TEXTS = (
    f'"""; {_CODE}; """',
    f"'''; {_CODE}; '''",
    f'"); {_CODE} #',
    f"'); {_CODE} #",
    f"\\'); {_CODE} #",
    f'\\"""\n{_CODE}\n"""',
    f"x\n{_CODE}\n",
    f"x\r\n\u2028\x85    {_CODE}",
    f"{_CODE}",
    f"lambda: {_CODE}",
    f"list[{_CODE}]",
    f"f'{{{_CODE}}}'",
    f"{{{{ {_CODE} }}}}{{% print({_CODE}) %}}{{# #}}",
    f"$(mkdir {CANARY}) `mkdir {CANARY}` ; mkdir {CANARY} #",
    f"'; mkdir {CANARY}; '",
    f'"; mkdir {CANARY}; "',
    f"x' $(mkdir {CANARY}) '",
    f"\nmkdir {CANARY}\n",
    "-o /tmp/hostile-canary",
    "@/etc/passwd",
    "${IFS}\\\n$BASE",
    "\x1b[2J\x1b]0;title\x07\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\",
    "\r\x08\x08\x08\x00\x7f\x9b2J\x9d0;x\x9c",
    "\u202euser\u2066 # nimda\u2069\u200f\u061c",
    "\ud800",
    "a\udfffb",
    "\ufeff\u200b\u00ad\ue000\U000e0041",
    "\n---\n# A heading\n1. one\n- two\n> three\n```\nfour\n~~~\n| a | b |\n|--|--|",
    "<script>alert(1)</script><!-- [a](javascript:alert(1)) ![b](http://x/y.png)",
    "`` ` ``` <img src=x>",
    "../../../etc/passwd",
    "..\\..\\C:\\x:y",
    "/etc/passwd",
    "..",
    "",
    " ",
    "\t",
    "123",
    "1e999",
    "__class__",
    "__init__",
    "__init_subclass__",
    "__getattr__",
    "__all__",
    "__endpoint__",
    "__proto__",
    "_private",
    "model_config",
    "model_fields",
    "model_dump",
    "self",
    "cls",
    "import",
    "None",
    "True",
    "match",
    "type",
    "Any",
    "str",
    "list",
    "print",
    "File",
    "Model",
    "Request",
    "Endpoint",
    "Field",
    "Literal",
    "Annotated",
    "Sequence",
    "Space",
    "jobs",
    "_run",
    "headers",
    "api_name",
    "x" * 3000,
    "word " * 300,
    "é" * 300,
    "ﬁ ſ K Å",
    "一二三",
    "𝓎",
    "a\u0301",
    "%s {0.__class__} $a #{x}",
    "http://user:password@host/",
    "https://host/\x00?x#y",
    "#/$defs/self",
)
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, -0.0, 1e308, 5e-324, 10**18, -(10**40), 10**400, "", "x",
    [], {}, [[]], [{}], {"": {}}, {"$ref": "#"}, {"type": "object"}, {"type": ["string", "null"]},
    {"enum": []}, {"enum": [None, 1, 1.0, True, "1", [], {}]}, {"const": {"a": [1]}},
    {"anyOf": []}, {"allOf": [{}]}, {"type": "array", "items": False}, {"items": [{}, {}]},
    {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}, "NaN", ["a", "a"],
)  # fmt: skip


def hostile(number: int) -> dict[str, bytes]:
    """The documents with this number."""
    random = Random(number)
    documents = part(random, parsed(random.choice(originals())))
    other = parsed(random.choice(originals()))
    if random.random() < 0.3:
        _everywhere(random, documents)
    for _ in range(random.choice((0, 1, 1, 2, 3, 5, 8, 20))):
        change(random, documents, other)
    if random.random() < 0.3 and len(documents) > 1:
        del documents[random.choice(sorted(documents))]
    contents = {kind: json.dumps(one).encode() for kind, one in documents.items()}
    if random.random() < 0.03:
        kind = random.choice(sorted(contents))
        contents[kind] = _broken(random, contents[kind])
    return contents


@functools.cache
def originals() -> list[dict[str, bytes]]:
    """The documents of every recorded app."""
    folders = [*(CORPUS / "apps").iterdir(), *(CORPUS / "gradio-versions").iterdir()]
    found: list[dict[str, bytes]] = []
    for folder in sorted(folders):
        for prefix in ("", "components.", "api.", "apisafe.", "kitchen."):
            files = {kind: folder / f"{prefix}{kind}.json" for kind in KINDS}
            documents = {kind: file.read_bytes() for kind, file in files.items() if file.exists()}
            if documents:
                found.append(documents)
    return found


def parsed(documents: dict[str, bytes]) -> Tree:
    """Documents that may be changed: reading them anew is faster than a copy."""
    return {kind: json.loads(content) for kind, content in documents.items()}


def part(random: Random, documents: Tree) -> Tree:
    """A few endpoints of an app: what is wrong with one shows with one."""
    info, config, openapi = (documents.get(kind) or {} for kind in KINDS)
    functions = config.get("dependencies") or []
    names = [*info.get("named_endpoints", {}), *(f"/{one.get('api_name')}" for one in functions)]
    chosen = set(random.sample(names, min(len(names), random.randint(1, 4))))
    if info:
        named = info["named_endpoints"]
        info["named_endpoints"] = {one: named[one] for one in named if one in chosen}
    if config:
        kept = [one for one in functions if f"/{one.get('api_name')}" in chosen]
        ids = {str(one) for each in kept for one in [*each["inputs"], *each["outputs"]]}
        config["dependencies"] = kept
        config["components"] = [one for one in config["components"] if str(one["id"]) in ids]
    if openapi:
        paths = openapi["paths"]
        openapi["paths"] = {
            path: paths[path] for path in paths if path.endswith(("/upload", *chosen))
        }
    return documents


def _everywhere(random: Random, documents: Tree) -> None:
    """Put one text in the place of many."""
    text, share = random.choice(TEXTS), random.choice((0.05, 0.3, 1.0))
    fields = random.choice((("label", "description", "title", "info"), None))
    for holder, key in list(_places(documents)):
        is_meant = isinstance(holder[key], str) and (fields is None or key in fields)
        if is_meant and random.random() < share:
            holder[key] = text


def _places(tree: Any) -> Iterator[Place]:
    """Every place of a value, which may be replaced."""
    waiting = [tree]
    while waiting:
        holder = waiting.pop()
        items: Any = holder.items() if isinstance(holder, dict) else enumerate(holder)
        for key, value in items:
            yield holder, key
            if isinstance(value, dict | list):
                waiting.append(value)


def change(random: Random, documents: Tree, other: Tree) -> None:
    """Do one of many things to one place."""
    places = [place for kind in documents for place in _places(documents[kind])]
    if not places:
        return
    holder, key = random.choice(places)
    value = holder[key]
    match random.randrange(10):
        case 0 | 1 | 2:
            holder[key] = _text(random, value)
        case 3:
            holder[key] = copy.deepcopy(random.choice(VALUES))
        case 4:
            del holder[key]
        case 5 if isinstance(holder, dict):
            holder[_text(random, key)] = holder.pop(key)
        case 6 if isinstance(holder, list):
            holder[key:key] = [copy.deepcopy(value)] * random.choice((1, 2, 30))
        case 7:
            strange = [place for kind in other for place in _places(other[kind])]
            source, name = random.choice(random.choice((places, strange)))
            holder[key] = copy.deepcopy(source[name])
        case 8:
            holder[key] = _wrapped(random, value)
        case _:
            name = random.choice(TEXTS)
            if isinstance(holder, dict):
                holder[name] = copy.deepcopy(value)
            else:
                holder.append(name)


def _text(random: Random, old: object) -> str:
    text = random.choice(TEXTS)
    if isinstance(old, str) and random.random() < 0.4:
        place = random.randint(0, len(old))
        return old[:place] + text + old[place:]
    return text


def _wrapped(random: Random, value: Any) -> Any:
    text = random.choice(TEXTS)
    return random.choice(
        (
            [value],
            {text: value},
            {"type": "array", "items": value},
            {"type": "object", "title": text, "properties": {text: value, "a": value}},
            {"type": "object", "additionalProperties": value, "description": text},
            {"anyOf": [value, {"type": "null"}, {"const": text}]},
            {"allOf": [value, {"description": text, "default": text}]},
            {"type": "array", "prefixItems": [value, {"enum": [text]}]},
            {"$ref": "#/$defs/a", "$defs": {"a": value, text: {"$ref": "#/$defs/a"}}},
            {"$defs": {"a": {"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}}}},
            functools.reduce(lambda inner, _: {"items": inner, "type": "array"}, range(60), value),
        )
    )


def _broken(random: Random, content: bytes) -> bytes:
    place = random.randint(0, len(content))
    return random.choice(
        (
            content[:place],
            content[:place] + bytes([random.randrange(256)]) + content[place + 1 :],
            content[:place] + b"[" * 2000 + content[place:],
            content[:place] + b"9" * 5000 + content[place:],
            content[:place] + b"NaN" + content[place:],
            content.decode().encode("utf-16"),
            b"\xef\xbb\xbf" + content,
        )
    )
