"""Contradictions: two passages that give one setting different defaults, most often documentation and source.

Whoever answers from one of them answers wrong half the time, so both are shown. Precise rather than broad: only
plain values that are called a default count (an example that sets a port is no claim about ports), of one kind,
where each side says one thing only.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from app.domain.snapshot import Passage
from app.knowledge.paths import is_documentation
from app.knowledge.words import terms


@dataclass(frozen=True, slots=True)
class Conflict:
    """`left` and `right` count passages from 0, documentation first; values as they are spelled there."""

    subject: str
    left: int
    right: int
    left_value: str
    right_value: str


@dataclass(frozen=True, slots=True)
class _Default:
    """A passage says that `subject` is `value` unless somebody changes it."""

    subject: str
    value: str
    passage: int
    documented: bool


_UNIT = r"ms|s|m|h|d|[KMG]i?B|%|(?:milli)?seconds?|minutes?|hours?|days?|bytes|characters?|times?"
_BARE = rf"-?\d[\d,_]*(?:\.\d+)?(?:\s?(?:{_UNIT}))?\b|(?:true|false|on|off|yes|no|enabled|disabled)\b(?!\s+(?!by\b)\w)"
_VALUE = rf"(?:`+(?P<code>[^`\n]{{1,60}})`+|\"(?P<quoted>[^\"\n]{{1,60}})\"|(?P<bare>{_BARE}))"
_NAME = r"--[A-Za-z][\w-]+|[A-Za-z_][\w]*(?:[.-]\w+)*"
_CODE_NAME = re.compile(
    rf"`+({_NAME})(?:[ =][^`\n]{{0,40}})?`+|(?<![\w-])(--[a-z][\w-]+|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b"
)
_SAYS_DEFAULT = re.compile(
    r"\b(?:default(?:\s+value)?\s+(?:of|for)\s+(?:the\s+)?\S{1,60}(?:\s+\w+)?\s+is|defaults?\s+to"
    r"|default(?:\s+value)?[\s*_`)]{0,4}(?::|=|is|of)[*_]{0,2}|by\s+default\b[^.\n]{0,60}?\b(?:is|equals|=))"
    rf"\s*{_VALUE}|(?<![\w`]){_VALUE.replace('?P<', '?P<also_')}\s+by\s+default\b",
    re.IGNORECASE,
)
_CHANGED = re.compile(
    r"\b(?:changed?|was|were|previously|formerly|before|until|since|from\s+`?\S+\s+to|deprecated|if|when|unless)\b",
    re.IGNORECASE,
)
_CELL = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"[\s:|+-]+")

_LITERAL = r"(?P<value>-?\d[\d_]*(?:\.\d+)?|True|False|true|false|\"[^\"\n]{1,60}\"|'[^'\n]{1,60}')"
_IN_SOURCE = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        rf"^[ \t]*(?:DEFAULT_(?P<name>[A-Z]\w*)|(?P<name2>[A-Z]\w*_DEFAULT))[^=\n]{{0,40}}=\s*{_LITERAL}\s*(?:[;#/]|$)",
        rf"^[ \t]*(?P<name>[a-z]\w*)\s*:[^=\n]{{1,60}}=\s*(?:\w{{1,20}}\((?:default=)?)?{_LITERAL}\s*(?:[,;#)/]|$)",
        rf"[\"'](?P<name>--[A-Za-z][\w-]+)[\"'][^()\n]{{0,200}}\bdefault(?:_value)?\s*=\s*{_LITERAL}",
        rf"\b(?:getenv|environ\.get|env(?:\.get)?|ENV\.fetch|get_env|getEnv)\(\s*[\"'](?P<name>\w+)[\"']\s*,\s*{_LITERAL}",
        rf"\bprocess\.env\.(?P<name>\w+)\s*(?:\|\||\?\?)\s*{_LITERAL}",
        rf"[(,]\s*(?P<name>[a-z]\w*)\s*(?::[^=,()\n]{{1,40}})?=\s*{_LITERAL}\s*(?=[,)])",
    )
)
"""Constants called DEFAULT, fields with a type, options of a command line, environment with a fallback, parameters."""


def conflicts(passages: Sequence[Passage]) -> tuple[Conflict, ...]:
    """The settings to which two of the passages give different defaults, in the order of the passages."""
    by_subject: dict[str, list[_Default]] = defaultdict(list)
    for position, passage in enumerate(passages):
        for one in _defaults(passage, position):
            by_subject[_key(one.subject)].append(one)
    found = (_conflict(said, passages) for said in by_subject.values() if len(said) > 1)
    return tuple(sorted((one for one in found if one), key=lambda one: (one.left, one.right, one.subject)))


def _conflict(said: Sequence[_Default], passages: Sequence[Passage]) -> Conflict | None:
    """The first two that differ, where documentation and source each say one thing."""
    documented, coded = [one for one in said if one.documented], [one for one in said if not one.documented]
    meant = [{_meaning(one.value) for one in side} for side in (documented, coded)]
    if all(len(values) == 1 for values in meant) and meant[0].isdisjoint(meant[1]):
        pairs = [(left, right) for left in documented for right in coded if _same_thing(left, right, passages)]
    elif not coded and len(meant[0]) == 2:
        pairs = [pair for pair in combinations(documented, 2) if _same_setting(*pair)]
    else:
        return None
    for left, right in pairs:
        one, other = _meaning(left.value), _meaning(right.value)
        if one != other and one[0] == other[0] and left.passage != right.passage:
            spelled = left.subject if left.documented else right.subject
            return Conflict(spelled, left.passage, right.passage, left.value, right.value)
    return None


def _defaults(passage: Passage, position: int) -> Iterator[_Default]:
    documented = is_documentation(passage.path)
    pairs = _documented(passage) if documented else _coded(passage.text)
    for subject, value in dict.fromkeys(pairs):
        if _meaning(value)[0] and len(_key(subject)) > 2:
            yield _Default(subject, value, position, documented)


def _coded(text: str) -> Iterator[tuple[str, str]]:
    for pattern in _IN_SOURCE:
        for match in pattern.finditer(text):
            groups = match.groupdict()
            yield groups.get("name") or groups.get("name2") or "", groups["value"].strip("\"'")


def _documented(passage: Passage) -> Iterator[tuple[str, str]]:
    """Sentences and rows that name one setting, or stand right below a heading that is its name."""
    yield from _rows(passage.text)
    heading = passage.heading.rsplit(" > ", 1)[-1]
    above = heading if re.fullmatch(_NAME, heading) and not heading.istitle() else ""
    for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z`])|\n\s*\n|\n(?=\s*[-*|]\s)", passage.text):
        said = list(_SAYS_DEFAULT.finditer(sentence))
        if len(said) != 1 or _CHANGED.search(sentence):
            continue
        value = next(group for group in said[0].groups() if group)
        ahead = sentence[: said[0].start(said[0].lastgroup or 0)]
        before = list(dict.fromkeys(one or other for one, other in _CODE_NAME.findall(ahead)))
        subject = before[0] if len(before) == 1 else "" if before else above
        if subject and subject != value:
            yield subject, value


def _rows(text: str) -> Iterator[tuple[str, str]]:
    """Rows of a table one of whose columns is headed "default"."""
    column, width = -1, 0
    for line in text.split("\n"):
        cells = [cell.strip() for cell in _CELL.split(line.strip().strip("|"))] if "|" in line else []
        if not cells:
            column = -1
        elif any(cell.lower().strip("*` ") in ("default", "default value", "defaults") for cell in cells):
            column = next(i for i, cell in enumerate(cells) if "default" in cell.lower())
            width = len(cells)
        elif column > 0 and len(cells) == width and not _RULE.fullmatch(line):
            name = _CODE_NAME.match(cells[0])
            value = re.fullmatch(_VALUE, cells[column], re.IGNORECASE)
            if name and value:
                yield name[1] or name[2], next(group for group in value.groups() if group)


def _key(subject: str) -> str:
    """`--max-age`, `MAX_AGE` and `max_age` are spellings of one setting."""
    return re.sub(r"[-.]+", "_", subject.lstrip("-").lower())


def _meaning(value: str) -> tuple[str, str]:
    """Kind and canonical spelling, to compare by. No kind: nothing that could be compared, as `None` or a sentence."""
    plain = value.strip().strip("\"'").lower()
    if plain in ("true", "on", "yes", "enabled"):
        return "switch", "on"
    if plain in ("false", "off", "no", "disabled"):
        return "switch", "off"
    if match := re.fullmatch(r"(-?\d[\d,_]*(?:\.\d+)?)\s?([a-z%]*)", plain):
        unit = re.sub(r"^(?:milliseconds?|ms)$", "ms", re.sub(r"^seconds?$", "s", match[2]))
        return f"number {unit}", f"{float(re.sub('[,_]', '', match[1])):g}"
    if re.fullmatch(r"[a-z0-9][\w./:+-]{0,58}", plain) and plain not in ("none", "null", "nil", "unset", "empty"):
        return "word", plain
    return "", ""


def _same_thing(left: _Default, right: _Default, passages: Sequence[Passage]) -> bool:
    """A name of several words, a flag or a variable is one thing everywhere; a plain word only in one context."""
    if any("_" in _key(one.subject) or one.subject.startswith("-") or one.subject.isupper() for one in (left, right)):
        return True
    documented, source = passages[left.passage], passages[right.passage]
    about = set(terms(f"{documented.path} {documented.heading} {documented.text}"))
    return bool(
        (set(terms(f"{source.path} {source.heading}")) - set(terms(left.subject)) - {"py", "app", "src"}) & about
    )


def _same_setting(left: _Default, right: _Default) -> bool:
    """Within the documentation, flags repeat from command to command; a key or variable of several words does not."""
    return left.subject == right.subject and "_" in _key(left.subject) and not left.subject.startswith("-")
