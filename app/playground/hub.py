"""Everything people and Apps can do on the simulated GitHub's threads: the verbs of the playground.

A verb checks what GitHub checks, changes the state, writes the thread's history, counts notifications and queues
webhooks. Whether the actor may do it is the API's business (`auth.require`): here, tests and pages speak for anyone.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, Literal

from app.playground import render, render_discussion
from app.playground.auth import new_app
from app.playground.faults import Faults
from app.playground.limits import DEFAULT_COLOR, checked_body, checked_title
from app.playground.model import (
    ROLES,
    Comment,
    Content,
    Head,
    HideReason,
    Kind,
    Label,
    Reaction,
    Refusal,
    Repository,
    State,
    StateReason,
    Thread,
    invalid,
)
from app.playground.places import find_label
from app.playground.reviews import Reviews
from app.playground.words import references
from app.playground.world import stamp

MOST_LABELS = 100


class Hub(Reviews):
    """The simulated GitHub. Not thread-safe: it lives in one event loop. `clock` gives seconds since the epoch."""

    def __init__(self, state: State | None = None, *, clock: Callable[[], float] = time.time, seed: int = 0) -> None:
        super().__init__(state or State(app=new_app(created_at=stamp(clock()))), clock=clock, seed=seed)
        self.seed: Callable[[Hub], None] | None = None

    def reset(self) -> None:
        """Forget everything but the App's registration, then lay out the seed again."""
        self.state = State(app=self.state.app, next_id=self.state.next_id)
        self.faults = Faults()
        self.requests.clear()
        if self.seed is not None:
            self.seed(self)
        self.touch()

    # --- threads ---

    def open_thread(
        self,
        *,
        actor: str,
        repo: str,
        title: str,
        body: str = "",
        kind: Literal["issue", "discussion"] = "issue",
        labels: Sequence[str] = (),
        category: str = "General",
    ) -> Thread:
        """Open an issue or start a discussion."""
        return self._open(self.repository(repo), kind, actor, title, body, labels=labels, category=category)

    def open_pull_request(
        self,
        *,
        actor: str,
        repo: str,
        title: str,
        files: dict[str, str | None],
        body: str = "",
        labels: Sequence[str] = (),
    ) -> Thread:
        """Put `files` (None deletes one) on a new branch and ask to merge it into the default branch."""
        found = self.repository(repo)
        base = found.branches[found.default_branch]
        branch = f"{actor}/patch-{found.next_number}"
        with self.silence():
            commit = self.push_files(actor=actor, repo=repo, files=files, message=title, branch=branch)
        head = Head(branch, commit.sha, found.default_branch, base)
        return self._open(found, "pull_request", actor, title, body, labels=labels, head=head)

    def edit_thread(
        self, *, actor: str, repo: str, number: int, title: str | None = None, body: str | None = None
    ) -> Thread:
        found, thread = self._writable(repo, number, actor, even_locked=True)
        old_title, old_body = thread.title, thread.body
        thread.title = thread.title if title is None else checked_title(title)
        thread.body = thread.body if body is None else checked_body("Issue", body)
        changes: dict[str, dict[str, str]] = {}
        if thread.title != old_title:
            changes["title"] = {"from": old_title}
            self._record(thread, "renamed", actor, rename={"from": old_title, "to": thread.title})
        if thread.body != old_body:
            changes["body"] = {"from": old_body}
            self._spread(found, thread, actor, thread.body, only_new=True)
        if changes:
            self._changed(found, thread, "edited", actor, changes=changes)
        return thread

    def close(
        self,
        *,
        actor: str,
        repo: str,
        number: int,
        reason: StateReason = "completed",
        duplicate_of: int | None = None,
    ) -> Thread:
        found, thread = self._writable(repo, number, actor, even_locked=True)
        if thread.state == "open":
            thread.state, thread.closed_at = "closed", self.now()
            thread.state_reason = None if thread.kind == "pull_request" else reason
            self._record(thread, "closed", actor, state_reason=thread.state_reason)
            if duplicate_of is not None:
                self._record(thread, "marked_as_duplicate", actor, canonical=duplicate_of)
            self.notify(found, thread, actor=actor, text="")
            self._changed(found, thread, "closed", actor)
        return thread

    def reopen(self, *, actor: str, repo: str, number: int) -> Thread:
        found, thread = self._writable(repo, number, actor, even_locked=True)
        if thread.state == "closed":
            thread.state, thread.closed_at = "open", None
            thread.state_reason = None if thread.kind == "pull_request" else "reopened"
            self._record(thread, "reopened", actor, state_reason=thread.state_reason)
            self.notify(found, thread, actor=actor, text="")
            self._changed(found, thread, "reopened", actor)
        return thread

    def lock(self, *, actor: str, repo: str, number: int, locked: bool = True) -> Thread:
        found, thread = self._writable(repo, number, actor, even_locked=True)
        thread.locked = locked
        event = "locked" if locked else "unlocked"
        self._record(thread, event, actor, lock_reason=None)
        self._changed(found, thread, event, actor)
        return thread

    def delete_thread(self, *, actor: str, repo: str, number: int) -> None:
        """Delete an issue or a discussion: the API answers 410 from now on."""
        found, thread = self._writable(repo, number, actor, even_locked=True)
        self._changed(found, thread, "deleted", actor)
        thread.gone = True

    def transfer_thread(self, *, actor: str, repo: str, number: int, to: str) -> Thread:
        """Move an issue to another repository: the API answers 301 to its new place from now on."""
        found, thread = self._writable(repo, number, actor, even_locked=True)
        target = self.repository(to)
        with self.silence():
            moved = self._open(target, thread.kind, thread.author, thread.title, thread.body)
        for comment_id in thread.comments:
            comment = found.comments.pop(comment_id)
            comment.thread = moved.number
            target.comments[comment_id] = comment
            moved.comments.append(comment_id)
        changes = {
            "new_issue": render.issue(self, target, moved),
            "new_repository": render.repository(self, target),
        }
        self._changed(found, thread, "transferred", actor, changes=changes)
        self._record(moved, "transferred", actor)
        thread.comments = []
        thread.moved_to = f"/repos/{target.full_name}/issues/{moved.number}"
        return moved

    def convert_issue(self, *, actor: str, repo: str, number: int, category: str = "General") -> Thread:
        """Make a discussion of an issue, which is closed and locked from now on."""
        found, thread = self._writable(repo, number, actor, even_locked=True)
        if thread.kind != "issue":
            raise Refusal(422, "Only an issue can be converted to a discussion.")
        with self.silence():
            made = self._open(found, "discussion", thread.author, thread.title, thread.body, category=category)
        thread.state, thread.closed_at, thread.locked = "closed", self.now(), True
        self._record(thread, "converted_to_discussion", actor)
        self._changed(found, thread, "closed", actor)
        return made

    # --- comments ---

    def comment(self, *, actor: str, repo: str, number: int, body: str, parent: int | None = None) -> Comment:
        """Comment on a thread; `parent` is the comment that a discussion's reply answers."""
        found, thread = self._writable(repo, number, actor)
        now = self.now()
        lag = self.faults.listing_lag_s if self.faults.hit(self.rng, self.faults.listing_lag) else 0.0
        comment = Comment(
            id=self.new_id(),
            thread=thread.number,
            author=self.person(actor).login,
            body=checked_body("IssueComment", body, required=True),
            created_at=now,
            updated_at=now,
            via_app=actor == self.state.app.login,
            visible_from=self.clock() + lag if lag else 0.0,
            parent=parent,
        )
        found.comments[comment.id] = comment
        thread.comments.append(comment.id)
        self._record(thread, "commented", actor, comment=comment.id)
        self._spread(found, thread, actor, comment.body)
        self._comment_changed(found, thread, comment, "created", actor)
        return comment

    def edit_comment(self, *, actor: str, repo: str, comment: int, body: str) -> Comment:
        found, thread, item = self._comment_at(repo, comment, actor)
        old, item.body = item.body, checked_body("IssueComment", body, required=True)
        item.updated_at = self.now()
        self._spread(found, thread, actor, item.body, only_new=True)
        self._comment_changed(found, thread, item, "edited", actor, changes={"body": {"from": old}})
        return item

    def delete_comment(self, *, actor: str, repo: str, comment: int) -> None:
        found, thread, item = self._comment_at(repo, comment, actor)
        thread.comments.remove(comment)
        del found.comments[comment]
        self._record(thread, "comment_deleted", actor)
        self._comment_changed(found, thread, item, "deleted", actor)

    def hide_comment(self, *, actor: str, repo: str, comment: int, reason: HideReason | None = "outdated") -> Comment:
        """Fold a comment up for a reason, or unfold it again (None). GitHub sends no event for it."""
        found, _, item = self._comment_at(repo, comment, actor)
        if ROLES[self.role(found, actor)][0] not in ("admin", "write"):
            raise Refusal(403, "Must have write access to hide a comment.")
        item.hidden = reason
        self.touch()
        return item

    # --- labels on threads ---

    def add_labels(self, *, actor: str, repo: str, number: int, names: Sequence[str]) -> Thread:
        """Add labels; like GitHub, silently create those the repository does not have."""
        found, thread = self._writable(repo, number, actor, even_locked=True)
        for name in names:
            label = find_label(found, name) or self._new_label(found, name, DEFAULT_COLOR, None)
            if label.id not in thread.labels:
                if len(thread.labels) >= MOST_LABELS:
                    raise invalid("Issue", "labels", "custom", "cannot have more than 100 labels")
                thread.labels.append(label.id)
                self._labelled(found, thread, label, "labeled", actor)
        return thread

    def remove_label(self, *, actor: str, repo: str, number: int, name: str) -> Thread:
        found, thread = self._writable(repo, number, actor, even_locked=True)
        label = find_label(found, name)
        if label is None or label.id not in thread.labels:
            raise Refusal(404, "Label does not exist")
        thread.labels.remove(label.id)
        self._labelled(found, thread, label, "unlabeled", actor)
        return thread

    def set_labels(self, *, actor: str, repo: str, number: int, names: Sequence[str]) -> Thread:
        """Make these exactly the labels of the thread."""
        found = self.repository(repo)
        thread = self.thread(found, number)
        wanted = {name.casefold() for name in names}
        for name in [found.labels[label_id].name for label_id in thread.labels]:
            if name.casefold() not in wanted:
                self.remove_label(actor=actor, repo=repo, number=number, name=name)
        return self.add_labels(actor=actor, repo=repo, number=number, names=names)

    # --- reactions ---

    def react(
        self,
        *,
        actor: str,
        repo: str,
        content: Content,
        number: int | None = None,
        comment: int | None = None,
    ) -> Reaction:
        """React to a thread or a comment; the same reaction twice is one. GitHub sends no event for it."""
        place = self._reactions(repo, number, comment)
        for reaction in place:
            if reaction.content == content and reaction.author.lower() == actor.lower():
                return reaction
        place.append(Reaction(self.new_id(), self.person(actor).login, content, self.now()))
        self.touch()
        return place[-1]

    def unreact(self, *, repo: str, reaction: int, number: int | None = None, comment: int | None = None) -> None:
        place = self._reactions(repo, number, comment)
        kept = [item for item in place if item.id != reaction]
        if len(kept) == len(place):
            raise Refusal(404, "Not Found")
        place[:] = kept
        self.touch()

    # --- the paragraphs the verbs share ---

    def _open(
        self,
        repo: Repository,
        kind: Kind,
        actor: str,
        title: str,
        body: str,
        *,
        labels: Sequence[str] = (),
        category: str = "General",
        head: Head | None = None,
    ) -> Thread:
        if repo.archived:
            raise Refusal(403, "Repository was archived so is read-only.")
        now = self.now()
        thread = Thread(
            id=self.new_id(),
            number=repo.next_number,
            kind=kind,
            author=self.person(actor).login,
            title=checked_title(title),
            body=checked_body("Issue", body),
            created_at=now,
            updated_at=now,
            via_app=actor == self.state.app.login,
            category=category,
            head=head,
        )
        repo.next_number += 1
        repo.threads[thread.number] = thread
        self._spread(repo, thread, actor, f"{thread.title}\n\n{thread.body}")
        self._changed(repo, thread, "created" if kind == "discussion" else "opened", actor)
        if labels:
            self.add_labels(actor=actor, repo=repo.full_name, number=thread.number, names=labels)
        return thread

    def _comment_at(self, repo: str, comment: int, actor: str) -> tuple[Repository, Thread, Comment]:
        item = self.find_comment(self.repository(repo), comment)
        found, thread = self._writable(repo, item.thread, actor, even_locked=True)
        return found, thread, item

    def _reactions(self, repo: str, number: int | None, comment: int | None) -> list[Reaction]:
        found = self.repository(repo)
        if (number is None) == (comment is None):
            raise ValueError("a reaction is to a thread (number) or to a comment, and to exactly one of them")
        if number is not None:
            return self.thread(found, number).reactions
        review = found.review_comments.get(comment or 0)
        return review.reactions if review else self.find_comment(found, comment or 0).reactions

    def _spread(self, repo: Repository, thread: Thread, actor: str, text: str, *, only_new: bool = False) -> None:
        """What a text sets off: notifications, and a line in the history of each thread it refers to."""
        self.notify(repo, thread, actor=actor, text=text, only_new=only_new)
        for name, number in sorted(references(text), key=str):
            there = self.state.repositories.get((name or repo.full_name).lower())
            other = there.threads.get(number) if there else None
            if other is None or other is thread or other.gone or other.moved_to:
                continue
            link = {"repo": repo.full_name, "number": thread.number}
            if all(entry.detail != link for entry in other.timeline):
                self._record(other, "cross-referenced", actor, **link)

    def _labelled(self, repo: Repository, thread: Thread, label: Label, event: str, actor: str) -> None:
        self._record(thread, event, actor, label={"name": label.name, "color": label.color})
        self._changed(repo, thread, event, actor, label=render.label(self, repo, label))

    def _comment_changed(
        self, repo: Repository, thread: Thread, comment: Comment, action: str, actor: str, **parts: Any
    ) -> None:
        thread.updated_at = self.now()
        if thread.kind == "discussion":
            subject = {"discussion": render_discussion.discussion(self, repo, thread)}
            rendered = render_discussion.discussion_comment(self, repo, thread, comment)
            event = "discussion_comment"
        else:
            subject = {"issue": render.issue(self, repo, thread)}
            rendered, event = render.comment(self, repo, thread, comment), "issue_comment"
        self.emit(event, action, actor=actor, repo=repo, parts=subject | {"comment": rendered} | parts)
