"""Gather: freeze all that a model may see of a thread, as of the trigger, into a Snapshot.

Every text is sanitized here, once, and bounded; what was taken out or cut is stated. Nothing is read that the
triggering repository does not hold, and nothing that was written after the question was asked.
"""

import asyncio
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from app.domain.effect import Outcome, Park, RetryAt
from app.domain.repository_settings import RepositorySettings
from app.domain.snapshot import Passage, Snapshot, Utterance
from app.domain.thread import Comment, Label, Repository, Thread, ThreadRef
from app.errors import GitHubError
from app.knowledge.query import build_query
from app.knowledge.ranking import rerank
from app.ports import Clock, GitHubReader, Library
from app.teammate.answers import classify
from app.teammate.index import index_repository
from app.teammate.intake import mentions
from app.teammate.repository_settings import parse_settings
from app.teammate.sanitize import sanitize

SETTINGS_PATH = ".github/plumbline.yml"
PASSAGES = 8
CANDIDATES = 80
"""Passages asked of the library before they are ranked: enough for documentation to be among much source."""
FIRST_INDEX_SECONDS = 30.0
"""What the very first question of a repository may wait for its index; a push builds it otherwise."""

_TITLE, _BODY, _COMMENT, _PASSAGE, _NAME = 500, 20_000, 4_000, 3_000, 300
_OPENING, _RECENT = 3, 17
"""Comments kept of a long thread: its first and its newest."""


@dataclass(frozen=True, slots=True)
class NothingToDo:
    reason: str


@dataclass(slots=True)
class _Clean:
    """Sanitizes text after text and remembers, by source, what was removed."""

    removed: list[str] = field(default_factory=list)

    def text(self, source: str, raw: str, limit: int) -> str:
        cleaned = sanitize(raw, limit=limit)
        self.removed += [f"{source}: {one.kind} ({one.count})" for one in cleaned.removed]
        return cleaned.text


async def gather(
    ref: ThreadRef, trigger: str, *, reader: GitHubReader, library: Library, clock: Clock, handle: str
) -> Snapshot | NothingToDo:
    """The snapshot for one trigger (`body` or `comment:<id>`), or why there is nothing to look at.

    Raises GitHubError when the thread, its repository or its settings cannot be read.
    """
    repository, thread, settings_text = await asyncio.gather(
        reader.repository(ref.repository), reader.thread(ref), reader.file(ref.repository, SETTINGS_PATH)
    )
    settings, problems = parse_settings(settings_text or "")
    asking = _asking(thread, trigger)
    if reason := _nothing_to_do(repository, thread, settings, trigger=trigger, asking=asking, handle=handle):
        return NothingToDo(reason)
    clean = _Clean([f"{SETTINGS_PATH}: {problem}" for problem in problems])
    title = clean.text("title", thread.title, _TITLE)
    body = clean.text("body", thread.body, _BODY)
    question = clean.text("question", _without_mention(asking.body, handle), _BODY) if asking else f"{title}\n\n{body}"
    passages: Sequence[Passage] = ()
    if settings.mode_of("answer") != "off":
        subject, context = (question, title) if asking else (title, body)
        passages = await _passages(
            ref, repository, subject, context, reader=reader, library=library, clock=clock, clean=clean
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
        conversation=_conversation(thread, asking, clean),
        question=question,
        asked_by=asking.author if asking else thread.author,
        labels=tuple(_label(label) for label in repository.labels),
        passages=tuple(passages),
        settings=settings,
        removed=tuple(dict.fromkeys(clean.removed)),
        taken_at=clock.now(),
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


async def _passages(
    ref: ThreadRef,
    repository: Repository,
    subject: str,
    context: str,
    *,
    reader: GitHubReader,
    library: Library,
    clock: Clock,
    clean: _Clean,
) -> Sequence[Passage]:
    """The best passages for the question. A repository nobody has indexed yet is indexed first, once.

    An index that GitHub refuses is stated, not fatal: labels can be decided without it. While GitHub is merely
    in trouble the error goes up and the work is tried again, because silence now would be silence for good.
    """
    repository_id = ref.repository.repository_id
    if await library.indexed_commit(repository_id) is None:
        try:
            async with asyncio.timeout(FIRST_INDEX_SECONDS):
                await index_repository(reader, library, ref.repository, repository=repository)
        except (GitHubError, TimeoutError) as error:
            if isinstance(error, GitHubError) and isinstance(_meaning(error, clock), RetryAt | Park):
                raise
            clean.removed.append(f"passages: the repository could not be indexed ({str(error) or 'too slow'})")
            return ()
    query = build_query(subject, context)
    found = await library.search(repository_id, " ".join(query.words), CANDIDATES) if query.words else []
    best = rerank(query, found, PASSAGES)
    return [one.model_copy(update={"text": clean.text(one.path, one.text, _PASSAGE)}) for one in best]


def _meaning(error: GitHubError, clock: Clock) -> Outcome:
    return classify(error.answer, now=clock.now(), idempotent=True)


def _conversation(thread: Thread, asking: Comment | None, clean: _Clean) -> tuple[Utterance, ...]:
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


def _utterances(comments: Iterable[Comment], clean: _Clean) -> Iterable[Utterance]:
    for one in comments:
        role = "bot" if one.author_is_bot else one.association.lower()
        yield Utterance(author=one.author, role=role, text=clean.text(f"comment {one.id}", one.body, _COMMENT))


def _label(label: Label) -> Label:
    """A name stays as the repository spells it: it is matched exactly later. Descriptions are prose."""
    return Label(name=label.name, description=sanitize(label.description, limit=_NAME).text)
