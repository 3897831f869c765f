"""Gather: freeze all that a model may see of a thread, as of the trigger, into a Snapshot.

Every text is sanitized here, once, and bounded; what was taken out or cut is stated. Nothing is read that the
triggering repository does not hold, and nothing that was written after the question was asked.
"""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.repository_settings import RepositorySettings
from app.domain.snapshot import Snapshot, Utterance
from app.domain.thread import Comment, Label, Repository, Thread, ThreadRef
from app.knowledge.labelling.language import language
from app.teammate.clean import Clean
from app.teammate.intake import mentions
from app.teammate.labelling import LabelEvidence, label_evidence
from app.teammate.parts import Parts
from app.teammate.pull_view import look_at_pull
from app.teammate.recall import recall_known, recall_neighbours, recall_passages
from app.teammate.remember import remember
from app.teammate.repository_settings import parse_settings
from app.teammate.requests import requests_for
from app.teammate.sanitize import sanitize
from app.teammate.skills import skills_for
from app.teammate.subject import Subject

SETTINGS_PATH = ".github/plumbline.yml"

_TITLE, _BODY, _COMMENT, _NAME = 500, 20_000, 4_000, 300
_OPENING, _RECENT = 3, 17
"""Comments kept of a long thread: its first and its newest."""


@dataclass(frozen=True, slots=True)
class NothingToDo:
    reason: str


async def gather(parts: Parts, ref: ThreadRef, trigger: str, *, asked: tuple[str, ...] = ()) -> Snapshot | NothingToDo:
    """The snapshot for one trigger (`body`, `comment:<id>` or `reply:<id>`), or why there is nothing to look at.

    `asked` are ids of what our comment on the thread still asks for. Raises GitHubError when the thread, its
    repository or its settings cannot be read.
    """
    repository, thread, settings_text = await asyncio.gather(
        parts.reader.repository(ref.repository),
        parts.reader.thread(ref),
        parts.reader.file(ref.repository, SETTINGS_PATH),
    )
    settings, problems = parse_settings(settings_text or "")
    asking = _asking(thread, trigger)
    if reason := _nothing_to_do(repository, thread, settings, trigger=trigger, asking=asking, handle=parts.handle):
        return NothingToDo(reason)
    clean = Clean([f"{SETTINGS_PATH}: {problem}" for problem in problems])
    title = clean.text("title", thread.title, _TITLE)
    body = clean.text("body", thread.body, _BODY)
    question = f"{title}\n\n{body}"
    if asking:
        question = clean.text("question", _without_mention(asking.body, parts.handle), _BODY)
    subject = Subject(ref, repository, thread, question if asking else title, title if asking else body)
    wanted = {skill for skill in skills_for(ref.kind, trigger) if settings.mode_of(skill) != "off"}
    passages, neighbours, labels = await asyncio.gather(
        recall_passages(parts, subject, clean) if "answer" in wanted else asyncio.sleep(0, ()),
        recall_neighbours(parts, subject) if wanted & {"triage", "duplicates"} else asyncio.sleep(0, ()),
        label_evidence(parts, subject) if "triage" in wanted else asyncio.sleep(0, LabelEvidence()),
    )
    papers = await parts.papers.files(subject.repository_id) if wanted & {"needs-info", "pull-request"} else {}
    needed = requests_for(thread, asked, kinds=labels.probabilities, papers=papers)
    viewed = await look_at_pull(parts, subject, papers, clean) if "pull-request" in wanted else None
    await remember(parts.threads, ref.repository, thread, private=repository.private, web_url=repository.web_url)
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
        conversation=_conversation(thread, asking, clean),
        question=question,
        asked_by=asking.author if asking else thread.author,
        labels=tuple(_label(label) for label in repository.labels),
        passages=passages,
        known=await recall_known(parts, subject, passages) if passages else (),
        neighbours=neighbours,
        evidence=dict(viewed.labels if viewed else labels.probabilities),
        evidence_from=labels.version,
        needs=needed.items if "needs-info" in wanted else (),
        insufficiency=needed.insufficiency,
        asked=asked,
        pull=viewed.view if viewed else None,
        language=language("", question) if asking else language(title, body),
        settings=settings,
        removed=tuple(dict.fromkeys(clean.removed)),
        taken_at=parts.clock.now(),
    )


def _asking(thread: Thread, trigger: str) -> Comment | None:
    kind, _, comment_id = trigger.partition(":")
    return next((one for one in thread.comments if kind == "comment" and one.id == comment_id), None)


def _without_mention(text: str, handle: str) -> str:
    """What was said to us, without our name: it is no word of the question."""
    name = rf"(?<![\w@/])@{re.escape(handle)}(?:\[bot\])?(?!\w|-+\w|/\w)[,:]?[ \t]*"
    return re.sub(name, "", text, flags=re.IGNORECASE).strip()


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
    if settings.mode == "off":
        return f"switched off in {SETTINGS_PATH}"
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
