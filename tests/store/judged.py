"""Runs and what was said of them, by the thousand: written by SQL, because only how they read back is tested."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from app.domain.failure import ModeName
from app.domain.prompt import Usage
from app.store.engine import Database
from app.store.text import dump_json
from tests.fakes.snapshots import snapshot
from tests.knowledge.failures.planted import stream

_RUNS = sa.text("""
    insert into runs (work_id, installation_id, repository_id, repository, thread_kind, number, title, skill, trigger,
                      prompt, prompt_digest, model, outcome, snapshot, verdict, usage, started_at, finished_at)
    select 1, 7, repository_id, repository, 'issue', number, title, 'triage', 'body', prompt, digest, model, 'acted',
           cast(:snapshot as jsonb) || jsonb_build_object(
               'question', question, 'language', language, 'body', repeat('a line of a report. ', filler)
           ),
           jsonb_build_object('refusals', cast('[]' as jsonb), 'summary', '', 'effects', jsonb_build_array(
               jsonb_build_object('kind', 'labels', 'names', labels))),
           cast(:usage as jsonb), at, at
    from jsonb_to_recordset(cast(:rows as jsonb)) as r (
        repository_id bigint, repository text, number int, title text, prompt text, digest text, model text,
        question text, language text, labels jsonb, filler int, at timestamptz)
    returning id
""")
_SIGNALS = sa.text("""
    insert into signals
        (repository_id, id, installation_id, number, run_id, kind, polarity, actor, role, mode, text, at)
    select repository_id, id, 7, number, run_id, kind, polarity,
           case kind when 'slow' then '' else 'ada' end, 'maintainer', mode, text, at
    from jsonb_to_recordset(cast(:rows as jsonb)) as s (
        repository_id bigint, id text, number int, run_id bigint, kind text, polarity text, mode text, text text,
        at timestamptz)
""")
PORTION = 2_000
SNAPSHOT, USAGE = snapshot().model_dump_json(), Usage().model_dump_json()
REPOSITORIES = ("acme/engine", "acme/site", "umbra/client")


@dataclass(frozen=True, slots=True)
class Said:
    """One signal about the run at this place; `mode` empty is none."""

    run: int
    mode: ModeName | None
    text: str = ""
    polarity: str = "bad"
    kind: str = "reply"
    hours_later: float = 1.0


@dataclass(frozen=True, slots=True)
class Ran:
    """One run on a thread of its own, so many days ago."""

    days_ago: float
    title: str = "It crashes"
    question: str = "When I start it, it crashes."
    repository: int = 0
    language: str = "en"
    labels: tuple[str, ...] = ("bug",)
    prompt: str = "triage@1"
    model: str = "local/1"
    filler: int = 20


async def write(
    database: Database, ran: Sequence[Ran], said: Sequence[Said] = (), now: datetime | None = None
) -> list[int]:
    """Ids of the runs, in their order."""
    until = now or datetime.now(UTC)
    rows = [
        {
            "repository_id": 840 + one.repository,
            "repository": REPOSITORIES[one.repository],
            "number": place,
            "digest": f"digest of {one.prompt}",
            "at": until - timedelta(days=one.days_ago),
            **{
                name: getattr(one, name)
                for name in ("title", "prompt", "model", "question", "language", "labels", "filler")
            },
        }
        for place, one in enumerate(ran, start=1)
    ]
    ids: list[int] = []
    for start in range(0, len(rows), PORTION):
        portion = dump_json(rows[start : start + PORTION])
        ids += [row.id for row in await database.run(_RUNS, rows=portion, snapshot=SNAPSHOT, usage=USAGE)]
    signals = [
        {
            "repository_id": rows[one.run]["repository_id"],
            "id": f"{one.kind}:{place}",
            "number": one.run + 1,
            "run_id": ids[one.run],
            "at": until - timedelta(days=ran[one.run].days_ago) + timedelta(hours=one.hours_later),
            **{name: getattr(one, name) for name in ("kind", "polarity", "mode", "text")},
        }
        for place, one in enumerate(said)
    ]
    for start in range(0, len(signals), PORTION):
        await database.run(_SIGNALS, rows=dump_json(signals[start : start + PORTION]))
    return ids


async def write_months(database: Database, *, runs: int = 4_000, worse: bool = True) -> list[int]:
    """Three months of a busy installation: ways to be wrong, complaints without a name, and a release two weeks ago
    that labels questions wrongly, if it is to be `worse`.
    """
    dice = random.Random(2)
    ran, said = [], []
    for place in range(runs):
        age = 84 * (1 - place / runs) + 0.2
        question, fresh = dice.random() < 0.3, age < 14
        ran.append(
            Ran(
                age,
                title=dice.choice(
                    ("How do I rotate the key?", "Export fails since 2.0", "Crash on start", "Add dark mode")
                ),
                repository=dice.choices((0, 1, 2), (60, 30, 10))[0],
                language=dice.choices(("en", "de", "zh"), (80, 12, 8))[0],
                labels=("question",) if question else (dice.choice(("bug", "docs", "feature")),),
                prompt="triage@2" if fresh else "triage@1",
            )
        )
        wrong = 0.22 if worse and question and fresh else 0.05
        for mode, rate in (("wrong-label", wrong), ("missed-label", 0.04), ("verbose", 0.01), ("slow", 0.008)):
            if dice.random() < rate:
                kind = {"wrong-label": "label_removed", "missed-label": "label_added", "slow": "slow"}.get(
                    mode, "reply"
                )
                text = "Too long, please." if mode == "verbose" else ""
                said.append(Said(place, mode, text, kind=kind))  # type: ignore[arg-type]
        if dice.random() < 0.06:
            said.append(Said(place, None, "Thanks, that is it.", polarity="good"))
    traces, _ = stream(9, each=12, noise=20)
    latest = [place for place, one in enumerate(ran) if one.days_ago < 20]
    said += [Said(dice.choice(latest), None, trace.said, hours_later=2) for trace in traces]
    return await write(database, ran, said)
