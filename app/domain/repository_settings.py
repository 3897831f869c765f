"""RepositorySettings: what `.github/plumbline.yml` says. Quiet by default; nothing needs to be set."""

from typing import Literal

from pydantic import Field

from app.domain.decision import SkillName
from app.domain.thread import Frozen, ThreadKind

Mode = Literal["off", "mention", "draft", "auto"]
"""off: do nothing. mention: only when asked by name. draft: decide, show on the page, write nothing.
auto: write."""


class LabelSettings(Frozen):
    """Only labels of the repository's own list, and only when at least `min_confidence` sure. With `suggest`, what
    waits for a person waits on GitHub's own page where the repository has that.
    """

    mode: Mode | None = None
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    max: int = Field(default=3, ge=0, le=3)
    min_confidence: float = Field(default=0.6, ge=0, le=1)
    suggest: bool = False


class SkillSettings(Frozen):
    mode: Mode | None = None


class DuplicateSettings(SkillSettings):
    min_confidence: float = Field(default=0.7, ge=0, le=1)


class NeedsInfoSettings(SkillSettings):
    min_confidence: float = Field(default=0.5, ge=0, le=1)


class IgnoreSettings(Frozen):
    """Threads to keep out of: by author and label (names or patterns with `*`), by title (regular expressions)."""

    authors: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()


class QuietHours(Frozen):
    """Comments that nobody asked for wait for the end. `HH:MM`, in an IANA time zone; past midnight is fine."""

    start: str
    end: str
    timezone: str = "UTC"


class NotifySettings(Frozen):
    """Comments that may reach one person, and comments in the repository, within an hour."""

    per_person: int = Field(default=6, ge=0, le=1000)
    per_hour: int = Field(default=30, ge=0, le=1000)


class BudgetSettings(Frozen):
    """What paid model calls may cost, in US dollars, and how many one person may cause within an hour."""

    usd_per_day: float = Field(default=5.0, ge=0, le=10_000)
    usd_per_thread: float = Field(default=0.5, ge=0, le=1_000)
    calls_per_person: int = Field(default=5, ge=0, le=10_000)


class StaleSettings(Frozen):
    """`label` goes on issues whose author never gave what we asked for; nothing is ever closed."""

    enabled: bool = False
    days: int = Field(default=60, ge=7, le=3650)
    label: str = "stale"


class DataSettings(Frozen):
    """`learn`: whether what is written here may be kept to make exam questions of. Without it only figures are kept."""

    learn: bool = False


_SECTIONS: dict[SkillName, str] = {
    "triage": "labels",
    "answer": "answers",
    "duplicates": "duplicates",
    "needs-info": "needs_info",
    "pull-request": "pull_requests",
}
_FOLLOWING: frozenset[SkillName] = frozenset({"triage", "answer", "pull-request"})
"""Skills that the overall mode covers. The others speak of a thread unasked, so each must be switched on by name."""
_CAUTION: tuple[Mode, ...] = ("off", "mention", "draft", "auto")


class RepositorySettings(Frozen):
    """A missing `mode` of a section means the overall one where that covers it, else off. Without any, `draft`.

    `tone` and `guidelines` are words for the model. `languages` are ISO 639-1 codes to answer in; none means any.
    `hold_minutes` is how long what nobody asked for waits, so that people go first.
    """

    mode: Mode | None = None
    labels: LabelSettings = LabelSettings()
    answers: SkillSettings = SkillSettings()
    duplicates: DuplicateSettings = DuplicateSettings()
    needs_info: NeedsInfoSettings = NeedsInfoSettings()
    pull_requests: SkillSettings = SkillSettings()
    discussions: SkillSettings = SkillSettings()
    ignore: IgnoreSettings = IgnoreSettings()
    tone: str = Field(default="", max_length=300)
    guidelines: str = Field(default="", max_length=4_000)
    languages: tuple[str, ...] = ()
    quiet_hours: QuietHours | None = None
    hold_minutes: float = Field(default=3.0, ge=0, le=1440)
    notify: NotifySettings = NotifySettings()
    budget: BudgetSettings = BudgetSettings()
    stale: StaleSettings = StaleSettings()
    data: DataSettings = DataSettings()
    ai_policy: Literal["allow", "none"] = "allow"

    def mode_of(self, skill: SkillName, kind: ThreadKind = "issue") -> Mode:
        """An overall `off` is off for everything, and so is a project that wants no AI. What a discussion allows is
        never more than what the skill does.
        """
        if self.mode == "off" or self.ai_policy == "none":
            return "off"
        own: Mode | None = getattr(self, _SECTIONS[skill]).mode
        mode: Mode = own or ((self.mode or "draft") if skill in _FOLLOWING else "off")
        if kind == "discussion" and self.discussions.mode:
            return min(mode, self.discussions.mode, key=_CAUTION.index)
        return mode
