"""Which proposed labels may be applied: only ones the repository has, spelled as it spells them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from unicodedata import normalize

from app.domain.decision import TriageDecision
from app.domain.effect import LabelsPayload
from app.domain.snapshot import Snapshot
from app.domain.verdict import Refusal, Verdict
from app.teammate.guard.plain import one_line

DUPLICATE = re.compile(r"(?:^|[:/ _-])duplicate$", re.IGNORECASE)
"""A label that calls a thread one, such as `resolution: duplicate`. Without a link to the original it helps nobody, so
only a person who names the original has it set."""


@dataclass(frozen=True)
class RefusedLabel:
    """A proposed label that is not applied, and why (both fit on a page as they are)."""

    name: str
    reason: str


def judge_labels(decision: TriageDecision, snapshot: Snapshot) -> Verdict:
    """The labels that may be added, each with its reason in the summary."""
    limits = snapshot.settings.labels
    refusals = [
        Refusal(what=one_line(label.name, 80), why=f"confidence {label.confidence:.2f} is under the threshold")
        for label in decision.labels
        if label.confidence < limits.min_confidence
    ]
    sure = [label for label in decision.labels if label.confidence >= limits.min_confidence]
    kept, refused = allowed_labels(
        [label.name for label in sure],
        [label.name for label in snapshot.labels],
        allow=limits.allow,
        deny=limits.deny,
        removed=snapshot.removed_labels,
        maximum=limits.max,
    )
    refusals += [Refusal(what=one.name, why=one.reason) for one in refused]
    new = tuple(name for name in kept if name not in snapshot.current_labels)
    if not new:
        return Verdict(refusals=tuple(refusals), summary="no label to add")
    reasons = {label.name.casefold(): one_line(label.rationale) for label in sure}
    summary = "; ".join(f"{name}: {reasons.get(name.casefold(), '')}".rstrip(": ") for name in new)
    return Verdict(effects=(LabelsPayload(names=new),), refusals=tuple(refusals), summary=summary)


def allowed_labels(
    proposed: Sequence[str],
    repository_labels: Sequence[str],
    *,
    allow: Sequence[str] = (),
    deny: Sequence[str] = (),
    removed: Sequence[str] = (),
    maximum: int = 3,
) -> tuple[tuple[str, ...], tuple[RefusedLabel, ...]]:
    """The labels to apply, in the order proposed, and the refused ones.

    Names are compared without regard to case, after NFC. `allow` and `deny` hold names or patterns (`area/*`); an empty
    `allow` allows all, `deny` wins. A name the repository does not have is refused: labels are never created. So is one
    that was `removed` from the thread, and one that says duplicate.
    """
    gone = {_key(name) for name in removed}
    spelled = {_key(name): name for name in repository_labels}
    kept: list[str] = []
    refused: list[RefusedLabel] = []
    for name in proposed:
        own = spelled.get(_key(name))
        if own is None:
            reason = "the repository has no such label"
        elif own in kept:
            continue
        elif _key(own) in gone:
            reason = "a person removed it"
        elif DUPLICATE.search(own):
            reason = "it names no original: `duplicate of` a number does"
        elif _matches(own, deny):
            reason = "denied by the settings"
        elif allow and not _matches(own, allow):
            reason = "not among the allowed labels"
        elif len(kept) >= maximum:
            reason = f"more than {maximum} labels"
        else:
            kept.append(own)
            continue
        refused.append(RefusedLabel(one_line(name, 100), reason))
    return tuple(kept), tuple(refused)


def _key(name: str) -> str:
    return normalize("NFC", name).casefold()


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(_key(name) == _key(pattern) or fnmatchcase(_key(name), _key(pattern)) for pattern in patterns)
