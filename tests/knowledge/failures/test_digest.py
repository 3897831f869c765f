"""The week in one screen: the worst news first, and nothing in it that acts where it is posted."""

from dataclasses import replace
from datetime import UTC, datetime

from app.domain.failing import ModeCount, Week
from app.knowledge.failures.clusters import Cluster
from app.knowledge.failures.digest import Digest, digest_markdown, percent
from app.knowledge.failures.releases import Release
from app.knowledge.failures.trends import Alarm, Share

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ALARM = Alarm("wrong-label", ("label", "question"), Share(50, 1_000), Share(40, 200), 0.05, 0.25, 120, 4.2)
QUIET = Digest(
    until=NOW,
    repository="",
    week=Week(runs=200, good=20, bad=10),
    before=Week(runs=200, good=20, bad=10),
    counts=[ModeCount("verbose", (0, 3, 4)), ModeCount(None, (0, 1, 9)), ModeCount("slow", (5, 0, 0))],
    releases=[Release("triage@2", "d", NOW, 1_000, 200, ())],
    clusters=[Cluster("link · dead", (1, 2), 1, 1, ()), Cluster("docker · container", (3,), 5, 0, ())],
)


def with_alarm(alarm: Alarm = ALARM, prompt: str = "triage@2") -> Digest:
    return replace(QUIET, releases=[Release(prompt, "d", NOW, 1_000, 200, (alarm,))])


def test_what_grew_comes_first():
    assert with_alarm().conclusion.startswith("Wrong label in label question rose from 5.0 % to 20 % since triage@2")


def test_a_quiet_week_is_compared_with_the_one_before():
    assert QUIET.conclusion == (
        "People corrected or criticised 5.0 % of the runs, about as much as the week before. "
        "No release made anything worse."
    )
    assert "more than" in replace(QUIET, week=Week(200, 0, 30)).conclusion
    assert "less than" in replace(QUIET, before=Week(200, 0, 30)).conclusion
    assert "week before" not in replace(QUIET, before=Week(0, 0, 0)).conclusion
    assert replace(QUIET, week=Week(200, 0, 0)).conclusion == "Nobody complained this week."
    assert replace(QUIET, week=Week(0, 0, 0)).conclusion == "Nothing ran this week."


def test_only_what_happened_this_week_and_has_a_name_is_listed_and_groups_by_their_growth():
    assert [one.mode for one in QUIET.common] == ["verbose"]
    assert [one.name for one in QUIET.growing] == ["docker · container", "link · dead"]


def test_as_markdown():
    text = digest_markdown(with_alarm())
    assert text.startswith(
        "## Plumbline, 13 Nov to 20 Nov 2026\n\n**Wrong label in label `question` rose from 5.0 % to 20 %"
    )
    assert "| Too long | 4 | 3 |" in text
    assert "- `docker · container`: 5 this week, 0 before" in text
    assert len(text) < 2_000


def test_names_that_strangers_chose_mean_nothing_in_markdown():
    hostile = replace(ALARM, segment=("label", "`@everyone` [x](http://evil) #1"))
    text = digest_markdown(replace(with_alarm(hostile, "a`b"), repository="a/`@b`"))
    assert "label `'@everyone' [x](http://evil) #1` rose" in text
    assert "`a'b`" in text
    assert ", `a/'@b'`\n" in text


def test_percent():
    assert [percent(share) for share in (0, 0.004, 0.05, 0.1, 1)] == ["0 %", "0.4 %", "5.0 %", "10 %", "100 %"]
