"""The drafts page: what waits for a person, and what they make of it: accept, edit, decline, take a decline back.

Looking changes nothing; a decision is a POST that only our own page in this browser can make, and leads back to the
page. The outbox decides who came first, so two people cannot write twice. Each decision is an Act in the ledger, with
the difference that a person made, for the teammate to learn from.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex
from typing import Annotated, Literal, Protocol, cast

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel

from app.domain.act import Act, ActKind
from app.domain.draft import DECLINE_REASONS, DECLINED, DeclineReason, Draft, Queue
from app.domain.effect import CommentPayload
from app.pages import Pages, query
from app.ports import Bell, Ledger, Outbox
from app.teammate.guard import LinkPolicy
from app.web.door import Seal
from app.web.edits import Edited, as_github, difference, edited
from app.web.forms import Forms
from app.web.pages import LARGEST_ID, whole

log = structlog.get_logger("web.drafts")

PAGE = 50
COOKIE = "plumbline_drafts"
ACTOR = "drafts page"
"""Who decided, in the ledger: the page knows no logins, and no login holds a space."""
LONGEST_WORDS = 500
REASONS: Mapping[DeclineReason, str] = {
    "good": "right, but not needed",
    "irrelevant": "not about this",
    "incorrect": "wrong",
    "verbose": "too long",
    "hallucination": "made up",
    "other": "something else",
}
PLACES = {"issue": "issues", "pull_request": "pull", "discussion": "discussions"}

JUDGING = frozenset({"accept", "decline", "restore"})
WORDING = JUDGING | {"edit", "preview"}
Told = Literal["", "late", "changed"]


class Drafts(Protocol):
    """What the page reads, and how a decline is taken back; see `app.store.drafts`."""

    async def waiting(
        self,
        *,
        repository: str | None = None,
        skill: str | None = None,
        before: tuple[int, int] | None = None,
        limit: int = 50,
    ) -> list[Draft]: ...
    async def one(self, effect_id: int) -> Draft | None: ...
    async def queue(self) -> Queue: ...
    async def restore(self, effect_id: int) -> bool: ...


@dataclass(frozen=True, slots=True)
class DraftDesk:
    """What the page needs of the rest of the house. `secrets` are literals that must never leave."""

    drafts: Drafts
    outbox: Outbox
    ledger: Ledger
    bell: Bell
    web_origin: str
    secrets: Sequence[str] = ()


class Chosen(BaseModel):
    """The query of `/drafts`. `about` is the draft that was decided last, `told` what to say of it besides."""

    repository: str = ""
    skill: str = ""
    before: str = ""
    about: str = ""
    told: Told = ""

    @property
    def place(self) -> tuple[int, int] | None:
        run, _, effect = self.before.partition("-")
        numbers = whole(run, LARGEST_ID), whole(effect, LARGEST_ID)
        return cast("tuple[int, int]", numbers) if all(numbers) else None


@dataclass(frozen=True, slots=True)
class Editing:
    """A draft whose editor is open: what is in it, and what the guard made of that."""

    id: int
    result: Edited
    preview: bool


class _Room:
    """The page: what it takes from a browser and what it shows there."""

    def __init__(self, desk: DraftDesk, seal: Seal, pages: Pages) -> None:
        self.desk = desk
        self._forms = Forms(seal, COOKIE, "/drafts")
        self._pages = pages

    async def form_of(self, request: Request) -> dict[str, str] | None:
        """The fields of a form that this browser got from us; None for any other."""
        return await self._forms.read(request)

    async def show(
        self, request: Request, chosen: Chosen, shown: Sequence[Draft], editing: Editing | None = None
    ) -> Response:
        browser = self._forms.browser(request)
        waiting = await self.desk.drafts.queue()
        about = whole(chosen.about, LARGEST_ID)
        last = shown[-1] if len(shown) == PAGE else None
        filters = chosen.model_dump(include={"repository", "skill"})
        answer = self._pages.page(
            "drafts.html",
            here="/drafts",
            drafts=shown,
            queue=waiting,
            editing=editing,
            chosen=chosen,
            filters=(
                ("repository", chosen.repository, waiting.repositories),
                ("skill", chosen.skill, waiting.skills),
            ),
            notice=await self.desk.drafts.one(about) if about else None,
            next_page=f"/drafts?{query(filters | {'before': f'{last.run_id}-{last.id}'})}" if last else "",
            token=self._forms.token(browser),
            reasons=REASONS,
            as_github=as_github,
            difference=difference,
            told=told,
            link=lambda draft: _link(self.desk.web_origin, draft),
        )
        return self._forms.keep(request, answer, browser)

    def say(self, status: int, title: str, sentence: str) -> Response:
        return self._pages.page("drafts_message.html", status=status, here="/drafts", title=title, sentence=sentence)


def drafts_router(desk: DraftDesk, seal: Seal, pages: Pages) -> APIRouter:
    """GET /drafts; POST /drafts/{id}/accept, edit, preview, decline and restore."""
    router, room = APIRouter(include_in_schema=False), _Room(desk, seal, pages)

    @router.get("/drafts")
    async def drafts(request: Request, chosen: Annotated[Chosen, Query()]) -> Response:
        shown = await desk.drafts.waiting(
            repository=chosen.repository or None, skill=chosen.skill or None, before=chosen.place, limit=PAGE
        )
        return await room.show(request, chosen, shown)

    @router.post("/drafts/{effect_id}/{verb}")
    async def judged(request: Request, effect_id: str, verb: str) -> Response:
        form = await room.form_of(request)
        if form is None:
            sentence = "This form was not sent from this page in this browser, or is half a day old. Nothing was done."
            return room.say(403, "Open the page again", sentence)
        number = whole(effect_id, LARGEST_ID)
        draft = await desk.drafts.one(number) if number else None
        if draft is None or verb not in (WORDING if draft.payload.kind == "comment" else JUDGING):
            return room.say(404, "No such draft", "It may belong to an installation whose data was deleted.")
        chosen = Chosen(repository=form.get("repository", ""), skill=form.get("skill", ""), about=str(draft.id))
        outcome = await _judge(desk, draft, verb, form)
        if isinstance(outcome, Editing):
            return await room.show(request, chosen.model_copy(update={"about": ""}), [draft], outcome)
        return RedirectResponse(f"/drafts?{query(chosen.model_dump() | {'told': outcome})}", 303)

    return router


async def _judge(desk: DraftDesk, draft: Draft, verb: str, form: Mapping[str, str]) -> Told | Editing:
    """Do what a person decided, and what to tell them; or their words, where they are to look at those again."""
    if verb == "restore":
        return "" if await _restore(desk, draft) else "late"
    if draft.state != "draft":
        return "late"
    if form.get("revision") != str(draft.revision):
        return "changed"
    if verb == "decline":
        return "" if await _decline(desk, draft, form) else "late"
    body = None
    if verb != "accept" and isinstance(draft.payload, CommentPayload):
        policy = LinkPolicy(origin=desk.web_origin, repository=draft.thread.repository.name)
        result = edited(form.get("body", ""), draft.payload.body, policy, desk.secrets)
        if verb == "preview" or result.problem or result.changes:
            return Editing(draft.id, result, preview=verb == "preview")
        body = None if result.body == draft.payload.body.strip() else result.body
    return "" if await _accept(desk, draft, body) else "late"


async def _accept(desk: DraftDesk, draft: Draft, body: str | None) -> bool:
    """Plan it, in a person's own words where there are any; False where somebody decided before."""
    if not await desk.outbox.accept(draft.id, body):
        return False
    before = draft.payload.body if isinstance(draft.payload, CommentPayload) else ""
    await _record(
        desk,
        draft,
        "draft_accepted" if body is None else "draft_edited",
        "" if body is None else difference(before, body),
    )
    with suppress(Exception):  # the bell only hurries: a sweeper finds what it was not rung for
        await desk.bell.effects([draft.id])
    return True


