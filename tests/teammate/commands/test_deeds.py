"""What each command does: labels, undoing, answers, in threads of every kind."""

import pytest

from app.domain.decision import LabelProposal, TriageDecision
from app.domain.effect import (
    CommentPayload,
    LabelsPayload,
    PlannedEffect,
    ReactionPayload,
    RetractPayload,
    UnlabelPayload,
)
from app.domain.thread import ThreadRef
from app.teammate.runs import attend_thread
from tests.fakes.model import FakeModel
from tests.fakes.parts import REPOSITORY, THREAD, a_thread, as_asked
from tests.fakes.snapshots import LABELS
from tests.teammate.commands.telling import SPEAKER, house, reactions, said, tell, written, wrote

pytestmark = pytest.mark.usefixtures("logs")


# --- labels -----------------------------------------------------------------------------------------------------------


async def test_labels_are_those_of_the_repository_spelled_as_it_does():
    on = house(labels=("question",))
    planned = await tell(on, "label +BUG -question\nunlabel documentation")
    assert written(planned) == [LabelsPayload(names=("bug",)), UnlabelPayload(names=("question",))]
    assert {one.intent for one in planned if one.payload.kind != "reaction"} == {"840#12:label:9"}


async def test_an_unknown_label_changes_nothing():
    on = house()
    planned = await tell(on, 'label bug "no such label"')
    assert reactions(planned) == ["confused"]
    assert written(planned) == []


async def test_a_duplicate_is_remembered_and_labelled():
    on = house()
    repository = on.github.repositories[REPOSITORY.repository_id]
    labels = (*LABELS, LABELS[0].model_copy(update={"name": "Duplicate"}))
    on.github.repositories[REPOSITORY.repository_id] = repository.model_copy(update={"labels": labels})
    on.github.add_thread(ThreadRef(REPOSITORY, "issue", 5), a_thread(number=5))
    planned = await tell(on, "duplicate of #5")
    assert written(planned) == [LabelsPayload(names=("Duplicate",))]
    (remark,) = on.threads.remarks[REPOSITORY.repository_id, "comments"].values()
    assert (remark.id, remark.number, remark.duplicate_of) == (9, 12, 5)


@pytest.mark.parametrize("number", [12, 404])
async def test_no_thread_is_a_duplicate_of_itself_or_of_nothing(number: int):
    assert reactions(await tell(house(), f"duplicate of #{number}")) == ["confused"]


async def test_not_a_duplicate_takes_back_what_said_so_and_only_that():
    on = house("read", author=SPEAKER)
    on.github.add_thread(THREAD, a_thread(author=SPEAKER, labels=("duplicate", "bug")))
    on.plan("body")
    await attend_thread(on.parts, await on.lease())  # run 1 is triage, run 2 answers
    on.queue.runs[0] = on.queue.runs[0].model_copy(update={"skill": "duplicates"})
    on.outbox.rows.clear()
    mine = await wrote(on, CommentPayload(body="This looks like a duplicate."), remote_id="77")
    await wrote(on, LabelsPayload(names=("bug", "duplicate")), labels=("bug", "duplicate"))
    planned = await tell(on, "not a duplicate")
    assert reactions(planned) == ["eyes", "+1"]
    assert written(planned) == [
        RetractPayload(remote_id="77", undoes=mine),
        UnlabelPayload(names=("duplicate",)),
    ]
    assert (await on.ledger.stance(THREAD)).unlike


async def test_a_label_duplicate_that_a_person_set_stays():
    on = house()
    await wrote(on, LabelsPayload(names=("duplicate",)), labels=("duplicate",))
    on.github.act(THREAD, "labeled", subject="duplicate")
    on.github.act(THREAD, "unlabeled", actor="grace", subject="duplicate")
    on.github.act(THREAD, "labeled", actor="grace", subject="duplicate")
    assert written(await tell(on, "not a duplicate")) == []


