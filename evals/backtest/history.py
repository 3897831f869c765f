"""History: a repository's threads in the order they were opened, and what was known of each at a given moment.

A backtest that reads the future proves nothing. So a text is read as it was opened, as far as that can be told; what
is learnt from a thread are the labels it had by then; and comments, commits and events are never read as text.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.past import PastThread
from app.knowledge.needs import lacking
from app.knowledge.needs_signs import What

EMBARGO = timedelta(days=7)
"""Where a history does not say when a label was given: it may be learnt from this long after the thread was opened."""

_AFTERTHOUGHT = re.compile(
    r"""[\s>#*_~\[(-]{0,8}
    (?:edit(?:ed)? | update[ds]? | upd | eta | addendum | p\.?s\.? | solved | resolved | fixed | closed | solution
      | resolution | answer)
    (?:\s?\#?\d{1,2})? (?:\s?[(\[]?\d{1,4}[-./]\d{1,2}(?:[-./]\d{1,4})?[)\]]?)?
    (?: [\s*_)]{0,4} [\])>:–—]  | [*_]{1,2}\s* $ | \s+[-–—]\s | \s*$ )""",
    re.IGNORECASE | re.VERBOSE,
)
"""How people begin what they add to a text later."""
_ENDED = re.compile(
    r"""\b(?:fixed | resolved | closed | solved | superseded | addressed | implemented | landed | merged | released
      | duplicate | dup | dupe | closing | answered | done)\b
    .{0,40}?\b(?:by|in|via|with|of|as|since)\b
    .{0,80}?(?:\#\d+ | \b[0-9a-f]{7,40}\b | https?://\S+/(?:pull|commit|issues|discussions)/\S+ | \bduplicate\b)""",
    re.IGNORECASE | re.VERBOSE,
)
"""How a thread ended, told in its own text: "fixed by #12", "duplicate of #7", "closing as a duplicate"."""
_TITLE_MARK = re.compile(
    r"""\s{0,3} [\[(<] (?:re)?(?:solved|fixed|resolved|closed|done|duplicate|dupe?|invalid|wontfix|merged|answered)
      [^\])>]{0,40} [\])>] \s{0,3}
    | ^(?:solved|fixed|resolved|closed|duplicate) \s{0,3} [:–—-] \s{1,3}""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class LabelEvent:
    at: datetime
    label: str
    added: bool


@dataclass(frozen=True, slots=True)
class Record:
    """A thread with what is known of when. `thread` holds the last word on everything but its text, which is read as it
    was opened; `labels_at` and `as_of` take back what came later.
    """

    repository: str
    thread: PastThread
    events: tuple[LabelEvent, ...] = ()
    """When its labels came and went; empty where the history does not say."""
    duplicate_known_at: datetime | None = None
    asked: tuple[tuple[datetime, What], ...] = ()
    """What maintainers asked its author for, and when."""
    lacked: frozenset[What] = frozenset()

    @property
    def place(self) -> tuple[datetime, int]:
        return self.thread.created_at, self.thread.number

    def labels_at(self, moment: datetime) -> frozenset[str]:
        """The labels it had then, as they are spelled now. One that no event tells of counts from the embargo's end.

        Events keep the old name of a label that was renamed later: one that came, never went and is not there any
        more is such a name, and says nothing.
        """
        spelled = {label.casefold(): label for label in self.thread.labels}
        told = {event.label.casefold() for event in self.events}
        removed = {event.label.casefold() for event in self.events if not event.added}
        ripe = self.thread.created_at + EMBARGO <= moment
        held = {key for key in spelled if ripe and key not in told}
        for event in sorted(self.events, key=lambda event: event.at):
            key = event.label.casefold()
            if event.at <= moment and (key in spelled or key in removed):
                spelled.setdefault(key, event.label)
                (held.add if event.added else held.discard)(key)
        return frozenset(spelled[key] for key in held)

    def asked_by(self, moment: datetime) -> frozenset[What]:
        """What of that which its description lacked a maintainer had asked for."""
        return frozenset(what for at, what in self.asked if at <= moment) & self.lacked

    def ever_had(self) -> frozenset[str]:
        """Every label somebody gave it, the ones taken off again included."""
        return frozenset(self.thread.labels) | {event.label for event in self.events if event.added}

    def as_of(self, moment: datetime) -> PastThread:
        """What this thread looked like then, to everybody. Its fate is not known before the moment it met it."""
        closed = self.thread.closed_at is not None and self.thread.closed_at <= moment
        known = self.duplicate_known_at or self.thread.closed_at
        return self.thread.model_copy(
            update={
                "labels": tuple(sorted(self.labels_at(moment))),
                "updated_at": min(self.thread.updated_at, moment),
                "state": "closed" if closed else "open",
                "state_reason": self.thread.state_reason if closed else "",
                "closed_at": self.thread.closed_at if closed else None,
                "duplicate_of": self.thread.duplicate_of if known is not None and known <= moment else None,
                "stale": self.thread.stale and closed,
            }
        )


def record(
    repository: str,
    thread: PastThread,
    events: tuple[LabelEvent, ...] = (),
    duplicate_known_at: datetime | None = None,
    asked: tuple[tuple[datetime, What], ...] | None = None,
) -> Record:
    """The one way to a Record: what was written later is gone before anything else happens.

    `asked` is None where the history holds no comments: then nobody knows what was lacking and not asked for.
    """
    title, body = as_opened(thread.title, thread.body)
    lacked = frozenset(lacking(title, body) if asked is not None else ())
    opened = thread.model_copy(update={"title": title, "body": body})
    return Record(repository, opened, events, duplicate_known_at, asked or (), lacked)


def from_past(repository: str, threads: Iterable[PastThread]) -> list[Record]:
    """A history as GitHub lists it; each thread once, as it was read last."""
    latest = {thread.number: thread for thread in threads}
    return in_order(record(repository, thread) for thread in latest.values())


def in_order(records: Iterable[Record]) -> list[Record]:
    return sorted(records, key=lambda one: one.place)


def by_repository(records: Iterable[Record]) -> dict[str, list[Record]]:
    """Each repository's issues in the order they were opened, the longest history first. A pull request is labelled by
    what it changes, which no history holds.
    """
    found: dict[str, list[Record]] = {}
    for one in in_order(records):
        if one.thread.kind == "issue":
            found.setdefault(one.repository, []).append(one)
    return dict(sorted(found.items(), key=lambda one: (-len(one[1]), one[0])))


def blocks(count: int, learnt: int) -> Sequence[range]:
    """Places to predict at a time: the model is trained anew before each, on all that came before it."""
    size = max(25, count // 20)
    return [range(start, min(start + size, count)) for start in range(learnt, count, size)]


def as_opened(title: str, body: str) -> tuple[str, str]:
    """Title and body without what was plainly written after the thread was opened: edits marked as such, sentences
    that tell how it ended, "[solved]" in the title. GitHub tells of an edit, but lists show only the newest text.
    """
    return _TITLE_MARK.sub(" ", title).strip(), "\n".join(_first_written(body.splitlines())).strip()


def _first_written(lines: Sequence[str]) -> Iterable[str]:
    """Lines up to the first afterthought; one that stands above everything else goes with its own paragraph."""
    written = skipping = False
    for line in lines:
        if not line.strip():
            skipping = False
        elif _AFTERTHOUGHT.match(line):
            if written:
                return
            skipping = True
        if not skipping and not _ENDED.search(line[:2_000]):
            written = written or bool(line.strip())
            yield line
