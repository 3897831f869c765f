"""Whatever a model says, in whatever field, and whatever a repository's files are called: the verdict is lawful."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.decision import AnswerDecision, Claim, Decision, LabelProposal, TriageDecision
from app.domain.effect import LabelsPayload
from app.domain.repository_settings import LabelSettings, RepositorySettings
from app.domain.snapshot import Snapshot
from app.domain.thread import Label
from app.domain.verdict import Verdict
from app.knowledge.claims import code_tokens
from app.teammate.guard import inspect_rendered
from app.teammate.guard.answers import MAX_CLAIMS
from app.teammate.wording import MAX_COMMENT
from tests.fakes.snapshots import snapshot
from tests.teammate.guard.attacks import ATTACKS, BLOBS, REPOSITORY, alive
from tests.teammate.guard.verdicts import (
    LITERAL,
    OTHER,
    POLICY,
    QUOTE,
    SHOWN,
    answered,
    body_of,
    claim,
    names_of,
    passage,
    proposed,
    ruled,
)


def assert_lawful(verdict: Verdict, shown: Snapshot) -> None:
    """What holds of every verdict, whatever the decision was."""
    limits = shown.settings.labels
    assert len(verdict.effects) <= 1
    for effect in verdict.effects:
        if isinstance(effect, LabelsPayload):
            assert 0 < len(effect.names) <= limits.max <= 3
            assert len(set(effect.names)) == len(effect.names)
            assert set(effect.names) <= {label.name for label in shown.labels}
            assert not set(effect.names) & set(shown.current_labels)
        else:
            assert effect.body.strip()
            assert len(effect.body) <= MAX_COMMENT
            assert inspect_rendered(effect.body, POLICY, (LITERAL,)) == ()
            assert alive(effect.body) == []
            assert LITERAL not in effect.body
    for refusal in verdict.refusals:
        assert inspect_rendered(refusal.what, POLICY) == ()
        assert len(refusal.what) <= 100
    assert "\n" not in verdict.summary


def vouching(*texts: str) -> Snapshot:
    """A thread whose repository knows every name in these texts: only the rest of the guard stands in the way."""
    known = tuple(sorted(code_tokens("\n\n".join(texts))))
    return SHOWN.model_copy(update={"known": known})


def attacked(place: str, attack: str) -> tuple[Decision, Snapshot]:
    """An attack in one field of what the model says, or in one that a file of the repository brings along."""
    match place:
        case "text":
            return answered(claim(attack)), vouching(attack)
        case "quote":
            return answered(claim("Said.", quote=attack)), SHOWN
        case "silence":
            return answered(silence=attack), SHOWN
        case "name":
            return proposed(attack, "bug"), SHOWN
        case "rationale":
            return proposed("bug", rationale=attack), SHOWN
        case _:
            source = passage(**{place: attack})
            return answered(claim()), snapshot(repository=REPOSITORY, passages=(source,))


@pytest.mark.parametrize("place", ["text", "quote", "silence", "name", "rationale", "heading", "path", "url"])
def test_no_attack_is_alive_in_any_field(place: str):
    # The model's text is the one field that is published at length; the others are made one plain line each.
    for attack in ATTACKS if place == "text" else ATTACKS[::5]:
        decision, shown = attacked(place, attack)
        verdict = ruled(decision, shown)
        assert_lawful(verdict, shown)
        if place in ("silence", "rationale"):
            assert inspect_rendered(verdict.summary, POLICY) == ()


def test_a_megabyte_is_no_different():
    for blob in BLOBS:
        assert_lawful(ruled(answered(claim(blob), claim("Said.", quote=blob))), SHOWN)
        assert_lawful(ruled(proposed(blob, rationale=blob)), SHOWN)


TEXT = (
    st.sampled_from(ATTACKS)
    | st.lists(st.sampled_from(ATTACKS), min_size=2, max_size=3).map("\n\n".join)
    | st.lists(st.sampled_from(ATTACKS), min_size=2, max_size=3).map("".join)
    | st.text(alphabet="@#*_~`[]()<>!|\\/&;:.-+=$ \n\t\u200b\u202eaAg1é漢", max_size=60)
)
QUOTES = st.sampled_from([QUOTE, "finds what no event announced", "Then restart."]) | TEXT
NAMES = st.sampled_from(["bug", "Bug", "question", "documentation", "invented"]) | TEXT
CLAIMS = st.builds(Claim, text=TEXT, passage=st.integers(-1, 4), quote=QUOTES)
PROPOSALS = st.builds(LabelProposal, name=NAMES, confidence=st.floats(0, 1), rationale=TEXT)
DECISIONS: st.SearchStrategy[Decision] = st.builds(
    TriageDecision, labels=st.lists(PROPOSALS, max_size=8).map(tuple)
) | st.builds(AnswerDecision, claims=st.lists(CLAIMS, max_size=8).map(tuple), confidence=st.floats(0, 1), silence=TEXT)
LIMITS = st.builds(
    LabelSettings,
    max=st.integers(0, 3),
    min_confidence=st.floats(0, 1),
    allow=st.lists(st.sampled_from(["bug", "q*", "*"]), max_size=2).map(tuple),
    deny=st.lists(st.sampled_from(["bug", "doc*", "nothing"]), max_size=2).map(tuple),
)
LISTED = st.lists(st.sampled_from(["bug", "question", "documentation", "area/web", "@victim", "fixes #1"]), unique=True)


@st.composite
def shown_threads(draw: st.DrawFn) -> Snapshot:
    listed = draw(LISTED)
    return snapshot(
        repository=REPOSITORY,
        labels=tuple(Label(name=name) for name in listed),
        current_labels=tuple(draw(st.lists(st.sampled_from(listed), unique=True)) if listed else ()),
        settings=RepositorySettings(labels=draw(LIMITS)),
        passages=tuple(draw(st.lists(st.sampled_from([passage(), OTHER]), max_size=3))),
    )


@settings(max_examples=400, deadline=None)
@given(decision=DECISIONS, shown=shown_threads())
def test_any_decision_on_any_thread_is_reduced_to_what_is_lawful(decision: Decision, shown: Snapshot):
    if isinstance(decision, AnswerDecision):
        said = (one.text for one in decision.claims)
        shown = shown.model_copy(update={"known": vouching(*said).known})
    verdict = ruled(decision, shown)
    assert_lawful(verdict, shown)
    assert ruled(decision, shown) == verdict
    for effect in verdict.effects:
        assert effect.kind == ("labels" if decision.skill == "triage" else "comment")


@settings(max_examples=200, deadline=None)
@given(proposals=st.lists(PROPOSALS, max_size=8), limits=LIMITS, current=LISTED)
def test_only_sure_permitted_new_labels_are_added(
    proposals: list[LabelProposal], limits: LabelSettings, current: list[str]
):
    shown = snapshot(current_labels=tuple(current), settings=RepositorySettings(labels=limits))
    verdict = ruled(TriageDecision(labels=tuple(proposals)), shown)
    sure = {one.name.casefold() for one in proposals if one.confidence >= limits.min_confidence}
    added = set(names_of(verdict)) if verdict.effects else set()
    assert added <= sure
    if "bug" in limits.deny:
        assert "bug" not in added
    if limits.allow and "*" not in limits.allow:
        assert "documentation" not in added


@settings(max_examples=200, deadline=None)
@given(wanted=st.lists(st.tuples(st.integers(-1, 4), QUOTES), max_size=8))
def test_only_quoted_claims_are_said_each_with_its_own_source(wanted: list[tuple[int, str]]):
    claims = [claim(f"word{place}word", number, quote) for place, (number, quote) in enumerate(wanted)]
    verdict = ruled(answered(*claims))
    texts = [" ".join(one.text.split()) for one in SHOWN.passages]
    good = [
        (place, number)
        for place, (number, quote) in enumerate(wanted[:MAX_CLAIMS])
        if 1 <= number <= len(texts) and len(flat := " ".join(quote.split())) >= 8 and flat in texts[number - 1]
    ]
    if not good:
        assert verdict.effects == ()
        return
    body = body_of(verdict)
    assert [int(place) for place in re.findall(r"word(\d)word", body)] == [place for place, _ in good]
    for place, number in good:
        following = body[body.index(f"word{place}word") :]
        assert following.index(SHOWN.passages[number - 1].url) == min(
            following.index(one.url) for one in SHOWN.passages if one.url in following
        )
    assert len(verdict.refusals) == len(wanted) - len(good) if len(wanted) <= MAX_CLAIMS else True
