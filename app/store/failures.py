"""Failures read back for the pages: how many a week, the newest, and runs as they are compared with one another.

Only what stands counts: a signal that was withdrawn shows nothing. One run counts once for each way to be wrong,
however many people say so.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.domain.failing import WEEKS, FailureRow, ModeCount, Week
from app.domain.failure import ModeName
from app.knowledge.failures.releases import SETTLED, Judged
from app.knowledge.failures.trends import Segment
from app.knowledge.failures.vectors import LONGEST, Trace
from app.store.engine import Database

MOST_RUNS = 12_000
"""The newest that trends are told by: each costs the unpacking of its snapshot. So long a release is watched."""
HISTORY = timedelta(days=120)

_BAD = "s.withdrawn_at is null and (s.mode is not null or s.polarity = 'bad')"
_HERE = """(cast(:repository as text) is null
    or s.repository_id = (select repository_id from runs where repository = :repository limit 1))"""
_SEGMENTS = """
    r.repository, r.skill, r.model, r.prompt, r.snapshot ->> 'language' as language,
    jsonb_path_query_array(r.verdict, '$.effects[*] ? (@.kind == "labels").names[*]') as labels
"""
_COUNTS = sa.text(f"""
    select mode, week, count(distinct run_id) as runs from (
        select s.mode, s.run_id, floor(extract(epoch from cast(:now as timestamptz) - s.at) / 604800)::int as week
        from signals as s
        where {_BAD} and s.at > :since and s.at <= :now and {_HERE}
    ) as counted group by mode, week
""")  # noqa: S608
_NEWEST = sa.text(f"""
    select s.repository_id, s.id, s.kind, s.actor, s.role, s.text, s.at, s.run_id,
           r.repository, r.number, r.title, r.skill, r.prompt, r.model
    from signals as s join runs as r on r.id = s.run_id
    where {_BAD} and s.mode is not distinct from cast(:mode as text) and {_HERE}
    order by s.at desc, s.id limit :limit
""")  # noqa: S608
_REPOSITORIES = sa.text("""
    select distinct r.repository from (select min(run_id) as run_id from signals group by repository_id) as s
    join runs as r on r.id = s.run_id order by r.repository
""")
_WEEK = sa.text(f"""
    select
        (select count(*) from runs as s where s.finished_at > :since and s.finished_at <= :now and {_HERE}) as runs,
        count(distinct run_id) filter (where s.polarity = 'good') as good,
        count(distinct run_id) filter (where s.mode is not null or s.polarity = 'bad') as bad
    from signals as s where s.withdrawn_at is null and s.at > :since and s.at <= :now and {_HERE}
""")  # noqa: S608
# One row a run, with all that was said of it: what was asked decides little, so its beginning is enough.
_TRACES = f"""
    select r.id as run_id, r.title, left(r.snapshot ->> 'question', {LONGEST}) as asked, said.text as said, said.at,
           {_SEGMENTS}
    from ({{chosen}}) as said join runs as r on r.id = said.run_id
"""  # noqa: S608
_SAID = "select s.run_id, string_agg(distinct s.text, E'\\n') as text, max(s.at) as at from signals as s"
_NAMELESS = sa.text(
    _TRACES.format(
        chosen=f"""{_SAID} where {_BAD} and s.mode is null and s.at > :since and {_HERE}
        group by s.run_id order by max(s.at) desc limit :limit"""
    )
)
_JUDGED_BADLY = sa.text(
    _TRACES.format(
        chosen=f"""{_SAID} where {_BAD} and s.run_id <> :run_id
        and s.run_id in (select run_id from signals as s where {_BAD} order by s.at desc limit :limit)
        group by s.run_id"""  # noqa: S608
    )
)
_ONE = sa.text(
    _TRACES.format(
        chosen=f"""select cast(:run_id as bigint) as run_id, coalesce(string_agg(distinct s.text, E'\\n'), '') as text,
        coalesce(max(s.at), now()) as at from signals as s where {_BAD} and s.run_id = :run_id"""  # noqa: S608
    )
)
_JUDGED = sa.text(f"""
    select r.repository_id, r.number, r.prompt_digest, r.finished_at as at, {_SEGMENTS},
           array(select distinct s.mode from signals as s
                 where s.run_id = r.id and s.withdrawn_at is null and s.mode is not null
                 and s.at <= r.finished_at + cast(:settled as interval)) as modes
    from (
        select * from runs where skill <> 'command' and finished_at <= :until and finished_at > :since
        order by id desc limit :limit
    ) as r
