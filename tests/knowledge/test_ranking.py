from app.domain.snapshot import Passage
from app.knowledge.query import build_query
from app.knowledge.ranking import rerank
from tests.knowledge.shelf import handbook, nearest, passages


def passage(text: str, *, heading: str = "", path: str = "docs/a.md") -> Passage:
    return Passage(path=path, heading=heading, start=1, end=1, commit="c", text=text, url="u")


def best(question: str, *shelf: Passage) -> Passage:
    return rerank(build_query(question), shelf, 1)[0]


def test_a_rare_word_outweighs_a_common_one():
    common, other = passage("the worker works, worker worker"), passage("a worker and its work")
    rare = passage("a lease belongs to a worker for a minute")
    assert best("lease of a worker", common, other, rare).text == rare.text


def test_the_subject_outweighs_the_circumstances():
    query = build_query("lease", "It runs on Debian with Postgres behind a proxy.")
    setting, subject = passage("debian postgres"), passage("a lease")
    assert rerank(query, [setting, subject, passage("else")], 1)[0].text == subject.text


def test_where_both_say_as_much_the_librarys_order_stands():
    first, second = passage("a lease", heading="One"), passage("a lease", heading="Two")
    assert best("lease", first, second).heading == "One"
    assert best("lease", second, first).heading == "Two"


def test_the_heading_says_what_a_passage_is_about():
    mentioned, about = passage("rotate it by hand"), passage("do it by hand", heading="Rotate it")
    assert best("how to rotate", mentioned, about, passage("else")).text == about.text


def test_documentation_comes_before_source_that_says_the_same():
    source, page = passage("rotate the secret", path="app/a.py"), passage("rotate the secret")
    assert best("rotate the secret", source, page, passage("else")).path == page.path


def test_scores_are_set_and_fall():
    found = nearest("How do I rotate the webhook secret?", "", passages(handbook()))
    assert found[0].heading == "Webhooks > Rotate the webhook secret"
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert found[0].score > 0


def test_nothing_to_rank_and_nothing_asked():
    assert rerank(build_query("worker"), [], 3) == []
    assert len(rerank(build_query(""), [passage("a"), passage("b")], 1)) == 1
