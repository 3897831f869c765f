from collections import Counter

from app.adapters.prompt_files import PromptFiles
from app.knowledge.labelling.examples import NONE, prior


def test_our_own_examples_cover_every_kind_of_the_shipped_prompt():
    counts = Counter(kind for one in prior() for kind in one.labels)
    assert set(counts) == {*PromptFiles().live("triage", "1#1").label_hints, NONE}
    assert min(counts.values()) >= 10


def test_our_own_examples_are_all_different_and_have_titles():
    assert len({one.title for one in prior()}) == len(prior()) == len([one for one in prior() if one.title.strip()])
