"""What is commented, replayed: duplicates and missing information. One proposal a thread at most, beside what the
maintainers did.
"""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Sequence

from app.domain.past import PastThread
from app.knowledge.duplicates import CANDIDATES, original_of
from app.knowledge.needs_signs import What
from app.knowledge.words import terms
from evals.backtest.history import EMBARGO, Record, blocks
from evals.backtest.outcomes import Outcome, Proposal

Find = Callable[[PastThread, Sequence[PastThread]], tuple[int, float] | None]
"""Of a new thread and its likeliest relatives, as they all looked then: the number it duplicates, and how surely."""
Lack = Callable[[PastThread], float]
"""How surely the author of a new thread is to be asked for something."""
Learn = Callable[[Sequence[tuple[frozenset[What], frozenset[What]]]], Lack]
"""From what earlier threads lacked, and what of that maintainers had asked for by then."""

ASKED = re.compile(
    r"\b(?:needs?|needed|more|waiting|awaiting|pending|requires?|missing)\b[\s:/_-]{0,3}(?:\w+[\s_-]){0,2}"
    r"\b(?:info(?:rmation)?|detail\w*|repro\w*|response|reply|feedback|author|reporter|clarif\w*|answer|test ?case)\b"
    r"|\bincomplete\b|\binsufficient\b|\bunclear\b",
    re.IGNORECASE,
)
"""Names of labels by which maintainers say that they asked for something."""
MISSING = "more information"


def replay_duplicates(records: Sequence[Record], find: Find) -> list[Outcome]:
    """Judged where history names duplicates at all: closed threads, on which somebody decided."""
    declared = {one.thread.number: one.thread.duplicate_of for one in records if one.thread.duplicate_of is not None}
    shortlist = _Shortlist()
    outcomes: list[Outcome] = []
    for record in records:
        now = record.thread.created_at
        near = [other.as_of(now) for other in shortlist.nearest(record) if other.thread.created_at < now]
        shortlist.add(record)
        found = find(record.as_of(now), near) if near else None
        wanted = record.thread.duplicate_of
        right = bool(found and wanted and original_of(found[0], declared) == original_of(wanted, declared))
        proposals = (Proposal(f"#{found[0]}", round(found[1], 3), right),) if found else ()
        outcomes.append(
            Outcome(
                record.repository,
                record.thread.number,
                proposals,
                frozenset([f"#{wanted}"] if wanted else ()),
                known=record.thread.state == "closed",
            )
        )
    return outcomes


def replay_needs_info(records: Sequence[Record], learn: Learn) -> list[Outcome]:
    """Judged where history tells that maintainers asked: by what they wrote, or by a label. Such a label is often taken
    off again, so all that a thread ever had count. The first fifth is only learnt from.
    """
    asked = [
        any(what in record.lacked for _, what in record.asked)
        or any(ASKED.search(label) for label in record.ever_had())
        for record in records
    ]
    if not any(asked):
        return []
    outcomes: list[Outcome] = []
    for block in blocks(len(records), len(records) // 5):
        now = records[block.start].thread.created_at
        ripe = [one for one in records[: block.start] if one.thread.created_at + EMBARGO <= now]
        lack = learn([(one.lacked, one.asked_by(now)) for one in ripe])
        for place in block:
            record = records[place]
            score = round(lack(record.as_of(record.thread.created_at)), 3)
            wanted = frozenset([MISSING] if asked[place] else ())
            proposals = (Proposal(MISSING, score, asked[place]),)
            outcomes.append(Outcome(record.repository, record.thread.number, proposals, wanted, known=True))
    return outcomes


class _Shortlist:
    """Of many earlier threads those that share the rarest words, as the search in Postgres would offer them."""

    def __init__(self) -> None:
        self._records: list[Record] = []
        self._places: defaultdict[str, list[int]] = defaultdict(list)

    def add(self, record: Record) -> None:
        for term in _bag(record):
            self._places[term].append(len(self._records))
        self._records.append(record)

    def nearest(self, record: Record) -> list[Record]:
        shared: defaultdict[int, float] = defaultdict(float)
        for term in _bag(record):
            places = self._places.get(term, ())
            for place in places:
                shared[place] += math.log(1 + len(self._records) / len(places))
        best = sorted(shared, key=lambda place: (-shared[place], place))[:CANDIDATES]
        return [self._records[place] for place in best]


def _bag(record: Record) -> list[str]:
    return sorted(set(terms(f"{record.thread.title}\n{record.thread.body[:3_000]}")))
