"""REST endpoints of issues, comments and timelines. Pull requests are issues here, as on GitHub.

Source: https://docs.github.com/rest/issues.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, StrictInt, StrictStr

from app.playground import render
from app.playground.auth import may_read
from app.playground.model import ROLES, Comment, Refusal, Repository, StateReason, Thread, invalid
from app.playground.routing import Answer, Call, Routes, changed, moment, page

routes = Routes()
ISSUES = "/repos/{owner}/{repo}/issues"


class Body(BaseModel):
    """Unknown keys are refused, as GitHub refuses them; `None` means absent."""

    model_config = ConfigDict(extra="forbid")


class NamedLabel(Body):
    name: StrictStr
    id: StrictInt | None = None
    description: StrictStr | None = None
    color: StrictStr | None = None


class IssueFields(Body):
    body: StrictStr | None = None
    assignee: StrictStr | None = None
    assignees: list[StrictStr] | None = None
    milestone: StrictInt | StrictStr | None = None
    labels: list[StrictStr | NamedLabel] | None = None
    type: StrictStr | None = None

    def label_names(self) -> list[str]:
        return [item if isinstance(item, str) else item.name for item in self.labels or []]


class NewIssue(IssueFields):
    title: StrictStr | StrictInt


class IssueChange(IssueFields):
    title: StrictStr | StrictInt | None = None
    state: Literal["open", "closed"] | None = None
    state_reason: StateReason | None = None
    duplicate_issue_id: StrictInt | None = None


class CommentBody(Body):
    body: StrictStr


@routes.add("GET", ISSUES)
def list_issues(call: Call) -> Answer:
    repo = call.repository("issues")
    found = [thread for thread in _listed(repo) if _matches(call, repo, thread)]
    field = {"updated": "updated_at", "comments": "comments"}.get(call.query.get("sort", ""), "created_at")
    found.sort(
        key=lambda t: (len(t.comments) if field == "comments" else getattr(t, field), t.number),
        reverse=call.query.get("direction") != "asc",
    )
    return page(call, found, lambda thread: render.issue(call.hub, repo, thread))


@routes.add("POST", ISSUES)
def create_issue(call: Call) -> Answer:
    repo = call.repository("issues", "write")
    wanted = call.body(NewIssue)
    # Labels of people without triage rights are dropped silently, as the documentation says.
    labels = wanted.label_names() if _may_triage(call, repo) else []
    thread = call.hub.open_thread(
        actor=call.actor.login,
        repo=repo.full_name,
        title=str(wanted.title),
        body=wanted.body or "",
        labels=labels,
    )
    body = render.issue(call.hub, repo, thread)
    return Answer(201, body, {"location": body["url"]})


@routes.add("GET", f"{ISSUES}/comments")
def list_repository_comments(call: Call) -> Answer:
    repo = call.repository("issues")
    return _comment_page(call, repo, [item for thread in _listed(repo) for item in call.hub.comments(repo, thread)])


@routes.add("GET", f"{ISSUES}/comments/{{id}}")
def get_comment(call: Call) -> Answer:
    repo, thread, item = issue_comment(call, "read")
    return Answer(body=render.comment(call.hub, repo, thread, item))


@routes.add("PATCH", f"{ISSUES}/comments/{{id}}")
def edit_comment(call: Call) -> Answer:
    repo, thread, item = issue_comment(call, "write")
    _own_or_triage(call, repo, item.author)
    text = call.body(CommentBody).body
    call.hub.edit_comment(actor=call.actor.login, repo=repo.full_name, comment=item.id, body=text)
    return Answer(body=render.comment(call.hub, repo, thread, item))


@routes.add("DELETE", f"{ISSUES}/comments/{{id}}")
def delete_comment(call: Call) -> Answer:
    repo, _, item = issue_comment(call, "write")
    _own_or_triage(call, repo, item.author)
    call.hub.delete_comment(actor=call.actor.login, repo=repo.full_name, comment=item.id)
    return Answer(204)


@routes.add("GET", f"{ISSUES}/{{number}}")
def get_issue(call: Call) -> Answer:
    repo, thread = call.issue()
    return Answer(body=render.issue(call.hub, repo, thread))


@routes.add("PATCH", f"{ISSUES}/{{number}}")
def update_issue(call: Call) -> Answer:
    repo, thread = call.issue("write")
    wanted = call.body(IssueChange)
    hub, who, where = call.hub, call.actor.login, repo.full_name
    _own_or_triage(call, repo, thread.author)
    title = None if wanted.title is None else str(wanted.title)
    body = wanted.body if "body" not in wanted.model_fields_set else wanted.body or ""
    hub.edit_thread(actor=who, repo=where, number=thread.number, title=title, body=body)
    if wanted.labels is not None and _may_triage(call, repo):
        hub.set_labels(actor=who, repo=where, number=thread.number, names=wanted.label_names())
    if wanted.state == "closed":
        reason = wanted.state_reason or "completed"
        hub.close(actor=who, repo=where, number=thread.number, reason=reason)
    elif wanted.state == "open":
        hub.reopen(actor=who, repo=where, number=thread.number)
    return Answer(body=render.issue(hub, repo, thread))


@routes.add("GET", f"{ISSUES}/{{number}}/comments")
def list_comments(call: Call) -> Answer:
    repo, thread = call.issue()
    return _comment_page(call, repo, call.hub.comments(repo, thread))


@routes.add("POST", f"{ISSUES}/{{number}}/comments")
def create_comment(call: Call) -> Answer:
    repo, thread = call.issue("write")
    text = call.body(CommentBody).body
    item = call.hub.comment(actor=call.actor.login, repo=repo.full_name, number=thread.number, body=text)
    body = render.comment(call.hub, repo, thread, item)
    return Answer(201, body, {"location": body["url"]})


@routes.add("GET", f"{ISSUES}/{{number}}/timeline")
def list_timeline(call: Call) -> Answer:
    repo, thread = call.issue()
    rendered = (render.timeline(call.hub, repo, thread, event) for event in thread.timeline)
    return page(call, [event for event in rendered if event is not None], lambda event: event)


@routes.add("GET", "/search/issues")
def search_issues(call: Call) -> Answer:
    """Words must all occur in title or body; understands repo:, is:, state:, label: and author:."""
    text = call.query.get("q", "")
    if not text.strip():
        raise invalid("Search", "q", "missing")
    terms = text.split()
    words = [term.strip('"').lower() for term in terms if ":" not in term]
    rules = [(name, value.strip('"').lower()) for name, _, value in (t.partition(":") for t in terms) if value]
    repos = [value for name, value in rules if name == "repo"]
    found: list[tuple[Repository, Thread]] = []
    for repo in call.hub.state.repositories.values():
        if (repos and repo.full_name.lower() not in repos) or not may_read(call.hub, call.actor, repo):
            continue
        for thread in _listed(repo):
            haystack = f"{thread.title}\n{thread.body}".lower()
            if all(word in haystack for word in words) and all(_rule(repo, thread, *rule) for rule in rules):
                found.append((repo, thread))
    answer = page(call, found, lambda item: render.issue(call.hub, *item) | {"score": 1.0}, key="items")
    return Answer(body=answer.body | {"incomplete_results": False, "search_type": "lexical"}, headers=answer.headers)


def issue_comment(call: Call, level: str) -> tuple[Repository, Thread, Comment]:
    """The comment of the path, when it belongs to an issue or a pull request."""
    repo = call.repository("issues", level)
    item = call.hub.find_comment(repo, call.number("id"))
    thread = repo.threads[item.thread]
    if thread.kind == "discussion":
        raise Refusal(404, "Not Found")
    return repo, thread, item


def may_label(call: Call, repo: Repository) -> None:
    if not _may_triage(call, repo):
        raise Refusal(403, "Must have triage rights to Repository.")


def _may_triage(call: Call, repo: Repository) -> bool:
    if call.actor.kind == "installation":
        return True
    return ROLES[call.hub.role(repo, call.actor.login)][1] not in ("none", "read")


def _own_or_triage(call: Call, repo: Repository, author: str) -> None:
    if author.lower() != call.actor.login.lower() and not _may_triage(call, repo):
        raise Refusal(403, "Must have admin rights to Repository.")


def _listed(repo: Repository) -> list[Thread]:
    return [t for t in repo.threads.values() if t.kind != "discussion" and not t.gone and t.moved_to is None]


def _matches(call: Call, repo: Repository, thread: Thread) -> bool:
    query = call.query
    wanted = {name.strip().casefold() for name in query.get("labels", "").split(",") if name.strip()}
    return (
        query.get("state", "open") in (thread.state, "all")
        and wanted <= {repo.labels[label].name.casefold() for label in thread.labels}
        and ("since" not in query or thread.updated_at >= moment(query["since"]))
        and query.get("creator", thread.author).lower() == thread.author.lower()
    )


def _rule(repo: Repository, thread: Thread, name: str, value: str) -> bool:
    match name, value:
        case "is", "issue" | "pr":
            return (thread.kind == "pull_request") == (value == "pr")
        case "is" | "state", "open" | "closed":
            return thread.state == value
        case "label", _:
            return any(repo.labels[label_id].name.lower() == value for label_id in thread.labels)
        case "author", _:
            return thread.author.lower() == value
        case _:
            return True


def _comment_page(call: Call, repo: Repository, items: list[Comment]) -> Answer:
    items = changed(call, items)
    return page(call, items, lambda item: render.comment(call.hub, repo, repo.threads[item.thread], item))
