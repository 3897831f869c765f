"""What an author may be asked for: what the snapshot offers, at most four things, once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.decision import Ask, NeedsInfoDecision
from app.domain.effect import CommentPayload
from app.domain.snapshot import Need, Snapshot
from app.domain.verdict import Verdict
from tests.fakes.snapshots import snapshot
from tests.teammate.guard.attacks import ATTACKS, REPOSITORY, alive
from tests.teammate.guard.verdicts import body_of, ruled

VERSION = Need(id="version", ask="Which version do you use?", why="the form requires it", probability=0.9)
STEPS = Need(id="reproduction", ask="Steps that lead to it", why="asked in 8 of 10 such threads", probability=0.8)
MORE = [Need(id=f"x{n}", ask=f"Thing {n}", why="", probability=0.5) for n in range(4)]


def shown(*needs: Need, asked: tuple[str, ...] = ()) -> Snapshot:
    return snapshot(repository=REPOSITORY, needs=needs or (VERSION, STEPS), asked=asked)


def asks(*items: int, confidence: float = 0.9, why: str = "it decides") -> NeedsInfoDecision:
    return NeedsInfoDecision(asks=tuple(Ask(item=item, why=why) for item in items), confidence=confidence)


def asked_in(verdict: Verdict) -> tuple[str, ...]:
    (effect,) = verdict.effects
    assert isinstance(effect, CommentPayload)
    return effect.asks


def test_what_is_missing_is_asked_for_in_one_comment():
    verdict = ruled(asks(2, 1, 2), shown())
    assert asked_in(verdict) == ("reproduction", "version")
    assert "- Steps that lead to it\n- Which version do you use?" in body_of(verdict)
    assert verdict.refusals == ()


@pytest.mark.parametrize("item", [0, 3, -1])
def test_what_is_not_offered_is_not_asked(item: int):
    verdict = ruled(asks(item), shown())
    assert verdict.effects == ()
    assert [refusal.why for refusal in verdict.refusals] == ["it is not among what may be asked"]


def test_nothing_missing_is_no_comment():
    verdict = ruled(asks(), shown())
    assert (verdict.effects, verdict.summary) == ((), "nothing is missing")


def test_an_unsure_request_is_not_made():
    verdict = ruled(asks(1, confidence=0.2), shown())
    assert verdict.effects == ()
    assert [refusal.why for refusal in verdict.refusals] == ["confidence 0.20 is under the threshold"]


def test_four_things_at_most():
    verdict = ruled(asks(*range(1, 7)), shown(VERSION, STEPS, *MORE))
    assert len(asked_in(verdict)) == 4
    assert [refusal.why for refusal in verdict.refusals] == ["at most 4 things are asked"] * 2


def test_an_author_is_asked_once_and_the_comment_shows_what_is_left():
    verdict = ruled(asks(1, 2), shown(asked=("version",)))
    assert asked_in(verdict) == ("version",)
    assert [refusal.why for refusal in verdict.refusals] == ["an author is asked once"]


def test_what_was_asked_and_given_is_thanked_for():
    verdict = ruled(asks(), shown(asked=("version",)))
    assert asked_in(verdict) == ()
    assert "what was asked for is here" in body_of(verdict)


@given(text=st.sampled_from(ATTACKS))
def test_a_label_of_a_form_is_inert(text: str):
    verdict = ruled(asks(1, why=text), shown(Need(id="form", ask=text, why=text, probability=0.9)))
    for effect in verdict.effects:
        assert effect.kind == "comment"
        assert alive(effect.body) == []
