"""Reading: what one reply says of us, as far as its words and its place tell. Pure, and quick enough for every reply.

A linear model says how it feels, phrases say what it means, its place says whether it is about us. What is plainly
said outweighs what the model guesses.
"""

from dataclasses import dataclass

import numpy as np

from app.domain.signal import Meaning, Sentiment
from app.knowledge.sentiment.aim import Place, aimed
from app.knowledge.sentiment.meaning import PRAISES, meaning_of
from app.knowledge.sentiment.model import LABELS, Numbers, feel, softmax
from app.knowledge.sentiment.said import said
from app.knowledge.sentiment.tone import SARCASM

UNCIVIL = 0.28
"""Probability from which a reply counts as uncivil: where F1 was best on comments that the model had not seen."""

_PLAIN, _PLAIN_OF_US = 1.0, 3.0
"""Log-odds by which a judgement in plain words outweighs the model, of anything and of what we wrote."""
_MEANT = 4.0
"""The same of sarcasm, which the model takes at its word."""


@dataclass(frozen=True, slots=True)
class ReplyText:
    """One person's comment after ours. `ours` is the comment of ours before it, empty where we only set labels.
    `quotes_us`: it has lines quoted from ours. `directly_after`: nobody else wrote between ours and this.
    `by_author`: by whoever opened the thread.
    """

    text: str
    ours: str
    mentions_us: bool
    quotes_us: bool
    directly_after: bool
    by_author: bool


@dataclass(frozen=True, slots=True)
class ReplyReading:
    """`negative`, `positive` and `uncivil` are probabilities. `aimed`: at us, rather than at somebody else or at the
    software; where it is not, `meaning` is `other`, for it says nothing of what we wrote.
    """

    sentiment: Sentiment
    negative: float
    positive: float
    uncivil: float
    meaning: Meaning
    aimed: bool


def read_reply(reply: ReplyText) -> ReplyReading:
    words = said(reply.text)
    meaning = meaning_of(words)
    feeling = feel(words)
    place = Place(reply.mentions_us, reply.quotes_us, reply.directly_after, reply.by_author)
    at_us = aimed(words, place, meaning, moved=bool(feeling.sentiment.argmax() != LABELS.index("neutral")))
    chances = _weighed(feeling.sentiment, words, meaning, _PLAIN_OF_US if at_us else _PLAIN)
    sentiment = LABELS[int(chances.argmax())]
    return ReplyReading(
        sentiment=sentiment,
        negative=float(chances[LABELS.index("negative")]),
        positive=float(chances[LABELS.index("positive")]),
        uncivil=feeling.uncivil,
        meaning=meaning if at_us else "other",
        aimed=at_us,
    )


def _weighed(chances: Numbers, words: str, meaning: Meaning, plain: float) -> Numbers:
    """The model's probabilities, with what is said in plain words."""
    worth = dict.fromkeys(LABELS, 0.0)
    if SARCASM.search(words):
        worth |= {"negative": _MEANT, "positive": -_MEANT}
    elif meaning != "other":
        worth["positive" if meaning in PRAISES else "negative"] = plain
    return softmax(np.log(np.clip(chances, 1e-6, 1)) + np.array([worth[name] for name in LABELS]))
