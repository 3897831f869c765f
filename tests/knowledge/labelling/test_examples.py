from collections import Counter

import numpy as np

from app.adapters.prompt_files import PromptFiles
from app.knowledge.labelling.examples import NONE, nearest_examples, prior
from tests.knowledge.labelling.threads import example


def test_our_own_examples_cover_every_kind_of_the_shipped_prompt():
    counts = Counter(kind for one in prior() for kind in one.labels)
    assert set(counts) == {*PromptFiles().live("triage", "1#1").label_hints, NONE}
    assert min(counts.values()) >= 10


def test_our_own_examples_are_all_different_and_have_titles():
    assert len({one.title for one in prior()}) == len(prior()) == len([one for one in prior() if one.title.strip()])


def test_the_nearest_labelled_examples_come_first_and_no_title_twice():
    examples = [example("a", "bug"), example("A", "bug"), example("b", "bug"), example("c"), example("d", "bug")]
    vectors = np.array([[1, 0], [0.9, 0.1], [0.6, 0.8], [1, 0], [0, 1]], np.float32)
    query = np.array([1, 0], np.float32)
    assert [one.title for one in nearest_examples(examples, vectors, query, 2)] == ["a", "b"]
    assert [one.title for one in nearest_examples(examples, vectors, query, 9)] == ["a", "b", "d"]
    assert nearest_examples([], np.zeros((0, 2), np.float32), query, 3) == []
