"""GitHub's GraphQL for discussions, which REST does not reach: queries and mutations over `schema.graphql`.

Objects are dictionaries whose callables are fields with arguments. Errors come with status 200 and GitHub's `type`.
Source: https://docs.github.com/graphql/guides/using-the-graphql-api-for-discussions.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import GraphQLError, GraphQLSchema, build_schema, graphql_sync

from app.playground import render, render_discussion
from app.playground.auth import require
from app.playground.connection import connection
from app.playground.model import Comment, Content, Label, Reaction, Refusal, Repository, ReviewComment, Thread
from app.playground.render import Json, node_id, read_node_id
from app.playground.routing import Answer, Call, Routes

routes = Routes()

CONTENT: dict[str, Content] = {
    "THUMBS_UP": "+1",
    "THUMBS_DOWN": "-1",
    "LAUGH": "laugh",
    "CONFUSED": "confused",
    "HEART": "heart",
    "HOORAY": "hooray",
    "ROCKET": "rocket",
    "EYES": "eyes",
}
ENDED = {"completed": "RESOLVED", "not_planned": "OUTDATED", "duplicate": "DUPLICATE", "reopened": "REOPENED"}
_NAMES = {content: name for name, content in CONTENT.items()}


@lru_cache(maxsize=1)
def schema() -> GraphQLSchema:
    return build_schema(Path(__file__).with_name("schema.graphql").read_text(encoding="utf-8"))


@routes.add("POST", "/graphql")
def execute(call: Call) -> Answer:
    if call.actor.kind == "anonymous":
        raise Refusal(401, "Requires authentication")
    query = call.json.get("query") if isinstance(call.json, dict) else None
    if not isinstance(query, str):
        raise Refusal(400, "A query attribute must be specified and must be a string.")
    result = graphql_sync(
        schema(),
        query,
        root_value=Resolver(call).root(),
        variable_values=call.json.get("variables") or {},
        operation_name=call.json.get("operationName"),
    )
    errors = [_formatted(error) for error in result.errors or []]
    return Answer(body={"data": result.data} | ({"errors": errors} if errors else {}))


class Resolver:
    """The fields of one request, resolved for its caller and checked against what the caller may do."""

    def __init__(self, call: Call) -> None:
        self.hub = call.hub
        self.actor = call.actor

    def root(self) -> Json:
        fields = {
            "repository": self._repository_named,
            "node": self._node,
            "viewer": lambda _info: self._actor(self.actor.login) | {"login": self.actor.login},
        }
        mutations: dict[str, Callable[..., Json]] = {
            "addDiscussionComment": self._add_comment,
            "updateDiscussionComment": self._update_comment,
            "deleteDiscussionComment": self._delete_comment,
            "addReaction": self._add_reaction,
            "addLabelsToLabelable": self._add_labels,
            "removeLabelsFromLabelable": self._remove_labels,
        }
        return fields | {name: self._mutation(verb) for name, verb in mutations.items()}

    # --- mutations ---

    def _mutation(self, verb: Callable[..., Json]) -> Callable[..., Json]:
        def resolve(_info: Any, input: Json) -> Json:  # noqa: A002  GitHub's name
            arguments = {name: value for name, value in input.items() if name != "clientMutationId"}
            return self._guarded(lambda: verb(**arguments)) | {"clientMutationId": input.get("clientMutationId")}

        return resolve

    def _add_comment(self, *, discussionId: str, body: str, replyToId: str | None = None) -> Json:  # noqa: N803
        repo, thread = self._thread_of(discussionId, "write")
        parent = None if replyToId is None else self._comment_of(replyToId, "write")[2].id
        comment = self.hub.comment(
            actor=self.actor.login, repo=repo.full_name, number=thread.number, body=body, parent=parent
        )
        return {"comment": self._comment(repo, thread, comment)}

    def _update_comment(self, *, commentId: str, body: str) -> Json:  # noqa: N803
        repo, thread, comment = self._comment_of(commentId, "write")
        self._only_author(comment)
        self.hub.edit_comment(actor=self.actor.login, repo=repo.full_name, comment=comment.id, body=body)
        return {"comment": self._comment(repo, thread, comment)}

    def _delete_comment(self, *, id: str) -> Json:  # noqa: A002
        repo, thread, comment = self._comment_of(id, "write")
        self._only_author(comment)
        self.hub.delete_comment(actor=self.actor.login, repo=repo.full_name, comment=comment.id)
        return {"comment": self._comment(repo, thread, comment)}

    def _add_reaction(self, *, subjectId: str, content: str) -> Json:  # noqa: N803
        repo, place, subject = self._subject(subjectId)
        reaction = self.hub.react(actor=self.actor.login, repo=repo.full_name, content=CONTENT[content], **place)
        return {"reaction": self._reaction(reaction), "subject": subject}

    def _add_labels(self, *, labelableId: str, labelIds: list[str]) -> Json:  # noqa: N803
        repo, thread = self._thread_of(labelableId, "write")
        names = [self._label_of(repo, text).name for text in labelIds]
        self.hub.add_labels(actor=self.actor.login, repo=repo.full_name, number=thread.number, names=names)
        return {"labelable": self._thread(repo, thread)}

    def _remove_labels(self, *, labelableId: str, labelIds: list[str]) -> Json:  # noqa: N803
        repo, thread = self._thread_of(labelableId, "write")
        for text in labelIds:
            name = self._label_of(repo, text).name
            self.hub.remove_label(actor=self.actor.login, repo=repo.full_name, number=thread.number, name=name)
        return {"labelable": self._thread(repo, thread)}

    # --- finding things ---

    def _repository_named(self, _info: Any, owner: str, name: str, **_: Any) -> Json:
        def find() -> Json:
            repo = self.hub.repository(f"{owner}/{name}")
            require(self.hub, self.actor, repo, "metadata", "read")
            return self._repository(repo)

        return self._guarded(find, missing=f"Could not resolve to a Repository with the name '{owner}/{name}'.")

    def _node(self, _info: Any, id: str) -> Json:  # noqa: A002
        if id.startswith("DC_"):
            return self._guarded(lambda: self._comment(*self._comment_of(id, "read")))
        if id.startswith("PRRC_"):
            return self._guarded(lambda: self._review(*self._review_of(id, "read")))
        return self._guarded(lambda: self._thread(*self._thread_of(id, "read")))

    def _thread_of(self, text: str, level: str) -> tuple[Repository, Thread]:
        repo, number = self._read(text, "D")
        require(self.hub, self.actor, repo, "discussions", level)
        return repo, self.hub.thread(repo, number)

    def _comment_of(self, text: str, level: str) -> tuple[Repository, Thread, Comment]:
        repo, number = self._read(text, "DC")
        require(self.hub, self.actor, repo, "discussions", level)
        comment = self.hub.find_comment(repo, number)
        return repo, repo.threads[comment.thread], comment

    def _review_of(self, text: str, level: str) -> tuple[Repository, ReviewComment]:
        repo, number = self._read(text, "PRRC")
        require(self.hub, self.actor, repo, "pull_requests", level)
        if number not in repo.review_comments:
            raise _unresolved(text)
        return repo, repo.review_comments[number]

    def _label_of(self, repo: Repository, text: str) -> Label:
        place, number = self._read(text, "LA")
        if place is not repo or number not in repo.labels:
            raise _unresolved(text)
        return repo.labels[number]

    def _subject(self, text: str) -> tuple[Repository, dict[str, int], Json]:
        if text.startswith("DC_"):
            repo, thread, comment = self._comment_of(text, "write")
            return repo, {"comment": comment.id}, self._comment(repo, thread, comment)
        if text.startswith("PRRC_"):
            repo, review = self._review_of(text, "write")
            return repo, {"comment": review.id}, self._review(repo, review)
        repo, thread = self._thread_of(text, "write")
        return repo, {"number": thread.number}, self._thread(repo, thread)

    def _read(self, text: str, wanted: str) -> tuple[Repository, int]:
        try:
            prefix, (repository, number) = read_node_id(text)
            if prefix == wanted:
                return self.hub.repository_by_id(int(repository)), int(number)
        except ValueError:
            pass
        raise _unresolved(text)

    def _only_author(self, comment: Comment) -> None:
        if comment.author.lower() != self.actor.login.lower():
            raise GraphQLError("Must be the author of the comment.", extensions={"type": "FORBIDDEN"})

    def _guarded(self, find: Callable[[], Json], *, missing: str = "") -> Json:
        """A refusal of the hub in GraphQL's words."""
        try:
            return find()
        except Refusal as refusal:
            kind = {404: "NOT_FOUND", 403: "FORBIDDEN", 410: "NOT_FOUND"}.get(refusal.status, "UNPROCESSABLE")
            details = "; ".join(error.get("message", error["code"]) for error in refusal.errors or [])
            message = missing if missing and refusal.status == 404 else details or refusal.message
            raise GraphQLError(message, extensions={"type": kind}) from None

    # --- objects ---

    def _actor(self, login: str) -> Json:
        """GraphQL names bots without the `[bot]` that REST gives them."""
        person = self.hub.person(login)
        return {
            "__typename": person.kind,
            "id": node_id("BOT" if person.kind == "Bot" else person.kind[0], person.id),
            "databaseId": person.id,
            "login": person.login.removesuffix("[bot]"),
            "avatarUrl": f"{self.hub.base_url}/avatars/{person.login}",
            "url": f"{self.hub.base_url}/{person.login}",
        }

    def _repository(self, repo: Repository) -> Json:
        return {
            "__typename": "Repository",
            "id": node_id("R", repo.id),
            "databaseId": repo.id,
            "name": repo.name,
            "nameWithOwner": repo.full_name,
            "isPrivate": repo.private,
            "url": f"{self.hub.base_url}/{repo.full_name}",
            "discussion": lambda _info, number: self._discussion_numbered(repo, number),
            "issue": lambda _info, number: self._guarded(lambda: self._issue(repo, number)),
            "discussions": lambda _info, **args: self._discussions(repo, **args),
            "labels": lambda _info, query="", **args: connection(
                "labels",
                [label for label in repo.labels.values() if query.lower() in label.name.lower()],
                lambda label: self._label(repo, label),
                **args,
            ),
        }

    def _discussion_numbered(self, repo: Repository, number: int) -> Json:
        thread = repo.threads.get(number)
        if thread is None or thread.kind != "discussion" or thread.gone:
            message = f"Could not resolve to a Discussion with the number of {number}."
            raise GraphQLError(message, extensions={"type": "NOT_FOUND"})
        return self._thread(repo, thread)

    def _issue(self, repo: Repository, number: int) -> Json:
        require(self.hub, self.actor, repo, "issues", "read")
        thread = self.hub.thread(repo, number)
        marked = [one.detail["canonical"] for one in thread.timeline if one.event == "marked_as_duplicate"]
        original = {"number": marked[-1]} if marked and thread.state_reason == "duplicate" else None
        return {"number": number, "duplicateOf": original}

    def _discussions(self, repo: Repository, orderBy: Json, **args: Any) -> Json:  # noqa: N803
        found = [t for t in repo.threads.values() if t.kind == "discussion" and not t.gone]
        field = orderBy["field"].lower()
        found.sort(key=lambda t: (getattr(t, field), t.number), reverse=orderBy["direction"] == "DESC")
        return connection("discussions", found, lambda thread: self._thread(repo, thread), **args)

    def _thread(self, repo: Repository, thread: Thread) -> Json:
        top = [item for item in self.hub.comments(repo, thread) if item.parent is None]
        category = {
            "id": node_id("DIC", repo.id, thread.category),
            "name": thread.category,
            "slug": thread.category.lower().replace(" ", "-"),
            "isAnswerable": thread.category == "Q&A",
        }
        return {
            **self._written(repo, thread, thread.reactions),
            "__typename": "Discussion",
            "id": render.thread_node_id(repo, thread),
            "number": thread.number,
            "title": thread.title,
            "url": render.thread_html(self.hub, repo, thread),
            "closed": thread.state == "closed",
            "locked": thread.locked,
            "closedAt": thread.closed_at,
            "stateReason": ENDED.get(thread.state_reason or ""),
            "isAnswered": thread.answer is not None,
            "answer": lambda _info: self._answer(repo, thread),
            "answerChosenAt": thread.answered_at,
            "category": category,
            "repository": lambda _info: self._repository(repo),
            "labels": lambda _info, **args: connection(
                "labels",
                [repo.labels[i] for i in thread.labels],
                lambda label: self._label(repo, label),
                **args,
            ),
            "comments": lambda _info, **args: connection(
                "comments", top, lambda item: self._comment(repo, thread, item), **args
            ),
        }

    def _answer(self, repo: Repository, thread: Thread) -> Json | None:
        found = repo.comments.get(thread.answer or 0)
        return self._comment(repo, thread, found) if found else None

    def _comment(self, repo: Repository, thread: Thread, comment: Comment) -> Json:
        listed = self.hub.comments(repo, thread)
        replies = [item for item in listed if item.parent == comment.id]
        parent = repo.comments.get(comment.parent or 0)
        rendered = render_discussion.discussion_comment(self.hub, repo, thread, comment)
        return {
            **self._written(repo, comment, comment.reactions),
            "__typename": "DiscussionComment",
            "id": rendered["node_id"],
            "url": rendered["html_url"],
            "isAnswer": thread.answer == comment.id,
            "isMinimized": comment.hidden is not None,
            "minimizedReason": comment.hidden,
            "discussion": lambda _info: self._thread(repo, thread),
            "replyTo": lambda _info: self._comment(repo, thread, parent) if parent else None,
            "replies": lambda _info, **args: connection(
                "replies", replies, lambda item: self._comment(repo, thread, item), **args
            ),
        }

    def _review(self, repo: Repository, comment: ReviewComment) -> Json:
        pull = {"number": comment.thread, "repository": lambda _info: self._repository(repo)}
        return {
            **self._written(repo, comment, comment.reactions),
            "__typename": "PullRequestReviewComment",
            "id": node_id("PRRC", repo.id, comment.id),
            "path": comment.path,
            "pullRequest": pull,
        }

    def _written(self, repo: Repository, item: Thread | Comment | ReviewComment, reactions: Sequence[Reaction]) -> Json:
        """What discussions and their comments have in common."""
        groups = [
            {"content": name, "reactors": {"totalCount": sum(r.content == content for r in reactions)}}
            for name, content in CONTENT.items()
        ]
        edited = item.updated_at if isinstance(item, Comment) and item.updated_at != item.created_at else None
        return {
            "databaseId": item.id,
            "author": self._actor(item.author),
            "authorAssociation": self.hub.association(repo, item.author),
            "body": item.body,
            "bodyText": item.body,
            "createdAt": item.created_at,
            "updatedAt": item.updated_at,
            "lastEditedAt": edited,
            "viewerDidAuthor": item.author.lower() == self.actor.login.lower(),
            "reactionGroups": [group | {"reactors": _constant(group["reactors"])} for group in groups],
            "reactions": lambda _info, content=None, **args: connection(
                "reactions",
                [r for r in reactions if content is None or r.content == CONTENT[content]],
                self._reaction,
                **args,
            ),
        }

    def _reaction(self, item: Reaction) -> Json:
        author = self._actor(item.author)
        return {
            "__typename": "Reaction",
            "id": node_id("REA", item.id),
            "databaseId": item.id,
            "content": _NAMES[item.content],
            "createdAt": item.created_at,
            "user": author if author["__typename"] == "User" else None,
        }

    def _label(self, repo: Repository, label: Label) -> Json:
        rendered = render.label(self.hub, repo, label)
        return {"id": rendered["node_id"]} | {key: rendered[key] for key in ("name", "color", "description")}


def _constant(value: Any) -> Callable[..., Any]:
    return lambda _info, **_args: value


def _unresolved(text: str) -> GraphQLError:
    message = f"Could not resolve to a node with the global id of '{text}'"
    return GraphQLError(message, extensions={"type": "NOT_FOUND"})


def _formatted(error: GraphQLError) -> Json:
    body: Json = dict(error.formatted)
    kind = (body.pop("extensions", None) or {}).get("type")
    return ({"type": kind} if kind else {}) | body
