"""REST endpoints of labels and reactions.

Sources: https://docs.github.com/rest/issues/labels and https://docs.github.com/rest/reactions/reactions.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from pydantic import StrictStr

from app.playground import render, rest_suggestions
from app.playground.model import Content, Reaction, Refusal, Repository
from app.playground.places import require_label
from app.playground.rest_issues import ISSUES, Body, issue_comment, may_label
from app.playground.routing import Answer, Call, Routes, page

routes = Routes()
routes.include(rest_suggestions.routes)
LABELS = "/repos/{owner}/{repo}/labels"


class NewLabel(Body):
    name: StrictStr
    color: StrictStr = "ededed"
    description: StrictStr | None = None


class LabelChoice(Body):
    """A label with its reasons; `suggest` keeps it for a person, on issues of repositories that take such."""

    name: StrictStr
    rationale: StrictStr | None = None
    suggest: bool = False
    confidence: Literal["low", "medium", "high"] | None = None


class LabelChoices(Body):
    labels: list[StrictStr | LabelChoice]


class NewReaction(Body):
    content: Content


@routes.add("GET", LABELS)
def list_repository_labels(call: Call) -> Answer:
    repo = call.repository("issues")
    found = sorted(repo.labels.values(), key=lambda label: label.name.lower())
    return page(call, found, lambda label: render.label(call.hub, repo, label))


@routes.add("POST", LABELS)
def create_label(call: Call) -> Answer:
    repo = call.repository("issues", "write")
    may_label(call, repo)
    wanted = call.body(NewLabel)
    label = call.hub.create_label(actor=call.actor.login, repo=repo.full_name, **wanted.model_dump())
    return Answer(201, render.label(call.hub, repo, label))


@routes.add("GET", f"{LABELS}/{{name}}")
def get_label(call: Call) -> Answer:
    repo = call.repository("issues")
    return Answer(body=render.label(call.hub, repo, require_label(repo, call.params["name"])))


@routes.add("GET", f"{ISSUES}/{{number}}/labels")
def list_labels(call: Call) -> Answer:
    repo, thread = call.issue()
    return page(call, render.labels(call.hub, repo, thread), lambda label: label)


@routes.add("POST", f"{ISSUES}/{{number}}/labels")
def add_labels(call: Call) -> Answer:
    repo, thread = call.issue("write")
    may_label(call, repo)
    choices = [LabelChoice(name=item) if isinstance(item, str) else item for item in _choices(call).labels]
    kept = repo.takes_suggestions and thread.kind == "issue"
    for choice in choices:
        if choice.suggest and kept:
            reasons = choice.rationale, choice.confidence
            rest_suggestions.suggest(call.hub, repo, thread, call.actor.login, name=choice.name, reasons=reasons)
    applied = [choice.name for choice in choices if not (choice.suggest and kept)]
    call.hub.add_labels(actor=call.actor.login, repo=repo.full_name, number=thread.number, names=applied)
    return Answer(body=render.labels(call.hub, repo, thread))


@routes.add("PUT", f"{ISSUES}/{{number}}/labels")
def set_labels(call: Call) -> Answer:
    repo, thread = call.issue("write")
    may_label(call, repo)
    names = [item if isinstance(item, str) else item.name for item in _choices(call).labels]
    call.hub.set_labels(actor=call.actor.login, repo=repo.full_name, number=thread.number, names=names)
    return Answer(body=render.labels(call.hub, repo, thread))


@routes.add("DELETE", f"{ISSUES}/{{number}}/labels/{{name}}")
def remove_label(call: Call) -> Answer:
    repo, thread = call.issue("write")
    may_label(call, repo)
    call.hub.remove_label(actor=call.actor.login, repo=repo.full_name, number=thread.number, name=call.params["name"])
    return Answer(body=render.labels(call.hub, repo, thread))


Place = tuple[Repository, list[Reaction], dict[str, int]]


def _on_thread(call: Call, level: str) -> Place:
    repo, thread = call.issue(level)
    return repo, thread.reactions, {"number": thread.number}


def _on_comment(call: Call, level: str) -> Place:
    repo, _, comment = issue_comment(call, level)
    return repo, comment.reactions, {"comment": comment.id}


def _reaction_routes(path: str, find: Callable[[Call, str], Place]) -> None:
    """The three reaction endpoints, which threads and comments share."""

    @routes.add("GET", path)
    def list_reactions(call: Call) -> Answer:
        _, reactions, _ = find(call, "read")
        wanted = call.query.get("content")
        found = [item for item in reactions if wanted in (None, item.content)]
        return page(call, found, lambda item: render.reaction(call.hub, item))

    @routes.add("POST", path)
    def create_reaction(call: Call) -> Answer:
        repo, reactions, place = find(call, "write")
        before = len(reactions)
        item = call.hub.react(
            actor=call.actor.login,
            repo=repo.full_name,
            content=call.body(NewReaction).content,
            number=place.get("number"),
            comment=place.get("comment"),
        )
        return Answer(201 if len(reactions) > before else 200, render.reaction(call.hub, item))

    @routes.add("DELETE", f"{path}/{{reaction}}")
    def delete_reaction(call: Call) -> Answer:
        repo, reactions, place = find(call, "write")
        wanted = call.number("reaction")
        if any(item.id == wanted and item.author != call.actor.login for item in reactions):
            raise Refusal(403, "Must be the author of the reaction.")
        call.hub.unreact(repo=repo.full_name, reaction=wanted, number=place.get("number"), comment=place.get("comment"))
        return Answer(204)


_reaction_routes(f"{ISSUES}/comments/{{id}}/reactions", _on_comment)
_reaction_routes(f"{ISSUES}/{{number}}/reactions", _on_thread)


def _choices(call: Call) -> LabelChoices:
    """GitHub takes {"labels": [...]} and, less politely, the bare list or one name."""
    if isinstance(call.json, list):
        call = replace(call, json={"labels": call.json})
    return call.body(LabelChoices)
