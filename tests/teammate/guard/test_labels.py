from hypothesis import given
from hypothesis import strategies as st

from app.domain.decision import LabelProposal, TriageDecision
from app.teammate.guard import RefusedLabel, allowed_labels
from app.teammate.guard.labels import judge_labels
from tests.fakes.snapshots import snapshot

LABELS = ("Bug", "area/web", "area/api", "good first issue", "café", "P1")


def kept(*proposed: str, **options: object) -> tuple[str, ...]:
    return allowed_labels(proposed, LABELS, **options)[0]  # type: ignore[arg-type]


def reasons(*proposed: str, **options: object) -> list[str]:
    return [label.reason for label in allowed_labels(proposed, LABELS, **options)[1]]  # type: ignore[arg-type]


def test_names_are_spelled_as_the_repository_spells_them():
    assert kept("bug", "AREA/web", "cafe\u0301") == ("Bug", "area/web", "café")


def test_a_label_is_never_created():
    assert allowed_labels(["bugs", ""], LABELS) == (
        (),
        (
            RefusedLabel("bugs", "the repository has no such label"),
            RefusedLabel("", "the repository has no such label"),
        ),
    )


def test_at_most_three_and_each_once():
    assert kept("bug", "BUG", "p1", "area/web", "area/api") == ("Bug", "P1", "area/web")
    assert reasons("bug", "BUG", "p1", "area/web", "area/api") == ["more than 3 labels"]
    assert kept("bug", "p1", maximum=1) == ("Bug",)
    assert kept("bug", maximum=0) == ()


def test_allow_and_deny_take_names_and_patterns_and_deny_wins():
    assert kept("bug", "area/web", "area/api", allow=["AREA/*"], deny=["area/api"]) == ("area/web",)
    assert reasons("bug", "area/api", allow=["area/*"], deny=["area/api"]) == [
        "not among the allowed labels",
        "denied by the settings",
    ]


def test_a_label_whose_name_looks_like_a_pattern_is_a_name():
    assert allowed_labels(["[x]", "a"], ["[x]", "a"], deny=["[x]"]) == (
        ("a",),
        (RefusedLabel("(x)", "denied by the settings"),),
    )


def test_a_refused_name_is_inert():
    (refused,) = allowed_labels(["@user ![x](https://evil.example) /close"], LABELS)[1]
    assert "@" not in refused.name
    assert "://" not in refused.name


@given(st.lists(st.text(max_size=12)), st.lists(st.text(max_size=12)), st.lists(st.text(max_size=6)), st.integers(0, 5))
def test_whatever_is_proposed_only_existing_labels_come_back(
    proposed: list[str], existing: list[str], patterns: list[str], maximum: int
):
    names, _ = allowed_labels(proposed, existing, deny=patterns, maximum=maximum)
    assert set(names) <= set(existing)
    assert len(names) == len(set(names)) <= maximum


def test_a_label_that_a_person_removed_is_refused():
    assert kept("bug", "p1", "cafe\u0301", removed=["bug", "CAFÉ"]) == ("P1",)
    assert reasons("bug", removed=["bug"]) == ["a person removed it"]


def test_what_was_removed_is_frozen_into_the_snapshot():
    seen = snapshot(removed_labels=("question",))
    proposed = LabelProposal(name="question", confidence=0.9, rationale="It asks how.")
    verdict = judge_labels(TriageDecision(labels=(proposed,)), seen)
    assert (verdict.effects, verdict.refusals[0].why) == ((), "a person removed it")
