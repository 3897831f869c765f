"""Pulls: what code can say about a pull request, each fact with its evidence. No model is asked, nothing is guessed.

What a repository does not do itself is never asked of a contributor: a missing test, page, change-log entry or
linked issue is named only where merged pull requests surely have them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from app.domain.snapshot import ChangedFile
from app.domain.thread import Label
from app.knowledge.changes import PastPull, Rate, habit, is_bot, part_of, parts_of
from app.knowledge.codeowners import Ownership
from app.knowledge.labeler import Change, labels_by_rule
from app.knowledge.pull_labels import PathLabel, labels_by_paths
from app.knowledge.reviewers import Reviewer, likely_reviewers

SizeName = Literal["XS", "S", "M", "L", "XL"]

SIZES: tuple[tuple[SizeName, int], ...] = (("XS", 10), ("S", 30), ("M", 100), ("L", 500))
"""Each is for changes of fewer lines than stated, added and deleted together; the rest is XL."""
USUAL = 0.75
"""A habit is one when at least so many merged pull requests surely follow it (`Rate.surely`)."""

_CLOSES = re.compile(
    r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?[ \t]+"
    r"(?:(?P<name>[\w.-]{1,100}/[\w.-]{1,100})?#|https?://[\w.-]{1,100}/(?P<of>[\w.-]{1,100}/[\w.-]{1,100})/issues/)(?P<number>\d{1,9})\b",
    re.IGNORECASE,
)
_UNREAD = re.compile(r"^(`{3,}|~{3,}).*?(?:^\1|\Z)|`[^`\n]*`|<!--.*?(?:-->|\Z)", re.DOTALL | re.MULTILINE)
_ASKED: tuple[tuple[Literal["tests", "docs", "changelog"], str], ...] = (
    ("tests", "No test is changed"),
    ("docs", "No documentation is changed"),
    ("changelog", "No change-log entry is added"),
)


@dataclass(frozen=True, slots=True)
class PullFacts:
    """A pull request as GitHub says it is. `body` is Markdown; `base` and `head` are names of branches."""

    title: str
    body: str
    author: str
    base: str
    head: str
    files: tuple[ChangedFile, ...]


@dataclass(frozen=True, slots=True)
class PullKnowledge:
    """What the repository knows: its name and settings, and its merged pull requests."""

    repository: str
    """`owner/name`."""
    default_branch: str
    labels: tuple[Label, ...] = ()
    history: tuple[PastPull, ...] = ()
    owners: tuple[Ownership, ...] = ()
    labeler: str = ""
    """The text of `.github/labeler.yml`."""


@dataclass(frozen=True, slots=True)
class Size:
    name: SizeName
    why: str


@dataclass(frozen=True, slots=True)
class Missing:
    what: Literal["tests", "docs", "changelog", "issue"]
    why: str


@dataclass(frozen=True, slots=True)
class PullReport:
    """All that was found; `linked` are the issues that merging closes."""

    size: Size
    labels: tuple[PathLabel, ...]
    linked: tuple[int, ...]
    missing: tuple[Missing, ...]
    reviewers: tuple[Reviewer, ...]
    not_closing: str = ""
    """Why the linked issues will stay open, where they will."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What may be worth saying, one sentence each."""
        return tuple(filter(None, (self.not_closing, *(one.why for one in self.missing))))


def examine(pull: PullFacts, known: PullKnowledge) -> PullReport:
    paths = tuple(file.path for file in pull.files)
    linked = linked_issues(pull.body, known.repository)
    ruled = labels_by_rule(known.labeler, Change(paths, pull.base, pull.head)) if known.labeler else ()
    return PullReport(
        size=size_of(pull.files),
        labels=labels_by_paths(paths, labels=known.labels, history=known.history, ruled=ruled),
        linked=linked,
        missing=() if is_bot(pull.author) else tuple(_missing(paths, linked, known.history)),
        reviewers=likely_reviewers(paths, author=pull.author, history=known.history, owners=known.owners),
        not_closing=_not_closing(linked, pull.base, known.default_branch),
    )


def size_of(files: Sequence[ChangedFile]) -> Size:
    """By lines a person wrote: generated files and locks are counted apart."""
    written = [file for file in files if part_of(file.path) not in ("generated", "dependencies")]
    lines = sum(file.additions + file.deletions for file in written)
    fitting: list[SizeName] = [name for name, below in SIZES if lines < below]
    apart = len(files) - len(written)
    rest = f", not counting {apart} of dependencies or generated code" if apart else ""
    return Size(fitting[0] if fitting else "XL", f"{_count(lines, 'line')} in {_count(len(written), 'file')}{rest}.")


def linked_issues(body: str, repository: str) -> tuple[int, ...]:
    """Issues of this repository that merging closes (docs.github.com: "Linking a pull request to an issue").

    A keyword counts neither in code nor in a comment of a template.
    """
    found = _CLOSES.finditer(_UNREAD.sub(" ", body))
    own = [match for match in found if (match["name"] or match["of"] or repository).lower() == repository.lower()]
    return tuple(dict.fromkeys(int(match["number"]) for match in own))


def _missing(paths: Sequence[str], linked: Sequence[int], history: Sequence[PastPull]) -> list[Missing]:
    """Only of a change of source; what people usually add to one."""
    parts = parts_of(paths)
    if "source" not in parts:
        return []
    found: list[Missing] = []
    for part, said in _ASKED:
        usual = habit(part, history)
        if part not in parts and usual.surely >= USUAL:
            found.append(Missing(part, f"{said}; {_of(usual)} that changed source did so."))
    linking = Rate(sum(pull.linked for pull in history), len(history))
    if not linked and linking.surely >= USUAL:
        found.append(Missing("issue", f"No issue is linked; {_of(linking)} link one."))
    return found


def _not_closing(linked: Sequence[int], base: str, default_branch: str) -> str:
    if not linked or base == default_branch or not default_branch:
        return ""
    issues = ", ".join(f"#{number}" for number in linked)
    return (
        f"Merging into `{base}` will not close {issues}: GitHub closes issues on merges into `{default_branch}` only."
    )


def _of(rate: Rate) -> str:
    return f"{rate.hits} of {rate.trials} merged pull requests"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
