"""Config check: what GitHub shows on a pull request that changes `.github/plumbline.yml`.

Mistakes stand beside their lines, and the summary says what the change would have done to the newest runs. It is a
check run, which notifies nobody, and no model has a word in it.
"""

import asyncio
from collections.abc import Sequence

from app.domain.effect import Annotation, CheckPayload, PlannedEffect
from app.domain.pull import PullChanges
from app.domain.run import RunRecord
from app.domain.thread import ThreadRef
from app.teammate.commands.obey import Obeyed
from app.teammate.commands.record import command_run
from app.teammate.defaults import defaults_for
from app.teammate.guard.hidden import strip_hidden
from app.teammate.guard.plain import one_line
from app.teammate.parts import Parts
from app.teammate.preview import Preview, preview_of
from app.teammate.repository_settings import SETTINGS_PATH, parse_settings
from app.teammate.settings_tree import Problem
from app.teammate.subject import Reading
from app.teammate.wording import escape

NAME = "Plumbline settings"
MOST_ROWS = 50


def proposes_settings(changes: PullChanges) -> bool:
    return any(file.path == SETTINGS_PATH for file in changes.files)


async def check_settings(parts: Parts, ref: ThreadRef, commit: str) -> CheckPayload:
    """The check of the settings at the head `commit` of the pull request `ref`. Raises GitHubError."""
    proposed_text, text, defaults = await asyncio.gather(
        parts.reader.file(ref.repository, SETTINGS_PATH, commit=commit),
        parts.reader.file(ref.repository, SETTINGS_PATH),
        defaults_for(parts, ref.repository),
    )
    proposed, problems = parse_settings(proposed_text or "", defaults.text, place=defaults.place)
    today, _ = parse_settings(text or "", defaults.text, place=defaults.place)
    preview = await preview_of(parts, ref, today, proposed)
    return settings_check(commit, problems, preview, web_url=f"{parts.web_origin}/{ref.repository.name}")


async def settings_run(
    parts: Parts, ref: ThreadRef, trigger: str, reading: Reading, commit: str
) -> tuple[RunRecord, tuple[PlannedEffect, ...]]:
    """The check as a run that needs no model, and its one effect: a later look at the same commit repeats nothing."""
    payload = await check_settings(parts, ref, commit)
    effect = PlannedEffect(f"{ref.key}:check:{commit}", ref, reading.thread.node_id, payload, run=0)
    done = Obeyed(effects=[effect], done=[f"check of {SETTINGS_PATH} ({payload.title})"])
    return command_run(parts, ref, trigger, reading=reading, obeyed=done, spans=()), (effect,)


def settings_check(commit: str, problems: Sequence[Problem], preview: Preview, *, web_url: str) -> CheckPayload:
    """Unknown keys are warnings, since all they do is nothing; every other mistake in the file fails the check.

    Mistakes in the owner's defaults are only told: this pull request cannot mend them.
    """
    own = [problem for problem in problems if not problem.place]
    wrong = sum(not problem.ignored for problem in own)
    return CheckPayload(
        sha=commit,
        name=NAME,
        conclusion="failure" if wrong else "neutral" if own else "success",
        title=_title(wrong, len(own) - wrong),
        summary="\n\n".join([*_about_defaults(problems), *_about(preview, web_url)]),
        annotations=tuple(
            Annotation(
                path=SETTINGS_PATH,
                line=problem.line,
                level="warning" if problem.ignored else "failure",
                message=strip_hidden(problem.text)[0],
            )
            for problem in own
        ),
    )


def _title(wrong: int, unknown: int) -> str:
    counts = [
        f"{number} {what}{'s' if number > 1 else ''}"
        for number, what in ((wrong, "mistake"), (unknown, "unknown key"))
        if number
    ]
    return " and ".join(counts) if counts else "No mistakes"


def _about_defaults(problems: Sequence[Problem]) -> list[str]:
    told = [problem for problem in problems if problem.place]
    lines = [f"- {escape(one_line(f'{problem.place}: {problem}'))}" for problem in told]
    return ["The owner's defaults need a look, too:\n\n" + "\n".join(lines)] if lines else []


def _about(preview: Preview, web_url: str) -> list[str]:
    if not preview.judged:
        return ["No run of this repository would end differently."]
    count = len(preview.changes)
    said = (
        f"On the last {preview.judged} run{'s' if preview.judged > 1 else ''} this would change "
        f"{count} decision{'' if count == 1 else 's'}. Actions that were off when a thread came are not among them."
    )
    if not count:
        return [said]
    rows = [
        f"| [#{one.number}]({web_url}/issues/{one.number}) {escape(one_line(one.title, 60))} | {one.skill} "
        f"| {escape(one_line(one.before, 120))} | {escape(one_line(one.after, 120))} |"
        for one in preview.changes[:MOST_ROWS]
    ]
    more = [f"And {count - MOST_ROWS} more."] if count > MOST_ROWS else []
    return [said, "\n".join(["| thread | skill | before | after |", "|---|---|---|---|", *rows]), *more]
