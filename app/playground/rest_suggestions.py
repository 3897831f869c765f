"""Suggestions on issues: labels that an App proposes with its reasons, and that a person accepts or rejects.

Accepting does what was proposed, in the name of whoever accepts; rejecting leaves no trace on the thread.
Sources: docs.github.com, REST API, "List issue suggestions", "Approve" and "Dismiss an issue suggestion".
"""

from typing import Any

from app.playground.hub import Hub
from app.playground.model import Refusal, Repository, Suggestion, Thread, invalid
from app.playground.places import find_label
from app.playground.rest_issues import ISSUES, may_label
from app.playground.routing import Answer, Call, Routes, page

routes = Routes()
SUGGESTIONS = f"{ISSUES}/{{number}}/suggestions"


@routes.add("GET", SUGGESTIONS)
def list_suggestions(call: Call) -> Answer:
    repo, thread = _issue(call, "read")
    wanted = call.query.get("state", "pending")
    found = [one for one in thread.suggestions if wanted in ("all", one.state)]
    return page(call, found, lambda one: _render(call.hub, repo, thread, one))


@routes.add("POST", f"{SUGGESTIONS}/{{suggestion}}/approve")
def approve_suggestion(call: Call) -> Answer:
    repo, thread = _issue(call, "write")
    found = find_suggestion(thread, call.number("suggestion"))
    approve(call.hub, repo, thread, call.actor.login, found)
    return Answer(body=_render(call.hub, repo, thread, found))


@routes.add("POST", f"{SUGGESTIONS}/{{suggestion}}/dismiss")
def dismiss_suggestion(call: Call) -> Answer:
    repo, thread = _issue(call, "write")
    found = find_suggestion(thread, call.number("suggestion"))
    dismiss(call.hub, call.actor.login, found)
    return Answer(body=_render(call.hub, repo, thread, found))


def suggest(
    hub: Hub, repo: Repository, thread: Thread, actor: str, *, name: str, reasons: tuple[str | None, str | None]
) -> None:
    """Keep a proposal for a person. What the issue carries already is not proposed; a newer proposal of the same label
    replaces the one that waits.
    """
    label = find_label(repo, name)
    if label is None:
        raise invalid("Issue", "labels", "invalid", f"there is no label {name:.60}")
    if label.id in thread.labels:
        return
    now = hub.now()
    for one in thread.suggestions:
        if one.label == label.id and one.state == "pending":
            one.state, one.updated_at = "replaced", now
    rationale, confidence = reasons
    said: Any = confidence.upper() if confidence else None
    thread.suggestions.append(Suggestion(hub.new_id(), label.id, actor, rationale, said, now, now))
    hub.touch()


def find_suggestion(thread: Thread, number: int) -> Suggestion:
    found = next((one for one in thread.suggestions if one.id == number), None)
    if found is None:
        raise Refusal(404, "Not Found")
    return found


def approve(hub: Hub, repo: Repository, thread: Thread, actor: str, found: Suggestion) -> None:
    _resolve(hub, found, actor)
    found.state = "approved"
    hub.add_labels(actor=actor, repo=repo.full_name, number=thread.number, names=[repo.labels[found.label].name])


def dismiss(hub: Hub, actor: str, found: Suggestion) -> None:
    _resolve(hub, found, actor)
    found.state = "dismissed"
    hub.touch()


def _resolve(hub: Hub, found: Suggestion, actor: str) -> None:
    if found.state != "pending":
        raise invalid("Suggestion", "state", "custom", f"this suggestion is {found.state} already")
    found.resolved_by, found.updated_at = actor, hub.now()


def _issue(call: Call, level: str) -> tuple[Repository, Thread]:
    repo, thread = call.issue(level)
    may_label(call, repo)
    if not repo.takes_suggestions or thread.kind != "issue":
        raise Refusal(404, "Not Found")
    return repo, thread


def _render(hub: Hub, repo: Repository, thread: Thread, one: Suggestion) -> dict[str, Any]:
    resolver = hub.find_person(one.resolved_by) if one.resolved_by else None
    labelled = [
        event
        for event in thread.timeline
        if event.event == "labeled" and event.detail["label"]["name"] == repo.labels[one.label].name
    ]
    return {
        "id": one.id,
        "issue_id": thread.id,
        "action": "add_label",
        "state": one.state,
        "target_id": one.label,
        "target_value": None,
        "rationale": one.rationale,
        "confidence": one.confidence,
        "actor_id": hub.person(one.actor).id,
        "issue_event_id": labelled[-1].id if labelled and one.state == "approved" else None,
        "resolved_by": resolver.id if resolver else None,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
    }
