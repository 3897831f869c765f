"""Question: what a person asks, as the term sets that evidence is held against."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from app.knowledge.query import prose
from app.knowledge.thread_text import identifiers
from app.knowledge.words import pieces, stem, terms, tokens, words_of

Intent = Literal["how", "what", "other"]

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[\"'(`]?[A-Z0-9])|\n{2,}|\n(?=\s*[-*]\s)|(?<=\?)\s+")
_TAG = re.compile(r"^\s*(?:\[[^\]]{1,40}\]|\(?(?:question|help|docs?|support|q)\)?\s*:)\s*", re.IGNORECASE)
_ASKS = re.compile(
    r"^\W*(?:how|what|what's|where|when|why|which|who|can|could|is|are|does|do|should|would|will|may|am|has|have"
    r"|explain|describe|show\s+me|tell\s+me|point\s+me)\b"
    r"|\b(?:how\s+(?:to|do|does|can|should|would|i|is|are)|what\s+(?:is|are|does)|is\s+there|is\s+it\s+possible"
    r"|(?:any|best|right|recommended|correct|proper|a)\s+way\s+(?:to|of)"
    r"|where\s+(?:do|can|is|are|should)|documentation\s+(?:on|for|about)|(?:wondering|wonder|know|understand|clarify)\s+"
    r"(?:how|what|where|why|if|whether|which))\b",
    re.IGNORECASE,
)
_HOW = re.compile(r"\b(?:how|way\s+(?:to|of)|steps|can\s+i|possible\s+to|where\s+do\s+i)\b", re.IGNORECASE)
_WHAT = re.compile(
    r"\b(?:what(?:'s|\s+is|\s+are|\s+does)|mean|means|meaning|explain|describe|difference)\b", re.IGNORECASE
)

GENERIC = frozenset(
    stem(word)
    for word in words_of("""
        add allow anyone app application behavior behaviour best bug call can change check clarify code configure
        correct correctly create default define difference do docs documentation does doing enable example explain
        feature file find follow following give go good happen have help idea implement include information instance
        issue know like look make mean method mode new number option parameter pass problem project proper properly
        question recommend recommended repo repository right run set setting setup show specific specify start support
        sure thing type understand user value version work write wrong
    """)
)
"""Stems that name no subject: they count, but little."""
TELLING = 0.5
"""Weight from which a term names a subject."""


@dataclass(frozen=True, slots=True)
class Focus:
    """One thing asked: its terms with how much each matters, and what kind of answer it wants."""

    weights: Mapping[str, float]
    intent: Intent


@dataclass(frozen=True, slots=True)
class Question:
    """`asked` is False where the text only states something; `foci` then hold what it states.

    `about` weighs the terms of all that was written, `names` holds the parts of each identifier in it: they do not
    say whether a page answers, but which piece of the page does.
    """

    asked: bool
    foci: tuple[Focus, ...]
    about: Mapping[str, float]
    names: frozenset[frozenset[str]]


def read_question(title: str, text: str, *, addressed: bool) -> Question:
    """What is asked by a thread's title and body, or, when `addressed`, by a comment to us in that thread."""
    sentences = [part.strip() for part in _SENTENCE.split(prose(text)) if part.strip()]
    asking = [part for part in sentences if part.rstrip("\"')`* ").endswith("?") or _ASKS.search(part)][:5]
    heading = _TAG.sub("", title)
    about = _focus(heading, " ".join(sentences)).weights
    names = frozenset(frozenset(parts) for name in identifiers(f"{heading}\n{text}") if (parts := pieces(name)))
    if addressed:
        spoken = asking or sentences[:3]
        foci = [_focus(part, heading if len(set(terms(part)) - GENERIC) < 2 else "") for part in spoken]
        return Question(asked=bool(spoken), foci=_telling(foci), about=about, names=names)
    asked = heading.rstrip().endswith("?") or bool(_ASKS.search(heading)) or heading != title
    spoken = [part for part in _SENTENCE.split(heading) if part.strip()]
    foci = [_focus(part, "") for part in ([heading, *spoken] if len(spoken) > 1 else [heading])]
    foci += [_focus(part, heading) for part in asking if part != title]
    return Question(asked=asked or bool(asking), foci=_telling(foci), about=about, names=names)


def _focus(text: str, context: str) -> Focus:
    """Terms of the text in full, terms of its context at half; an identifier shares its weight with its parts."""
    weights: dict[str, float] = {}
    for source, weight in ((text, 1.0), (context, 0.5)):
        for token in tokens(source):
            found = terms(token)
            for term in found:
                generic = 0.25 if term in GENERIC or term.isdigit() else 1.0
                share = 1.0 if len(found) == 1 else 0.5 if term == stem(token.lower()) else 0.5 / (len(found) - 1)
                weights.setdefault(term, weight * generic * share)
    if len(weights) > 1 and max(weights.values()) < TELLING:
        weights = {term: 2 * weight for term, weight in weights.items()}  # "what is the default mode"
    whole = f"{context} {text}"
    intent: Intent = "how" if _HOW.search(whole) else "what" if _WHAT.search(whole) else "other"
    return Focus(weights, intent)


def _telling(foci: Sequence[Focus]) -> tuple[Focus, ...]:
    """Those that name a subject at all; "is this a bug?" does not."""
    return tuple(focus for focus in foci if max(focus.weights.values(), default=0) >= TELLING)
