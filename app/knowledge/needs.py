"""Needs: what is missing from this thread before anybody can act on it, and what a reply clears.

Three things speak: the repository's own form (a required field without an answer), what its maintainers really asked
for when it was lacking, and the kind of the thread (a wish needs no reproduction). Only what stands nowhere in the
thread is missing, whatever heading it stands under. Asking once is the caller's: these functions keep no state.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from app.knowledge.forms import Answer, Field, Form, answers_to
from app.knowledge.labels import canonical
from app.knowledge.needs_score import insufficiency
from app.knowledge.needs_signs import WHATS, What, given, is_chatter, said, sign

NOT_ENOUGH = 0.2
"""Score from which a description is taken as not enough. It does not tell what a maintainer would ask: items do."""
WORTH_ASKING = 0.5
"""Probability from which an item is worth asking for; below, the question costs more than its answer is worth."""

_REQUIRED = 0.8
"""Probability that the answer to a required field of the form is needed."""
_REQUIRED_MATTERS = 0.3
"""Share of threads that cannot be acted on for want of one required answer alone."""
_HABIT_AFTER = 8
"""Past reports after which a repository's own habit weighs as much as what is usual elsewhere."""
_LEAST = 0.05
_REPLY_WORDS = 3
"""Words that can answer a question of the form, or say more about a wish."""

_USUAL: Mapping[str, Mapping[What, float]] = {
    "bug": {
        "reproduction": 0.3,
        "outcome": 0.1,
        "version": 0.15,
        "environment": 0.1,
        "error": 0.25,
        "log": 0.05,
        "configuration": 0.05,
        "screenshot": 0.1,
    },
    "question": {"reproduction": 0.1, "version": 0.1, "error": 0.15, "configuration": 0.05},
}
"""Where nothing is known of a repository, by kind; other kinds need none of it. Set by hand, and on purpose so low that
nothing is worth asking for before a form or a habit says so.
"""
_WISH_ASKED = 0.4
"""Share of the open wishes that are asked about; as low for the same reason."""
_ASK: Mapping[What, str] = {
    "reproduction": "Show how to reproduce it: the smallest code or the exact steps.",
    "outcome": "Say what you expected, and what happened instead.",
    "version": "Name the version you use.",
    "environment": "Name the system it runs on.",
    "error": "Paste the whole error message or stack trace as text.",
    "log": "Add the log from around that moment.",
    "configuration": "Show the configuration it happens with.",
    "screenshot": "Add a screenshot.",
    "detail": "Say exactly what should change, with an example of its use and the result.",
}
_ONLY_WHERE: Mapping[What, re.Pattern[str]] = {
    "error": sign(r"\b(?:error|exception|crash\w*|traceback|fail(?:s|ed|ing)? with|panic\w*|throws?)\b"),
    "screenshot": sign(
        r"""\b(?:layout|align\w*|overlap\w*|render\w*|display\w*|looks?|colou?rs?|theme|font|icon|button|dark mode|css|
        flicker\w*)\b"""
    ),
}
"""What is needed only where the report speaks of such a thing."""
_FIELD_ASKS: Sequence[tuple[What, re.Pattern[str]]] = (
    ("reproduction", sign(r"\brepro\w*|\bsteps?\b|\bexample\b|\bsample\b|\bcode\b|\bplayground\b")),
    ("error", sign(r"\btraceback|\bstack ?trace|\berror (?:message|output)|\bexception\b")),
    ("log", sign(r"\blogs?\b|\boutput\b")),
    ("outcome", sign(r"\bexpect\w*|\bactual\w*|\bcurrent behaviou?r|\bwhat happen\w*")),
    ("version", sign(r"\bversions?\b|\brelease\b|\bcommit\b")),
    ("environment", sign(r"\b(?:environment|system|os|platform|browsers?|device|hardware|install\w*)\b")),
    ("configuration", sign(r"\bconfig\w*|\bsettings?\b")),
    ("screenshot", sign(r"\bscreen ?shots?\b|\brecording\b|\bvideo\b")),
)


@dataclass(frozen=True, slots=True)
class Habit:
    """How many past reports lacked something, and for how many of those a maintainer asked for it."""

    lacked: Mapping[What, int] = field(default_factory=dict)
    asked: Mapping[What, int] = field(default_factory=dict)

    def probability(self, what: What, usual: float) -> float:
        """That a maintainer here asks for it: the usual share elsewhere, moved by what was seen here."""
        return (self.asked.get(what, 0) + _HABIT_AFTER * usual) / (self.lacked.get(what, 0) + _HABIT_AFTER)


@dataclass(frozen=True, slots=True)
class Need:
    """One missing thing. `ask` says it to the reporter, `why` to a maintainer; `probability` that it is needed."""

    what: What | Literal["field"]
    ask: str
    why: str
    probability: float


@dataclass(frozen=True, slots=True)
class Needs:
    """`score`: probability that the description is not enough to act on. `items`: the most needed first."""

    score: float
    items: tuple[Need, ...]


