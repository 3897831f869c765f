"""What a run page says of each skill's decision, and of the evidence it was made from."""

from typing import Any

import pytest

from app.domain.decision import Finding
from app.domain.effect import CheckPayload, EffectPayload, ReactionPayload, RetractPayload, UnlabelPayload
from app.domain.snapshot import ChangedFile, Need, PullView
from tests.fakes.snapshots import snapshot
from tests.teammate.guard.test_relations import past
from tests.web.test_pages import HOSTILE, FakeHistory, Site, a_detail, a_row, an_effect

NEED = Need(id="version", ask="Name the version you use.", why="the form requires it", probability=0.8)
VIEW = PullView(
    files=(ChangedFile(path="app/a.py", status="modified", additions=9, deletions=1),),
    patch="",
    size="S: 10 lines in 1 file.",
    remarks=("No test is changed; 9 of 10 did so.",),
    reviewers=("ada",),
)
FINDING = Finding(thread=1, relation="duplicate", symptom="it crashes", cause="no first line", confidence=0.83)


async def page(decision: dict[str, Any], **shown: Any) -> str:
    history = FakeHistory()
    history.details[7] = a_detail(decision=decision, snapshot=snapshot(**shown).model_dump(mode="json"))
    site = Site(history)
    try:
        return await site.get("/runs/7")
    finally:
        await site.client.aclose()


@pytest.mark.parametrize(
    ("decision", "shown", "said"),
    [
        (
            {"skill": "duplicates", "findings": [FINDING.model_dump()]},
            {"neighbours": (past(7),)},
            ["#7", "duplicate", "0.83", "it crashes", "no first line", "Similar threads (1)", "Crash on an empty file"],
        ),
        ({"skill": "duplicates", "findings": [{**FINDING.model_dump(), "thread": 9}]}, {}, ["not shown"]),
        ({"skill": "duplicates", "findings": []}, {}, ["No thread is the same problem"]),
        (
            {"skill": "needs-info", "asks": [{"item": 1, "why": "it decides"}], "confidence": 0.8},
            {"needs": (NEED,)},
            ["Name the version you use.", "it decides", "What could be asked for (1)", "the form requires it"],
        ),
        ({"skill": "needs-info", "asks": [{"item": 4, "why": ""}]}, {}, ["request 4, which was not offered"]),
        ({"skill": "needs-info", "asks": []}, {}, ["Nothing is missing"]),
        (
            {"skill": "pull-request", "labels": [], "remarks": [1, 8], "summary": "Adds a flag."},
            {"pull": VIEW, "kind": "pull_request"},
            ["No test is changed", "Adds a flag.", "app/a.py +9 -1", "Likely reviewers: ada", "S: 10 lines"],
        ),
        (
            {"skill": "triage", "labels": [], "severity": "high", "language": "de"},
            {"evidence": {"bug": 0.914, "question": 0.05}, "evidence_from": "abc123"},
            ["severity high", "written in de", "What the classifier says (abc123)", "0.91", 'width="91.4"'],
        ),
        (
            {"skill": "answer", "claims": [], "silence": "No page says so."},
            {"tag": "v1<b>"},
            ["the passages are of tag <code>v1&lt;b&gt;</code>", "No page says so."],
        ),
    ],
)
async def test_each_decision_and_its_evidence(decision: dict[str, Any], shown: dict[str, Any], said: list[str]):
    html = await page(decision, **shown)
    assert [one for one in said if one not in html] == []


async def test_what_strangers_wrote_is_not_interpreted():
    finding = {**FINDING.model_dump(), "symptom": HOSTILE, "cause": HOSTILE}
    html = await page(
        {"skill": "duplicates", "findings": [finding]},
        neighbours=(past(7, title=HOSTILE),),
        needs=(NEED.model_copy(update={"ask": HOSTILE}),),
        evidence={HOSTILE: 0.5},
        pull=VIEW.model_copy(update={"reviewers": (HOSTILE,)}),
    )
    assert "<script>alert" not in html
    assert "<img src=x" not in html


async def test_a_command_and_every_kind_of_effect_are_shown():
    payloads: tuple[EffectPayload, ...] = (
        UnlabelPayload(names=("bug",)),
        RetractPayload(remote_id="77", undoes=1),
        ReactionPayload(comment="9", content="eyes"),
        CheckPayload(sha="a" * 40, name="Settings", conclusion="success", title="All is well", summary=""),
    )
    effects = tuple(
        an_effect(one.kind, id=id_, payload=one.model_dump(mode="json")) for id_, one in enumerate(payloads)
    )
    history = FakeHistory()
    history.details[7] = a_detail(a_row(skill="command"), decision=None, effects=effects)
    site = Site(history)
    try:
        html = await site.get("/runs/7")
    finally:
        await site.client.aclose()
    said = ["no model was asked", '<span class="pill label">bug</span>', "our comment 77", "eyes", "All is well"]
    assert [one for one in said if one not in html] == []
