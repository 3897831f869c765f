"""Complaints without a name are grouped by what they complain of, and each group says in which words."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from app.adapters.minilm import MiniLM, bundled_directory
from app.knowledge.failures.alike import alike
from app.knowledge.failures.clusters import FEWEST, clusters_of, grouped
from app.knowledge.failures.vectors import Trace, hashed, vectors_of
from tests.knowledge.failures.planted import MODES, NOW, bcubed, stream


def a_trace(run_id: int, said: str, title: str = "It fails", **changed: object) -> Trace:
    return replace(Trace(run_id, title, "", said, NOW - timedelta(days=1)), **changed)  # type: ignore[arg-type]


def test_planted_complaints_are_recovered_by_their_words_alone():
    traces, planted = stream(21, each=9, noise=40)
    precision, recall, f1 = bcubed(grouped(hashed(traces)), planted)
    assert precision > 0.8
    assert recall > 0.7
    assert f1 > 0.8


@pytest.mark.skipif(bundled_directory() is None, reason="the bundled encoder is not installed here")
async def test_planted_complaints_are_recovered_by_meaning():
    directory = bundled_directory()
    assert directory is not None
    traces, planted = stream(22, each=7, noise=20)
    _, _, f1 = bcubed(grouped(await vectors_of(traces, MiniLM(directory))), planted)
    assert f1 > 0.9


def test_a_group_has_a_name_its_growth_and_where_it_is_common():
    docker = [
        a_trace(n, text, segments=frozenset({("language", "de")}), at=NOW - timedelta(days=2 + n % 2 * 7))
        for n, text in enumerate(("No docker here.", "We have no docker.", "Docker is not used here.") * 3)
    ]
    links = [
        a_trace(100 + n, text, segments=frozenset({("language", "en")}))
        for n, text in enumerate(("That link is dead.", "Dead link again.", "Your link is dead.") * 3)
    ]
    traces = [*docker, *links]
    found = {one.name: one for one in clusters_of(traces, hashed(traces), NOW)}
    (name,) = (name for name in found if "docker" in name)
    group = found[name]
    assert {traces[place].run_id for place in group.members} == set(range(9))
    assert (group.this_week, group.last_week) == (5, 4)
    assert group.segments == (("language", "de", 1.0),)
    assert len(group.typical) == 3
    assert any("link" in other for other in found)


def test_the_same_input_gives_the_same_groups():
    traces, _ = stream(23, each=6, noise=10)
    assert clusters_of(traces, hashed(traces), NOW) == clusters_of(traces, hashed(traces), NOW)


@pytest.mark.parametrize("number", [0, 1, FEWEST, 2 * FEWEST - 1])
def test_a_few_are_no_group(number: int):
    traces = [a_trace(n, "No docker here.") for n in range(number)]
    assert clusters_of(traces, hashed(traces) if traces else np.zeros((0, 1)), NOW) == []


def test_empty_words_do_no_harm():
    traces = [a_trace(n, "", title="") for n in range(30)]
    for group in clusters_of(traces, hashed(traces), NOW):
        assert group.name == "without words"


async def test_more_like_this_finds_other_words_for_the_same_complaint():
    traces, planted = stream(24, each=6, noise=30)
    right = total = 0
    for mode in MODES:
        place = planted.index(mode)
        others = [one for one in traces if one.run_id != traces[place].run_id]
        found = await alike(traces[place], others, None, limit=3)
        total += 3
        right += sum(planted[one.run_id - 1] == mode for one, _ in found)
    assert right / total > 0.7


async def test_more_like_this_minds_where_it_happened():
    here = frozenset({("repository", "a/one"), ("language", "de")})
    one = a_trace(1, "The link is dead", segments=here)
    same, elsewhere = a_trace(2, "A dead link", segments=here), a_trace(3, "A dead link")
    found = await alike(one, [elsewhere, same, a_trace(4, "Thanks a lot", title="Other")], None)
    assert [other.run_id for other, _ in found] == [2, 3]
    assert found[0][1] > found[1][1]


async def test_nothing_is_like_what_nobody_said_anything_about():
    assert await alike(a_trace(1, "Docker", title=""), [], None) == []
    assert await alike(a_trace(1, "Docker", title=""), [a_trace(2, "Banana", title="Fruit")], None) == []
