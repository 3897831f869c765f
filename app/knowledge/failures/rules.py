"""Rules: the named way to be wrong that a signal shows of its run. Pure.

They name only what is obvious, the most telling first: what people did to our labels and links, what the run itself
shows, then what was said of it. The rest has no name, and is grouped by `clusters` until people give it one.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.domain.failure import ModeName
from app.domain.run import RunRecord, RunSkill
from app.domain.signal import Meaning, Signal, SignalKind, Wanted
from app.knowledge.failures.evidence import (
    asks_again,
    has_large_log,
    in_another_language,
    leaks_markup,
    named_threads,
    spoke_after_stop,
    was_steered,
    written,
)

_WORDS: frozenset[SignalKind] = frozenset({"reaction", "reply", "comment_hidden", "draft_declined"})
"""What people do to our words."""
_COMMENT: frozenset[SignalKind] = _WORDS | {"comment_deleted", "comment_edited", "draft_edited", "stop", "undo"}

_WRONG: Mapping[RunSkill, ModeName] = {
    "triage": "wrong-label",
    "duplicates": "wrong-duplicate",
    "needs-info": "irrelevant",
    "answer": "wrong-answer",
    "pull-request": "wrong-answer",
}
_SAID: Mapping[Meaning, ModeName] = {
    "irrelevant": "irrelevant",
    "verbose": "verbose",
    "hallucination": "hallucinated-symbol",
    "repeated": "repeated-itself",
    "stop": "spoke-when-unwanted",
}
_REASON: Mapping[str, Meaning] = {
    "irrelevant": "irrelevant",
    "incorrect": "wrong",
    "verbose": "verbose",
    "hallucination": "hallucination",
}
"""What the reason of a declined draft (`app.domain.draft`) says of it."""
_HIDDEN: Mapping[str, ModeName] = {
    "off-topic": "off-topic",
    "spam": "spoke-when-unwanted",
    "abuse": "spoke-when-unwanted",
    "duplicate": "repeated-itself",
}
"""GitHub's reasons for hiding a comment (docs.github.com, GraphQL, ReportedContentClassifiers)."""

