"""Requests: what the author of a thread may be asked for, as the snapshot offers it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.domain.snapshot import Need
from app.domain.thread import Thread
from app.knowledge import needs
from app.knowledge.forms import read_form
from app.ports import ThreadIndex
from app.teammate.papers import FORMS
from app.teammate.sanitize import sanitize

RIPE = timedelta(days=7)
"""From a younger report nobody can tell yet what its maintainers will ask."""
_ASK, _WHY = 200, 300


@dataclass(frozen=True, slots=True)
class Requests:
    """`items`, likeliest first; `insufficiency` is the probability that the thread cannot be acted on."""

    items: tuple[Need, ...] = ()
    insufficiency: float = 0.0


def requests_for(
    thread: Thread,
    asked: Sequence[str],
    *,
    kinds: Mapping[str, float],
    papers: Mapping[str, str],
    habit: needs.Habit,
) -> Requests:
    """What is missing of what this repository's forms and its maintainers ask for; of what was asked, what is left.

    `kinds` are probabilities of the kinds of thread, `papers` the repository's own files about issues by path.
    """
    forms = [read_form(path, text) for path, text in papers.items() if path.startswith(FORMS)]
    found = needs.missing(thread.title, thread.body, kind=kinds or "bug", forms=forms, habit=habit)
    for comment in thread.comments:
        if comment.author == thread.author:
            found = needs.cleared(found, comment.body)
    items = tuple(_need(item) for item in found.items)
    return Requests(tuple(item for item in items if not asked or item.id in asked), found.score)


async def habit_of(threads: ThreadIndex, repository_id: int) -> needs.Habit:
    """What maintainers of this repository really needed before, from reports that had time to be answered."""
    return needs.learn_habit(await threads.asked(repository_id, RIPE))


def _need(item: needs.Need) -> Need:
    """A field of a form is named by its label: it is the repository's own text, and may be anybody's."""
    ask = sanitize(item.ask, limit=_ASK).text
    return Need(
        id=ask if item.what == "field" else item.what,
        ask=ask,
        why=sanitize(item.why, limit=_WHY).text,
        probability=item.probability,
    )
