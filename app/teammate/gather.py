"""Gather: freeze all that a model may see of a thread, as of the trigger, into a Snapshot.

Every text is sanitized here, once, and bounded; what was taken out or cut is stated. Nothing is read that the
triggering repository does not hold, and nothing that was written after the question was asked.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.repository_settings import RepositorySettings
from app.domain.snapshot import Snapshot, Utterance
from app.domain.thread import Comment, Label, Repository, Thread, ThreadRef
from app.knowledge.labelling.language import language
from app.teammate.at_version import Recalled
from app.teammate.clean import Clean
from app.teammate.commands.parse import parse
from app.teammate.defaults import defaults_for
from app.teammate.keep_out import kept_out
from app.teammate.labelling import LabelEvidence, label_evidence
from app.teammate.parts import Parts
from app.teammate.pull_view import look_at_pull
from app.teammate.recall import Alike, recall_known, recall_neighbours, recall_passages
from app.teammate.remember import remember
from app.teammate.repository_settings import SETTINGS_PATH, parse_settings
from app.teammate.requests import Requests, habit_of, requests_for
from app.teammate.sanitize import sanitize
from app.teammate.skills import skills_for
from app.teammate.spoken import mentions
from app.teammate.subject import Reading, Subject
from app.teammate.welcome import removed_from

__all__ = ["SETTINGS_PATH", "NothingToDo", "gather", "read"]

_TITLE, _BODY, _COMMENT, _NAME = 500, 20_000, 4_000, 300
_WISHES = {"tone": 300, "guidelines": 4_000}
_OPENING, _RECENT = 3, 17
"""Comments kept of a long thread: its first and its newest."""


@dataclass(frozen=True, slots=True)
class NothingToDo:
    reason: str


async def read(parts: Parts, ref: ThreadRef, trigger: str) -> Reading | NothingToDo:
    """What one trigger (`body`, `comment:<id>` or `reply:<id>`) is about, or why there is nothing to look at.

    Raises GitHubError when the thread, its repository or its settings cannot be read.
    """
    repository, thread, settings_text, defaults = await asyncio.gather(
        parts.reader.repository(ref.repository),
        parts.reader.thread(ref),
        parts.reader.file(ref.repository, SETTINGS_PATH),
        defaults_for(parts, ref.repository),
    )
    settings, found = parse_settings(settings_text or "", defaults.text, place=defaults.place)
    problems = tuple(f"{problem.place or SETTINGS_PATH}: {problem}" for problem in found)
    asking = await _asking(parts, ref, thread, trigger)
    if reason := _nothing_to_do(repository, thread, settings, trigger=trigger, asking=asking, handle=parts.handle):
        return NothingToDo(reason)
    return Reading(repository, thread, settings, problems, asking)


async def gather(
    parts: Parts, ref: ThreadRef, trigger: str, *, asked: tuple[str, ...] = (), reading: Reading | None = None
) -> Snapshot | NothingToDo:
    """The snapshot for one trigger, or why there is none; `reading` is what was read of it already.

    `asked` are ids of what our comment on the thread still asks for. Raises GitHubError as `read` does.
    """
    found = reading or await read(parts, ref, trigger)
    if isinstance(found, NothingToDo):
        return found
    repository, thread, asking = found.repository, found.thread, found.asking
    settings, problems = found.settings, found.problems
    clean = Clean(list(problems))
    wishes = {name: clean.text(name, getattr(settings, name), limit) for name, limit in _WISHES.items()}
    title = clean.text("title", thread.title, _TITLE)
    body = clean.text("body", thread.body, _BODY)
    question = f"{title}\n\n{body}"
    if asking:
        question = clean.text("question", parse(asking.body, parts.handle).question, _BODY)
    subject = Subject(ref, repository, thread, question if asking else title, title if asking else body)
    wanted = {skill for skill in skills_for(ref.kind, trigger) if settings.mode_of(skill, ref.kind) != "off"}
    recalled, alike, labels, removed_labels = await asyncio.gather(
        recall_passages(parts, subject, clean) if "answer" in wanted else asyncio.sleep(0, Recalled()),
        recall_neighbours(parts, subject) if wanted & {"triage", "duplicates"} else asyncio.sleep(0, Alike()),
        label_evidence(parts, subject) if "triage" in wanted else asyncio.sleep(0, LabelEvidence()),
        removed_from(parts, ref, thread.labels),
    )
    papers = await parts.papers.files(subject.repository_id) if wanted & {"needs-info", "pull-request"} else {}
    needed = Requests()
    if "needs-info" in wanted:
        habit = await habit_of(parts.threads, subject.repository_id)
        needed = requests_for(thread, asked, kinds=labels.probabilities, papers=papers, habit=habit)
    viewed = await look_at_pull(parts, subject, papers, clean, found.changes) if "pull-request" in wanted else None
    await remember(
        parts.threads, ref.repository, thread, alike.near, private=repository.private, web_url=repository.web_url
    )
    return Snapshot(
        repository=repository.name,
        private=repository.private,
        kind=ref.kind,
        number=ref.number,
        node_id=thread.node_id,
        trigger=trigger,
        title=title,
        body=body,
        author=thread.author,
        association=asking.association if asking else thread.association,
        current_labels=thread.labels,
        removed_labels=removed_labels,
        conversation=_conversation(thread, asking, clean),
        question=question,
        asked_by=asking.author if asking else thread.author,
        labels=tuple(_label(label) for label in repository.labels),
        passages=recalled.passages,
        tag=recalled.tag,
        known=await recall_known(parts, subject, recalled) if recalled.passages else (),
        neighbours=alike.neighbours,
        evidence=dict(viewed.labels if viewed else labels.probabilities),
        evidence_from=labels.version,
        needs=needed.items,
        insufficiency=needed.insufficiency,
        asked=asked,
        pull=viewed.view if viewed else None,
        language=language("", question) if asking else language(title, body),
        settings=settings.model_copy(update=wishes),
        removed=tuple(dict.fromkeys(clean.removed)),
        taken_at=parts.clock.now(),
    )


async def _asking(parts: Parts, ref: ThreadRef, thread: Thread, trigger: str) -> Comment | None:
    kind, _, comment_id = trigger.partition(":")
    if kind != "comment":
        return None
    below = next((one for one in thread.comments if one.id == comment_id), None)
    if below or ref.kind != "pull_request" or comment_id.isdigit():
        return below
    return await parts.reader.review(ref, comment_id)


def _nothing_to_do(
    repository: Repository,
    thread: Thread,
    settings: RepositorySettings,
    *,
    trigger: str,
    asking: Comment | None,
    handle: str,
) -> str:
    """Why the teammate keeps out of it; empty when it may look. A person may still ask in a closed thread."""
    if repository.archived:
        return "the repository is archived"
    if thread.locked:
        return "the thread is locked"
    authors = [thread.author, *([asking.author] if asking else [])]
    if reason := kept_out(settings, kind=thread.kind, authors=authors, labels=thread.labels, title=thread.title):
        return f"{reason} in {SETTINGS_PATH}"
    if trigger.startswith("comment:"):
        if asking is None:
            return "the comment is gone"
        if asking.author_is_bot:
            return "a bot wrote the comment"
        return "" if mentions(asking.body, handle) else "the comment asks nothing of us any more"
    if thread.author_is_bot:
        return "a bot wrote the thread"
    return "the thread is closed" if thread.state == "closed" else ""


def _conversation(thread: Thread, asking: Comment | None, clean: Clean) -> tuple[Utterance, ...]:
    """Comments as of the question, without the question itself; of a long thread its start and its end.

    With the comment that asked as the reference, what was written or edited after it is left out: somebody
    else could have put it there to steer the answer.
    """
    known = [one for one in thread.comments if asking is None or one.updated_at <= asking.updated_at]
    if late := len(thread.comments) - len(known):
        clean.removed.append(f"conversation: {late} comments written or edited after the question left out")
    known = [one for one in known if one is not asking]
    if len(known) <= _OPENING + _RECENT:
        return tuple(_utterances(known, clean))
    cut = len(known) - _OPENING - _RECENT
    clean.removed.append(f"conversation: {cut} comments in the middle of the thread left out")
    note = Utterance(author="", role="note", text=f"[{cut} comments left out here]")
    return (*_utterances(known[:_OPENING], clean), note, *_utterances(known[-_RECENT:], clean))


def _utterances(comments: Iterable[Comment], clean: Clean) -> Iterable[Utterance]:
    for one in comments:
        role = "bot" if one.author_is_bot else one.association.lower()
        yield Utterance(author=one.author, role=role, text=clean.text(f"comment {one.id}", one.body, _COMMENT))


def _label(label: Label) -> Label:
    """A name stays as the repository spells it: it is matched exactly later. Descriptions are prose."""
    return Label(name=label.name, description=sanitize(label.description, limit=_NAME).text)
