"""The 26 answers of GitHub, by hand, against a create and against a write that may be done twice."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.effect import Alert, Park, Reconcile, RetryAt, Skip, WriteAnswer, Written
from app.teammate.answers import LONGEST_WAIT, classify

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
Kind = Literal["written", "retry", "hold", "park", "skip", "reconcile", "alert"]


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def answer(status: int | None, message: str = "", **more: Any) -> WriteAnswer:
    return WriteAnswer(status, message, **more)


# What GitHub says, then (create, idempotent). "hold" makes the whole installation wait; a number is until when.
TABLE: list[tuple[str, WriteAnswer, tuple[Kind, float], tuple[Kind, float]]] = [
    ("created", answer(201, remote_id="7"), ("written", 0), ("written", 0)),
    ("created, then the connection was reset", answer(None, "reset"), ("reconcile", 0), ("retry", 5)),
    ("5xx, created", answer(502, "Server Error"), ("reconcile", 0), ("retry", 5)),
    ("5xx, not created", answer(500, "Server Error"), ("reconcile", 0), ("retry", 5)),
    ("killed after 10 s", answer(504, "timed out"), ("reconcile", 0), ("retry", 5)),
    ("503 that names a time", answer(503, "", retry_after=40.0), ("reconcile", 0), ("retry", 40)),
    (
        "secondary limit with retry-after",
        answer(403, "You have exceeded a secondary rate limit.", retry_after=30.0, remaining=4000),
        ("hold", 30),
        ("hold", 30),
    ),
    (
        "secondary limit, no header, reset of the primary one",
        answer(403, "You have exceeded a secondary rate limit.", remaining=4000, reset_at=at(3000)),
        ("hold", 60),
        ("hold", 60),
    ),
    ("old words for it", answer(403, "triggered an abuse detection mechanism"), ("hold", 60), ("hold", 60)),
    ("too fast", answer(422, "Validation Failed: was submitted too quickly"), ("hold", 60), ("hold", 60)),
    (
        "primary limit",
        answer(403, "API rate limit exceeded", remaining=0, reset_at=at(900)),
        ("hold", 901),
        ("hold", 901),
    ),
    ("429 and nothing else", answer(429, "<html>"), ("hold", 60), ("hold", 60)),
    ("429 and reset", answer(429, "", remaining=0, reset_at=at(90)), ("hold", 91), ("hold", 91)),
    ("reset in the past", answer(403, "", remaining=0, reset_at=at(-5)), ("hold", 60), ("hold", 60)),
    ("fresh or expired token", answer(401, "Bad credentials"), ("retry", 2), ("retry", 2)),
    ("suspended at mint", answer(403, "suspended", stage="token"), ("park", 0), ("park", 0)),
    ("uninstalled at mint", answer(404, "Not Found", stage="token"), ("park", 0), ("park", 0)),
    ("not our repository", answer(422, "not accessible", stage="token"), ("skip", 0), ("skip", 0)),
    ("JWT refused (clock skew)", answer(401, "'exp' is too far", stage="token"), ("retry", 2), ("retry", 2)),
    ("5xx at mint: nothing left", answer(502, "", stage="token"), ("retry", 5), ("retry", 5)),
    ("no answer at mint: nothing left", answer(None, "", stage="token"), ("retry", 5), ("retry", 5)),
    ("limit at mint", answer(403, "secondary rate limit", stage="token"), ("hold", 60), ("hold", 60)),
    ("suspended", answer(403, "This installation has been suspended"), ("park", 0), ("park", 0)),
    ("no permission", answer(403, "Resource not accessible by integration"), ("park", 0), ("park", 0)),
    ("locked", answer(403, "Unable to create comment because issue is locked."), ("skip", 0), ("skip", 0)),
    ("archived", answer(403, "Repository was archived so is read-only."), ("skip", 0), ("skip", 0)),
    ("hidden or deleted", answer(404, "Not Found"), ("skip", 0), ("skip", 0)),
    ("deleted or disabled", answer(410, "Issues are disabled"), ("skip", 0), ("skip", 0)),
    ("transferred", answer(301, "Moved Permanently"), ("skip", 0), ("skip", 0)),
    ("blocked by law", answer(451, "DMCA"), ("skip", 0), ("skip", 0)),
    ("too long", answer(422, "body is too long (maximum is 65536 characters)"), ("alert", 0), ("alert", 0)),
    ("no such label", answer(422, "Validation Failed"), ("alert", 0), ("alert", 0)),
    ("malformed", answer(400, "Problems parsing JSON"), ("alert", 0), ("alert", 0)),
    ("HTML of a proxy", answer(403, "<html>blocked</html>"), ("alert", 0), ("alert", 0)),
    ("HTML error page", answer(502, "<html>Unicorn!</html>"), ("reconcile", 0), ("retry", 5)),
    ("truncated JSON", answer(201), ("reconcile", 0), ("written", 0)),
    ("edited", answer(200, remote_id="7"), ("written", 0), ("written", 0)),
    ("deleted", answer(204), ("reconcile", 0), ("written", 0)),
]


def summary(outcome: object) -> tuple[Kind, float]:
    match outcome:
        case Written():
            return "written", 0
        case RetryAt(at=when, whole_installation=whole):
            return ("hold" if whole else "retry"), (when - NOW).total_seconds()
        case Park():
            return "park", 0
        case Skip():
            return "skip", 0
        case Reconcile():
            return "reconcile", 0
        case Alert():
            return "alert", 0
    raise AssertionError(outcome)


@pytest.mark.parametrize(("said", "create", "idempotent"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE])
def test_table(said, create, idempotent):
    assert summary(classify(said, now=NOW, idempotent=False)) == create
    assert summary(classify(said, now=NOW, idempotent=True)) == idempotent


def test_written_carries_the_id():
    assert classify(answer(201, remote_id="IC_9"), now=NOW, idempotent=False) == Written("IC_9")


def test_a_fresh_token_gets_three_attempts_over_more_than_six_seconds():
    waits = [summary(classify(answer(401), now=NOW, idempotent=False, attempt=n))[1] for n in (1, 2, 3, 9)]
    assert waits == [2, 5, 300, 300]
    assert sum(waits[:2]) > 6


def test_an_outage_is_asked_ever_less_often():
    waits = [summary(classify(answer(503), now=NOW, idempotent=True, attempt=n))[1] for n in (0, 1, 2, 3, 4)]
    assert waits == [5, 5, 30, 300, 300]


@pytest.mark.parametrize("header", [1e12, float("inf"), -3.0, 0.0])
def test_an_absurd_wait_is_bounded(header):
    outcome = classify(answer(429, retry_after=header), now=NOW, idempotent=False)
    assert isinstance(outcome, RetryAt)
    assert NOW < outcome.at <= NOW + LONGEST_WAIT


answers = st.builds(
    WriteAnswer,
    status=st.none() | st.integers(100, 599),
    message=st.text(max_size=40) | st.sampled_from([row[1].message for row in TABLE]),
    stage=st.sampled_from(["token", "write"]),
    remote_id=st.none() | st.text(min_size=1, max_size=5),
    retry_after=st.none() | st.floats(allow_nan=False),
    reset_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    remaining=st.none() | st.integers(0, 5000),
)


@given(answers, st.booleans(), st.integers(-1, 99))
def test_every_answer_means_something_and_no_create_is_repeated_blindly(said, idempotent, attempt):
    outcome = classify(said, now=NOW, idempotent=idempotent, attempt=attempt)
    if isinstance(outcome, RetryAt):
        assert NOW < outcome.at <= NOW + LONGEST_WAIT + timedelta(seconds=1)
    may_have_left = said.stage == "write" and (said.status is None or said.status >= 500)
    if may_have_left and not idempotent:
        assert isinstance(outcome, Reconcile)
    if idempotent:
        assert not isinstance(outcome, Reconcile)
