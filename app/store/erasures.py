"""Erasures in Postgres: each is one transaction over every table that may hold what is to be forgotten.

What deliveries said is not looked through for it: they are emptied within a day anyway (`empty_deliveries`). Runs of a
thread that is gone are deleted; of a person, their words and their name in them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.thread import RepositoryRef
from app.ports.erasing import Erasure, What
from app.store.engine import Database
from app.store.forgetting import FORGET_REPOSITORIES, Forget, counted
from app.store.text import dump_json
from app.store.threads import PostgresThreads
from app.teammate.cases.gone import GHOST, without_person, without_words
from app.teammate.cases.scrub import hashed

# A search for a person goes through every run, which may take longer than any page would wait.
_PATIENCE = sa.text("set local statement_timeout = 0")
_ASK = sa.text("""
    insert into erasures (what, subject) select :what, :subject
    where not exists (select from erasures where what = :what and subject = :subject and done_at is null)
""")
_ALL = "select id, what, subject, asked_at, done_at, rows from erasures"
_WAITING = sa.text(f"{_ALL} where done_at is null order by id")
_KNOWN = sa.text(f"{_ALL} order by id")
_TAKE = sa.text("select id from erasures where id = :id and done_at is null for update")
_DONE = sa.text("""
    update erasures set done_at = now(), subject = :subject, rows = cast(:rows as jsonb) where id = :id
""")
_IN_HAND = sa.text("""
    select id from work where state = 'leased' and kind = 'thread' and (
        (repository_id = :repository_id and (cast(:number as integer) is null or number = :number))
        or installation_id = :installation_id
    ) limit 1
""")
_LEARNT_FROM = sa.text("""
    select distinct on (repository_id) installation_id, repository_id, segment ->> 'repository' as name from cases
    where state <> 'harvested' order by repository_id, id desc
""")
_EMPTY = sa.text("""
    update deliveries set body = '' where guid in (
        select guid from deliveries where received_at < :older_than and body <> '' limit 5000
    )
""")

_THREAD = "repository_id = :repository_id and number = :number"
_REPOSITORY, _INSTALLATION = "repository_id = :repository_id", "installation_id = :installation_id"


def _delete(table: str, where: str) -> Forget:
    return Forget(table, f"delete from {table} where {where}")  # noqa: S608  our own words


def _update(table: str, what: str, where: str) -> Forget:
    return Forget(table, f"update {table} set {what} where {where}")  # noqa: S608  our own words


_OF_THREAD = (
    Forget(
        "notices",
        "delete from notices using effects as e where notices.effect_id = e.id"
        " and e.repository_id = :repository_id and e.number = :number",
    ),
    *(_delete(table, _THREAD) for table in ("signals", "cases", "effects", "runs", "acts", "stances")),
)
_OF_COMMENT = (
    _delete(
        "signals",
        _THREAD + " and id like '%:' || :comment"
        " and kind in ('reply', 'comment_quoted', 'duplicate_confirmed', 'duplicate_contradicted')",
    ),
    _delete("cases", _THREAD + " and provenance -> 'people' ? :hash"),
    _update("acts", "detail = ''", _THREAD + " and subject = :comment and detail <> ''"),
    _delete("remarks", _REPOSITORY + " and cast(id as text) = :comment"),
)
_OF_REPOSITORY = (
    *(_delete(table, _REPOSITORY) for table in ("signals", "cases", "effects", "runs")),
    _delete("work", _REPOSITORY + " and state <> 'leased'"),
)
_OF_INSTALLATION = (_delete("signals", _INSTALLATION), _delete("cases", _INSTALLATION))
_CONSENT = (
    _delete("cases", _REPOSITORY + " and state <> 'harvested'"),
    _update(
        "signals", "text = '', wanted = wanted - 'body'", _REPOSITORY + " and (text <> '' or wanted ->> 'body' <> '')"
    ),
)
_PRIVATIZED = (_update("cases", "private = true", _REPOSITORY + " and not private"),)
_OF_PERSON = (
    _delete("signals", "lower(actor) = :login or actor = :hash"),
    _update(
        "signals",
        "text = '', wanted = wanted - 'body'",
        "strpos(lower(text), :login) > 0 or strpos(lower(wanted ->> 'body'), :login) > 0",
    ),
    _delete("cases", "provenance -> 'people' ? :hash"),
    _update("judgements", "note = ''", "strpos(lower(note), :login) > 0"),
    _update("judgements", "judge = :hash, note = ''", "lower(judge) = :login"),
    _update("cases", "assignee = ''", "lower(assignee) = :login"),
    _update("acts", "detail = ''", "strpos(lower(detail), :login) > 0"),
    _update("acts", "actor = :ghost, detail = ''", "lower(actor) = :login"),
    _update(
        "stances",
        "stance = stance || jsonb_build_object('by', cast(:ghost as text))",
        "lower(stance ->> 'by') = :login",
    ),
    _update("calls", "actor = :ghost", "lower(actor) = :login"),
    _delete("notices", "lower(person) = :login"),
    _delete("remarks", "lower(reviewer) = :login"),
)
_THEIR_THREADS = sa.text("""
    select repository_id, array_agg(number) as numbers from threads where lower(facts ->> 'author') = :login group by 1
""")
_RUNS_OF_THREAD = sa.text("""
    select id, title, summary, snapshot, decision, verdict from runs
    where repository_id = :repository_id and number = :number order by id
""")
_RUNS_NAMING = sa.text("""
    select id, title, summary, snapshot, decision, verdict from runs
    where strpos(lower(cast(snapshot as text)), :login) > 0 or strpos(lower(summary), :login) > 0 order by id