""")  # noqa: S608


class PostgresFailures:
    """What the pages of failures read. `repository` None means all; times are UTC."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def counts(self, now: datetime, *, repository: str | None = None) -> list[ModeCount]:
        """The commonest this week first; modes without any are left out."""
        since = now - timedelta(weeks=WEEKS)
        rows = await self._database.run(_COUNTS, now=now, since=since, repository=repository)
        weeks: dict[ModeName | None, list[int]] = {}
        for row in rows:
            weeks.setdefault(row.mode, [0] * WEEKS)[WEEKS - 1 - row.week] = row.runs
        found = [ModeCount(mode, tuple(each)) for mode, each in weeks.items()]
        return sorted(found, key=lambda one: (-one.this_week, -sum(one.weeks), one.mode or ""))

    async def newest(
        self, mode: ModeName | None, *, repository: str | None = None, limit: int = 50
    ) -> list[FailureRow]:
        """Newest first; `mode` None: those without a name."""
        rows = await self._database.run(_NEWEST, mode=mode, repository=repository, limit=limit)
        return [FailureRow(*row) for row in rows]

    async def repositories(self) -> list[str]:
        return [row.repository for row in await self._database.run(_REPOSITORIES)]

    async def week(self, now: datetime, *, repository: str | None = None) -> Week:
        """The seven days before `now`."""
        since = now - timedelta(weeks=1)
        return Week(*(await self._database.run(_WEEK, now=now, since=since, repository=repository))[0])

    async def nameless(self, since: datetime, *, repository: str | None = None, limit: int = 400) -> list[Trace]:
        """Runs of which something bad was said that has no name, newest first."""
        return _traces(await self._database.run(_NAMELESS, since=since, repository=repository, limit=limit))

    async def trace(self, run_id: int) -> Trace | None:
        rows = await self._database.run(_ONE, run_id=run_id)
        return _traces(rows)[0] if rows else None

    async def judged_badly(self, without: int, *, limit: int = 500) -> list[Trace]:
        """Runs of the newest bad signals, but for one."""
        return _traces(await self._database.run(_JUDGED_BADLY, run_id=without, limit=limit))

    async def judged(self, now: datetime) -> list[Judged]:
        """Settled runs with the ways in which they were wrong."""
        rows = await self._database.run(
            _JUDGED, until=now - SETTLED, since=now - HISTORY, settled=SETTLED, limit=MOST_RUNS
        )
        return [
            Judged(
                repository_id=row.repository_id,
                number=row.number,
                prompt=row.prompt,
                digest=row.prompt_digest,
                at=row.at,
                modes=frozenset(row.modes),
                segments=_segments(row),
            )
            for row in rows
        ]


def _traces(rows: Iterable[sa.Row[Any]]) -> list[Trace]:
    return [
        Trace(
            run_id=row.run_id,
            title=row.title,
            asked=row.asked or "",
            said=row.said,
            at=row.at,
            segments=_segments(row),
        )
        for row in rows
    ]


def _segments(row: sa.Row[Any]) -> frozenset[Segment]:
    """What a run belongs to. The prompt is none: a release is one prompt against what was before."""
    named: Sequence[Segment] = [
        (name, getattr(row, name) or "") for name in ("repository", "skill", "model", "language")
    ]
    labels: Sequence[Segment] = [("label", name) for name in row.labels or ()]
    return frozenset(one for one in (*named, *labels) if one[1])