def learn_habit(counts: Mapping[str, tuple[int, int]]) -> Habit:
    """`counts` says of each thing how many past reports of one repository lacked it, and for how many of those a
    maintainer asked for it.
    """
    known = {what: counts[what] for what in WHATS if what in counts}
    return Habit(
        {what: lacked for what, (lacked, _) in known.items()}, {what: asked for what, (_, asked) in known.items()}
    )


def lacking(title: str, body: str) -> list[What]:
    """What a bug report or question of the past did not say, as first written."""
    return _lacking(f"{title}\n{said(body)}")


def missing(
    title: str,
    body: str,
    *,
    kind: str | Mapping[str, float] = "bug",
    forms: Iterable[Form] = (),
    habit: Habit | None = None,
) -> Needs:
    """What a thread lacks. `kind` is one name (`bug`, `feature request`, ...) or probabilities of several.

    `body` may be followed by the reporter's later comments: what they say is no longer missing.
    """
    answers = answers_to(forms, body)
    text = f"{title}\n{said(_without_hints(body, answers))}"
    score, kinds = insufficiency(title, body), _kinds(kind)
    answered = {_what(answer.field) for answer in answers if answer.status == "answered"}
    usual = [_usual(what, kinds, habit or Habit()) for what in _lacking(text) if what not in answered]
    required = [need for answer in answers if (need := _required(answer, text))]
    wish = (
        []
        if given("detail", text)
        else [_need("detail", kinds["enhancement"] * score * _WISH_ASKED, "the wish leaves much open")]
    )
    needed = {need.ask: need for need in sorted((*usual, *wish, *required), key=lambda need: need.probability)}
    items = tuple(need for need in reversed(needed.values()) if need.probability >= _LEAST)
    return Needs(1 - (1 - score) * (1 - _REQUIRED_MATTERS) ** len(required), items)


def cleared(needs: Needs, reply: str) -> Needs:
    """What is still missing after the reporter's reply. Words that say nothing ("+1", "any update?") clear nothing."""
    own = said(reply)
    if is_chatter(own):
        return needs
    left = tuple(need for need in needs.items if not _clears(need, own))
    before = math.fsum(need.probability for need in needs.items)
    share = math.fsum(need.probability for need in left) / before if before else 0.0
    return Needs(needs.score * share, left)


def _lacking(text: str) -> list[What]:
    lacking = (what for what in WHATS if not given(what, text))
    return [what for what in lacking if what not in _ONLY_WHERE or _ONLY_WHERE[what].search(text)]


def _usual(what: What, kinds: Mapping[str, float], habit: Habit) -> Need:
    """As often as maintainers here ask for it, over the kinds that the thread may be of."""
    usual = _USUAL["bug"].get(what, 0.0)
    here = habit.probability(what, usual) / usual if usual else 1.0
    probability = sum(share * min(1.0, here * _USUAL.get(kind, {}).get(what, 0.0)) for kind, share in kinds.items())
    asked, lacked = habit.asked.get(what, 0), habit.lacked.get(what, 0)
    why = (
        f"maintainers asked for it in {asked} of {lacked} reports that lacked it"
        if lacked
        else "useful in a report of this kind"
    )
    return _need(what, probability, why)


def _required(answer: Answer, text: str) -> Need | None:
    """A required field without an answer, unless what it asks for stands elsewhere."""
    if answer.status == "answered" or not answer.field.required or answer.field.type == "checkboxes":
        return None
    why = f"the form requires “{answer.field.label}”"
    what = _what(answer.field)
    if what is None:
        return Need("field", f"Answer “{answer.field.label}”.", why, _REQUIRED)
    return None if given(what, text) else _need(what, _REQUIRED, why)


def _need(what: What, probability: float, why: str) -> Need:
    return Need(what, _ASK[what], why, probability)


def _what(field: Field) -> What | None:
    """What a field asks for, by its label, else by its name; boxes to tick ask for nothing."""
    if field.type == "checkboxes":
        return None
    words = (field.label, field.id.replace("-", " ").replace("_", " "))
    return next((what for name in words for what, pattern in _FIELD_ASKS if pattern.search(name)), None)


def _kinds(kind: str | Mapping[str, float]) -> Mapping[str, float]:
    shares = {kind: 1.0} if isinstance(kind, str) else kind
    known = {"enhancement": 0.0}
    for name, share in shares.items():
        known[canonical(name)] = known.get(canonical(name), 0.0) + share
    return known


def _without_hints(body: str, answers: Iterable[Answer]) -> str:
    """A form's own example of a version is nobody's version."""
    for answer in answers:
        if answer.status == "placeholder":
            body = body.replace(answer.text, "", 1)
    return body


def _clears(need: Need, reply: str) -> bool:
    if need.what == "field" or need.what == "detail":  # noqa: PLR1714 mypy narrows only this form
        return len(reply.split()) >= _REPLY_WORDS or given("detail", reply)
    return given(need.what, reply)
