import pytest

from app.knowledge.duplicates import CANDIDATES
from evals.backtest.comments import ASKED, replay_duplicates, replay_needs_info
from evals.backtest.history import record
from evals.backtest.outcomes import NEVER
from tests.evals.backtest.pasts import day, past, told


def test_any_member_of_the_same_family_is_right():
    records = [
        told(1, title="crash on save"),
        told(2, title="crash on save", duplicate_of=1, state="closed"),
        told(3, title="crash on save", duplicate_of=2, state="closed"),
        told(4, title="crash on save", state="closed"),
    ]
    found = {one.number: one for one in replay_duplicates(records, lambda thread, near: (1, 0.9))}
    assert found[3].wrong_at == NEVER
    assert found[3].proposals[0].right
    assert found[3].wanted == {"#2"}
    assert found[4].wrong_at == 0.9
    assert not found[1].known


def test_a_circle_of_duplicates_does_no_harm():
    records = [told(n, title="crash on save", duplicate_of=3 - n, state="closed") for n in (1, 2)]
    found = replay_duplicates(records, lambda thread, near: (1, 0.9))
    assert found[1].proposals[0].right


def test_only_the_likeliest_are_compared():
    records = [record("a/b", past(n, title=f"crash word{n % 7}", opened=n)) for n in range(CANDIDATES + 50)]
    offered = []
    replay_duplicates(records, lambda thread, near: offered.append((thread, near)))
    thread, near = offered[-1]
    assert len(near) == CANDIDATES
    alike = {one.number for one in near if one.title == thread.title}
    assert alike == {one.thread.number for one in records[:-1] if one.thread.title == thread.title}


def test_who_was_asked_is_told_by_a_label_even_if_it_is_gone():
    records = [told(1, (2, "needs info", True), (3, "needs info", False)), told(2, labels=("bug",))]
    first, second = replay_needs_info(records, lambda earlier: lambda thread: 0.8)
    assert (set(first.wanted), first.wrong_at) == ({"more information"}, NEVER)
    assert (set(second.wanted), second.wrong_at) == (set(), 0.8)


def test_without_such_a_label_nothing_is_known():
    assert replay_needs_info([told(1, labels=("bug",))], lambda earlier: lambda thread: 0.8) == []


def test_what_maintainers_asked_for_is_learnt_after_a_while_and_block_by_block():
    records = [record("a/b", past(n, body="It crashes."), asked=((day(n + 1), "version"),)) for n in range(100)]
    assert "version" in records[0].lacked
    lessons = []

    def learn(earlier):
        lessons.append([asked for _, asked in earlier])
        return lambda thread: 0.9

    outcomes = replay_needs_info(records, learn)
    assert len(outcomes) == 80
    assert all(outcome.proposals[0].right for outcome in outcomes)
    assert lessons[0] == [{"version"}] * 14
    assert [len(lesson) for lesson in lessons] == [14, 39, 64, 89]


def test_who_asked_only_later_has_not_asked_yet():
    late = record("a/b", past(1, body="It crashes."), asked=((day(30), "version"), (day(2), "screenshot")))
    assert late.asked_by(day(29)) == set()
    assert late.asked_by(day(30)) == {"version"}


@pytest.mark.parametrize(
    "label",
    [
        *("needs info", "needs-info", "Needs: Info", "more-information-needed", "status: waiting for author"),
        *("needs repro", "awaiting response", "waiting-on-reporter", "Incomplete", "requires more details"),
        "needs: reproduction",
    ],
)
def test_labels_that_say_that_people_asked(label):
    assert ASKED.search(label)


@pytest.mark.parametrize("label", ["bug", "needs triage", "needs review", "documentation", "info", "needs: tests"])
def test_labels_that_do_not(label):
    assert not ASKED.search(label)