async def _decline(desk: DraftDesk, draft: Draft, form: Mapping[str, str]) -> bool:
    given = form.get("reason", "")
    reason = given if given in DECLINE_REASONS else "other"
    words = " ".join(form.get("words", "").split())[:LONGEST_WORDS]
    detail = f"{reason}: {words}" if words else reason
    if not await desk.outbox.decline(draft.id, detail):
        return False
    await _record(desk, draft, "draft_declined", detail)
    return True


async def _restore(desk: DraftDesk, draft: Draft) -> bool:
    if not await desk.drafts.restore(draft.id):
        return False
    await _record(desk, draft, "command", "the decline was taken back")
    return True


async def _record(desk: DraftDesk, draft: Draft, kind: ActKind, detail: str) -> None:
    """Each decision is an act of its own: a decline that was taken back may be followed by another."""
    act = Act(
        id=f"draft:{draft.id}:{token_hex(6)}",
        kind=kind,
        actor=ACTOR,
        by="person",
        subject=str(draft.id),
        detail=detail,
        at=datetime.now(UTC),
    )
    await desk.ledger.record(draft.thread, [act])
    log.info(kind, effect=draft.id, run=draft.run_id)


def told(draft: Draft, late: Told) -> str:
    """What became of a draft, as a sentence."""
    if late == "changed" and draft.state == "draft":
        return "A newer run has changed this draft since you saw it. Nothing was done; it is below as it is now."
    match draft.state:
        case "draft":
            now = "It waits again."
        case "done":
            now = "It is written."
        case "planned" | "sending" | "unknown":
            now = "Accepted. It is on its way."
        case "parked" | "dead":
            now = f"Accepted, but it could not be written: {draft.reason}."
        case "skipped" if draft.reason.startswith(DECLINED):
            now = f"Declined as {draft.reason.removeprefix(DECLINED)}."
        case "skipped":
            now = f"It was not written: {draft.reason}."
    return f"Somebody decided before you. {now}" if late else now


def _link(web_origin: str, draft: Draft) -> str:
    return f"{web_origin}/{draft.thread.repository.name}/{PLACES[draft.thread.kind]}/{draft.thread.number}"
