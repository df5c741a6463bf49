"""Input that does not fit: values, bodies, queries and path parts, and samples made from the API's schema."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any, Final

LONG: Final = "ø" * 10_000
NOBODY: Final = "00000000-0000-4000-8000-000000000000"

# As they stand in JSON; texts go into page forms too.
TEXTS: Final[tuple[str, ...]] = (
    "",
    " ",
    "\t\r\n",
    LONG,
    "a\x00b",
    "\x07\x1b[0m\x7f",
    "\u202eevil\u2066",
    "👩‍👩‍👧‍👦" * 40,
    "e\u0301" * 70,
    "NaN",
    "Infinity",
    "-1e999",
    "0x10",
    "1_000",
    "٣٤",
    "-1",
    "99999999999999999999999999",
    "1" * 5000,
    "1e400",
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
    "10000-01-01",
    "2026-W01-1",
    "2026-02-01T25:61:00Z",
    NOBODY,
    "not-a-uuid",
    "../../etc/passwd",
    "<script>alert(1)</script>{{ 7*7 }}{% now %}",
    "' OR 1=1; --",
    "a@b",
    "a@" + "b" * 300 + ".example",
    "javascript:alert(1)",
    "http://[::1",
    "=1+1",
    "__class__",
    "%s%n%(x)d{0}",
)
VALUES: Final[tuple[Any, ...]] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    -0.0,
    1e308,
    float("nan"),
    float("inf"),
    float("-inf"),
    5e-324,
    2**31,
    2**53 + 1,
    2**63,
    -(2**63) - 1,
    10**40,
    [],
    {},
    [[]],
    [{}],
    [None],
    ["x", 1, None, ["y"]],
    {"": None},
    {"x": {"y": [1]}},
    {"a\x00b": "c"},
    {LONG: 1},
    ["x"] * 3000,
    {str(n): n for n in range(3000)},
    *TEXTS,
)
DEEP: Final = 39


def _nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


# Whole bodies with their content type.
BODIES: Final[tuple[tuple[bytes, str], ...]] = (
    (b"", "application/json"),
    (b"", ""),
    (b" ", "application/json"),
    (b"{", "application/json"),
    (b"null", "application/json"),
    (b"true", "application/json"),
    (b"0", "application/json"),
    (b'"text"', "application/json"),
    (b"[]", "application/json"),
    (b"[{}, {}]", "application/json"),
    (b"{}", "application/json"),
    (b"NaN", "application/json"),
    (b'{"title": NaN, "name": Infinity, "value": -Infinity}', "application/json"),
    (b'{"title": "a", "title": "b"}', "application/json"),
    (b'{"title": "\\ud800", "name": "\\udfff"}', "application/json"),
    (b'{"title": "\\u0000"}', "application/json"),
    (b'{"title": "\xff\xfe"}', "application/json"),
    ("\ufeff{}".encode(), "application/json"),
    ('{"title": "ø"}'.encode("utf-16"), "application/json"),
    (b'{"title": "x"}', "application/json; charset=nonsense"),
    (b'{"number": 1e999}', "application/json"),
    (b'{"number": ' + b"9" * 5000 + b"}", "application/json"),
    (b"[" * 100_000, "application/json"),
    (b'{"a":' * 60 + b"1" + b"}" * 60, "application/json"),
    (json.dumps({"value": _nested(DEEP - 1), "fields": _nested(DEEP - 1)}).encode(), "application/json"),
    (b"title=x", "application/x-www-form-urlencoded"),
    (b"<a/>", "application/xml"),
    (b"x", "text/plain"),
    (b"x", "nonsense"),
    (b"x", "multipart/form-data"),
    (b"x", "multipart/form-data; boundary="),
    (b"x", "multipart/form-data; boundary=x"),
    (
        b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\na\x00b\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
    ),
    (
        b'--x\r\nContent-Disposition: form-data; name="title"; filename="a"\r\n\r\nb\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
    ),
    (
        b'--x\r\nContent-Disposition: form-data; name="\xff"\r\n\r\n\xff\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
    ),
)
HUGE: Final[tuple[tuple[bytes, str], ...]] = (
    (b'{"title": "' + b"x" * (2 * 1024 * 1024 + 9) + b'"}', "application/json"),
    (b"&".join(b"f%d=1" % n for n in range(10_000)), "application/x-www-form-urlencoded"),
    (b"f=" + b"x" * (2 * 1024 * 1024 + 9), "application/x-www-form-urlencoded"),
    (
        b"".join(b'--x\r\nContent-Disposition: form-data; name="f%d"\r\n\r\n1\r\n' % n for n in range(10_000))
        + b"--x--\r\n",
        "multipart/form-data; boundary=x",
    ),
    (
        b"".join(
            b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n1\r\n' for n in range(50)
        )
        + b"--x--\r\n",
        "multipart/form-data; boundary=x",
    ),
)
PATH_PARTS: Final = (
    "0",
    "-1",
    "9" * 30,
    "1.5",
    "%00",
    "a%00b",
    "%FF",
    "%ED%A0%80",
    "%F0%9F%92%A9",
    "..%2f..%2fetc",
    "%252e%252e",
    "NaN",
    "None",
    "x" * 300,
    "x" * 10_000,
    NOBODY,
    "{}",
    "'--",
)
QUERIES: Final = (
    "-1",
    "0",
    "999999999999999999999999",
    "1.5",
    "NaN",
    "",
    "%00",
    "a%00b",
    "%FF",
    "%ED%A0%80",
    "%F0%9F%92%A9",
    "x" * 5000,
    "not-a-uuid",
    NOBODY,
    "cD0x",  # a cursor whose content is no time
    "cD0lMDA=",
    "bz05OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk=",
    "cj0xJnA9MDAwMS0wMS0wMQ==",
    "cD05OTk5LTEyLTMxKzIzJTNBNTklM0E1OS4wJTJCMDAlM0EwMA==",
    "cD05OTk5LTEyLTMxVDIzOjU5OjU5LTIzOjU5",  # p=9999-12-31T23:59:59-23:59
    "cD0wMDAxLTAxLTAxVDAwOjAwOjAwJTJCMjM6NTk=",  # p=0001-01-01T00:00:00+23:59
    "cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OQ==",  # p=9999...
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
    "__class__",
    "-created_at,password",
)


def sample(schema: dict[str, Any], components: dict[str, Any], depth: int = 0) -> Any:
    """A value that fits a schema of the API, near enough to be let past its first checks."""
    if "$ref" in schema:
        return sample(components[schema["$ref"].rsplit("/", 1)[1]], components, depth)
    for word in ("allOf", "oneOf", "anyOf"):
        if word in schema:
            return sample(schema[word][0], components, depth)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        named = {
            name: sample(part, components, depth + 1) for name, part in schema.get("properties", {}).items()
        }
        more = schema.get("additionalProperties")
        return named | ({"x": sample(more, components, depth + 1)} if isinstance(more, dict) else {})
    if kind == "array":
        return [sample(schema["items"], components, depth + 1)]
    by_format = {"uuid": NOBODY, "date": "2026-12-01", "email": "new.person@firm.example", "decimal": "0.5"}
    if kind == "string":
        return by_format.get(schema.get("format", ""), "Text"[: schema.get("maxLength", 4)])
    return {"integer": schema.get("minimum", 1), "number": 1.5, "boolean": True}.get(str(kind), 1)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a body: every name and the first of every list."""
    yield path
    if isinstance(value, dict):
        for name, child in value.items():
            yield from places(child, (*path, name))
    elif isinstance(value, list) and value:
        yield from places(value[0], (*path, 0))


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy of ``value`` with ``new`` at ``path``."""
    if not path:
        return new
    copy = deepcopy(value)
    holder = copy
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = new
    return copy


def without(value: Any, path: tuple[Any, ...]) -> Any:
    copy = deepcopy(value)
    holder = copy
    for step in path[:-1]:
        holder = holder[step]
    del holder[path[-1]]
    return copy


def bodies(fitting: Any, count: int, seed: str) -> list[tuple[bytes, str]]:
    """``count`` bodies: wrong as a whole, in one place, then in several places, cut or with bytes turned."""
    chance = random.Random(seed)
    found = chance.sample(BODIES, min(len(BODIES), max(8, count // 3)))
    whole = fitting if isinstance(fitting, dict) and fitting else {"title": "Text", "value": 1, "people": []}
    found.append((_dump(whole), "application/json"))
    found.append((_dump({**whole, "extra": 1, "id": NOBODY, "organization": 1}), "application/json"))
    where = [path for path in places(whole) if path]
    wrong = [(_dump(without(whole, path)), "application/json") for path in where]
    wrong += [(_dump(put(whole, path, value)), "application/json") for path in where for value in VALUES]
    wrong += [
        (_dump({path[0]: value}), "application/json") for path in where if len(path) == 1 for value in VALUES
    ]
    chance.shuffle(wrong)
    found += wrong[: count * 3 // 4]
    while len(found) < count:
        found.append(_muddled(whole, where, chance))
    return found[:count]


def _muddled(whole: Any, where: list[tuple[Any, ...]], chance: random.Random) -> tuple[bytes, str]:
    """One body that is wrong in several places, cut, with bytes turned, or sent as a form."""
    body = whole
    # From the deepest place on, so that no place is gone before it is written to.
    for path in sorted(chance.sample(where, min(len(where), 3)), key=len, reverse=True):
        body = put(body, path, chance.choice(VALUES))
    raw, way = _dump(body), chance.randrange(4)
    if way == 1:
        raw = raw[: chance.randrange(len(raw))]
    elif way == 2:
        turned = bytearray(raw)
        for _ in range(chance.randint(1, 4)):
            turned[chance.randrange(len(turned))] = chance.randrange(256)
        raw = bytes(turned)
    elif way == 3:
        return _as_form(body, chance), "multipart/form-data; boundary=x"
    return raw, "application/json"


def _as_form(body: Any, chance: random.Random) -> bytes:
    """The same as a form of parts, some of them files."""
    parts = []
    for name, value in list(body.items())[:50] if isinstance(body, dict) else [("value", body)]:
        file = chance.choice((b"", b'; filename="a.xlsx"'))
        text = value if isinstance(value, str) else json.dumps(value)
        label = str(name)[:100].encode("utf-8", "replace").replace(b'"', b"")
        parts.append(
            b'--x\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
            % (label, file, text.encode("utf-8", "replace"))
        )
    return b"".join(parts) + b"--x--\r\n"


def _dump(value: Any) -> bytes:
    return json.dumps(value).encode()


@cache
def zip_bomb() -> bytes:
    """A workbook of 60 kB whose sheet unpacks to 60 MB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", b"<Types/>")
        packed.writestr("xl/workbook.xml", b"<workbook/>")
        packed.writestr("xl/worksheets/sheet1.xml", b"<worksheet>" + b" " * 60_000_000)
    return out.getvalue()
