"""What the forms of the playground's pages do: a posted form becomes one verb of the hub, in somebody's name.

The hub lets anyone do anything, since tests need that. Here the rules of GitHub hold, so that a visitor sees what an
outsider may not do. A form that cannot be carried out is a Refusal, whose sentence the page shows above the kept input.
"""

from dataclasses import dataclass, field
from math import isfinite
from urllib.parse import quote, unquote, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from app.playground.faults import RATED, Faults
from app.playground.hub import Hub
from app.playground.model import CONTENTS, Comment, Refusal, Repository, Thread
from app.playground.pages_view import trusted
from app.playground.rest_suggestions import approve, dismiss, find_suggestion

COOKIE = "playground_person"
RATES = (*RATED, "listing_lag", "event_loss", "event_duplicate")


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form as text; what was not sent is empty. A line ends in a newline alone."""

    fields: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")

    def number(self, name: str) -> int | None:
        """A field that holds an id; None where it is empty, Refusal 422 where it is no number."""
        text = self[name]
        if text and not (text.isdecimal() and len(text) < 19):
            raise Refusal(422, f"{name} must be a number")
        return int(text) if text else None


async def posted(request: Request) -> Form:
    """Refusal 403 for a form that a page of another site sent: browsers say where a form comes from."""
    if not same_origin(request):
        raise Refusal(403, "This form was sent from another site, so nothing was done.")
    async with request.form() as form:
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
    return Form({name: value.replace("\r\n", "\n") for name, value in fields.items()})


def same_origin(request: Request) -> bool:
    """By Fetch Metadata, else by Origin. A client that sends neither is no browser, and carries nobody's cookie."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def remembered(request: Request) -> str:
    return unquote(request.cookies.get(COOKIE, ""))


def remember(answer: Response, login: str) -> None:
    """Quoted, because logins of bots have brackets and those of replayed people may hold anything."""
    answer.set_cookie(COOKIE, quote(login), max_age=31_536_000, httponly=True, samesite="lax")


def speaker(hub: Hub, login: str) -> str:
    """The login a form speaks for, which must be somebody's other than the teammate's."""
    person = hub.find_person(login)
    if person is None or person.kind == "Organization" or person.login == hub.state.app.login:
        raise Refusal(422, f"Nobody here is called {login:.40}; choose one of the people in the list.")
    return person.login


# --- threads ---


def open_thread(hub: Hub, repo: Repository, actor: str, form: Form) -> Thread:
    name, title, body = repo.full_name, form["title"], form["body"]
    match form["kind"]:
        case "issue":
            return hub.open_thread(actor=actor, repo=name, title=title, body=body)
        case "discussion":
            category = form["category"] or "General"
            return hub.open_thread(actor=actor, repo=name, title=title, body=body, kind="discussion", category=category)
        case "pull_request":
            if not title.strip():
                raise Refusal(422, "Title is missing")
            path = _file_path(hub, repo, form)
            return hub.open_pull_request(actor=actor, repo=name, title=title, body=body, files={path: form["content"]})
        case other:
            raise Refusal(422, f"{other or 'nothing'} is no kind of thread; choose issue, discussion or pull request.")


def _file_path(hub: Hub, repo: Repository, form: Form) -> str:
    """The path that a pull request changes, if a repository could hold such a file and it would change."""
    path = form["path"].strip()
    parts = path.split("/")
    files = hub.files(repo, repo.branches[repo.default_branch])
    if not all(parts) or {".", "..", ".git"} & set(parts) or not path.isprintable():
        raise Refusal(422, "Path must name a file like docs/guide.md.")
    folders = {"/".join(parts[:depth]) for depth in range(1, len(parts))}
    if folders & files.keys() or any(known.startswith(f"{path}/") for known in files):
        raise Refusal(422, f"{path:.80} would be a file and a folder at once; choose another path.")
    if files.get(path) == form["content"]:
        raise Refusal(422, f"{path:.80} holds exactly this already; change something in it.")
    return path


