"""Say: what `help` and `settings` answer. Every sentence is ours; values of the settings file are escaped."""

from collections.abc import Mapping, Sequence
from typing import get_args

from app.domain.act import Role, Stance
from app.domain.decision import SkillName
from app.domain.repository_settings import RepositorySettings
from app.domain.thread import ThreadKind
from app.teammate.commands.parse import Verb
from app.teammate.commands.roles import ALLOWED
from app.teammate.guard.plain import one_line
from app.teammate.wording import escape

MOST_PROBLEMS = 10

_USES: Mapping[Verb, tuple[str, str]] = {
    "why": ("`why`", "shows what was done here and the evidence for it"),
    "settings": ("`settings`", "shows the settings in force"),
    "undo": ("`undo`, `undo labels`, `undo comment`", "takes back what was written here"),
    "pause": ("`pause`", "does nothing here unless it is asked"),
    "ignore": ("`ignore` or `stop`", "does nothing at all here until `resume`"),
    "resume": ("`resume`", "ends `pause`, `ignore` and `draft`"),
    "retriage": ("`retriage`", "looks at this thread again"),
    "label": ('`label +a -b "c d"`, `unlabel a`', "changes labels, of those that the repository has"),
    "duplicate": ("`duplicate of #1`", "remembers the original; nothing is closed"),
    "not-a-duplicate": ("`not a duplicate`", "takes back what said so, for good"),
    "draft": ("`draft`", "holds back what would be written here"),
    "post": ("`post`", "writes the newest draft"),
    "help": ("`help`", "shows this"),
}


def help_text(role: Role, handle: str) -> str:
    """What somebody in this role may tell us, as a table."""
    lines = [f"| {_USES[verb][0]} | {_USES[verb][1]} |" for verb in _USES if role in ALLOWED[verb]]
    intro = f"Write the name {escape(handle)} with an at sign, then one of these; anything else is taken as a question."
    return "\n".join([intro, "", "| you may say | and it |", "|---|---|", *lines])


def settings_text(settings: RepositorySettings, problems: Sequence[str], stance: Stance, kind: ThreadKind) -> str:
    """What is in force for a thread of this kind, with what is wrong in the file."""
    modes = [f"| {skill} | `{settings.mode_of(skill, kind)}` |" for skill in get_args(SkillName)]
    labels, budget = settings.labels, settings.budget
    facts = [
        f"- labels: at most {labels.max}, at least {labels.min_confidence:.0%} sure{_names(labels)}",
        f"- comments that nobody asked for wait {settings.hold_minutes:g} minutes",
        f"- model calls: ${budget.usd_per_day:g} a day, ${budget.usd_per_thread:g} a thread",
    ]
    if settings.ignore.authors or settings.ignore.labels or settings.ignore.titles:
        facts.append("- some authors, labels or titles are ignored")
    if settings.data.learn:
        facts.append("- what goes wrong here may become an exam question")
    here = {"paused": "- paused here", "ignored": "- ignored here", "": ""}[stance.quiet]
    facts += [fact for fact in (here, "- held back as drafts here" if stance.drafts else "") if fact]
    wrong = [f"- {escape(one_line(problem))}" for problem in problems[:MOST_PROBLEMS]]
    if wrong:
        wrong = ["", "The settings file needs a look:", "", *wrong]
    return "\n".join(["| action | mode here |", "|---|---|", *modes, "", *facts, *wrong])


def _names(labels: object) -> str:
    shown = []
    for what in ("allow", "deny"):
        names: tuple[str, ...] = getattr(labels, what)
        if names:
            shown.append(f"; {what}: " + ", ".join(escape(one_line(name, 60)) for name in names[:20]))
    return "".join(shown)


def ending(handle: str) -> str:
    """Who speaks: always a machine, by its own name."""
    return f"_Automated answer by {escape(handle)}._"
