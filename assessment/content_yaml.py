"""Reads content files: YAML whose every value remembers its line, so that each problem can name it.

The subset is small on purpose. Plain scalars follow the YAML 1.2 core rules (``no`` is a word, a date is a
text), and anchors, aliases, tags and second documents are refused: content needs none of them, and they are
how a small file grows into a large one while it is read.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import yaml

MAX_BYTES = 2_000_000
MAX_DEPTH = 40
MAX_NODES = 200_000
MAX_TEXTS = 200

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
# Control characters other than tab and line feed, and lone surrogates: no database column takes them all.
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

T = TypeVar("T")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where it stands and what is allowed there. Line 0: not read from a file."""

    file: str
    line: int
    where: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.where}: {self.message}" if self.where else f"{place}: {self.message}"


class ContentError(ValueError):
    """A content file is refused. `problems` holds everything that is wrong with it, in the file's order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass
class Problems:
    """Collects problems of one file, so that a writer mends all of them in one go."""

    file: str
    found: list[Problem] = field(default_factory=list)

    def add(self, line: int, where: str, message: str) -> None:
        self.found.append(Problem(self.file, line, where, message))

    def raise_if_any(self) -> None:
        if self.found:
            raise ContentError(self.found)


@dataclass(frozen=True)
class Node:
    """A value and its line. Mappings hold nodes by key, lists hold nodes, everything else is a scalar."""

    value: str | int | float | bool | list[Node] | dict[str, Node] | None
    line: int


def read_yaml(source: str | bytes, problems: Problems) -> Node | None:
    """The document as nodes; None after adding a problem if it is not YAML of the allowed subset."""
    text = _decode(source, problems)
    if text is None:
        return None
    try:
        return _compose(text, problems)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or "a character that YAML does not allow"
        problems.add(mark.line + 1 if mark else 1, "", f"not readable as YAML: {reason}")
    return None


def as_node(value: object) -> Node:
    """Plain data (as from JSON) as nodes, so that one builder reads both."""
    if isinstance(value, Mapping):
        return Node({str(key): as_node(item) for key, item in value.items()}, 0)
    if isinstance(value, list | tuple):
        return Node([as_node(item) for item in value], 0)
    if value is None or isinstance(value, str | int | float | bool):
        return Node(value, 0)
    return Node(str(value), 0)


def _decode(source: str | bytes, problems: Problems) -> str | None:
    if len(source) > MAX_BYTES:
        problems.add(1, "", f"larger than {MAX_BYTES // 1_000_000} MB")
        return None
    if isinstance(source, str):
        return source
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        problems.add(line, "", "not UTF-8; save the file with UTF-8 encoding")
    return None


@dataclass
class _Open:
    """A list or mapping that is being read, with the key that waits for its value."""

    node: Node
    key: str | None = None


def _compose(text: str, problems: Problems) -> Node | None:
    """Builds the tree with a stack of its own: deep nesting ends in a problem, not in a full call stack."""
    root: Node | None = None
    stack: list[_Open] = []
    count = documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        if isinstance(event, yaml.CollectionEndEvent):
            stack.pop()
        if not isinstance(event, yaml.NodeEvent):
            continue
        refusal = _refusal(event, depth=len(stack), count=(count := count + 1), documents=documents)
        if refusal:
            problems.add(line, "", refusal)
            return None
        node = _node_of(event, line)
        if not stack:
            root = node
        elif not _attach(stack[-1], node, event, problems):
            return None
        if isinstance(event, yaml.CollectionStartEvent):
            stack.append(_Open(node))
    if root is None:
        problems.add(1, "", "the file is empty")
    return root


def _refusal(event: yaml.NodeEvent, *, depth: int, count: int, documents: int) -> str:
    if isinstance(event, yaml.AliasEvent) or event.anchor:
        return "anchors and aliases (& and *) are not allowed; write the text out"
    if getattr(event, "tag", None):
        return "tags (!) are not allowed"
    if documents > 1:
        return "a second document; one file holds one"
    if depth >= MAX_DEPTH:
        return f"nested deeper than {MAX_DEPTH} levels"
    if count > MAX_NODES:
        return f"more than {MAX_NODES} values"
    return ""


def _node_of(event: yaml.NodeEvent, line: int) -> Node:
    if isinstance(event, yaml.MappingStartEvent):
        return Node({}, line)
    if isinstance(event, yaml.SequenceStartEvent):
        return Node([], line)
    assert isinstance(event, yaml.ScalarEvent)  # noqa: S101 - the three kinds of node event that remain
    return Node(_scalar(event.value) if event.implicit[0] else event.value, line)


def _scalar(text: str) -> str | int | float | bool | None:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return math.nan if "n" in text.lower() else float(text)
    return text


def _attach(parent: _Open, node: Node, event: yaml.NodeEvent, problems: Problems) -> bool:
    """Puts a node into the list or mapping that is open. False when a key is not plain text."""
    if isinstance(parent.node.value, list):
        parent.node.value.append(node)
        return True
    mapping = parent.node.value
    assert isinstance(mapping, dict)  # noqa: S101 - only lists and mappings are ever open
    if parent.key is None:
        if not isinstance(event, yaml.ScalarEvent):
            problems.add(node.line, "", "a key must be a word")
            return False
        parent.key = event.value
        if parent.key in mapping:
            problems.add(node.line, parent.key, "given twice in the same entry")
        return True
    mapping[parent.key] = node
    parent.key = None
    return True


@dataclass
class Fields:
    """One entry of a content file. Each read checks type and limits and adds a problem instead of raising.

    `where` names the entry for a person (its key once known). Reading a field marks it as known;
    `finish` then refuses all fields that nobody read.
    """

    node: Node
    where: str
    problems: Problems
    known: set[str] = field(default_factory=set)

    @property
    def _mapping(self) -> dict[str, Node]:
        return self.node.value if isinstance(self.node.value, dict) else {}

    def refuse(self, name: str, message: str) -> None:
        node = self._mapping.get(name, self.node)
        where = f"{self.where}, {name}" if self.where else name
        self.problems.add(node.line, where, message)

    def line(self, name: str) -> int:
        return self._mapping.get(name, self.node).line

    def has(self, name: str) -> bool:
        return name in self._mapping

    def _get(self, name: str, required: bool) -> Node | None:
        self.known.add(name)
        node = self._mapping.get(name)
        if (node is None or node.value is None) and required:
            self.refuse(name, "missing")
        return None if node is None or node.value is None else node

    def text(self, name: str, *, limit: int = 400, required: bool = True) -> str:
        node = self._get(name, required)
        if node is None:
            return ""
        problem = text_problem(node.value, limit)
        if problem or not isinstance(node.value, str):
            self.refuse(name, problem)
            return ""
        text = unicodedata.normalize("NFC", node.value.strip())
        if required and not text:
            self.refuse(name, "empty")
        return text

    def key(self, name: str, pattern: re.Pattern[str], example: str) -> str:
        text = self.text(name, limit=120)
        if text and not pattern.fullmatch(text):
            self.refuse(name, f"{text!r} is not a key; allowed are lower-case words like {example!r}")
        return text

    def choice(self, name: str, allowed: Iterable[str]) -> str:
        text = self.text(name, limit=120)
        options = list(allowed)
        if text and text not in options:
            self.refuse(name, f"{text!r} is not one of {', '.join(options)}")
        return text

    def number(self, name: str, *, low: float, high: float, default: float | None = None) -> float:
        node = self._get(name, default is None)
        if node is None:
            return float(low if default is None else default)
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self.refuse(name, f"must be a number from {low:g} to {high:g}")
            return float(low)
        return float(value)

    def integer(self, name: str, *, low: int, high: int, default: int | None = None) -> int:
        node = self._get(name, default is None)
        if node is None:
            return low if default is None else default
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.refuse(name, f"must be a whole number from {low} to {high}")
            return low
        return value

    def flag(self, name: str) -> bool:
        node = self._get(name, required=False)
        if node is None:
            return False
        if not isinstance(node.value, bool):
            self.refuse(name, "must be true or false")
            return False
        return node.value

    def strings(self, name: str, *, limit: int = 400, required: bool = True) -> tuple[str, ...]:
        nodes = self._list(name, required)
        if len(nodes) > MAX_TEXTS:
            self.refuse(name, f"{len(nodes)} entries; at most {MAX_TEXTS} are allowed")
            return ()
        result: list[str] = []
        for number, node in enumerate(nodes, start=1):
            problem = text_problem(node.value, limit)
            if problem or not isinstance(node.value, str):
                self.problems.add(node.line, f"{self.where}, {name}", f"entry {number}: {problem}")
                continue
            text = unicodedata.normalize("NFC", node.value.strip())
            if text in result:
                self.problems.add(node.line, f"{self.where}, {name}", f"{text!r} stands there twice")
            else:
                result.append(text)
        return tuple(result)

    def each(
        self, name: str, build: Callable[[Fields], T], *, required: bool = True, most: int = 400
    ) -> list[T]:
        """Builds every entry of a list of mappings; entries that are no mapping become problems."""
        nodes = self._list(name, required)
        if len(nodes) > most:
            self.refuse(name, f"{len(nodes)} entries; at most {most} are allowed")
            return []
        singular = f"{self.where}, {name}" if self.where else name
        return [build(fields) for fields in self._entries(nodes, singular)]

    def entry(self, name: str, *, required: bool = True) -> Fields | None:
        node = self._get(name, required)
        if node is None:
            return None
        return next(self._entries([node], f"{self.where}, {name}" if self.where else name, False), None)

    def _entries(self, nodes: list[Node], where: str, numbered: bool = True) -> Iterator[Fields]:
        for number, node in enumerate(nodes, start=1):
            place = f"{where} {number}" if numbered else where
            if not isinstance(node.value, dict):
                self.problems.add(node.line, place, "must be an entry with named fields")
                continue
            named = node.value.get("key")
            if named is not None and isinstance(named.value, str):
                place = named.value
            yield Fields(node, place, self.problems)

    def _list(self, name: str, required: bool) -> list[Node]:
        node = self._get(name, required)
        if node is None:
            return []
        if not isinstance(node.value, list):
            self.refuse(name, "must be a list")
            return []
        if required and not node.value:
            self.refuse(name, "empty; at least one entry is needed")
        return node.value

    def finish(self) -> None:
        for name, node in self._mapping.items():
            if name not in self.known:
                allowed = ", ".join(sorted(self.known))
                self.problems.add(node.line, f"{self.where}, {name}", f"unknown field; allowed are {allowed}")


def text_problem(value: object, limit: int) -> str:
    """What is wrong with a value that should be a text of at most `limit` characters; empty if nothing."""
    if not isinstance(value, str):
        return "must be a text; put it in quotes"
    if _UNWRITABLE.search(value):
        return "holds a control character"
    if len(value) > limit:
        return f"has {len(value)} characters; at most {limit} are allowed"
    return ""