""")
_REWRITE = sa.text("""
    update runs set title = :title, summary = :summary, snapshot = cast(:snapshot as jsonb),
        decision = cast(:decision as jsonb), verdict = cast(:verdict as jsonb) where id = :id
""")


class PostgresErasures:
    """`ports.Erasures`. `key` hashes logins, and is the one that signs markers."""

    def __init__(self, database: Database, key: bytes) -> None:
        self._database = database
        self._threads = PostgresThreads(database)
        self._key = key

    async def ask(self, what: What, subject: str) -> None:
        await self._database.run(_ASK, what=what, subject=subject)

    async def waiting(self) -> list[Erasure]:
        return [Erasure(*row) for row in await self._database.run(_WAITING)]

    async def known(self) -> list[Erasure]:
        rows = [Erasure(*row) for row in await self._database.run(_KNOWN)]
        return [one if one.done_at else self._closed(one) for one in rows]

    async def learnt_from(self) -> list[RepositoryRef]:
        return [RepositoryRef(*row) for row in await self._database.run(_LEARNT_FROM)]

    async def empty_deliveries(self, older_than: datetime) -> int:
        emptied = 0
        async with self._database.begin() as connection:
            while portion := (await connection.execute(_EMPTY, {"older_than": older_than})).rowcount:
                emptied += portion
        return emptied

    async def erase(self, erasure: Erasure) -> Mapping[str, int] | None:
        subject = self._subject(erasure)
        async with self._database.begin() as connection:
            await connection.execute(_PATIENCE)
            if (await connection.execute(_TAKE, {"id": erasure.id})).first() is None:
                return {}
            if (await connection.execute(_IN_HAND, subject)).first() is not None:
                return None
            rows = await self._forget(connection, erasure.what, subject)
            rows = {name: number for name, number in rows.items() if number}
            closed = self._closed(erasure).subject
            await connection.execute(_DONE, {"id": erasure.id, "subject": closed, "rows": dump_json(rows)})
        return rows

    async def _forget(self, connection: AsyncConnection, what: What, subject: dict[str, Any]) -> dict[str, int]:
        match what:
            case "thread":
                rows = await counted(connection, _OF_THREAD, subject)
                gone = await self._threads.forget_within(connection, subject["repository_id"], [subject["number"]])
                return rows | {"threads": gone}
            case "comment":
                rows = await counted(connection, _OF_COMMENT, subject)
                return rows | {"runs": await _empty_runs(connection, _RUNS_OF_THREAD, subject)}
            case "repository":
                rows = await counted(connection, _OF_REPOSITORY, subject)
                return rows | await counted(connection, FORGET_REPOSITORIES, {"ids": [subject["repository_id"]]})
            case "installation":
                return await counted(connection, _OF_INSTALLATION, subject)
            case "consent":
                return await counted(connection, _CONSENT, subject)
            case "privatized":
                return await counted(connection, _PRIVATIZED, subject)
            case "person":
                rows = await counted(connection, _OF_PERSON, subject)
                theirs = (await connection.execute(_THEIR_THREADS, subject)).all()
                gone = sum([await self._threads.forget_within(connection, *row) for row in theirs])
                return rows | {"threads": gone, "runs": await _empty_runs(connection, _RUNS_NAMING, subject)}

    def _subject(self, erasure: Erasure) -> dict[str, Any]:
        """What the statements take; None for what it does not name."""
        names = ("repository_id", "number", "installation_id", "comment", "login", "hash")
        values: dict[str, Any] = dict.fromkeys(names)
        match erasure.what:
            case "comment" | "thread":
                thread, comment, login = (*erasure.subject.split(":", 2), "", "")[:3]
                repository, _, number = thread.partition("#")
                values |= {"repository_id": int(repository), "number": int(number), "comment": comment}
            case "installation":
                values["installation_id"], login = int(erasure.subject), ""
            case "person":
                login = erasure.subject
            case "repository" | "consent" | "privatized":
                values["repository_id"], login = int(erasure.subject), ""
        return values | {"ghost": GHOST, "login": login.casefold(), "hash": hashed(login, self._key) if login else ""}

    def _closed(self, erasure: Erasure) -> Erasure:
        """The same with no login in it."""
        at = Erasure.__slots__.index("subject")
        values = [getattr(erasure, name) for name in Erasure.__slots__]
        if erasure.what == "person":
            values[at] = hashed(erasure.subject, self._key)
        elif erasure.what == "comment":
            place, _, login = erasure.subject.rpartition(":")
            values[at] = f"{place}:{hashed(login, self._key)}"
        return Erasure(*values)


async def _empty_runs(connection: AsyncConnection, found: sa.TextClause, subject: dict[str, Any]) -> int:
    """Take a person's words out of runs; out of those of a whole life, their name as well. How many were changed."""
    changed = 0
    for row in (await connection.execute(found, subject)).all():
        snapshot = without_words(row.snapshot, subject["login"])
        kept = {name: getattr(row, name) for name in ("title", "summary", "decision", "verdict")}
        if snapshot.get("question") != row.snapshot.get("question"):  # whose words they may quote
            kept |= {"decision": None, "verdict": None, "summary": "", "title": snapshot.get("title", "")}
        now = kept | {"snapshot": snapshot}
        if subject["repository_id"] is None:
            now = without_person(now, subject["login"])
        if now == {**{name: getattr(row, name) for name in kept}, "snapshot": row.snapshot}:
            continue
        json = {name: dump_json(now[name]) if now[name] is not None else None for name in _JSON}
        await connection.execute(_REWRITE, {**now, **json, "id": row.id})
        changed += 1
    return changed


_JSON = ("snapshot", "decision", "verdict")
