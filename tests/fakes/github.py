"""GitHub in memory, for tests that want exact answers and no HTTP. Both ports, one thread store.

`answers` scripts the next writes in order: a WriteAnswer is given back without writing, unless it is wrapped in
`ButWritten`, and then the write happens as well. `failures` scripts the next reads, `refusals` those of one kind.
"""

from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from app.domain.act import Act, ActKind, By
from app.domain.effect import NOT_TAKEN, CheckPayload, Content, LabelSuggestion, WriteAnswer
from app.domain.past import PastComment, PastThread
from app.domain.pull import PullChanges
from app.domain.thread import Comment, Repository, RepositoryRef, Thread, ThreadRef
from app.errors import GitHubError
from app.ports import Clock, FailedDelivery, InstallationInfo, Permission, Reaction, Reactions

T = TypeVar("T")
P = TypeVar("P", PastThread, PastComment)

NOT_FOUND = WriteAnswer(404, "Not Found")


@dataclass(frozen=True)
class ButWritten:
    """The write happened; only its answer is this."""

    answer: WriteAnswer


@dataclass
class FakeGitHub:
    clock: Clock
    login: str = "plumbline[bot]"
    repositories: dict[int, Repository] = field(default_factory=dict)
    threads: dict[str, Thread] = field(default_factory=dict)
    refs: dict[str, ThreadRef] = field(default_factory=dict)
    comments: dict[str, list[Comment]] = field(default_factory=dict)
    labels: dict[str, list[str]] = field(default_factory=dict)
    files: dict[tuple[int, str], str] = field(default_factory=dict)
    archives: dict[str, dict[str, str]] = field(default_factory=dict)
    tagged: dict[int, dict[str, str]] = field(default_factory=dict)
    pulls: dict[str, PullChanges] = field(default_factory=dict)
    permissions: dict[str, Permission] = field(default_factory=dict)
    installed: dict[InstallationInfo, list[RepositoryRef]] = field(default_factory=dict)
    failed: list[FailedDelivery] = field(default_factory=list)
    past: dict[int, list[PastThread]] = field(default_factory=dict)
    old_discussions: dict[int, list[PastThread]] = field(default_factory=dict)
    old_comments: dict[int, list[PastComment]] = field(default_factory=dict)
    old_reviews: dict[int, list[PastComment]] = field(default_factory=dict)
    past_page: int = 100
    answers: deque[WriteAnswer | ButWritten] = field(default_factory=deque)
    failures: deque[WriteAnswer | None] = field(default_factory=deque)
    refusals: dict[str, deque[WriteAnswer | None]] = field(default_factory=dict)
    reads: list[tuple[str, object]] = field(default_factory=list)
    writes: list[tuple[str, object]] = field(default_factory=list)
    next_id: int = 1
    remaining: int | None = 5_000
    reviews: dict[str, list[Comment]] = field(default_factory=dict)
    timeline: dict[str, list[Act]] = field(default_factory=dict)
    reacted: list[tuple[str, str]] = field(default_factory=list)
    echoes: dict[str, list[Reaction]] = field(default_factory=dict)
    originals: dict[str, int] = field(default_factory=dict)
    checks: list[CheckPayload] = field(default_factory=list)
    suggested: dict[str, list[LabelSuggestion]] = field(default_factory=dict)
    takes_suggestions: bool = True

    def add_thread(self, ref: ThreadRef, thread: Thread) -> None:
        self.refs[ref.key], self.threads[ref.key] = ref, thread
        self.labels[ref.key] = list(thread.labels)
        self.comments[ref.key] = list(thread.comments)

    def say(self, ref: ThreadRef, body: str, author: str | None = None) -> Comment:
        """Somebody comments: the App itself when no author is named."""
        author, now = author or self.login, self.clock.now()
        comment = Comment(
            id=str(self.next_id),
            author=author,
            author_is_bot=author.endswith("[bot]"),
            association="NONE",
            body=body,
            created_at=now,
            updated_at=now,
        )
        self.next_id += 1
        self.comments.setdefault(ref.key, []).append(comment)
        return comment

    def echo(self, comment_id: str, login: str, content: str) -> Reaction:
        """Somebody reacts to a comment."""
        self.next_id += 1
        made = Reaction(str(self.next_id), login, content, login.endswith("[bot]"), self.clock.now())
        self.echoes.setdefault(comment_id, []).append(made)
        return made

    # --- reading

    async def repository(self, ref: RepositoryRef) -> Repository:
        self._read("repository", ref)
        return self._found(self.repositories.get(ref.repository_id))

    async def thread(self, ref: ThreadRef) -> Thread:
        self._read("thread", ref)
        thread = self._found(self.threads.get(ref.key))
        now = {"comments": tuple(self.comments[ref.key]), "labels": tuple(self.labels[ref.key])}
        return thread.model_copy(update=now)

    async def review(self, ref: ThreadRef, node_id: str) -> Comment | None:
        self._read("review", node_id)
        return next((one for one in self.reviews.get(ref.key, []) if one.id == node_id), None)

    async def own_comments(self, ref: ThreadRef, since: datetime) -> list[Comment]:
        self._read("own_comments", ref)
        listed = self.comments.get(ref.key, [])
        return [comment for comment in listed if comment.author == self.login and comment.updated_at >= since]

    async def file(self, ref: RepositoryRef, path: str, *, commit: str = "") -> str | None:
        self._read("file", path)
        return self._found(self.archives.get(commit)).get(path) if commit else self.files.get((ref.repository_id, path))

    async def tags(self, ref: RepositoryRef) -> dict[str, str]:
        self._read("tags", ref)
        return dict(self.tagged.get(ref.repository_id, {}))

    async def archive(self, ref: RepositoryRef, commit: str) -> dict[str, str]:
        self._read("archive", commit)
        return self._found(self.archives.get(commit))

    async def changes(self, ref: ThreadRef) -> PullChanges:
        self._read("changes", ref)
        return self._found(self.pulls.get(ref.key))

    async def changed_threads(self, ref: RepositoryRef, since: datetime) -> list[ThreadRef]:
        self._read("changed_threads", ref)
        changed = [
            (thread.updated_at, key)
            for key, thread in self.threads.items()
            if self.refs[key].repository == ref and thread.updated_at >= since
        ]
        return [self.refs[key] for _, key in sorted(changed)]

    async def history(self, ref: RepositoryRef, since: datetime | None = None) -> AsyncIterator[list[PastThread]]:
        listed = sorted(self.past.get(ref.repository_id, []), key=lambda thread: thread.updated_at)
        fresh = [thread for thread in listed if since is None or thread.updated_at >= since]
        for page in self._paged("history", ref, fresh):
            yield page

    async def past_discussions(
        self, ref: RepositoryRef, since: datetime | None = None
    ) -> AsyncIterator[list[PastThread]]:
        listed = sorted(self.old_discussions.get(ref.repository_id, []), key=lambda one: one.updated_at, reverse=True)
        fresh = [thread for thread in listed if since is None or thread.updated_at >= since]
        for page in self._paged("discussions", ref, fresh):
            yield page

    async def past_comments(self, ref: RepositoryRef, since: datetime) -> AsyncIterator[list[PastComment]]:
        for page in self._paged("past comments", ref, _since(self.old_comments.get(ref.repository_id, []), since)):
            yield page

    async def past_reviews(self, ref: RepositoryRef, since: datetime) -> AsyncIterator[list[PastComment]]:
        for page in self._paged("past reviews", ref, _since(self.old_reviews.get(ref.repository_id, []), since)):
            yield page

    async def installations(self) -> list[InstallationInfo]:
        self._read("installations", None)
        return list(self.installed)

    async def installation_repositories(self, installation_id: int) -> list[RepositoryRef]:
        self._read("installation_repositories", installation_id)
        return [ref for info, refs in self.installed.items() for ref in refs if info.installation_id == installation_id]

    async def failed_deliveries(self, since: datetime) -> list[FailedDelivery]:
        self._read("failed_deliveries", since)
        return [failed for failed in self.failed if failed.delivered_at >= since]

    async def acts(self, ref: ThreadRef) -> list[Act]:
        self._read("acts", ref)
        return list(self.timeline.get(ref.key, []))

    async def reactions(self, ref: ThreadRef, comment_id: str, etag: str) -> Reactions | None:
        self._read("reactions", comment_id)
        if all(one.id != comment_id for one in self.comments.get(ref.key, [])):
            raise GitHubError("reactions", NOT_FOUND)
        found = tuple(self.echoes.get(comment_id, []))
        now = f'W/"{hash(found)}"'
        return None if now == etag else Reactions(found, now, self.remaining)

    async def original(self, ref: ThreadRef) -> int | None:
        self._read("original", ref)
        return self.originals.get(ref.key)

    async def permission(self, ref: RepositoryRef, login: str) -> Permission:
        self._read("permission", login)
        return self.permissions.get(login, "none")

    # --- writing

    async def add_labels(self, ref: ThreadRef, names: Sequence[str]) -> WriteAnswer:
        self.writes.append(("add_labels", tuple(names)))
        answer, written = self._scripted(WriteAnswer(200))
        held = self.labels.setdefault(ref.key, [])
        if written:
            for name in [name for name in names if name not in held]:
                held.append(name)
                self.act(ref, "labeled", subject=name)
        return replace(answer, labels=tuple(held)) if answer.status == 200 else answer

    async def suggest_labels(self, ref: ThreadRef, labels: Sequence[LabelSuggestion]) -> WriteAnswer:
        self.writes.append(("suggest_labels", tuple(one.name for one in labels)))
        if not self.takes_suggestions:
            return WriteAnswer(NOT_TAKEN, "this repository takes no suggestions", stage="token")
        answer, written = self._scripted(WriteAnswer(200))
        if written:
            self.suggested.setdefault(ref.key, []).extend(labels)
        return answer

    async def remove_label(self, ref: ThreadRef, name: str) -> WriteAnswer:
        self.writes.append(("remove_label", name))
        answer, written = self._scripted(WriteAnswer(200))
        held = self.labels.setdefault(ref.key, [])
        if written and name not in held:
            return NOT_FOUND
        if written:
            held.remove(name)
            self.act(ref, "unlabeled", subject=name)
        return replace(answer, labels=tuple(held)) if answer.status == 200 else answer

    async def react(self, ref: ThreadRef, comment_id: str, content: Content) -> WriteAnswer:
        self.writes.append(("react", (comment_id, content)))
        answer, written = self._scripted(WriteAnswer(201, remote_id="1"))
        if written and (comment_id, content) not in self.reacted:
            self.reacted.append((comment_id, content))
        return answer

    async def check(self, ref: RepositoryRef, payload: CheckPayload) -> WriteAnswer:
        self.writes.append(("check", payload.name))
        answer, written = self._scripted(WriteAnswer(201, remote_id="1"))
        if written:
            self.checks.append(payload)
        return answer

    def act(self, ref: ThreadRef, kind: ActKind, *, actor: str | None = None, subject: str = "") -> Act:
        """Write a line of the thread's timeline: the App's own where no actor is named."""
        actor = actor or self.login
        by: By = "us" if actor == self.login else "bot" if actor.endswith("[bot]") else "person"
        listed = self.timeline.setdefault(ref.key, [])
        listed.append(
            Act(id=f"{kind}:{len(listed)}", kind=kind, actor=actor, by=by, subject=subject, at=self.clock.now())
        )
        return listed[-1]

    async def post_comment(self, ref: ThreadRef, node_id: str, body: str) -> WriteAnswer:
        self.writes.append(("post_comment", body))
        answer, written = self._scripted(WriteAnswer(201, remote_id=str(self.next_id)))
        if written:
            self.say(ref, body)
        return answer

    async def edit_comment(self, ref: ThreadRef, comment_id: str, body: str) -> WriteAnswer:
        self.writes.append(("edit_comment", comment_id))
        answer, written = self._scripted(WriteAnswer(200, remote_id=comment_id))
        return answer if not written or self._change(ref, comment_id, body) else NOT_FOUND

    async def delete_comment(self, ref: ThreadRef, comment_id: str) -> WriteAnswer:
        self.writes.append(("delete_comment", comment_id))
        answer, written = self._scripted(WriteAnswer(204))
        return answer if not written or self._change(ref, comment_id, None) else NOT_FOUND

    async def redeliver(self, delivery_id: int) -> WriteAnswer:
        self.writes.append(("redeliver", delivery_id))
        return self._scripted(WriteAnswer(202))[0]

    def _change(self, ref: ThreadRef, comment_id: str, body: str | None) -> bool:
        """Replace or remove a comment; False when there is none."""
        held = self.comments.get(ref.key, [])
        place = next((place for place, comment in enumerate(held) if comment.id == comment_id), None)
        if place is None:
            return False
        old = held.pop(place)
        if body is not None:
            held.insert(place, old.model_copy(update={"body": body, "updated_at": self.clock.now()}))
        return True

    def _scripted(self, usual: WriteAnswer) -> tuple[WriteAnswer, bool]:
        """The next answer, and whether the write happens."""
        if not self.answers:
            return usual, True
        scripted = self.answers.popleft()
        return (scripted.answer, True) if isinstance(scripted, ButWritten) else (scripted, False)

    def _paged(self, what: str, ref: RepositoryRef, listed: list[P]) -> Iterator[list[P]]:
        for start in range(0, max(len(listed), 1), self.past_page):
            self._read(what, ref)
            if page := listed[start : start + self.past_page]:
                yield page

    def _read(self, what: str, about: object) -> None:
        self.reads.append((what, about))
        of_its_kind = self.refusals.get(what)
        answer = of_its_kind.popleft() if of_its_kind else self.failures.popleft() if self.failures else None
        if answer is not None:
            raise GitHubError(what, answer)

    def _found(self, value: T | None) -> T:
        if value is None:
            raise GitHubError("nothing there", NOT_FOUND)
        return value


def _since(listed: list[PastComment], since: datetime) -> list[PastComment]:
    fresh = [past for past in listed if past.comment.updated_at >= since]
    return sorted(fresh, key=lambda past: past.comment.updated_at)