_VERSION = re.compile(
    r"\b(?:out ?dated|obsolete|deprecated|removed in|veraltet|obsol[eè]te|obsoleto|устарел\w*)\b"
    r"|已过时|已废弃|古い|지난 버전"
    r"|\b(?:wrong|different|another|other|newer|older|old|not (?:in|for|until|before)|falsche|andere|autre|mauvaise"
    r"|otra|outra) (?:the |my |our |this )?(?:version|release|v?\d+\.\d)"
    r"|\b(?:version|release|v)? ?\d+\.\d[\w.]* (?:doesn.?t|does not|has no|hasn.?t|never had|kennt|n'a pas|no tiene)\b"
    r"|\b(?:i.?m|i am|we are|we.?re|i use|ich nutze|j'utilise|uso) (?:on |still on |using )?v?\d+\.\d",
    re.IGNORECASE,
)
_INJECTED = re.compile(
    r"prompt.?injection|\binject(?:ed|ion) |\bjail ?br(?:eak|oken)|\btricked\b.{0,40}\b(?:bot|you|it)\b"
    r"|\b(?:follow(?:ed|s|ing)?|obey(?:ed|s|ing)?)\b.{0,40}\binstructions?\b.{0,40}\b(?:issue|comment|thread|text|body)\b",
    re.IGNORECASE,
)
_LANGUAGE = re.compile(
    r"\b(?:wrong language|(?:in|auf|en|em|in het) (?:english|german|deutsch|englisch|french|français|spanish"
    r"|español|castellano|portuguese|português|italian|italiano|dutch|nederlands|russian|japanese|korean|chinese|inglés|inglese))"
    r"(?: please| bitte| s'il| por favor|,|\W*$)|по-русски|请用中文|用中文|日本語で|한국어로",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Heard:
    signal: Signal
    run: RunRecord
    said: Meaning | None

    @property
    def wanted(self) -> Wanted:
        return self.signal.wanted or Wanted()


def mode_of(signal: Signal, run: RunRecord, *, said: Meaning | None = None) -> ModeName | None:
    """The named way to be wrong that this signal shows of its run; None where nothing names it (or nothing is wrong).

    `said` is what a reply means, in whatever language; without it only the kind of the act and the run speak.
    """
    if signal.polarity == "good":
        return None
    case = _Heard(signal, run, said or _declined_as(signal))
    return next((mode for rule in _RULES if (mode := rule(case))), None)


def _declined_as(signal: Signal) -> Meaning | None:
    """The reason of a declined draft, which stands before the words of whoever declined it."""
    reason, _, _ = signal.text.partition(":")
    return _REASON.get(reason.strip()) if signal.kind == "draft_declined" else None


def _measured(case: _Heard) -> ModeName | None:
    match case.signal.kind:
        case "slow" | "costly":
            return case.signal.kind
        case "off_topic":
            return "off-topic"
        case "unsupported":
            return "hallucinated-symbol"
        case "error":
            return "large-log-breakdown" if has_large_log(case.run.snapshot) else "technical-error"
        case "refused":
            return "injected" if was_steered(case.run) else None
        case _:
            return None


def _called_injected(case: _Heard) -> ModeName | None:
    return "injected" if case.signal.polarity == "bad" and _INJECTED.search(case.signal.text) else None


def _fought(case: _Heard) -> ModeName | None:
    """We put on what somebody had taken off, or a command of ours took off what a person then put back."""
    taken_off = set(case.run.snapshot.removed_labels)
    if case.signal.kind in ("label_removed", "label_replaced", "undo"):
        return "fought-a-person" if any(name.casefold() in taken_off for name in case.wanted.labels_off) else None
    carried = {name.casefold() for name in case.run.snapshot.current_labels}
    put_back = case.signal.kind == "label_added" and any(name.casefold() in carried for name in case.wanted.labels_on)
    return "fought-a-person" if put_back and case.run.skill == "command" else None


def _labels(case: _Heard) -> ModeName | None:
    match case.signal.kind:
        case "label_removed" | "label_replaced":
            return "wrong-label"
        case "undo" if case.wanted.labels_off:
            return "wrong-label"
        case "label_added":
            carried = {name.casefold() for name in case.run.snapshot.current_labels}
            added = [name for name in case.wanted.labels_on if name.casefold() not in carried]
            return "missed-label" if added or not case.wanted.labels_on else None
        case _:
            return None


def _duplicates(case: _Heard) -> ModeName | None:
    """Contradicted by people; or they name an original, where we named another or none."""
    named = named_threads(case.run) if case.run.skill == "duplicates" else set[int]()
    original = case.wanted.duplicate_of
    if original is not None and original not in named:
        return "wrong-duplicate" if named else "missed-duplicate"
    return "wrong-duplicate" if case.signal.kind == "duplicate_contradicted" else None


def _about_our_words(rule: Callable[[_Heard], ModeName | None]) -> Callable[[_Heard], ModeName | None]:
    """Only where something bad was done to, or said of, a comment that we wrote."""

    def of(case: _Heard) -> ModeName | None:
        bad = case.signal.polarity == "bad" and case.signal.kind in _COMMENT
        return rule(case) if bad and written(case.run) else None

    return of


@_about_our_words
def _manners(case: _Heard) -> ModeName | None:
    if spoke_after_stop(case.run):
        return "ignored-a-stop"
    if leaks_markup(case.run):
        return "leaked-markup"
    return "re-asked" if asks_again(case.run) else None


@_about_our_words
def _foreign(case: _Heard) -> ModeName | None:
    unsaid = case.said in (None, "other")
    told = bool(_LANGUAGE.search(case.signal.text))
    return "bad-language" if told or (unsaid and in_another_language(case.run)) else None


@_about_our_words
def _overwhelmed(case: _Heard) -> ModeName | None:
    """A request beside the point, below a log that nobody could read whole."""
    beside = case.said == "irrelevant" or (case.run.skill == "needs-info" and case.said in (None, "repeated", "wrong"))
    return "large-log-breakdown" if beside and has_large_log(case.run.snapshot) else None


def _said(case: _Heard) -> ModeName | None:
    skill = case.run.skill
    if case.signal.kind not in _COMMENT:
        return None
    if case.signal.polarity == "bad" and case.said in ("wrong", "other", None) and _VERSION.search(case.signal.text):
        return "wrong-version"
    if case.said == "wrong":
        return _WRONG.get(skill)
    if case.said == "repeated" and skill == "needs-info":
        return "re-asked"
    return _SAID.get(case.said) if case.said else None


def _done_to_our_words(case: _Heard) -> ModeName | None:
    match case.signal.kind:
        case "stop" | "comment_deleted":
            return "spoke-when-unwanted"
        case "comment_hidden":
            return _HIDDEN.get(case.signal.text.strip().casefold().replace("_", "-"))
        case _:
            return None


_RULES: tuple[Callable[[_Heard], ModeName | None], ...] = (
    _measured,
    _called_injected,
    _fought,
    _labels,
    _duplicates,
    _manners,
    _foreign,
    _overwhelmed,
    _said,
    _done_to_our_words,
)
"""The first that names it wins."""
