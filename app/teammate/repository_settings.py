"""Repository settings: read `.github/plumbline.yml`, whatever it holds, without ever failing.

Anybody who can push to a repository writes this file, so its size, depth and number of nodes are bounded before
a tree is built, and anchors are refused (they turn 300 bytes into millions of nodes). Scalars follow YAML 1.2,
where `off` is a word and not `false`. A mistake is told with its line. A section with a mistake falls back alone,
and to `draft`: what is left of it may allow more than its author meant, so nothing is written until it is mended.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from app.domain.repository_settings import (
    DuplicateSettings,
    LabelSettings,
    NeedsInfoSettings,
    RepositorySettings,
    SkillSettings,
)

MAX_BYTES = 64 * 1024
MAX_DEPTH = 20
MAX_NODES = 5_000
MAX_PROBLEMS = 20

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_EXPECTED: Mapping[str, str] = {
    "mode": "one of off, mention, draft, auto",
    "allow": "a list of label names or patterns",
    "deny": "a list of label names or patterns",
    "max": "a whole number from 0 to 3",
    "min_confidence": "a number from 0 to 1",
}
_SECTIONS: Mapping[str, type[BaseModel]] = {
    "labels": LabelSettings,
    "answers": SkillSettings,
    "duplicates": DuplicateSettings,
    "needs_info": NeedsInfoSettings,
    "pull_requests": SkillSettings,
}


def parse_settings(text: str) -> tuple[RepositorySettings, tuple[str, ...]]:
    """The settings, and a sentence with its line for each thing that was not understood (at most 20)."""
    problems: list[str] = []
    try:
        root = _tree(text)
    except (yaml.YAMLError, ValueError) as error:
        return RepositorySettings(), (f"{_first_line(error)}; the whole file is ignored",)
    if root is None or _is_empty(root):
        return RepositorySettings(), ()
    if not isinstance(root, yaml.MappingNode):
        return RepositorySettings(), (f"line {_line(root)}: expected keys such as `mode: draft`; the file is ignored",)
    given: dict[str, object] = {}
    for key, node in _entries(root, RepositorySettings, "", problems):
        if key in _SECTIONS:
            given[key] = _section(key, _SECTIONS[key], node, problems)
        elif mistake := _mistake(RepositorySettings, key, _value(node), node, ""):
            problems.append(mistake)
        else:
            given[key] = _value(node)
    return RepositorySettings.model_validate(given), tuple(problems[:MAX_PROBLEMS])


def _tree(text: str) -> yaml.Node | None:
    """The document's nodes, or an error; bounds are checked on the event stream, before anything nests."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES // 1024} KiB")
    text = re.sub("[\ud800-\udfff]", "\ufffd", text)
    depth = nodes = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ValueError(f"line {line}: anchors and aliases are not allowed")
        nodes += isinstance(event, yaml.NodeEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH or nodes > MAX_NODES:
            limit = f"deeper than {MAX_DEPTH} levels" if depth > MAX_DEPTH else f"more than {MAX_NODES} values"
            raise ValueError(f"line {line}: {limit}")
    return yaml.compose(text, Loader=_LOADER)


def _section(name: str, model: type[BaseModel], node: yaml.Node, problems: list[str]) -> BaseModel:
    """One section; with a mistake in it all of it falls back, and to writing nothing."""
    if _is_empty(node):
        return model()
    if not isinstance(node, yaml.MappingNode):
        problems.append(f"line {_line(node)}: `{name}` expects keys such as `mode: draft`")
        return model(mode="draft")
    entries = list(_entries(node, model, f"{name}.", problems))
    given = {key: _value(value) for key, value in entries}
    mistakes = [found for key, value in entries if (found := _mistake(model, key, given[key], value, f"{name}."))]
    problems += mistakes
    if mistakes:
        return model(mode="off" if given.get("mode") == "off" else "draft")
    return model.model_validate(given)


def _entries(
    node: yaml.MappingNode, model: type[BaseModel], prefix: str, problems: list[str]
) -> Iterator[tuple[str, yaml.Node]]:
    """Known keys with their nodes; unknown ones and repeats are told and left out."""
    seen: set[str] = set()
    for key_node, value in node.value:
        key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else ""
        if key in seen:
            problems.append(f"line {_line(key_node)}: `{prefix}{key}` is set twice; the first one counts")
        elif key in model.model_fields:
            seen.add(key)
            yield key, value
        else:
            near = difflib.get_close_matches(key[:80], model.model_fields, n=1)
            hint = f"; did you mean `{prefix}{near[0]}`?" if near else ""
            problems.append(f"line {_line(key_node)}: unknown key `{_shown(prefix + key)}`{hint}")


def _mistake(model: type[BaseModel], key: str, value: object, node: yaml.Node, prefix: str) -> str:
    """What is wrong with a value, with its line and what is expected; empty when nothing is."""
    try:
        model.model_validate({key: value})
    except ValidationError:
        return f"line {_line(node)}: `{prefix}{key}` is {_shown(value)}; expected {_EXPECTED[key]}"
    return ""


def _value(node: yaml.Node) -> object:
    """Plain values of a bounded tree. A quoted scalar is always text."""
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        return {str(_value(key)): _value(value) for key, value in node.value}
    text = str(node.value)
    if getattr(node, "style", None):
        return text
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if re.fullmatch(r"[-+]?\d{1,9}", text):
        return int(text)
    return float(text) if re.fullmatch(r"[-+]?\d{0,9}\.\d{1,9}", text) else text


def _is_empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and _value(node) is None


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _shown(value: object) -> str:
    """Somebody else's text inside our sentence: one line, short."""
    return " ".join(str(value).split())[:60] or "empty"


def _first_line(error: Exception) -> str:
    """A parser's complaint as one sentence with its line."""
    mark = getattr(error, "problem_mark", None)
    said = getattr(error, "problem", None) or str(error).partition("\n")[0] or "not readable as YAML"
    return f"line {mark.line + 1}: {said}" if mark is not None else str(said)
