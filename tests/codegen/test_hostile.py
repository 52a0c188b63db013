"""A spec is untrusted: no text of it ever becomes code."""

from __future__ import annotations

from pathlib import Path

import pytest
from hubsmith_codegen.ir.model import Service
from hubsmith_codegen.render.space import render
from hubsmith_codegen.write.formatting import format_python
from hubsmith_codegen.write.syntax import check_syntax

from tests.support.documents import (
    Files,
    config_of,
    endpoint,
    function,
    imported,
    info_of,
    parameter,
    result,
    service_of,
    with_default,
)

pytestmark = pytest.mark.slow

HOSTILE = {
    "end of a docstring": '"""; import os; os.system("echo pwned"); """',
    "end of a string": "'; import os #",
    "both quotes": "'\"'''\"\"\"",
    "backslash at the end": "C:\\new\\",
    "backslash and quote": '\\"""\\',
    "line breaks": "a\n    import os\r\nb\u2028c\x85d",
    "template": "{{ 7*7 }}{% for x in y %}{# #}{{ self.__class__ }}",
    "format string": "{0.__class__}%s%(a)s$a",
    "bidirectional override": "user\u202e # nimda",
    "lone surrogate": "a\ud800b",
    "null": "a\0b",
    "long": "x" * 10_000,
    "long words": "lorem ipsum " * 2_000,
    "class": "__class__",
    "constructor": "__init__",
    "dunder import": '__import__("os").system("ls")',
    "number": "123",
    "keyword": "import",
    "expression": "1 if exit() else 2",
    "path": "../../../etc/passwd",
    "windows path": "..\\..\\C:\\x",
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "HTML in back quotes": "`<img src=x>` ``<b>`` |<i>|",
    "HTML in a fence": "\n```\n<img src=x>\n```\n",
    "Markdown": "[a](javascript:alert(1)) ![b](http://x/y.png) &lt; <http://x>",
    "comment": "# type: ignore",
    "nothing": "",
    "space": " \t",
    "Unicode": "ünïcödé 你好 🎉 ﬁ ſ",
    "class of the runtime": "File",
    "class of typing": "Sequence",
    "class of typing with its dictionary": "Typed",
    "builtin": "str",
    "name of an attribute": "__all__",
    "annotation": "list[__import__('os')]",
}


def schemas(text: str) -> list[dict[str, object]]:
    """Schemas with the text in every place of one."""
    member = {"type": "string", "title": text, "description": text, "default": text}
    named = {"type": "object", "title": text, "description": text}
    return [
        {"enum": [text, "other"], "type": "string", "title": text},
        {"const": text},
        {"type": "array", "items": {"enum": [text]}},
        {**named, "properties": {text: member, f"{text} too": {"const": text}}},
        {"$ref": f"#/$defs/{text}", "$defs": {text: {**named, "properties": {text: member}}}},
        {"type": "string", "format": text, "pattern": text, "x-python-import": text},
        {"type": "object", "customTypePath": text, "properties": {"a": {"$comment": text}}},
        {"type": "integer", "minimum": text, "maximum": text, "multipleOf": text},
        {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": text}},
        {"type": text},
        {"$ref": text},
    ]


def service_with(text: str) -> Service:
    """A Space with the text wherever a spec can hold one."""
    named: dict[str, object] = {}
    for place, schema in enumerate(schemas(text)):
        named[f"/{place}"] = endpoint(
            parameter(schema, name=text, label=text, component=text),
            with_default(schema, text, name=f"{text}!", label=text),
            with_default({"type": "object"}, {text: text}, name="third"),
            returns=[result(schema, label=text), result({}, label=text, component=text)],
            description=f"{text}\n\n{text}",
        )
    named[f"/{text}"] = named[text] = endpoint(parameter({}, name=text), returns=[result({})])
    component = {"id": 1, "type": text, "props": {"label": text, "info": text, "value": text}}
    config = config_of(
        [component], function(text, [1], [1], api_description=text), title=text, space_id=text
    )
    config["version"] = text
    return service_of(info=info_of(named), config=config, source=text, name=None)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_text_of_a_spec_never_becomes_code(text: str, tmp_path: Path) -> None:
    service = service_with(text)
    files: Files = render(service)
    assert set(map(str, files)) == {
        "__init__.py",
        "async_client.py",
        "client.py",
        "models.py",
        "py.typed",
    }
    for path, source in format_python(files).items():
        assert not {"\u202e", "\0", "\r", "\u2028", "\x85"} & set(source)
        if path.suffix == ".py":
            check_syntax(path, source)
    with imported(files, tmp_path) as package:
        for name in package.__all__:
            module = getattr(package, name).__module__.removeprefix("tiny.")
            assert module in ("async_client", "client", "models")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_every_endpoint_is_there_or_left_out_by_name(text: str) -> None:
    service = service_with(text)
    assert len(service.operations) + len(service.omissions) == len(schemas(text)) + 2
    assert len({operation.method for operation in service.operations}) == len(service.operations)
    for omission in service.omissions:
        assert omission.reason.startswith("parameter ")
