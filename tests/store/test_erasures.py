"""What is to be forgotten is nowhere in the database afterwards, nothing else goes, and the record counts it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from app.domain.act import Act, Stance
from app.domain.effect import CommentPayload, PlannedEffect
from app.domain.repository_settings import NotifySettings
from app.domain.run import RunRecord
from app.ports import CaseFilter, Delivery
from app.ports.erasing import What
from app.ports.listening import Standing
from app.store.acts import PostgresLedger
from app.store.budget import PostgresBudget
from app.store.cases import PostgresCases
from app.store.engine import Database
from app.store.erasures import PostgresErasures
from app.store.inbox import PostgresInbox
from app.store.installations import PostgresInstallations
from app.store.queue import PostgresQueue
from app.store.tables import metadata
from app.store.threads import PostgresThreads
from app.teammate.cases.scrub import hashed
from tests.contracts.test_cases import a_case, says
from tests.contracts.values import a_past, a_run, a_thread, an_order
from tests.fakes.snapshots import snapshot

KEY = b"k" * 32
_ANY = CaseFilter(twins=True)
SIGNAL = sa.text("""
    insert into signals (repository_id, id, installation_id, number, run_id, effect_id, kind, polarity, actor, text,
        wanted, at)
    select :repository_id, :id, 7, :number, max(id), null, 'reply', 'bad', :actor, 'I, mallory, say it is wrong',
        '{"body": "mallory knows"}', now() from runs
