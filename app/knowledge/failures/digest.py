"""Digest: what a week of failures comes to, in one screen: for the page, and as Markdown for an issue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.failing import ModeCount, Week
from app.domain.failure import CATALOGUE
from app.knowledge.failures.clusters import Cluster
from app.knowledge.failures.releases import Release, every_alarm
from app.knowledge.failures.trends import EVERYTHING, Alarm

MOST = 5
"""Lines of each list: who wants more opens the page."""


@dataclass(frozen=True, slots=True)
class Digest:
    """The seven days up to `until`, UTC. `repository` is empty for all of them."""

    until: datetime
    repository: str
    week: Week
    before: Week
    counts: Sequence[ModeCount]
    releases: Sequence[Release]
    clusters: Sequence[Cluster]

    @property
    def since(self) -> datetime:
        return self.until - timedelta(weeks=1)

    @property
    def alarms(self) -> list[tuple[Release, Alarm]]:
        return every_alarm(self.releases)[:MOST]

    @property
    def common(self) -> list[ModeCount]:
        return [one for one in self.counts if one.this_week and one.mode][:MOST]

    @property
    def growing(self) -> list[Cluster]:
        return sorted(self.clusters, key=lambda one: one.last_week - one.this_week)[:MOST]

    @property
    def conclusion(self) -> str:
        """One sentence: the worst news first, and no news as good news."""
        if self.alarms:
            release, alarm = self.alarms[0]
            return f"{sentence(alarm)} since {release.prompt}: look there first, and consider the version before it."
        if not self.week.runs:
            return "Nothing ran this week."
        if not self.week.bad:
            return "Nobody complained this week."
        share, earlier = self.week.bad / self.week.runs, self.before.bad / max(1, self.before.runs)
        moved = "less than" if share < 0.8 * earlier else "more than" if share > 1.25 * earlier else "about as much as"
        compared = f", {moved} the week before" if self.before.runs else ""
        return f"People corrected or criticised {percent(share)} of the runs{compared}. No release made anything worse."


def percent(share: float) -> str:
    return f"{100 * share:.1f} %" if 0 < share < 0.1 else f"{100 * share:.0f} %"


def where(alarm: Alarm) -> str:
    dimension, value = alarm.segment
    return "" if alarm.segment == EVERYTHING else f" in {dimension} {value}"


def sentence(alarm: Alarm) -> str:
    """What grew, where, from what to what."""
    title = CATALOGUE[alarm.mode].title
    return f"{title}{where(alarm)} rose from {percent(alarm.before.rate)} to {percent(alarm.after.rate)}"


def digest_markdown(digest: Digest) -> str:
    """The same as the page, without a link: it may be read where nobody reaches this installation.

    Names of repositories and labels come from strangers: they are shown as code, in which Markdown means nothing.
    """
    lines = [
        f"## Plumbline, {digest.since:%d %b} to {digest.until:%d %b %Y}"
        + (f", {_code(digest.repository)}" if digest.repository else ""),
        "",
        _alarm_line(*digest.alarms[0], "**", "**: look there first.") if digest.alarms else f"**{digest.conclusion}**",
        "",
        f"{_figures(digest.week)}. The week before: {_figures(digest.before)}.",
    ]
    if digest.common:
        lines += ["", "| What went wrong | This week | Week before |", "|---|--:|--:|"]
        lines += [
            f"| {CATALOGUE[one.mode].title} | {one.this_week} | {one.weeks[-2]} |" for one in digest.common if one.mode
        ]
    if digest.alarms[1:]:
        lines += ["", "Also grew:", "", *(_alarm_line(*pair, "- ", "") for pair in digest.alarms[1:])]
    if digest.growing:
        lines += ["", "Without a name yet:", ""]
        lines += [f"- {_code(one.name)}: {one.this_week} this week, {one.last_week} before" for one in digest.growing]
    return "\n".join(lines) + "\n"


def _figures(week: Week) -> str:
    return f"{week.runs:,} runs, {week.good:,} praised or confirmed, {week.bad:,} corrected or criticised"


def _alarm_line(release: Release, alarm: Alarm, before: str, after: str) -> str:
    dimension, value = alarm.segment
    place = f" in {dimension} {_code(value)}" if value else ""
    rates = f"from {percent(alarm.before.rate)} to {percent(alarm.after.rate)}"
    return f"{before}{CATALOGUE[alarm.mode].title}{place} rose {rates} since {_code(release.prompt)}{after}"


def _code(text: str) -> str:
    bare = " ".join(text.replace("`", "'").split())
    return f"`{bare}`" if bare else "(none)"
