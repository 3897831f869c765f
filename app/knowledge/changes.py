"""Changes: what kind of thing each path of a pull request is, and how often one kind comes with another.

A kind is read from the path alone, because of past pull requests nothing else is kept.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Literal

from app.knowledge.paths import is_documentation, kind_of
from app.knowledge.words import words_of

Part = Literal["source", "tests", "docs", "changelog", "dependencies", "ci", "generated", "other"]

_CHANGELOG = re.compile(
    r"(?:^|/)(?:change(?:s|log)|history|news|release[-_]?notes)(?:[-_.]?v?\d[\w.-]*)?(?:\.(?:adoc|html|markdown|md|rst|txt))?$"
    r"|(?:^|/)(?:changelog\.d|changelogs?|changes|\.changeset|newsfragments|news\.d|release[-_]?notes|unreleased)/"
)
_TESTS = re.compile(
    r"(?:^|/)(?:(?:__tests__|__snapshots__|e2e|fixtures|specs?|testdata|tests?)/|test_[^/]*$|conftest\.py$"
    r"|[^/]*(?:_test|_spec|\.test|\.spec)\.\w+$)"
)
_TESTS_IN_CAMELS = re.compile(r"[a-z0-9]Tests?\.\w+$")
_CI = re.compile(
    r"(?:^|/)(?:\.github/(?:workflows|actions)/|\.circleci/|\.gitlab-ci|\.travis|azure-pipelines|jenkinsfile)"
)
_DEPENDENCIES = re.compile(
    r"(?:^|/)(?:[^/]*\.lock|[^/]*-lock\.(?:json|ya?ml)|go\.(?:mod|sum)|package\.json|npm-shrinkwrap\.json|pom\.xml|gemfile"
    r"|cargo\.toml|composer\.json|requirements[^/]*\.(?:txt|in)|pipfile|[^/]*\.gradle(?:\.kts)?|[^/]*\.csproj)$"
)
_GENERATED = re.compile(
    r"(?:^|/)(?:dist|node_modules|vendor|third[-_]?party)/|\.(?:min|generated|pb|g)\.\w+$|_pb2(?:_grpc)?\.py"
)
_DOCS = re.compile(r"^(?:docs?|documentation|website|examples?)/|(?:^|/)readme[^/]*$")
_NOT_CODE = frozenset(["", *words_of(".cfg .ini .toml .txt .yaml .yml")])
"""Endings of what is indexed like source and yet needs no tests: settings, and recipes such as a Makefile."""
_SURE = 1.96
"""Standard deviations of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class PastPull:
    """A merged pull request. `paths` are those of the files it changed; `reviewers` says which of them each login spoke
    about in a review.
    """

    number: int
    author: str
    merged_at: datetime
    paths: tuple[str, ...]
    labels: tuple[str, ...] = ()
    reviewers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    linked: bool = False
    """Whether its text closed an issue."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`hits` of `trials`, and the share that is at least as high with 97.5 % certainty."""

    hits: int
    trials: int

    @property
    def surely(self) -> float:
        """The lower end of Wilson's interval (E. B. Wilson, JASA 22, 1927); 0 where nothing was tried."""
        if not self.trials:
            return 0.0
        share, spread = self.hits / self.trials, _SURE**2 / self.trials
        margin = math.sqrt(spread * (share * (1 - share) + spread / 4))
        return max((share + spread / 2 - margin) / (1 + spread), 0.0)


@lru_cache(maxsize=50_000)
def part_of(path: str) -> Part:
    """The first that fits, so that a lock file below `tests/` is still a matter of dependencies."""
    low = path.lower()
    if _GENERATED.search(low):
        return "generated"
    if _DEPENDENCIES.search(low):
        return "dependencies"
    if _CHANGELOG.search(low) and kind_of(low) != "source":
        return "changelog"
    if _CI.search(low):
        return "ci"
    if _TESTS.search(low) or _TESTS_IN_CAMELS.search(path):
        return "tests"
    if _DOCS.search(low) or is_documentation(low):
        return "docs"
    return "source" if kind_of(low) == "source" and PurePosixPath(low).suffix not in _NOT_CODE else "other"


def parts_of(paths: Iterable[str]) -> frozenset[Part]:
    return frozenset(map(part_of, paths))


def is_bot(login: str) -> bool:
    return login.endswith("[bot]")


def habit(part: Part, history: Sequence[PastPull]) -> Rate:
    """How often people who change source change `part` as well."""
    parts = [parts_of(pull.paths) for pull in history if not is_bot(pull.author)]
    trials = [found for found in parts if "source" in found]
    return Rate(sum(part in found for found in trials), len(trials))


def folders(path: str) -> list[str]:
    """The folders that hold it, innermost first, each with a slash at its end."""
    return [path[: position + 1] for position in range(len(path) - 1, 0, -1) if path[position] == "/"]
