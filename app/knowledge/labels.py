"""Labels: what the names in a repository's own label list mean.

Repositories spell one idea in many ways (`bug`, `type: bug`, `kind/defect`, `🐛 Bug`). A label is matched to a
kind of the prompt by its name, or is a topic of its own, or speaks about process and is left to people.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.domain.thread import Label
from app.knowledge.words import STOP_WORDS, stem, terms

_ALIASES: Mapping[str, tuple[str, ...]] = {
    "bug": ("bug", "bug report", "confirmed bug", "defect", "regression", "crash", "broken", "error", "fault"),
    "enhancement": (
        "enhancement", "feature", "feature request", "new feature", "improvement", "request", "proposal", "idea",
        "suggestion", "wish", "rfe",
    ),
    "question": ("question", "support", "help", "usage", "questions and help", "q&a", "discussion"),
    "documentation": ("documentation", "doc", "documentation improvement"),
    "performance": ("performance", "perf", "slow", "speed", "memory", "memory leak"),
    "security": ("security", "vulnerability", "cve"),
    "tests": ("test", "testing", "ci", "flaky", "flaky test", "test failure"),
    "dependencies": ("dependency", "dep", "upstream dependency"),
    "build": ("build", "packaging", "install", "installation", "installer"),
}  # fmt: skip
"""Names for a kind; the first of each line is what prompts usually call it."""

EXCLUSIVE = frozenset({"bug", "enhancement", "question", "documentation"})
"""The kinds of which a thread has one."""

_PROCESS = re.compile(
    r"""help\ wanted | good\ (?:first|second)\ issue | up\ for\ grabs | contributions?\ welcome | hacktoberfest
    | \b(?:needs?|needed|status|state|prio(?:rity)?|severity|p\d|s\d|lock(?:ed)?|semver|size|flag|cla)\b
    | \b(?:repro|ready|review|external|important|critical|urgent|awaiting|pending|evaluating)\b
    | \b(?:accepted|approved|rejected)\b
    | dupl?icate | invalid | won'?t\ ?fix | works\ as | stale | triag | blocked | pinned | has\ p(?:r|ull) | on\ hold
    | in\ progress | backport | milestone | difficulty | effort | reproduc | inactiv | investigat | release""",
    re.IGNORECASE | re.VERBOSE,
)
"""Names of labels about what happens to a thread, not about what it says: people decide those."""


@dataclass(frozen=True, slots=True)
class KnownLabel:
    """A label with what it stands for: a kind of the prompt, or a topic with the stems that name it."""

    name: str
    kind: str | None
    topic: frozenset[str]
    about: frozenset[str]
    """Stems of its description."""


def understand(labels: Iterable[Label], kinds: Sequence[str]) -> tuple[KnownLabel, ...]:
    """The labels that a thread's content can call for, in the repository's order."""
    named = {alias: kind for kind in kinds for alias in _spellings(kind)}
    known = (_understand(label, named) for label in labels if not _PROCESS.search(label.name))
    return tuple(label for label in known if label.kind or label.topic)


def canonical(kind: str) -> str:
    """The usual name of a prompt's kind (`feature request` is `enhancement`), or the kind itself."""
    return next((usual for usual, names in _ALIASES.items() if _core(kind) in map(_core, (usual, *names))), kind)


def _understand(label: Label, named: Mapping[tuple[str, ...], str]) -> KnownLabel:
    last = label.name.rsplit(":", 1)[-1].strip()
    own = _core(last.split("/")[1] if re.fullmatch(r"[^\s/]+/[^\s/]+", last) else last)
    kind = named.get(own) or named.get(_core(label.name))
    topic = frozenset(() if kind else own)
    return KnownLabel(label.name, kind, topic, frozenset(terms(label.description)) - topic)


def _spellings(kind: str) -> set[tuple[str, ...]]:
    return {_core(kind), *map(_core, _ALIASES.get(canonical(kind), ()))} - {()}


def _core(name: str) -> tuple[str, ...]:
    """The stems of a name without emoji, digits in ornaments and small words, in order."""
    plain = "".join(char if char.isalpha() else " " for char in name)
    words = [word.lower() for word in plain.split()]
    return tuple(stem(word) for word in words if word not in STOP_WORDS and (len(word) > 1 or len(words) == 1))
