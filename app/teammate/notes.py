"""Notes: what people read on GitHub when the teammate has no answer but something to point out or to ask for.

Like `wording`, every sentence is ours. What comes in from elsewhere is one inert line each, escaped here; links to past
threads are made from numbers that code chose.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.decision import Finding
from app.domain.past import PastThread
from app.domain.snapshot import Need
from app.teammate.guard.plain import one_line
from app.teammate.wording import escape

PHRASE = 160
"""Characters of a symptom, a cause or a request."""


@dataclass(frozen=True, slots=True)
class Resemblance:
    """A finding that may be said, and the past thread it is about."""

    finding: Finding
    thread: PastThread


def resemblance_comment(found: Sequence[Resemblance], *, handle: str) -> str:
    """Which open thread this one repeats, or which closed one may be back. Raises ValueError without any."""
    if not found:
        raise ValueError("a comment about similar threads needs at least one")
    return "\n\n".join([*map(_resemblance, found), _ending("Nothing was closed or linked by this", handle)])


def _resemblance(one: Resemblance) -> str:
    link = f"[#{one.thread.number}]({one.thread.url})"
    what = (
        f"This looks like a duplicate of {link}, which is open."
        if one.finding.relation == "duplicate"
        else f"This may be a regression of {link}, which was closed{_when(one.thread)} as completed."
    )
    return f"{what} Both: {_phrase(one.finding.symptom)}. Why the same: {_phrase(one.finding.cause)}."


def _when(thread: PastThread) -> str:
    return f" on {thread.closed_at:%Y-%m-%d}" if thread.closed_at else ""


def request_comment(needs: Sequence[Need], *, handle: str) -> str:
    """What the author is asked for; thanks where nothing of it is missing any more."""
    if not needs:
        return f"Thanks, what was asked for is here.\n\n{_ending('', handle)}"
    lines = [f"- {_phrase(need.ask)}" for need in needs]
    asked = "\n".join(lines)
    return f"To work on this, it would help to have:\n\n{asked}\n\n{_ending('Edit the text above or reply', handle)}"


def pull_comment(summary: str, remarks: Sequence[str], reviewers: Sequence[str], *, handle: str) -> str:
    """A summary somebody asked for (guarded Markdown), facts worth saying, and who could review. Not all empty."""
    facts = "\n".join(f"- {escape(one_line(remark))}" for remark in remarks)
    names = ", ".join(escape(one_line(name, 60)) for name in reviewers)
    parts = [summary, facts, f"Likely reviewers: {names}" if names else ""]
    if not any(parts):
        raise ValueError("a comment about a pull request needs something to say")
    return "\n\n".join([*filter(None, parts), _ending("", handle)])


def _phrase(text: str) -> str:
    return escape(one_line(text, PHRASE)).rstrip(".")


def _ending(note: str, handle: str) -> str:
    """The AI notice, and the one thing a reader can do about it."""
    said = f" {note};" if note else ""
    return f"_Automated note by {escape(handle)}.{said} react with 👎 if it is wrong._".replace(". react", ". React")
