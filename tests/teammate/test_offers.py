"""Labels that wait for a person: on GitHub's own page where the settings say so, on ours where GitHub takes none."""

import pytest

from app.domain.act import Act
from app.domain.decision import LabelProposal, TriageDecision
from app.domain.effect import LabelsPayload, LabelSuggestion
from app.teammate.publish import publish_next
from tests.fakes.parts import THREAD, FakeHouse
from tests.teammate.test_runs import attend, by_skill

pytestmark = pytest.mark.usefixtures("logs")
DRAFTS = "mode: draft\nlabels: {suggest: true}\nhold_minutes: 0"
OFFER = LabelSuggestion(name="question", rationale="It asks how.", confidence="high")


async def published(settings: str, *, takes: bool = True) -> FakeHouse:
    house = FakeHouse(model=by_skill())
    house.settings(settings)
    house.github.takes_suggestions = takes
    house.outbox.write_interval_s = 0
    await attend(house)
    while await publish_next(house.parts):
        pass
    return house


def states(house: FakeHouse) -> list[tuple[str, str]]:
    return sorted((row.payload.kind, row.state) for row in house.outbox.rows.values())


async def test_they_wait_on_the_issue_itself_with_their_reasons():
    house = await published(DRAFTS)
    assert house.github.suggested[THREAD.key] == [OFFER]
    assert house.github.labels[THREAD.key] == []
    assert states(house) == [("comment", "draft"), ("labels", "done")]


async def test_without_the_setting_they_wait_on_our_page():
    house = await published("mode: draft\nhold_minutes: 0")
    assert house.github.suggested == {}
    assert states(house) == [("comment", "draft"), ("labels", "draft")]


async def test_what_may_be_written_is_written():
    house = await published(DRAFTS.replace("draft", "auto"))
    assert house.github.suggested == {}
    assert house.github.labels[THREAD.key] == ["question"]


async def test_where_github_takes_none_they_wait_on_our_page_and_are_put_on_when_accepted():
    house = await published(DRAFTS, takes=False)
    (row,) = [row for row in house.outbox.rows.values() if row.payload.kind == "labels"]
    assert (row.state, row.reason) == ("draft", "this repository takes no suggestions")
    accepted = Act(id="1", kind="draft_accepted", actor="ada", by="person", subject=str(row.id), at=house.clock.now())
    await house.ledger.record(THREAD, [accepted])
    assert await house.outbox.accept(row.id)
    while await publish_next(house.parts):
        pass
    assert house.github.labels[THREAD.key] == ["question"]
    assert row.state == "done"


async def test_a_label_a_person_removed_is_not_offered():
    house = FakeHouse(model=by_skill())
    house.settings(DRAFTS)
    house.outbox.write_interval_s = 0
    await attend(house)
    house.github.act(THREAD, "labeled", actor="ada", subject="question")
    house.github.act(THREAD, "unlabeled", actor="ada", subject="question")
    while await publish_next(house.parts):
        pass
    assert house.github.suggested == {}


async def test_a_reason_is_plain_words_whatever_the_model_says():
    loud = LabelProposal(name="question", confidence=0.8, rationale="@ada **closes #1** https://evil.example " * 20)
    house = FakeHouse(model=by_skill(triage=TriageDecision(labels=(loud,))))
    house.settings(DRAFTS)
    await attend(house)
    (payload,) = [one.payload for one in house.queue.planned if isinstance(one.payload, LabelsPayload)]
    (offer,) = payload.suggest
    assert offer.confidence == "medium"
    assert len(offer.rationale) <= 280
    assert not any(sign in offer.rationale for sign in ("@", "#", "*", "://"))
