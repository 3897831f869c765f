import numpy as np

from app.knowledge.labelling.examples import NONE, Example
from app.knowledge.labelling.ideas import ENOUGH, Task, ideas_of, tasks
from tests.knowledge.labelling.threads import example, history

KINDS = ("bug", "enhancement", "question", "documentation", "performance")


def test_names_of_one_idea_meet_and_process_is_left_out():
    assert ideas_of(["bug", "type: bug", "kind/feature", "area: valve", "P1", "help wanted"], KINDS) == {
        "bug": "bug", "type: bug": "bug", "kind/feature": "enhancement", "area: valve": "area: valve",
    }  # fmt: skip


def learnable(examples: list[Example], wanted: list[str]) -> list[Task]:
    names = sorted({name for one in examples for name in one.labels})
    return tasks(examples, wanted, ideas_of(names, KINDS) | {NONE: NONE})


def test_kinds_are_learnt_together_from_threads_that_have_one():
    examples = [example("x", "bug"), example("y", "area: valve"), example("z"), example("w", NONE)]
    (task,) = learnable(examples, ["bug", "question"])
    assert task.exclusive
    assert task.rows.tolist() == [0, 3]
    assert task.targets[:, task.ideas.index("bug")].tolist() == [1, -1]
    assert task.targets[:, task.ideas.index(NONE)].tolist() == [-1, 1]


def test_a_label_of_its_own_needs_enough_threads_and_learns_from_its_repository_alone():
    examples = [*history(count=ENOUGH), *history("other/one", count=1)]
    others = [one for one in examples if one.repository == "other/one"]
    examples[-len(others) :] = [
        example(one.title, *(one.labels - {"area: valve"}), repository="other/one") for one in others
    ]
    kinds, valve = learnable(examples, ["bug", "area: valve"])
    assert len(kinds.rows) == len(examples)
    assert valve.ideas == ("area: valve",)
    assert {examples[row].repository for row in valve.rows} == {"ada/engine"}
    assert np.count_nonzero(valve.targets > 0) == ENOUGH
    assert len(learnable(examples[3:], ["bug", "area: valve"])) == 1


def test_a_kind_that_a_repository_never_used_is_no_opinion():
    slow = [example(f"Slow {number}", "bug", "performance", repository="b/b") for number in range(ENOUGH)]
    (_, performance) = learnable([*history(), *slow], ["bug", "performance"])
    assert len(performance.rows) == ENOUGH


def test_nothing_to_learn():
    assert tasks([], ["bug"], {})[0].rows.size == 0
    assert tasks(history(), [], {}) == []
