from typing import Any

import numpy as np

from evals.backtest.history import Record, record
from evals.backtest.labels import replay_labels
from evals.backtest.outcomes import NEVER
from tests.evals.backtest.pasts import past, told
from tests.evals.backtest.spies import Spy, WordModel

KINDS = ["bug", "enhancement"]


def history(count: int) -> list[Record]:
    return [
        record("acme/widgets", past(n, title=kind, body=f"about {kind}", labels=(kind,)))
        for n in range(count)
        for kind in ["bug" if n % 2 else "enhancement"]
    ]


def test_it_learns_and_predicts_block_by_block():
    spy = Spy()
    steps: list[int] = []
    outcomes = replay_labels(history(200), spy, spy.propose, kinds=KINDS, done=steps.append)
    assert [outcome.number for outcome in outcomes] == list(range(40, 200))
    assert [len(lesson.examples) for lesson in spy.lessons] == [34, 59, 84, 109, 134, 159, 184]
    assert steps == [40, 25, 25, 25, 25, 25, 25, 10]
    assert all(outcome.proposals[0].right and outcome.wrong_at == NEVER for outcome in outcomes)


def test_vectors_go_with_their_threads():
    spy = Spy()
    vectors = np.arange(100, dtype=np.float32).reshape(100, 1)
    asked = []

    def fit(examples, **given: Any):
        assert given["vectors"][:, 0].tolist() == [float(example.title.split()[1]) for example in examples]
        assert given["prior_vectors"] is vectors
        model = spy(examples, **given)

        class Watched(WordModel):
            def judge(self, texts, **more: Any):
                asked.extend(more["vectors"][:, 0].tolist())
                assert more["repository"] == "acme/widgets"
                return super().judge(texts, **more)

        return Watched(model.labels, model.words, model.lesson)

    records = [record("acme/widgets", past(n, title=f"bug {n}", labels=("bug",))) for n in range(100)]
    replay_labels(records, fit, spy.propose, kinds=KINDS, vectors=vectors, prior_vectors=vectors)
    assert asked == [float(n) for n in range(20, 100)]


def test_labels_about_process_are_neither_learnt_nor_judged():
    records = [record("acme/widgets", past(n, labels=("good first issue", "wontfix"))) for n in range(100)]
    spy = Spy()
    outcomes = replay_labels(records, spy, spy.propose, kinds=KINDS)
    assert not spy.lessons
    assert not any(outcome.known or outcome.proposals for outcome in outcomes)


def test_an_issue_that_nobody_labelled_is_replayed_and_not_judged():
    records = history(100)
    records[90] = told(90, title="bug")
    found = next(
        outcome for outcome in replay_labels(records, Spy(), Spy().propose, kinds=KINDS) if outcome.number == 90
    )
    assert not found.known
    assert found.proposals


def test_labels_an_issue_was_opened_with_are_no_work_of_anybody():
    records = history(100)
    records[90] = told(90, (90, "bug", True), (91, "docs", True), title="bug", labels=("bug", "docs"))
    records[91] = told(91, (91, "bug", True), title="bug", labels=("bug",))
    found = {outcome.number: outcome for outcome in replay_labels(records, Spy(), Spy().propose, kinds=KINDS)}
    assert found[90].wanted == {"docs"}
    assert found[91].wanted == set()
    assert found[90].known
    assert found[91].known
    assert found[91].wrong_at == NEVER


def test_a_history_of_nothing_or_of_one_thread():
    assert replay_labels([], Spy(), Spy().propose, kinds=KINDS) == []
    (only,) = replay_labels(history(1), Spy(), Spy().propose, kinds=KINDS)
    assert not only.proposals
