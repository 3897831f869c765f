"""What every store of cases and every record of erasures promises."""

from datetime import timedelta
from typing import Any

import pytest

from app.domain.case import Case, Judgement, Provenance
from app.domain.signal import Wanted
from app.ports import CaseFilter
from app.teammate.cases.scrub import hashed
from tests.contracts.conftest import Store
from tests.contracts.values import NOON

KEY = b"k" * 32
TEXTS = (
    "The engine stalls when the coal is wet and the boiler is cold",
    "How do I rotate the secret of the webhook without losing a delivery?",
    "Printing a table with very wide columns cuts the last of them off",
    "The tests fail on Windows because of a path with a backslash in it",
)


def a_case(run_id: int = 1, text: str = TEXTS[0], **changed: Any) -> Case:
    fields: dict[str, Any] = {
        "repository_id": 840,
        "installation_id": 7,
        "number": run_id,
        "private": False,
        "skill": "triage",
        "mode": "wrong-label",
        "wanted": Wanted(labels_on=("bug",), labels_off=("question",)),
        "snapshot": {"title": text, "body": f"{text}. {text}!", "question": text, "repository": "acme/r840"},
        "did": ({"kind": "labels", "names": ["question"]},),
        "segment": {"repository": "acme/r840", "skill": "triage", "label": "bug"},
        "provenance": Provenance(
            run_id=run_id,
            signals=(f"reply:{run_id}",),
            url=f"https://github.com/acme/r840/issues/{run_id}",
            prompt="triage@1",
            prompt_digest="d1",
            model="local/1",
            people=(hashed("ada", KEY),),
        ),
    }
    return Case.model_validate({**fields, **changed})


async def proposed(store: Store, *cases: Case) -> list[int]:
    ids = [await store.cases.propose(case) for case in cases]
    return [one for one in ids if one is not None]


def says(case_id: int, verdict: str = "accept", judge: str = "ada", minutes: float = 0, **changed: Any) -> Judgement:
    at = NOON + timedelta(minutes=minutes)
    return Judgement.model_validate({"case_id": case_id, "judge": judge, "verdict": verdict, "at": at, **changed})


async def test_a_case_comes_back_as_it_was_proposed(store: Store):
    case = a_case()
    (case_id,) = await proposed(store, case)
    found = await store.cases.case(case_id)
    assert found is not None
    assert found.proposed_at is not None
    made = {"id": case_id, "cluster": found.cluster, "proposed_at": found.proposed_at}
    assert found == case.model_copy(update=made)
    assert await store.cases.case(case_id + 1) is None
    assert await store.cases.count() == {"proposed": 1}


async def test_a_case_without_a_wish_says_so(store: Store):
    (case_id,) = await proposed(store, a_case(wanted=None))
    found = await store.cases.case(case_id)
    assert found
    assert found.wanted is None


async def test_one_run_makes_one_case_that_follows_it_until_it_is_judged(store: Store):
    (case_id,) = await proposed(store, a_case())
    assert await store.cases.propose(a_case(mode="missed-label", wanted=None)) is None
    found = await store.cases.case(case_id)
    assert found
    assert (found.mode, found.wanted) == ("missed-label", None)
    await store.cases.judge(says(case_id))
    assert await store.cases.propose(a_case()) is None
    assert await store.cases.case(case_id) == found.model_copy(update={"state": "accepted"})


async def test_near_twins_share_a_cluster_and_only_the_oldest_is_shown(store: Store):
    first, other = await proposed(store, a_case(1), a_case(2, TEXTS[1]))
    (twin,) = await proposed(store, a_case(3, TEXTS[0].replace("wet", "wet!")))
    (again,) = await proposed(store, a_case(4))
    assert [one.id for one in await store.cases.find(CaseFilter())] == [first, other]
    rows = {one.id: one for one in await store.cases.find(CaseFilter(twins=True))}
    assert {case_id: one.twin_of for case_id, one in rows.items()} == {
        first: None,
        other: None,
        twin: first,
        again: first,
    }
    assert len({rows[one].cluster for one in (first, twin, again)}) == 1
    assert rows[other].cluster != rows[first].cluster
    assert await store.cases.count() == {"proposed": 2}


async def test_the_same_words_asked_of_another_skill_are_no_twins(store: Store):
    first, second = await proposed(store, a_case(1), a_case(2, skill="answer"))
    assert [one.id for one in await store.cases.find(CaseFilter())] == [first, second]


