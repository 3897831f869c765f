import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.forms import Field, Form
from app.knowledge.needs import WORTH_ASKING, Habit, Need, Needs, cleared, lacking, learn_habit, missing
from app.knowledge.needs_signs import What

VAGUE = ("It fails with an error", "The worker does nothing any more. What can I do?")
FULL = (
    "renew() raises for a lease of zero seconds",
    "```python\nLease(0).renew()\n```\nI expected False but got `ValueError: no time`. Leases 2.4.1 on Linux.",
)
FORM = Form(
    "bug.yml",
    "Bug",
    (
        Field("what", "What happened?", "textarea", required=True, hint="With version 1.2.3 it ..."),
        Field("steps", "Steps", "textarea", required=True),
        Field("version", "Version", "input", required=True),
        Field("tenant", "Name of the tenant", "input", required=True),
        Field("logs", "Log", "textarea", required=False),
        Field("terms", "I agree", "checkboxes", required=True),
    ),
)


def form_body(*, what: str = "It hangs.", steps: str = "", version: str = "", tenant: str = "") -> str:
    answers = {"What happened?": what, "Steps": steps, "Version": version, "Name of the tenant": tenant}
    return "\n\n".join(f"### {label}\n\n{answer}" for label, answer in answers.items())


def whats(needs: Needs) -> list[str]:
    return [need.what for need in needs.items]


def test_a_full_report_lacks_nothing_worth_asking():
    needs = missing(*FULL, kind="bug")
    assert [need for need in needs.items if need.probability >= WORTH_ASKING] == []
    assert needs.score < 0.1


def test_a_vague_report_lacks_what_a_maintainer_asks_for_first():
    needs = missing(*VAGUE, kind="bug")
    assert whats(needs)[0] == "reproduction"
    assert {"error", "version", "outcome", "environment"} <= set(whats(needs))
    assert [need.probability for need in needs.items] == sorted(
        (need.probability for need in needs.items), reverse=True
    )
    assert "screenshot" not in whats(needs)


def test_without_a_form_or_a_habit_nothing_is_worth_asking():
    for kind in ("bug", "question", "feature request"):
        assert all(need.probability < WORTH_ASKING for need in missing(*VAGUE, kind=kind).items)


def test_a_wish_needs_no_reproduction():
    assert whats(missing("Could leases be nicer?", "Maybe, I am not sure how.", kind="feature request")) == ["detail"]
    assert whats(missing("Fix a typo", "In the handbook.", kind="documentation")) == []


def test_an_uncertain_kind_needs_in_proportion():
    surely = missing(*VAGUE, kind="bug").items[0]
    perhaps = missing(*VAGUE, kind={"Bug report": 0.5, "feature request": 0.5}).items[0]
    assert perhaps.what == surely.what
    assert perhaps.probability == pytest.approx(surely.probability / 2)


def test_a_required_field_without_an_answer_is_missing_and_raises_the_score():
    needs = missing("Stop", form_body(steps="```\nstop()\n```"), kind="bug", forms=[FORM])
    first = {need.what: need for need in needs.items if need.probability >= WORTH_ASKING}
    assert set(first) == {"version", "field"}
    assert first["field"].ask == "Answer “Name of the tenant”."
    assert "requires" in first["version"].why
    assert needs.score > missing("Stop", form_body(steps="```\nstop()\n```"), kind="bug").score


def test_what_stands_under_another_heading_is_not_missing():
    body = form_body(what="Since 2.4.1 it hangs:\n1. start it\n2. stop it", steps="_No response_", tenant="blue")
    assert [need for need in missing("Stop", body, kind="bug", forms=[FORM]).items if need.probability >= 0.8] == []


def test_the_example_of_a_form_is_no_answer():
    body = form_body(what="With version 1.2.3 it ...", steps="```\nstop()\n```", tenant="blue")
    assert "version" in whats(missing("Stop", body, kind="bug", forms=[FORM]))


