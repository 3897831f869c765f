"""Settings tree: YAML as bounded nodes that know their file and line, before anybody asks what they mean.

Anybody who can push to a repository writes such a file, so its size, depth and number of nodes are bounded before
a tree is built, and anchors are refused (they turn 300 bytes into millions of nodes). Scalars follow YAML 1.2,
where `off` is a word and not `false`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

MAX_BYTES = 64 * 1024
MAX_DEPTH = 20
MAX_NODES = 5_000
NOT_UTF8 = "\ufffd"
"""What a reader puts where the bytes of a file are no UTF-8."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake, told by its line (from 1) in the file `place`; the repository's own where that is empty.

    `ignored`: nothing is changed by it but that the key does nothing.
    """

    line: int
    text: str
    place: str = ""
    ignored: bool = False

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


class Unreadable(Exception):
    """No tree can be made of the file at all; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Given:
    """A node, and the file it stands in."""

    node: yaml.Node
    place: str = ""

    @property
    def line(self) -> int:
        return int(self.node.start_mark.line) + 1

    @property
    def is_empty(self) -> bool:
        return isinstance(self.node, yaml.ScalarNode) and plain(self.node) is None

    def problem(self, text: str, *, ignored: bool = False) -> Problem:
        return Problem(self.line, text, self.place, ignored)


@dataclass(slots=True)
class Entries:
    """The keys of one mapping, each with the line of the key itself, and the keys that are there twice."""

    first: dict[str, tuple[Given, Given]] = field(default_factory=dict)
    again: list[tuple[str, Given]] = field(default_factory=list)


def read_tree(text: str, place: str = "") -> Given | None:
    """The document's root, None for an empty one. Bounds are checked on the event stream, before anything nests.

    Raises Unreadable.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise Unreadable(Problem(1, f"larger than {MAX_BYTES // 1024} KiB", place))
    text = re.sub("[\ud800-\udfff]", NOT_UTF8, text.removeprefix("\ufeff"))
    try:
        _check_bounds(text, place)
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise Unreadable(_complaint(error, text, place)) from None
    except ValueError as error:
        raise Unreadable(Problem(1, f"{error}"[:120] or "not readable as YAML", place)) from None
    root = None if node is None else Given(node, place)
    return None if root is None or root.is_empty else root


def _check_bounds(text: str, place: str) -> None:
    depth = nodes = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Unreadable(Problem(line, "anchors and aliases are not allowed", place))
        nodes += isinstance(event, yaml.NodeEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH or nodes > MAX_NODES:
            limit = f"deeper than {MAX_DEPTH} levels" if depth > MAX_DEPTH else f"more than {MAX_NODES} values"
            raise Unreadable(Problem(line, limit, place))


def entries(given: Given) -> Entries:
    """Of a mapping; of anything else none."""
    found = Entries()
    if isinstance(given.node, yaml.MappingNode):
        for key_node, value in given.node.value:
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else ""
            at = Given(key_node, given.place)
            if key in found.first:
                found.again.append((key, at))
            else:
                found.first[key] = (at, Given(value, given.place))
    return found


def is_mapping(given: Given) -> bool:
    return isinstance(given.node, yaml.MappingNode)


def plain(node: yaml.Node) -> object:
    """Plain values of a bounded tree. A quoted scalar is always text."""
    if isinstance(node, yaml.SequenceNode):
        return [plain(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        return {str(plain(key)): plain(value) for key, value in node.value}
    text = str(node.value)
    if getattr(node, "style", None):
        return text
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if re.fullmatch(r"[-+]?\d{1,9}", text):
        return int(text)
    return float(text) if re.fullmatch(r"[-+]?\d{0,9}\.\d{1,9}", text) else text


def words(node: yaml.Node) -> object:
    """The same with every scalar as the text it is written as: `1.10` may be the name of a label."""
    if isinstance(node, yaml.SequenceNode):
        return [words(item) for item in node.value]
    return str(node.value) if isinstance(node, yaml.ScalarNode) and plain(node) is not None else plain(node)


def scalars(given: Given) -> Iterator[Given]:
    """The node itself, or the items of a list: each may be on a line of its own."""
    if isinstance(given.node, yaml.SequenceNode):
        for item in given.node.value:
            yield Given(item, given.place)
    else:
        yield given


def shown(value: object) -> str:
    """Somebody else's text inside our sentence: one line, short."""
    return " ".join(str(value).split())[:60] or "empty"


def _complaint(error: yaml.YAMLError, text: str, place: str) -> Problem:
    """A parser's complaint as one sentence with its line."""
    mark = getattr(error, "problem_mark", None)
    said = getattr(error, "problem", None) or str(error).partition("\n")[0] or "not readable as YAML"
    line = int(mark.line) + 1 if mark is not None else 1
    lines = text.splitlines()
    here = lines[line - 1] if line <= len(lines) else ""
    if "\t" in here[: len(here) - len(here.lstrip())]:
        said = "is indented with a tab; YAML wants spaces"
    return Problem(line, shown(said) if len(said) > 200 else said, place)
