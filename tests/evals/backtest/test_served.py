import numpy as np
import pytest

from app.adapters.prompt_files import PromptFiles
from app.knowledge.needs_signs import What
from evals.backtest.served import Duplicates, NeedsInfo, Senses, Triage
from tests.evals.backtest.pasts import day, past, told
from tests.fakes.embedder import FakeEmbedder


@pytest.fixture(scope="module")
def prompt():
    return PromptFiles(None).live("triage", "acme/widgets")


def test_at_most_three_labels_are_proposed_and_one_for_each_kind(prompt):
    likely = {"bug": 0.95, "type: bug": 0.95, "area: parser": 0.9, "area: lexer": 0.8, "area: printer": 0.7}
    found = Triage(prompt).propose(past(1, "It hangs"), list(likely), likely)
    assert len(found) == 3
    assert {one.name for one in found} == {"bug", "area: parser", "area: lexer"}
    assert not Triage(prompt).propose(past(1, "It hangs"), ["area: parser"], {"area: parser": 0.3})


def test_what_a_thread_has_already_is_not_proposed(prompt):
    assert not Triage(prompt).propose(past(1, "It hangs", labels=("bug",)), ["bug"], {"bug": 0.95})


CRASH = "Saving a large file ends with `KeyError: 'offset'` in writer.flush_buffer, since compression is on."


@pytest.mark.parametrize("embedded", [False, True])
async def test_a_repeated_report_is_found_as_it_was_known_then(embedded):
    subjects = ["Printing is slow", "Add a dark theme", "Docs for the cache are outdated", "Support for tabs"]
    records = [
        told(1, title="KeyError offset when saving a large file", body=CRASH),
        *(told(n, title=title, body=f"{title}, since some time.") for n, title in enumerate(subjects, 2)),
        told(9, title="Saving large files: KeyError offset", body=CRASH),
    ]
    texts = [(one.thread.title, one.thread.body) for one in records]
    vectors = await Senses(FakeEmbedder()).for_search(texts) if embedded else None
    skill = Duplicates(records, vectors)
    now = day(9)
    found = skill.find(records[-1].as_of(now), [one.as_of(now) for one in records[:-1]])
    assert found is not None
    assert found[0] == 1
    assert found[1] >= 0.5
    assert skill.find(records[2].as_of(day(3)), [records[0].as_of(day(3))]) is None


async def test_vectors_are_made_as_each_skill_wants_them():
    embedder = FakeEmbedder()
    senses = Senses(embedder)
    texts = [("It hangs", "on save"), ("It crashes", "on load")]
    assert (await senses.for_labels(texts)).shape == (2, 2 * embedder.dimensions)
    assert (await senses.for_search(texts)).shape == (2, embedder.dimensions)
    first = await senses.of_prior()
    assert first.shape[1] == 2 * embedder.dimensions
    assert await senses.of_prior() is first
    assert np.isfinite(first).all()


def test_who_wrote_too_little_is_likelier_to_be_asked(prompt):
    asked: list[tuple[frozenset[What], frozenset[What]]] = [
        (frozenset({"reproduction", "version"}), frozenset({"reproduction"}))
    ] * 60
    lack, unasked = NeedsInfo(prompt).learn(asked), NeedsInfo(prompt).learn([])
    vague = past(
        1,
        "Export fails sometimes in our project",
        "Since we updated, it crashes with an error on our server. Maybe it is a bug, not sure. See the screenshot.",
    )
    code = "```python\nimport writer\nwriter.flush_buffer(1)\n```"
    whole = past(2, "flush_buffer raises KeyError", f"{CRASH}\n\n{code}\nVersion 2.1.0")
    assert lack(vague) >= 0.5 > unasked(vague)
    assert lack(whole) == 0.0