def perform(hub: Hub, repo: Repository, thread: Thread, actor: str, form: Form) -> str:
    """Do what a form on a thread's page asks for; the anchor on the page where its result is."""
    name, number = repo.full_name, thread.number
    match form["verb"]:
        case "comment":
            return _comment(hub, repo, thread, actor, form)
        case "feel" if form["unreact"]:
            hub.unreact(repo=name, reaction=form.number("unreact") or 0, **_target(thread, form))
            return _anchor(form)
        case "feel":
            content = next((one for one in CONTENTS if one == form["react"]), None)
            if content is None:
                raise Refusal(422, f"A reaction is one of {', '.join(CONTENTS)}.")
            hub.react(actor=actor, repo=name, content=content, **_target(thread, form))
            return _anchor(form)
        case "edit_comment":
            comment = _own_comment(hub, repo, actor, form)
            hub.edit_comment(actor=actor, repo=name, comment=comment.id, body=form["body"])
            return _anchor(form)
        case "delete_comment":
            hub.delete_comment(actor=actor, repo=name, comment=_own_comment(hub, repo, actor, form).id)
            return ""
        case "label" | "unlabel" | "approve" | "dismiss":
            _permit(hub, repo, actor, to="label here")
            _label(hub, repo, thread, actor, form)
        case "edit":
            _permit(hub, repo, actor, author=thread.author, to="edit this")
            hub.edit_thread(actor=actor, repo=name, number=number, title=form["title"], body=form["body"])
        case other:
            raise Refusal(422, f"This page has no form that does {other or 'nothing'!r:.40}.")
    return ""


def _label(hub: Hub, repo: Repository, thread: Thread, actor: str, form: Form) -> None:
    """Put a label on or take it off, or decide about one that the teammate suggested."""
    match form["verb"]:
        case "label":
            hub.add_labels(actor=actor, repo=repo.full_name, number=thread.number, names=[form["label"]])
        case "unlabel":
            hub.remove_label(actor=actor, repo=repo.full_name, number=thread.number, name=form["label"])
        case "approve":
            approve(hub, repo, thread, actor, find_suggestion(thread, form.number("suggestion") or 0))
        case _:
            dismiss(hub, actor, find_suggestion(thread, form.number("suggestion") or 0))


def _comment(hub: Hub, repo: Repository, thread: Thread, actor: str, form: Form) -> str:
    """Comment, close or reopen, or a comment and then one of the two."""
    name, number, then = repo.full_name, thread.number, form["then"]
    if then:
        _permit(hub, repo, actor, author=thread.author, to=f"{then} this")
    anchor = "write"
    if form["body"].strip() or not then:
        parent = form.number("parent")
        made = hub.comment(actor=actor, repo=name, number=number, body=form["body"], parent=parent)
        anchor = f"issuecomment-{made.id}"
    if then == "close":
        hub.close(
            actor=actor,
            repo=name,
            number=number,
            reason="not_planned" if form["reason"] == "not_planned" else "completed",
        )
    elif then == "reopen":
        hub.reopen(actor=actor, repo=name, number=number)
    return anchor


def _target(thread: Thread, form: Form) -> dict[str, int]:
    comment = form.number("comment")
    return {"number": thread.number} if comment is None else {"comment": comment}


def _anchor(form: Form) -> str:
    return f"issuecomment-{form['comment']}" if form["comment"] else "top"


def _own_comment(hub: Hub, repo: Repository, actor: str, form: Form) -> Comment:
    comment = hub.find_comment(repo, form.number("comment") or 0)
    _permit(hub, repo, actor, author=comment.author, to="change this comment")
    return comment


def _permit(hub: Hub, repo: Repository, actor: str, *, to: str, author: str = "") -> None:
    if actor != author and not trusted(hub, repo, actor):
        whom = "its author and people" if author else "people"
        raise Refusal(403, f"{actor} may not {to}: only {whom} who look after {repo.full_name} may.")


# --- faults ---


def percents(faults: Faults) -> dict[str, float]:
    """The faults as their form shows them: rates in percent, measures in seconds."""
    values = faults.model_dump(exclude={"next"})
    return values | {name: 100 * values[name] for name in RATES}


def faults_from(form: Form) -> Faults:
    """What the form asks for. ValueError where a field is no number, pydantic's where one is out of range."""
    numbers = {name: float(form[name] or 0) for name in Faults.model_fields if name != "next"}
    if not all(map(isfinite, numbers.values())):
        raise ValueError("infinity and NaN are no measures")
    return Faults.model_validate(numbers | {name: numbers[name] / 100 for name in RATES})
