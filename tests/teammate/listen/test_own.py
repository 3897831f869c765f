"""What we measure of our own runs."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.act import Act
from app.domain.decision import AnswerDecision, Claim
from app.domain.effect import CommentPayload
from app.domain.prompt import Usage
from app.domain.run import RunRecord
from app.domain.signal import Signal
from app.domain.verdict import Verdict
from app.ports.listening import PastRun
from app.teammate.guard.verdict import judge
from app.teammate.listen.own import answered, costly_signal, is_costly, measured, shared_words
from tests.fakes.clock import START
from tests.fakes.snapshots import snapshot
from tests.manners.scene import TEAM
from tests.teammate.listen.hearing import Hearing
from tests.teammate.listen.scenes import a_comment_effect, a_run, a_scene, a_thread

MINUTE = timedelta(minutes=1)


def kinds(run: RunRecord) -> list[tuple[str, str, str]]:
    found = measured(a_scene(runs=[PastRun(1, run)]), slow_after=MINUTE)
    return [(one.kind, one.polarity, one.text) for one in found]


def test_a_run_that_failed():
    failed = a_run(outcome="failed", decision=None, verdict=None, error="timeout: no answer in 90 s")
    assert kinds(failed) == [("error", "bad", "timeout")]


def test_a_run_that_was_silent_and_one_that_the_guard_refused():
    silence = AnswerDecision(silence="The documentation does not say.")
    assert kinds(a_run(outcome="silent", decision=silence, verdict=Verdict())) == [("abstained", "neutral", "")]
    assert kinds(a_run()) == []
    refused = a_run(outcome="refused", verdict=Verdict(refusals=[{"what": "x", "why": "command is not released"}]))
    assert kinds(refused) == [("refused", "bad", "command is not released")]


@pytest.mark.parametrize("quote", ["Set both secrets, the new one first", "never said anywhere"])
def test_claims_that_the_guard_itself_dropped(quote):
    claims = (
        Claim(text="Set both secrets, then restart.", passage=1, quote="Set both secrets, the new one first"),
        Claim(text="Then run `plumbline --rotate-now`.", passage=1, quote=quote),
    )
    decision = AnswerDecision(claims=claims, confidence=0.9)
    verdict = judge(decision, snapshot(), web_origin="https://github.com", handle="plumbline", secrets=())
    [signal] = measured(a_scene(runs=[PastRun(1, a_run(decision=decision, verdict=verdict))]), slow_after=MINUTE)
    assert (signal.kind, signal.text[:2]) == ("unsupported", "1:")


@pytest.mark.parametrize(
    ("trigger", "why", "seconds", "slow"),
    [
        ("comment:9", "comment:9", 61, True),
        ("comment:9", "comment:9", 59, False),
        ("body", "body", 600, False),  # people go first
    ],
)
def test_slow_is_from_the_event_to_our_answer(trigger, why, seconds, slow):
    effect = a_comment_effect(why=why, done_at=START + timedelta(seconds=seconds))
    thread = a_thread(("9", "linus", "@plumbline why?", START))
    run = a_run(trigger=trigger, started_at=START + timedelta(seconds=5))
    scene = a_scene(runs=[PastRun(1, run)], effects=[effect], thread=thread)
    found = [one for one in measured(scene, slow_after=MINUTE) if one.kind == "slow"]
    assert bool(found) is slow
    assert all(one.effect_id == effect.id for one in found)


def test_a_draft_that_somebody_accepted_later_was_not_slow():
    effect = a_comment_effect(why="comment:9", done_at=START + timedelta(days=2))
    run = a_run(trigger="comment:9")
    scene = a_scene(runs=[PastRun(1, run)], effects=[effect], thread=a_thread(("9", "linus", "?", START)))
    act = Act(id="draft:1:a", kind="draft_accepted", actor="drafts page", by="person", subject="1", at=START)
    assert [one.kind for one in measured(scene, slow_after=MINUTE)] == ["slow"]
    assert list(measured(replace(scene, acts=[act]), slow_after=MINUTE)) == []


@pytest.mark.parametrize(
    ("usd", "others", "costly"),
    [
        (0.30, [0.05] * 100, True),
        (0.25, [0.05] * 100, False),  # five times, and not more
        (0.05, [0.001] * 100, False),  # cents
        (9.0, [0.05] * 19, False),  # of so few a median says nothing
        (9.0, [], False),
        (0.06, [0.0] * 20, True),
    ],
)
def test_costly_is_what_stands_out(usd, others, costly):
    assert is_costly(usd, others) is costly


def test_the_signal_of_a_costly_run():
    usage = Usage(cost_usd=0.4, calls=1)
    signal: Signal = costly_signal(PastRun(7, a_run(usage=usage)))
    assert (signal.id, signal.run_id, signal.text, signal.actor) == ("costly:7", 7, "$0.4000", "")


def test_how_far_an_answer_is_from_its_question():
    near = shared_words("How do I rotate the webhook secret?", "Rotate the secret of the webhook, then restart.")
    far = shared_words("How do I rotate the webhook secret?", "Bananas ripen faster beside apples.")
    assert near > 0.5
    assert far == 0.0
    assert shared_words("", "") == 0.0


def test_only_answers_in_english_are_measured():
    said = Verdict(effects=(CommentPayload(body="Bananas."),))
    asked = a_run(skill="answer", verdict=said)
    assert answered(PastRun(1, asked)) == (asked.snapshot.question, "Bananas.")
    assert answered(PastRun(1, a_run(skill="answer", verdict=Verdict()))) is None
    assert answered(PastRun(1, a_run(skill="answer", verdict=said, language="de"))) is None
    assert answered(PastRun(1, a_run(verdict=said))) is None


async def test_it_is_all_measured_when_the_thread_is_listened_to():
    on = Hearing()
    thread = await on.answered()
    later = on.say(thread, "@plumbline how do I rotate the webhook secret?", actor=TEAM)
    hooks = on.post()
    on.house.clock.advance(300)
    await on.deliver(*hooks)
    await on.settle()
    await on.look()
    slow = await on.heard(thread, "slow")
    assert [one.mode for one in slow] == ["slow"]
    assert on.house.queue.runs[slow[0].run_id - 1].trigger == f"comment:{later.id}"
