"""Histories in files: one thread a line, as `plumbline replay` reads them, or rows of a labelled data set."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.adapters.github_parse import STALE
from app.domain.past import PastThread, StateReason
from app.domain.thread import Comment
from app.errors import ConfigurationError
from app.knowledge.duplicates import declared_original
from app.knowledge.needs_signs import What, asks_for
from evals.backtest.history import LabelEvent, Record, record

MAINTAINERS = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})


class _Loose(BaseModel):
    """Rows carry more than is read here; what is read has its type."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _Comment(_Loose):
    author: str | None = None
    body: str | None = None
    author_association: str | None = None
    created_at: datetime | None = None


class _Event(_Loose):
    event: str
    created_at: datetime | None = None
    label: str | None = None


class _Row(_Loose):
    repo: str = Field(pattern=r"^[^/\s]+/[^/\s]+$")
    number: int | None = None
    title: str
    body: str | None = None
    url: str = ""
    author: str | None = None
    author_association: str | None = None
    labels: list[str] | None = None
    label: str | None = None
    state: str | None = None
    state_reason: str | None = None
    created_at: datetime | None = None
    closed_at: datetime | None = None
    comments: list[_Comment] | None = None
    timeline: list[_Event] | None = None


def read_file(file: Path) -> tuple[list[Record], int]:
    """The threads of `file`, and how many lines had no time and so no place in a history.

    Raises ConfigurationError with file and line for one that is no thread.
    """
    records: list[Record] = []
    timeless = 0
    try:
        for line, text in _lines(file):
            row = _Row.model_validate_json(text)
            if row.created_at is None:
                timeless += 1
            else:
                records.append(_record(row, line))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{file}:{line}: {place or 'line'}: {first['msg']}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}") from None
    if not records:
        raise ConfigurationError(f"{file} holds no thread with a `created_at`; without times there is no history.")
    return records, timeless


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    with file.open(encoding="utf-8") as lines:
        yield from ((number, line) for number, line in enumerate(lines, 1) if line.strip())


def _record(row: _Row, line: int) -> Record:
    """`line` numbers a thread that has no number of its own."""
    created = _utc(row.created_at)
    closed = _utc(row.closed_at) if row.closed_at else None
    events = tuple(
        LabelEvent(_utc(event.created_at), event.label, event.event == "labeled")
        for event in row.timeline or ()
        if event.event in ("labeled", "unlabeled") and event.label and event.created_at
    )
    said = _duplicate_of(row)
    labels = tuple(dict.fromkeys([*(row.labels or ()), *([row.label] if row.label else ())]))
    thread = PastThread(
        number=row.number or line,
        kind="pull_request" if "/pull/" in row.url else "issue",
        title=row.title,
        body=row.body or "",
        author=row.author or "",
        association=row.author_association or "NONE",
        labels=labels,
        state="closed" if row.state == "closed" else "open",
        state_reason=row.state_reason if row.state_reason in get_args(StateReason) else "",
        created_at=created,
        updated_at=closed or created,
        closed_at=closed,
        duplicate_of=said[0] if said else None,
        stale=row.state == "closed" and any(STALE.search(label) for label in labels),
        url=row.url,
    )
    return record(row.repo, thread, events, said[1] if said else None, _asked(row))


def _asked(row: _Row) -> tuple[tuple[datetime, What], ...] | None:
    """What maintainers asked the author for, and when; None where the row holds no comments."""
    if row.comments is None:
        return None
    return tuple(
        (_utc(said.created_at or row.closed_at or row.created_at), what)
        for said in row.comments
        if said.author_association in MAINTAINERS and said.author != row.author
        for what in sorted(asks_for(said.body or ""))
    )


def _duplicate_of(row: _Row) -> tuple[int, datetime] | None:
    """The thread of this repository that a maintainer named last as the same, and when; before that nobody knew."""
    found = None
    for said in row.comments or ():
        when = _utc(said.created_at or row.closed_at or row.created_at)
        comment = Comment(
            id="",
            author=said.author or "",
            author_is_bot=(said.author or "").endswith("[bot]"),
            association=said.author_association or "NONE",
            body=said.body or "",
            created_at=when,
            updated_at=when,
        )
        number = declared_original([comment], row.repo)
        found = (number, when) if number is not None and number != row.number else found
    return found


def _utc(moment: datetime | None) -> datetime:
    """Times without a zone are UTC, as the sets that leave it out say."""
    assert moment is not None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