async def test_cases_of_one_thread_stay_together_and_join_what_they_touch(store: Store):
    await proposed(store, a_case(1, number=5), a_case(2, TEXTS[1], number=6))
    separate = {one.cluster for one in await store.cases.find(CaseFilter(twins=True))}
    await proposed(store, a_case(3, TEXTS[1], number=5))  # of the first's thread, in the second's words
    together = {one.cluster for one in await store.cases.find(CaseFilter(twins=True))}
    assert (len(separate), len(together)) == (2, 1)
    assert together < separate


async def test_cases_are_filtered_and_come_page_by_page(store: Store):
    ids = await proposed(
        store,
        a_case(1, TEXTS[0]),
        a_case(2, TEXTS[1], mode="verbose", skill="answer"),
        a_case(3, TEXTS[2], repository_id=841),
        a_case(4, TEXTS[3]),
    )
    await store.cases.judge(says(ids[3], "reject"))
    await store.cases.assign(ids[0], "Grace")

    async def found(wanted: CaseFilter, **page: int) -> list[int]:
        return [one.id for one in await store.cases.find(wanted, **page)]

    assert await found(CaseFilter(state="proposed")) == ids[:3]
    assert await found(CaseFilter(state="rejected")) == ids[3:]
    assert await found(CaseFilter(mode="verbose")) == [ids[1]]
    assert await found(CaseFilter(repository_id=841)) == [ids[2]]
    assert await found(CaseFilter(assignee="Grace")) == [ids[0]]
    assert await found(CaseFilter(assignee="")) == ids[1:]
    assert await found(CaseFilter(), limit=2) == ids[:2]
    assert await found(CaseFilter(), after_id=ids[1]) == ids[2:]


async def test_the_newest_judgement_decides_and_each_may_change_their_own(store: Store):
    (case_id,) = await proposed(store, a_case())

    async def state() -> str:
        found = await store.cases.case(case_id)
        assert found
        return found.state

    await store.cases.judge(says(case_id, "accept"))
    assert await state() == "accepted"
    await store.cases.judge(says(case_id, "reject", "grace", 1))
    assert await state() == "rejected"
    await store.cases.judge(says(case_id, "correct", "ada", 2, mode="verbose", wanted=Wanted(silence=True), note="!"))
    assert await state() == "accepted"
    assert [(one.judge, one.verdict) for one in await store.cases.judgements()] == [
        ("grace", "reject"),
        ("ada", "correct"),
    ]
    assert (await store.cases.judgements([case_id]))[1].wanted == Wanted(silence=True)
    await store.cases.unjudge(case_id, "ada")
    assert await state() == "rejected"
    await store.cases.unjudge(case_id, "grace")
    await store.cases.unjudge(case_id, "nobody")
    assert await state() == "proposed"
    assert await store.cases.judgements([case_id]) == []


async def test_what_is_not_there_cannot_be_judged(store: Store):
    assert await store.cases.judge(says(99)) is None
    assert await store.cases.unjudge(99, "ada") is None
    assert await store.cases.judgements() == []


async def test_only_what_was_accepted_is_harvested_and_then_it_stays(store: Store):
    ids = await proposed(store, a_case(1), a_case(2, TEXTS[1]))
    await store.cases.judge(says(ids[0]))
    await store.cases.harvested(ids)
    await store.cases.judge(says(ids[0], "reject", "grace", 1))
    await store.cases.unjudge(ids[0], "ada")
    assert await store.cases.count() == {"proposed": 1, "harvested": 1}


@pytest.mark.parametrize("what", ["thread", "comment"])
async def test_what_is_asked_twice_waits_once(what: Any, store: Store):
    subject = "840#12" if what == "thread" else "840#12:99:ada"
    await store.erasures.ask(what, subject)
    await store.erasures.ask(what, subject)
    await store.erasures.ask("repository", "841")
    assert [(one.what, one.subject) for one in await store.erasures.waiting()] == [
        (what, subject),
        ("repository", "841"),
    ]


async def test_what_is_done_is_on_record_and_may_be_asked_again(store: Store):
    await store.erasures.ask("thread", "840#12")
    (asked,) = await store.erasures.waiting()
    assert await store.erasures.erase(asked) == {}
    assert await store.erasures.erase(asked) == {}
    assert await store.erasures.waiting() == []
    (known,) = await store.erasures.known()
    assert known.done_at is not None
    await store.erasures.ask("thread", "840#12")
    assert len(await store.erasures.waiting()) == 1


async def test_the_record_names_nobody(store: Store):
    await store.erasures.ask("person", "Ada")
    await store.erasures.ask("comment", "840#12:99:ada")
    expected = [hashed("ada", KEY), f"840#12:99:{hashed('ada', KEY)}"]
    assert [one.subject for one in await store.erasures.known()] == expected
    for erasure in await store.erasures.waiting():
        assert await store.erasures.erase(erasure) is not None
    assert [one.subject for one in await store.erasures.known()] == expected
