"""Reading: a thread as the classifier sees it, as terms of three views and as a row of signs.

The views are the title, all that was filed (forms and logs included, because which form was chosen tells much), and
what the person said. Signs are the cues of `cues` and countable marks of how the text is made.
"""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.knowledge.cues import CUES, MARKS, TITLE_MARKS
from app.knowledge.query import prose

VIEWS = ("title", "filed", "said")
_BODY = 8_000
_FILED = 6_000
_TERM = re.compile(r"\w[\w']*|[?!:\[\]]")
_LONGEST = 40
"""Characters of a term; longer ones are data."""
_MOST_MARKS = 20
_ASKED_FOR = re.compile(r"\b(?:please|add|apply|set|give|assign|put|use)\b.{0,60}\blabels?\b", re.IGNORECASE)
_SENTENCES = re.compile(r"(?<=[.!?\n])")
_PREFIX = re.compile(r"\W*(?:\[[^\]]*\]|[\w./-]+: )")


@dataclass(frozen=True, slots=True)
class Reading:
    """A thread's title, body and prose, without what a reporter would like to have labelled."""

    title: str
    body: str
    text: str

    @property
    def whole(self) -> str:
        """As an encoder reads it: the title first, for the rest may be cut."""
        return f"{self.title}\n{self.text}"


def read(title: str, body: str) -> Reading:
    return Reading(without_wishes(title[:500]), without_wishes(body[:_BODY]), without_wishes(prose(body)))


def without_wishes(text: str) -> str:
    """What a reporter would like to have labelled is no evidence of anything."""
    return "".join(sentence for sentence in _SENTENCES.split(text) if not _ASKED_FOR.search(sentence))


def view_terms(reading: Reading, view: str) -> list[str]:
    """Terms of one of `VIEWS` with repeats: runs of up to three words of a title, of up to two elsewhere."""
    if view == "title":
        return _runs(["^", *_words(reading.title), "$"], 3)
    return _runs(_words(reading.body[:_FILED] if view == "filed" else reading.text), 2)


def signs(reading: Reading) -> list[float]:
    """What can be counted: a fixed number of values of 0 to about 8, in a fixed order."""
    where = {"title": reading.title, "text": reading.text, "body": reading.body}
    values = [float(bool(cue.pattern.search(where[cue.where]))) for cue in CUES]
    values += [_counted(mark.finditer, reading.body) for mark in MARKS]
    values += [_counted(mark.finditer, reading.title) for mark in TITLE_MARKS]
    values += [math.log1p(len(one)) for one in (reading.title, reading.body, reading.text)]
    values += [len(reading.text) / (len(reading.body) + 50), math.log1p(len(reading.title.split()))]
    return [*values, float(reading.title[:1].isupper()), float(bool(_PREFIX.match(reading.title)))]


def _words(text: str) -> list[str]:
    return [match.group()[:_LONGEST] for match in _TERM.finditer(text.lower())]


def _runs(words: list[str], longest: int) -> list[str]:
    return [
        " ".join(words[start : start + size])
        for size in range(1, longest + 1)
        for start in range(len(words) - size + 1)
    ]


def _counted(find: Callable[[str], Iterable[object]], text: str) -> float:
    """Logarithm of how often a mark stands in the text, a mark that stands everywhere counting no more."""
    return math.log1p(sum(1 for _, _ in zip(find(text), range(_MOST_MARKS), strict=False)))
