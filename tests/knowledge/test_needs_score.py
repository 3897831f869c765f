import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.needs_score import WEIGHTS, insufficiency, signs

COMPLETE = (
    "renew() raises ValueError for a lease of zero seconds",
    "```python\nfrom leases import Lease\nLease(0).renew()\n```\nIt raises because `Lease._left` is 0.",
)
OPEN_WISH = (
    "Leases could be nicer to look at",
    "Maybe with colours? It would be useful, but I am not sure how.",
)
SURROUNDED = (
    "Does not start any more",
    "We recently upgraded our server behind a proxy and sometimes it hangs.",
)


def test_a_determined_report_scores_low_and_an_open_one_high():
    assert insufficiency(*COMPLETE) < 0.05
    assert insufficiency(*OPEN_WISH) > 0.3
    assert insufficiency(*SURROUNDED) > 0.3


@pytest.mark.parametrize(
    ("sign", "said"),
    [
        ("first_person", "It is what we have."),
        ("conditional", "That would be so."),
        ("opinion", "That is nicer."),
        ("events", "Recently."),
        ("cause", "The root cause is the clock."),
        ("happens", "It crashes."),
        ("names", "It is `renew_lease`."),
        ("runnable", ">>> renew()"),
    ],
)
def test_each_sign_is_seen_in_the_body(sign, said):
    assert signs("Leases", said)[sign] > signs("Leases", "Leases are leases.")[sign] == 0


@pytest.mark.parametrize("title", ["Add leases", "[Feature] leases", "leases should renew", "Please renew leases"])
def test_a_wish_is_seen_in_the_title(title):
    assert signs(title, "")["title_wish"] == 1


def test_code_is_not_prose():
    assert signs("Leases", "```\n# it would be nice\n```")["conditional"] == 0


def test_signs_and_weights_are_the_same_ones():
    assert list(signs("", "")) == list(WEIGHTS)


@given(st.text(max_size=80), st.text(max_size=300))
def test_any_text_has_a_probability(title, body):
    assert 0 < insufficiency(title, body) < 1
