"""What people settle on the simulated GitHub: reviews of files, merges, and answers to discussions.

Below them is what all verbs on threads share: may this be written, and what does a change set off.
"""

from typing import Any

from app.playground import render, render_code, render_discussion
from app.playground.limits import checked_body
from app.playground.model import ROLES, Refusal, Repository, ReviewComment, Thread, TimelineEvent, invalid
from app.playground.places import Places


class Reviews(Places):
    """Verbs that end something, and the paragraphs that all verbs on threads share."""

    def review(self, *, actor: str, repo: str, number: int, path: str, body: str) -> ReviewComment:
        """Comment on one file that a pull request changes."""
        found, thread = self._writable(repo, number, actor)
        if path not in {file["filename"] for file in render_code.changed_files(self, found, thread)}:
            raise invalid("PullRequestReviewComment", "path", "invalid", "path is not part of the diff")
        now = self.now()
        comment = ReviewComment(
            id=self.new_id(),
            thread=thread.number,
            author=self.person(actor).login,
            path=path,
            body=checked_body("PullRequestReviewComment", body, required=True),
            created_at=now,
            updated_at=now,
        )
        found.review_comments[comment.id] = comment
        thread.updated_at = now
        self.notify(found, thread, actor=actor, text=comment.body)
        parts = {
            "pull_request": render_code.pull_request(self, found, thread),
            "comment": render_code.review_comment(self, found, thread, comment),
        }
        self.emit("pull_request_review_comment", "created", actor=actor, repo=found, parts=parts)
        return comment

    def merge(self, *, actor: str, repo: str, number: int) -> Thread:
        """Put what a pull request changes on the branch it asked for."""
        found, thread = self._writable(repo, number, actor, even_locked=True)
        if thread.head is None or thread.state == "closed":
            raise Refusal(405, "Pull Request is not mergeable")
        changed = [file["filename"] for file in render_code.changed_files(self, found, thread)]
        tree = found.commits[thread.head.sha].tree
        files = {path: found.blobs[tree[path]] if path in tree else None for path in changed}
        message = f"Merge pull request #{number}"
        self.push_files(actor=actor, repo=repo, files=files, message=message, branch=thread.head.base_ref)
        thread.state, thread.closed_at, thread.merged_at = "closed", self.now(), self.now()
        thread.merged_by = self.person(actor).login
        self._record(thread, "closed", actor, state_reason=None)
        self._changed(found, thread, "closed", actor)
        return thread

    def answer(self, *, actor: str, repo: str, comment: int) -> Thread:
        """Mark a comment as the answer of its discussion."""
        item = self.find_comment(self.repository(repo), comment)
        found, thread = self._writable(repo, item.thread, actor, even_locked=True)
        if thread.kind != "discussion":
            raise Refusal(422, "Only a comment of a discussion can answer it.")
        thread.answer, thread.answered_at, thread.answered_by = item.id, self.now(), self.person(actor).login
        rendered = render_discussion.discussion_comment(self, found, thread, item)
        self._changed(found, thread, "answered", actor, answer=rendered)
        return thread

    # --- the paragraphs the verbs share ---

    def _writable(self, repo: str, number: int, actor: str, *, even_locked: bool = False) -> tuple[Repository, Thread]:
        found = self.repository(repo)
        thread = self.thread(found, number)
        if found.archived:
            raise Refusal(403, "Repository was archived so is read-only.")
        may_write = ROLES[self.role(found, actor)][0] in ("admin", "write")
        if thread.locked and not even_locked and not may_write:
            raise Refusal(403, "Unable to create comment because issue is locked.")
        return found, thread

    def _record(self, thread: Thread, event: str, actor: str, **detail: Any) -> None:
        via_app = actor == self.state.app.login
        entry = TimelineEvent(self.new_id(), event, self.person(actor).login, self.now(), via_app, detail)
        thread.timeline.append(entry)
        thread.updated_at = entry.created_at

    def _changed(self, repo: Repository, thread: Thread, action: str, actor: str, **parts: Any) -> None:
        thread.updated_at = self.now()
        event, rendered = self._subject(repo, thread)
        self.emit(event, action, actor=actor, repo=repo, parts=rendered | parts)

    def _subject(self, repo: Repository, thread: Thread) -> tuple[str, dict[str, Any]]:
        match thread.kind:
            case "issue":
                return "issues", {"issue": render.issue(self, repo, thread)}
            case "discussion":
                return "discussion", {"discussion": render_discussion.discussion(self, repo, thread)}
            case "pull_request":
                pull = render_code.pull_request(self, repo, thread)
                return "pull_request", {"number": thread.number, "pull_request": pull}