def test_what_an_answer_says_is_not_asked_again_in_other_words():
    body = form_body(what="It hangs.", steps="Stop it.", version="newest", tenant="blue")
    assert not {"reproduction", "version", "outcome"} & set(whats(missing("Stop", body, kind="bug", forms=[FORM])))


def test_a_report_lacks_what_stands_nowhere_in_it():
    assert {"version", "configuration"} <= set(lacking(*VAGUE))
    assert "version" not in lacking(*FULL)


def test_a_habit_is_learned_from_what_was_asked_where_it_lacked():
    counts = {"version": (40, 30), "configuration": (40, 30), "reproduction": (40, 0), "unheard of": (9, 9)}
    habit = learn_habit(counts)
    assert habit == Habit(
        lacked={"version": 40, "configuration": 40, "reproduction": 40},
        asked={"version": 30, "configuration": 30, "reproduction": 0},
    )
    needs = {need.what: need for need in missing(*VAGUE, kind="bug", habit=habit).items}
    assert needs["version"].probability > 0.6
    assert needs["configuration"].probability > 0.55
    assert "reproduction" not in needs
    assert needs["version"].why == "maintainers asked for it in 30 of 40 reports that lacked it"


def test_no_habit_is_the_usual_one():
    assert missing(*VAGUE, habit=Habit()) == missing(*VAGUE)
    assert learn_habit({}) == Habit()


ITEMS: tuple[What, ...] = ("version", "error", "reproduction", "outcome", "environment", "screenshot")
ASKED = Needs(0.6, (*(Need(what, "", "", 0.5) for what in ITEMS), Need("field", "", "", 0.5)))


@pytest.mark.parametrize(
    "reply",
    [
        "+1",
        "any update?",
        "same here",
        "bump",
        "me too!",
        "> version 2.4\n\nthanks",
        "",
        "Still happening, please fix.",
    ],
)
def test_words_without_substance_clear_nothing(reply):
    assert cleared(ASKED, reply) == ASKED


@pytest.mark.parametrize(
    ("reply", "gone"),
    [
        ("2.4.1", {"version"}),
        ("Sorry! It is 2.4.1 on Windows 11.", {"version", "environment", "field"}),
        ("```\nValueError: no lease\n```", {"error", "reproduction", "field"}),
        ("`python -m leases --hands 2`", {"reproduction", "field", "environment"}),
        ("![Image](https://example.com/a.png)", {"error", "screenshot", "outcome", "field"}),
        ("It should wait, but it stops.", {"outcome", "field"}),
        (
            "Ich starte ihn zweimal, warte danach eine Minute, klicke dann auf Anhalten, plötzlich steht alles.",
            {"reproduction", "outcome", "field"},
        ),
    ],
)
def test_a_reply_clears_what_it_gives(reply, gone):
    left = cleared(ASKED, reply)
    assert {need.what for need in ASKED.items} - {need.what for need in left.items} == gone
    assert left.score == pytest.approx(0.6 * len(left.items) / len(ASKED.items))


def test_when_all_is_cleared_the_description_is_enough():
    assert cleared(Needs(0.6, ASKED.items[:1]), "2.4.1") == Needs(0.0, ())
    assert cleared(Needs(0.6, ()), "2.4.1") == Needs(0.0, ())


def test_what_was_cleared_is_not_missing_when_judged_again():
    reply = "It is 2.4.1.\n```\nValueError: no lease\n```"
    left = {need.what for need in cleared(missing(*VAGUE), reply).items}
    assert {need.what for need in missing(VAGUE[0], VAGUE[1] + "\n\n" + reply).items} == left


@given(st.text(max_size=60), st.text(max_size=300), st.text(max_size=100))
def test_any_thread_has_needs_and_any_reply_is_read(title, body, reply):
    needs = missing(title, body, kind={"bug": 0.7, "question": 0.3}, forms=[FORM])
    assert 0 <= needs.score <= 1
    assert all(0 < need.probability <= 1 for need in needs.items)
    left = cleared(needs, reply)
    assert set(left.items) <= set(needs.items)
    assert left.score <= needs.score
