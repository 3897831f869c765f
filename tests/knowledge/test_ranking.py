from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.ranking import COUNTED, PAGES, Found, ranked


def best(*found: Found, limit: int = 10) -> list[int]:
    return [id_ for id_, _ in ranked(found, limit)]


def test_the_nearest_in_meaning_comes_first_and_words_decide_among_the_near():
    assert best(Found(1, "a.md", 9, 0.3), Found(2, "b.md", None, 0.6)) == [2, 1]
    assert best(Found(1, "a.md", None, 0.60), Found(2, "b.md", 9, 0.58)) == [2, 1]


def test_without_vectors_words_decide():
    assert best(Found(1, "a.md", 2, None), Found(2, "b.md", 7, None)) == [2, 1]


def far(cosine: float) -> list[Found]:
    """What is found besides and says nothing."""
    return [Found(100 + n, f"{n}.md", None, cosine) for n in range(3)]


def test_a_page_that_says_several_things_comes_before_one_that_says_one():
    several = [Found(1, "a.md", None, 0.5), Found(2, "a.md", None, 0.45)]
    assert best(Found(3, "b.md", None, 0.55), *several, *far(0.3), limit=3)[:2] == [1, 3]


def test_a_short_page_that_says_it_comes_before_a_long_one_that_hardly_does():
    long = [Found(n, "a.md", None, 0.35) for n in range(COUNTED)]
    assert best(*long, Found(50, "b.md", None, 0.6), *far(0.3))[0] == 50


def test_nothing_found_is_nothing_ranked():
    assert ranked([], 8) == []


def test_documentation_comes_before_source_that_says_the_same():
    assert best(Found(1, "app/a.py", 5, 0.5), Found(2, "docs/a.md", 5, 0.5)) == [2, 1]
    assert best(Found(1, "app/a.py", 5, 0.7), Found(2, "docs/a.md", 1, 0.4)) == [1, 2]


def test_what_has_no_vector_yet_counts_as_far_away_but_its_words_count():
    far, waiting, near = Found(1, "a.md", 1, 0.2), Found(2, "b.md", 9, None), Found(3, "c.md", None, 0.6)
    assert best(far, waiting, near) == [3, 2, 1]


def test_several_pages_are_heard_before_one_of_them_twice():
    crowd = [Found(n, "a.md", None, 0.9) for n in range(20)]
    others = [Found(100 + n, f"{n}.md", None, 0.5 - n / 100) for n in range(9)]
    shown = best(*crowd, *others, limit=8)
    assert shown == [0, 1, 2, 3, 100, 101, 102, 103]
    assert len({*shown} - {*range(20)}) == PAGES - 1


found = st.builds(
    Found,
    id=st.integers(0, 10**6),
    path=st.sampled_from(["a.md", "b.md", "c.py", "d.rst"]),
    words=st.none() | st.floats(0, 50),
    cosine=st.none() | st.floats(-1, 1),
)


@given(st.lists(found, max_size=30, unique_by=lambda one: one.id), st.integers(1, 12), st.randoms())
def test_any_order_of_arrival_gives_the_same_and_scores_fall(given_: list[Found], limit: int, random):
    first = ranked(given_, limit)
    assert len(first) == min(limit, len(given_))
    assert [score for _, score in first] == sorted((score for _, score in first), reverse=True)
    random.shuffle(given_)
    assert ranked(given_, limit) == first
