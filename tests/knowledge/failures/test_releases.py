"""From settled runs to releases: before and after by thread, and only what is live."""

from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.failure import ModeName
from app.knowledge.failures.releases import Judged, every_alarm, outcomes, releases

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def judged(number: int, days_ago: float, digest: str = "one", *modes: ModeName, **changed: Any) -> Judged:
    fields: dict[str, Any] = {
        "repository_id": 1,
        "number": number,
        "prompt": "triage@1",
        "digest": digest,
        "at": NOW - timedelta(days=days_ago),
        "modes": frozenset(modes),
        "segments": frozenset({("language", "en")}),
    }
    return Judged(**(fields | changed))


def test_the_first_digest_of_a_prompt_is_no_release():
    assert releases([judged(1, 3), judged(2, 2)], NOW) == []


def test_a_release_begins_with_its_first_run_and_ends_the_time_before_it():
    (release,) = releases([judged(3, 1, "two"), judged(1, 9), judged(2, 8), judged(4, 0.5)], NOW)
    assert (release.digest, release.since, release.before, release.after) == ("two", NOW - timedelta(days=1), 2, 1)


def test_prompts_are_released_apart():
    answers = [judged(1, 9, prompt="answer@1"), judged(2, 5, "three", prompt="answer@2")]
    found = releases([judged(1, 9), judged(2, 3, "two", prompt="triage@2"), *answers], NOW)
    assert [release.prompt for release in found] == ["triage@2", "answer@2"]


def test_a_release_that_nobody_runs_any_more_is_over():
    assert releases([judged(1, 40), judged(2, 20, "two"), judged(3, 1)], NOW) == []


def test_runs_of_one_thread_are_one_judgement():
    (one,) = outcomes([judged(1, 3, "one", "slow"), judged(1, 2, "one", "verbose")])
    assert one.modes == {"slow", "verbose"}
    assert len(outcomes([judged(1, 3), judged(1, 3, repository_id=2)])) == 2


def test_what_grew_is_told_with_its_release():
    before = [judged(n, 50 - n / 40, "one", *(("verbose",) if n % 25 == 0 else ())) for n in range(1, 1_600)]
    after = [judged(n, 9 - n / 1_000, "two", *(("verbose",) if n % 4 == 0 else ())) for n in range(2_000, 2_200)]
    ((release, alarm),) = every_alarm(releases([*after, *before], NOW))
    assert (release.digest, alarm.mode, alarm.after.of) == ("two", "verbose", 200)