""")
# The person who is to be forgotten, wherever one can be.
WORDS = "mallory's own words"


def a_run_of(author: str, number: int) -> RunRecord:
    talk = ({"author": "mallory", "role": "none", "text": WORDS}, {"author": "eve", "role": "owner", "text": "Hello."})
    seen = snapshot(number=number, title=f"{author} asks", body="Words of mine.", author=author, conversation=talk)
    return a_run().model_copy(update={"snapshot": seen})


async def live(database: Database, worker: UUID, *numbers: int, author: str = "ada", repository_id: int = 840) -> None:
    """Threads on which mallory said something, with all that follows from it."""
    queue, ledger = PostgresQueue(database), PostgresLedger(database)
    for number in numbers:
        thread = a_thread(number, repository_id=repository_id)
        await queue.order([an_order(number, repository_id=repository_id)])
        lease = await queue.claim(worker)
        assert lease is not None
        effect = PlannedEffect(f"{thread.key}:body", thread, "I_1", CommentPayload(body="Ours."), run=0)
        await queue.conclude(lease, [a_run_of(author, number)], [effect])
        at = datetime.now(UTC)
        acts = [
            Act(id=f"labeled:{thread.key}", kind="labeled", actor="mallory", by="person", subject="bug", at=at),
            Act(
                id=f"edit:{thread.key}",
                kind="comment_edited",
                actor="eve",
                by="person",
                subject=f"{number}99",
                detail=WORDS,
                at=at,
            ),
        ]
        await ledger.record(thread, acts)
        await ledger.set_stance(thread, Stance(quiet="paused", by="mallory"))
        (written,) = await ledger.effects(thread)
        await PostgresBudget(database).notify(written, ["mallory"], NotifySettings())
        await PostgresThreads(database).remember(repository_id, [a_past(number, "words", author=author)], private=False)
        place = {"repository_id": repository_id, "number": number}
        await database.run(SIGNAL, **place, id=f"reply:{number}99", actor="mallory")
        await database.run(SIGNAL, **place, id=f"reply:{number}98", actor="eve")
        people = {"people": (hashed("mallory", KEY),)}
        proof = a_case(number).provenance.model_copy(update={"run_id": written.run_id, **people})
        case_id = await PostgresCases(database).propose(
            a_case(number, f"text {repository_id} {number}" * 9, **place, provenance=proof)
        )
        assert case_id
        await PostgresCases(database).judge(says(case_id, judge="mallory", note=WORDS))


async def held(database: Database, *, without: tuple[str, ...] = ("erasures", "deliveries")) -> dict[str, int]:
    """Rows by table."""
    names = [table.name for table in metadata.sorted_tables if table.name not in without]
    return {name: (await database.run(sa.text(f"select count(*) from {name}")))[0][0] for name in names}


async def everything(database: Database) -> str:
    """All text in the database, but for the record of erasures while they wait."""
    names = [table.name for table in metadata.sorted_tables if table.name not in ("deliveries", "secrets")]
    found = [str(await database.run(sa.text(f"select to_jsonb(t)::text from {name} t"))) for name in names]
    return "\n".join(found)


async def forget(database: Database, what: What, subject: str) -> dict[str, int]:
    erasures = PostgresErasures(database, KEY)
    await erasures.ask(what, subject)
    (asked,) = await erasures.waiting()
    rows = await erasures.erase(asked)
    assert rows is not None
    (known,) = [one for one in await erasures.known() if one.id == asked.id]
    assert known.rows == rows
    assert known.done_at is not None
    return dict(rows)


async def test_a_deleted_thread_leaves_nothing_and_the_record_counts_it(database: Database, worker: UUID):
    await live(database, worker, 1)
    before = await held(database)
    await live(database, worker, 2)
    rows = await forget(database, "thread", "840#2")
    after = await held(database)
    assert {name: after[name] for name in after if name not in ("work", "thread_terms")} == {
        name: before[name] for name in before if name not in ("work", "thread_terms")
    }
    assert rows == {
        "notices": 1,
        "signals": 2,
        "cases": 1,
        "effects": 1,
        "runs": 1,
        "acts": 2,
        "stances": 1,
        "threads": 1,
    }


async def test_a_deleted_comment_takes_its_authors_words_and_nobody_elses(database: Database, worker: UUID):
    await live(database, worker, 1, 2)
    rows = await forget(database, "comment", "840#1:199:Mallory")
    assert rows == {"signals": 1, "cases": 1, "acts": 1, "runs": 1}
    left = await database.run(sa.text("select number, snapshot from runs order by number"))
    assert [said["text"] for said in left[0].snapshot["conversation"]] == ["[erased]", "Hello."]
    assert left[0].snapshot["body"] == "Words of mine."
    assert left[1].snapshot["conversation"][0]["text"] == WORDS
    assert [row.id for row in await database.run(sa.text("select id from signals where number = 1"))] == ["reply:198"]


async def test_who_asked_takes_the_question_and_what_was_made_of_it(database: Database, worker: UUID):
    await live(database, worker, 1, author="mallory")
    await forget(database, "comment", "840#1:199:mallory")
    (run,) = await database.run(sa.text("select title, summary, snapshot, decision, verdict from runs"))
    assert (run.title, run.summary, run.decision, run.verdict) == ("[erased]", "", None, None)
    assert "Words of mine" not in str(run.snapshot)


async def test_a_person_is_nowhere_afterwards(database: Database, worker: UUID):
    await live(database, worker, 1)
    await live(database, worker, 2, author="mallory")
    assert "mallory" in await everything(database)
    rows = await forget(database, "person", "Mallory")
    assert "mallory" not in (await everything(database)).casefold()
    assert rows["signals"] == 4
    assert rows["runs"] == 2
    assert rows["threads"] == 1
    assert rows["cases"] == 2
    acts = await PostgresLedger(database).acts(a_thread(1))
    assert {(one.kind, one.actor) for one in acts} == {("labeled", "ghost"), ("comment_edited", "eve")}


async def test_a_judge_is_forgotten_but_the_verdict_stays(database: Database, worker: UUID):
    cases = PostgresCases(database)
    case_id = await cases.propose(a_case())
    assert case_id
    await cases.judge(says(case_id, judge="Grace", note="I know her"))
    await cases.assign(case_id, "grace")
    await forget(database, "person", "grace")
    (left,) = await cases.judgements()
    assert (left.judge, left.verdict, left.note) == (hashed("grace", KEY), "accept", "")
    case = await cases.case(case_id)
    assert case
    assert (case.state, case.assignee) == ("accepted", "")


async def test_a_deleted_repository_leaves_nothing(database: Database, worker: UUID):
    await live(database, worker, 1)
    before = await held(database)
    await live(database, worker, 2, repository_id=841)
    await forget(database, "repository", "841")
    assert await held(database) == before


async def test_without_consent_only_what_is_harvested_stays_and_no_text(database: Database, worker: UUID):
    await live(database, worker, 1, 2)
    cases = PostgresCases(database)
    await cases.harvested([(await cases.find(_ANY))[0].id])
    kept = [one.id for one in await cases.find(_ANY) if one.state == "harvested"]
    rows = await forget(database, "consent", "840")
    assert rows == {"cases": 1, "signals": 4}
    assert [one.id for one in await cases.find(_ANY)] == kept
    for row in await database.run(sa.text("select text, wanted from signals")):
        assert (row.text, row.wanted) == ("", {})


async def test_what_becomes_private_is_so_in_every_case(database: Database, worker: UUID):
    await live(database, worker, 1)
    assert await forget(database, "privatized", "840") == {"cases": 1}
    assert [one.private for one in await PostgresCases(database).find(_ANY)] == [True]


async def test_an_installation_that_left_is_not_learnt_from(database: Database, worker: UUID):
    await live(database, worker, 1)
    assert await forget(database, "installation", "7") == {"signals": 2, "cases": 1}


@pytest.mark.parametrize(("what", "subject"), [("thread", "840#1"), ("repository", "840"), ("installation", "7")])
async def test_what_is_in_hand_is_forgotten_later(what: What, subject: str, database: Database, worker: UUID):
    queue, erasures = PostgresQueue(database), PostgresErasures(database, KEY)
    await queue.order([an_order(1)])
    lease = await queue.claim(worker)
    assert lease is not None
    await erasures.ask(what, subject)
    (asked,) = await erasures.waiting()
    assert await erasures.erase(asked) is None
    assert await erasures.waiting() == [asked]
    await queue.conclude(lease, [a_run()], [])
    rows = await erasures.erase(asked)
    assert rows is not None
    assert rows.get("runs", 0) == (0 if what == "installation" else 1)


async def test_a_crash_in_the_middle_changes_nothing(database: Database, worker: UUID):
    await live(database, worker, 1)
    before = await held(database)
    erasures = PostgresErasures(database, KEY)
    await erasures.ask("thread", "840#1")
    (asked,) = await erasures.waiting()
    await database.run(sa.text("alter table stances rename to stances_gone"))
    with pytest.raises(sa.exc.ProgrammingError):
        await erasures.erase(asked)
    await database.run(sa.text("alter table stances_gone rename to stances"))
    assert await held(database) == before
    assert await erasures.waiting() == [asked]
    assert await erasures.erase(asked)


async def test_webhooks_are_emptied_and_stay_known(database: Database):
    inbox = PostgresInbox(await database.raw_pool())
    await inbox.add([Delivery(f"g{number}", "issues", "opened", 7, WORDS.encode(), None) for number in range(3)])
    await database.run(sa.text("update deliveries set received_at = now() - interval '2 days' where guid = 'g0'"))
    erasures = PostgresErasures(database, KEY)
    assert await erasures.empty_deliveries(datetime.now(UTC) - timedelta(hours=22)) == 1
    assert await erasures.empty_deliveries(datetime.now(UTC) - timedelta(hours=22)) == 0
    assert [await inbox.body(f"g{number}") for number in (0, 1)] == [b"", WORDS.encode()]


async def test_a_repository_that_is_no_longer_listed_is_asked_for(database: Database, worker: UUID):
    await live(database, worker, 1)
    installations = PostgresInstallations(database)
    ref = a_thread().repository
    await installations.set_repositories(7, [ref])
    await installations.set_repositories(7, [])
    assert [(one.what, one.subject) for one in await PostgresErasures(database, KEY).waiting()] == [
        ("repository", "840")
    ]


async def test_what_holds_now_is_what_was_read_last(database: Database, worker: UUID):
    queue, cases, erasures = PostgresQueue(database), PostgresCases(database), PostgresErasures(database, KEY)

    async def reads(*, learn: bool) -> None:
        seen = snapshot(settings={"data": {"learn": learn}})
        now = datetime.now(UTC)
        run = a_run().model_copy(update={"snapshot": seen, "started_at": now, "finished_at": now})
        await queue.order([an_order(1)])
        lease = await queue.claim(worker)
        assert lease is not None
        await queue.conclude(lease, [run], [])

    async def stands() -> Standing | None:
        return (await cases.standing([840])).get(840)

    assert await stands() is None
    await reads(learn=True)
    assert await stands() == Standing(learn=True, private=False)
    await erasures.ask("consent", "840")
    assert await stands() == Standing(learn=False, private=False)
    await reads(learn=True)
    await erasures.ask("privatized", "840")
    assert await stands() == Standing(learn=True, private=True)
    await reads(learn=True)
    assert await stands() == Standing(learn=True, private=False)
    await reads(learn=False)
    assert await stands() == Standing(learn=False, private=False)
    await cases.propose(a_case())
    assert [one.repository_id for one in await erasures.learnt_from()] == [840]