# --- undo -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "kinds"), [("", ["unlabel", "retract"]), ("labels", ["unlabel"]), ("comment", ["retract"])]
)
async def test_undo_takes_back_what_stands(share: str, kinds: list[str]):
    on = house()
    labels = await wrote(on, LabelsPayload(names=("bug", "question")), labels=("question",))
    comment = await wrote(on, CommentPayload(body="Set both."), remote_id="77", body="digest")
    planned = await tell(on, f"undo {share}".strip())
    payloads = {
        "unlabel": UnlabelPayload(names=("question",), undoes=labels),
        "retract": RetractPayload(remote_id="77", undoes=comment),
    }
    assert written(planned) == [payloads[kind] for kind in kinds]
    intents = {one.intent for one in planned if one.payload.kind != "reaction"}
    assert intents == {f"840#12:undo:{labels if kind == 'unlabel' else comment}" for kind in kinds}


async def test_undo_stops_what_is_not_written_yet():
    on = house()
    (waiting,) = on.outbox.plan(
        [PlannedEffect("840#12:body", THREAD, "NODE_12", CommentPayload(body="Not yet."), run=0)]
    )
    planned = await tell(on, "undo")
    assert reactions(planned) == ["eyes", "+1"]
    assert written(planned) == []
    assert (on.outbox.rows[waiting].state, on.outbox.rows[waiting].reason) == ("skipped", "undone by linus")


async def test_undo_where_there_is_nothing_of_ours():
    on = house()
    await wrote(on, LabelsPayload(names=("bug",)), labels=())
    await wrote(on, ReactionPayload(comment="3", content="eyes"), why="ack:3:eyes")
    assert reactions(await tell(on, "undo")) == ["confused"]


# --- answers ----------------------------------------------------------------------------------------------------------


async def test_why_shows_the_evidence_and_no_text_of_it_acts():
    on = house()
    why = "@ada closes #1 ![x](https://evil.example/x) <script> </details>"
    hostile = TriageDecision(labels=(LabelProposal(name="question", confidence=0.9, rationale=why),))
    on.model = FakeModel([lambda prompt, shown: hostile if prompt.name == "triage" else as_asked(prompt, shown)])
    on.plan("body")
    await attend_thread(on.parts, await on.lease())
    (answer,) = written(await tell(on, "why"))
    body = answer.body
    assert "<summary>answer: acted</summary>" in body
    assert "<summary>triage: acted</summary>" in body
    assert "question, 90% sure: ada closes 1" in body
    assert "- source: [docs/" in body
    assert "prompt triage v1, model fake/1" in body
    assert "$0." in body
    assert body.count("<details>") == body.count("</details>") == 2
    assert "@" not in body
    assert "://evil" not in body
    assert "<script" not in body


async def test_why_where_nothing_was_decided():
    (answer,) = written(await tell(house(), "why"))
    assert answer.body.startswith("Nothing was decided on this thread yet.")


async def test_settings_are_those_in_force_with_what_is_wrong():
    on = house()
    on.settings("mode: auto\nlabels: {deny: ['@ada*'], max: 2}\nanswer: {mode: off}\n")
    (answer,) = written(await tell(on, "settings\ndraft"))
    assert "| triage | `auto` |" in answer.body
    assert "at most 2" in answer.body
    assert "needs a look" in answer.body
    assert "@" not in answer.body


async def test_discussions_are_commanded_alike():
    on = house()
    ref = ThreadRef(REPOSITORY, "discussion", 30)
    on.github.add_thread(ref, a_thread("discussion", 30))
    comment = said("pause").model_copy(update={"id": "DC_x"})
    on.github.comments[ref.key] = [comment]
    on.plan("comment:DC_x", thread=ref)
    await attend_thread(on.parts, await on.lease())
    assert reactions(on.queue.planned) == ["eyes", "+1"]
    assert {one.payload.comment for one in on.queue.planned if isinstance(one.payload, ReactionPayload)} == {"DC_x"}


async def test_a_review_is_heard_and_answered_in_the_conversation():
    on = house()
    ref = ThreadRef(REPOSITORY, "pull_request", 31)
    on.github.add_thread(ref, a_thread("pull_request", 31))
    on.github.reviews[ref.key] = [said("pause").model_copy(update={"id": "PRRC_x"})]
    on.plan("comment:PRRC_x", thread=ref)
    await attend_thread(on.parts, await on.lease())
    assert [one.intent for one in on.queue.planned] == ["840#31:ack:PRRC_x:eyes", "840#31:ack:PRRC_x:+1"]
