"""Which labels a person has decided about: every order of acts, ours and theirs, with and without commands."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.act import Act, ActKind, By
from app.domain.effect import Effect, EffectPayload, LabelsPayload, Wrote
from app.teammate.label_history import cause_of, commanded_at, is_ours, removed_labels, set_by_others_since
from tests.fakes.clock import START, FakeClock
from tests.fakes.outbox import FakeOutbox
from tests.fakes.publisher import a_comment

ACTORS: dict[By, str] = {"us": "plumbline[bot]", "bot": "other[bot]", "person": "ada"}


def act(number: int, kind: ActKind, by: By = "person", *, name: str = "bug", minute: float = 0) -> Act:
    at = START + timedelta(minutes=minute)
    return Act(id=f"{kind}:{number}", kind=kind, actor=ACTORS[by], by=by, subject=name, at=at)


def an_effect(
    why: str = "body",
    *,
    payload: EffectPayload | None = None,
    wrote: tuple[str, ...] = (),
    minute: float = 0,
) -> Effect:
    outbox = FakeOutbox(FakeClock().now)
    outbox.plan([replace(a_comment(why=why), payload=payload or LabelsPayload(names=("bug",)))])
    seen = outbox.seen(outbox.rows[1])
    return replace(seen, wrote=Wrote(labels=wrote) if wrote else None, created_at=START + timedelta(minutes=minute))


steps = st.lists(
    st.tuples(st.sampled_from(["labeled", "unlabeled"]), st.sampled_from(["us", "bot", "person"]), st.integers(0, 3)),
    max_size=8,
)


@given(steps, st.randoms())
def test_a_label_is_final_after_somebody_elses_removal_whatever_we_did_since(drawn, random):
    """Several acts within one second come in the order of their numbers."""
    at, acts = 0, []
    for number, (kind, by, later) in enumerate(drawn):
        at += later
        acts.append(act(number, kind, by, minute=at))
    theirs = [one for one in acts if one.by != "us"]
    shuffled = random.sample(acts, len(acts))
    final = bool(theirs and theirs[-1].kind == "unlabeled") or bool(acts and acts[-1].kind == "unlabeled")
    assert (removed_labels(shuffled, [], ["bug"]) == {"bug"}) == final
    stands = bool(acts) and (acts[-1].kind, acts[-1].by) == ("labeled", "us")
    assert is_ours(shuffled, "BUG", since=START) == stands


@given(st.integers(0, 20), st.integers(0, 20))
def test_the_later_of_a_command_and_a_removal_counts(commanded, removed):
    acts = [
        act(1, "unlabeled", minute=removed),
        act(2, "command", minute=commanded).model_copy(update={"id": "command:77:0", "subject": ""}),
    ]
    command = an_effect("label:77", payload=LabelsPayload(names=("Bug",)))
    assert commanded_at(acts, command) == acts[1].at
    assert removed_labels(acts, [command], []) == (frozenset() if commanded >= removed else {"bug"})


def test_what_we_wrote_and_is_gone_was_taken_off():
    wrote = an_effect(wrote=("Bug", "docs"), minute=5)
    assert removed_labels([], [wrote], ["DOCS"]) == {"bug"}
    late = an_effect("label:77", minute=6)
    assert removed_labels([], [wrote, late], ["docs"]) == frozenset(), "until a person commands it"
    early = an_effect("label:77", minute=4)
    assert removed_labels([], [wrote, early], ["docs"]) == {"bug"}


def test_only_what_others_put_on_later_is_theirs():
    acts = [act(1, "labeled", minute=3), act(2, "labeled", "us", name="docs", minute=3)]
    assert set_by_others_since(acts, "bug", START)
    assert not set_by_others_since(acts, "bug", START + timedelta(minutes=3))
    assert not set_by_others_since(acts, "docs", START)
    assert not set_by_others_since(acts, "crash", START)


def test_a_label_of_ours_from_before_the_effect_is_not_this_effects():
    assert not is_ours([act(1, "labeled", "us", minute=1)], "bug", since=START + timedelta(minutes=2))


def test_why_an_effect_was_planned():
    assert [cause_of(an_effect(why)) for why in ("body", "comment:D_kw:1", "label:5")] == [
        ("body", ""),
        ("comment", "D_kw:1"),
        ("label", "5"),
    ]
