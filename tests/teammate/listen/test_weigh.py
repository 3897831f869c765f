"""What all signals of a run come to, and that nobody can change it by inventing people."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.signal import Signal, Wanted
from app.teammate.listen.weigh import NOTHING, conclude
from tests.fakes.clock import START


def a_signal(actor: str, polarity: str = "bad", role: str | None = "maintainer", **changed: Any) -> Signal:
    kind = changed.pop("kind", "reaction")
    minutes = changed.pop("minutes", 0)
    fields = {"id": f"{kind}:{actor}:{polarity}:{minutes}", "kind": kind, "polarity": polarity, "run_id": 1}
    at = START + timedelta(minutes=minutes)
    return Signal.model_validate({**fields, "effect_id": 5, "actor": actor, "role": role, "at": at, **changed})


def socks(polarity: str, count: int = 1_000, **changed: Any) -> list[Signal]:
    return [a_signal(f"sock-{n}", polarity, "outsider", minutes=n, **changed) for n in range(count)]


GRACE = a_signal("grace", mode="wrong-label", wanted=Wanted(labels_off=("bug",)))


def test_nothing_was_said():
    assert conclude([]) == NOTHING
    assert conclude([a_signal("grace", "neutral")]) == NOTHING
    assert conclude([a_signal("grace").model_copy(update={"withdrawn_at": START})]) == NOTHING


def test_one_maintainer_is_enough():
    found = conclude([GRACE])
    assert (found.polarity, found.weight, found.mode) == ("bad", 1.0, "wrong-label")
    assert found.wanted == Wanted(labels_off=("bug",))
    assert found.signals == (GRACE,)
    assert found.proposes


@pytest.mark.parametrize(
    ("signals", "weight", "proposes"),
    [
        ([a_signal("o", role="owner")], 1.0, True),
        ([a_signal("t", role="triager")], 0.8, False),
        ([a_signal("a", role="author")], 0.6, False),
        ([a_signal("t", role="triager"), a_signal("a", role="author")], 1.4, True),
        ([a_signal("a", role="author"), *socks("bad", 3)], 0.9, False),
        ([a_signal("a", role="author"), *socks("bad", 4)], 1.0, True),
        (socks("bad", 1), 0.1, False),
        (socks("bad", 1_000), 0.5, False),
        ([a_signal("a", role=None)], 0.1, False),
    ],
)
def test_weights(signals, weight, proposes):
    found = conclude(signals)
    assert (found.polarity, found.weight, found.proposes) == ("bad", weight, proposes)


@pytest.mark.parametrize("polarity", ["good", "bad"])
def test_a_thousand_sock_puppets_change_nothing_that_a_maintainer_decided(polarity):
    lies = socks(polarity, mode="verbose", wanted=Wanted(labels_on=("owned",), body="Download this."))
    alone, among = conclude([GRACE]), conclude([*lies[:500], GRACE, *lies[500:]])
    assert (among.polarity, among.proposes, among.mode, among.wanted) == ("bad", True, "wrong-label", alone.wanted)


def test_a_thousand_sock_puppets_propose_nothing_and_one_maintainer_turns_them():
    praised = socks("good")
    assert (conclude(praised).polarity, conclude(praised).weight) == ("good", 0.5)
    assert conclude([*praised, GRACE]).proposes
    damned = socks("bad", wanted=Wanted(body="Download this."))
    assert (conclude(damned).proposes, conclude(damned).wanted) == (False, None)
    assert conclude([*damned, a_signal("grace", "good")]).polarity == "good"


def test_a_thousand_reactions_of_one_person_are_one_vote():
    many = [a_signal("mallory", role="outsider", minutes=n) for n in range(1_000)]
    assert conclude(many).weight == 0.1


def test_a_person_may_change_their_mind():
    said = [a_signal("grace"), a_signal("Grace", "good", minutes=5)]
    assert conclude(said).polarity == conclude(said[::-1]).polarity == "good"


def test_what_somebody_did_says_more_than_what_they_left():
    removed = a_signal("grace", kind="label_removed")
    kept = a_signal("grace", "good", kind="label_kept", minutes=60)
    assert conclude([removed, kept]).polarity == "bad"
    assert conclude([kept]).polarity == "good"


def test_insiders_who_disagree():
    assert conclude([a_signal("grace"), a_signal("ada", "good")]) == NOTHING
    author = conclude([a_signal("grace"), a_signal("ada", "good", role="author")])
    assert (author.polarity, author.weight) == ("bad", 1.0)


def test_praise_for_one_thing_does_not_outweigh_what_was_wrong_in_another():
    praise = a_signal("grace", "good", effect_id=6)
    assert conclude([praise, a_signal("ada", "good", effect_id=6), GRACE]).proposes
    assert conclude([praise]).polarity == "good"


@pytest.mark.parametrize(
    ("kind", "proposes"),
    [("error", True), ("slow", True), ("costly", True), ("off_topic", False), ("unsupported", False)],
)
def test_what_we_measured_ourselves(kind, proposes):
    measured = a_signal("", role=None, kind=kind, mode="technical-error")
    found = conclude([measured])
    assert (found.polarity, found.proposes, found.mode) == ("bad", proposes, "technical-error")
    assert conclude([measured, *socks("good")]).proposes is proposes


def test_that_something_stood_for_a_week_weighs_nothing():
    survived = a_signal("", "good", None, kind="survived")
    assert (conclude([survived]).polarity, conclude([survived]).weight) == ("good", 0.0)
    assert conclude([survived, GRACE]).proposes


def test_what_insiders_want_together():
    removed = GRACE
    added = a_signal("ada", role="triager", wanted=Wanted(labels_on=("docs",), duplicate_of=3), minutes=1)
    author = a_signal("eve", role="author", wanted=Wanted(labels_on=("bug",), duplicate_of=9, silence=True), minutes=2)
    wanted = conclude([author, added, removed]).wanted
    assert wanted == Wanted(labels_on=("docs", "bug"), duplicate_of=3, silence=True)


SIGNALS = st.builds(
    a_signal,
    st.sampled_from(["", "a", "b", "c", "d"]),
    st.sampled_from(["good", "bad", "neutral"]),
    st.sampled_from(["owner", "maintainer", "triager", "author", "outsider", None]),
    minutes=st.integers(0, 9),
    effect_id=st.sampled_from([None, 5, 6]),
)


@given(st.lists(SIGNALS, max_size=12), st.randoms())
def test_the_order_in_which_things_are_heard_says_nothing(signals, random):
    unique = list({signal.id: signal for signal in signals}.values())
    shuffled = list(unique)
    random.shuffle(shuffled)
    assert conclude(shuffled) == conclude(unique)


@given(st.lists(SIGNALS, max_size=8), st.sampled_from(["good", "bad"]), st.integers(1, 40))
def test_outsiders_never_turn_what_insiders_said(signals, polarity, count):
    """Of one item; of several, they may tip the balance to that of which an insider says the same."""
    crowd = socks(polarity, count)
    insiders = [
        one.model_copy(update={"effect_id": crowd[0].effect_id})
        for one in signals
        if one.actor and one.role not in (None, "outsider")
    ]
    before, after = conclude(insiders), conclude([*insiders, *crowd])
    if before.polarity != "neutral":
        assert after.polarity == before.polarity
        assert after.wanted == before.wanted
