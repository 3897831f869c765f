"""The cases page: what the teammate got wrong, for people to accept, correct or reject as an exam question.

Looking changes nothing. Whoever judges says their name once, because the page has no accounts; a name is not checked,
it only tells two people's verdicts apart. Who gives a second opinion is not shown the first.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, cast, get_args

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, field_validator

from app.domain.case import Case, CaseState, Judgement, JudgementVerdict
from app.domain.failure import CATALOGUE, ModeName
from app.domain.signal import Wanted
from app.pages import Pages, query
from app.ports import CaseFilter, Cases
from app.teammate.cases.agreement import agreements
from app.teammate.redact import redact
from app.web.door import Seal
from app.web.edits import as_github
from app.web.forms import Forms
from app.web.pages import LARGEST_ID, LARGEST_NUMBER, whole

log = structlog.get_logger("web.cases")

PAGE = 25
COOKIE, JUDGE = "plumbline_cases", "plumbline_judge"
JUDGE_LIFE_S = 365 * 86_400
LONGEST_NAME, LONGEST_BODY, LONGEST_NOTE, MOST_LABELS = 60, 20_000, 500, 20

Show = Literal["waiting", "second", "accepted", "rejected", "harvested"]
SHOWN: Mapping[Show, str] = {
    "waiting": "nobody has judged yet",
    "second": "others have judged, you have not",
    "accepted": "accepted",
    "rejected": "rejected",
    "harvested": "in a dataset",
}
_STATES: Mapping[Show, CaseState] = {
    "waiting": "proposed",
    "accepted": "accepted",
    "rejected": "rejected",
    "harvested": "harvested",
}
_VERBS: Mapping[str, JudgementVerdict] = {"accept": "accept", "correct": "correct", "reject": "reject"}
_DONE: Mapping[str, str] = {"accept": "Accepted", "correct": "Accepted as you corrected it", "reject": "Rejected"}


@dataclass(frozen=True, slots=True)
class CaseDesk:
    """What the page needs of the rest of the house. `secrets` are literals that must never be kept."""

    cases: Cases
    secrets: Sequence[str] = ()


class Chosen(BaseModel):
    """The query of `/cases`; what it says wrongly counts as not said. `about` is the case that was judged last."""

    show: Show = "waiting"
    mode: str = ""
    mine: bool = False
    twins: bool = False
    after: str = ""
    about: str = ""

    @field_validator("show", mode="before")
    @classmethod
    def _known(cls, text: str) -> str:
        return text if text in SHOWN else "waiting"

    @field_validator("mine", "twins", mode="before")
    @classmethod
    def _switch(cls, text: str) -> bool:
        return text == "true"


@dataclass(frozen=True, slots=True)
class Typed:
    """A correction that cannot be taken as it is: what was typed, and what is wrong with it."""

    id: int
    form: Mapping[str, str]
    problem: str


class _Room:
    """The page: what it takes from a browser and what it shows there."""

    def __init__(self, desk: CaseDesk, seal: Seal, pages: Pages) -> None:
        self.desk = desk
        self.forms = Forms(seal, COOKIE, "/cases")
        self._seal = seal
        self._pages = pages

    def judge_of(self, request: Request) -> str:
        """The name that was said in this browser; empty before."""
        held = self._seal.open(JUDGE, request.cookies.get(JUDGE, ""))
        return str(held["name"]) if held else ""

    def remember(self, request: Request, answer: Response, name: str) -> None:
        value = self._seal.close(JUDGE, {"name": name}, life_s=JUDGE_LIFE_S)
        secure = request.url.scheme == "https"
        answer.set_cookie(
            JUDGE, value, max_age=JUDGE_LIFE_S, path="/cases", httponly=True, samesite="lax", secure=secure
        )

    async def show(
        self, request: Request, chosen: Chosen, typed: Typed | None = None, only: Case | None = None
    ) -> Response:
        browser, judge = self.forms.browser(request), self.judge_of(request)
        said = await self.desk.cases.judgements()
        shown = [only] if only else await self._found(chosen, judge, said)
        about = whole(chosen.about, LARGEST_ID)
        last = shown[-1].id if len(shown) == PAGE else None
        answer = self._pages.page(
            "cases.html",
            here="/cases",
            cases=shown,
            counts=await self.desk.cases.count(),
            chosen=chosen,
            shown_as=SHOWN,
            modes=CATALOGUE,
            judge=judge,
            said={case.id: [one for one in said if one.case_id == case.id] for case in shown},
            agreements=agreements(said),
            typed=typed,
            notice=await self.desk.cases.case(about) if about else None,
            own=next((one for one in said if one.case_id == about and one.judge == judge), None),
            done=_DONE,
            next_page=f"/cases?{_kept(chosen, about='', after=str(last))}" if last else "",
            token=self.forms.token(browser),
            as_github=as_github,
            wishes=wishes,
            question=question,
            pretty=pretty,
        )
        return self.forms.keep(request, answer, browser)

    async def _found(self, chosen: Chosen, judge: str, said: Sequence[Judgement]) -> list[Case]:
        after = whole(chosen.after, LARGEST_ID) or 0
        if chosen.show == "second":
            mine = {one.case_id for one in said if one.judge == judge}
            ids = sorted({one.case_id for one in said if one.case_id > after} - mine)
            found = [await self.desk.cases.case(case_id) for case_id in ids[:PAGE]]
            return [one for one in found if one is not None]
        wanted = CaseFilter(
            state=_STATES[chosen.show],
            mode=cast("ModeName", chosen.mode) if chosen.mode in get_args(ModeName) else None,
            assignee=judge if chosen.mine and judge else None,
            twins=chosen.twins,
        )
        return await self.desk.cases.find(wanted, after_id=after, limit=PAGE)

    def say(self, status: int, title: str, sentence: str) -> Response:
        return self._pages.page("cases_message.html", status=status, here="/cases", title=title, sentence=sentence)


def cases_router(desk: CaseDesk, seal: Seal, pages: Pages) -> APIRouter:
    """GET /cases; POST /cases/name, and /cases/{id}/accept, correct, reject, assign and undo."""
    router, room = APIRouter(include_in_schema=False), _Room(desk, seal, pages)

    @router.get("/cases")
    async def cases(request: Request, chosen: Annotated[Chosen, Query()]) -> Response:
        return await room.show(request, chosen)

    @router.post("/cases/name")
    async def name(request: Request) -> Response:
        form = await room.forms.read(request)
        if form is None:
            return _forged(room)
        answer = RedirectResponse("/cases", 303)
        room.remember(request, answer, _line(form.get("name", ""), LONGEST_NAME))
        return answer

    @router.post("/cases/{case_id}/{verb}")
    async def judged(request: Request, case_id: str, verb: str) -> Response:
        form, judge = await room.forms.read(request), room.judge_of(request)
        if form is None:
            return _forged(room)
        if not judge:
            return room.say(403, "Say who you are first", "The cases page asks for a name before the first verdict.")
        number = whole(case_id, LARGEST_ID)
        case = await desk.cases.case(number) if number else None
        if case is None or verb not in (*_VERBS, "assign", "undo"):
            return room.say(404, "No such case", "What it was about may have been deleted on GitHub.")
        kept = {"mode": form.get("only", ""), **{name: form.get(name, "") for name in ("show", "mine", "twins")}}
        chosen = Chosen.model_validate(kept)
        problem = await _act(desk, case, verb, judge, form)
        if problem:
            return await room.show(request, chosen, Typed(case.id, form, problem), case)
        return RedirectResponse(f"/cases?{_kept(chosen, about=str(case.id))}", 303)

    return router


async def _act(desk: CaseDesk, case: Case, verb: str, judge: str, form: Mapping[str, str]) -> str:
    """Do what a person decided; what is wrong with their correction, if anything."""
    if verb == "undo":
        await desk.cases.unjudge(case.id, judge)
    elif verb == "assign":
        await desk.cases.assign(case.id, _line(form.get("assignee", ""), LONGEST_NAME))
    else:
        mode, wanted = None, None
        if verb == "correct":
            mode = form["mode"] if form.get("mode") in get_args(ModeName) else case.mode
            wanted = _wanted(form, desk.secrets)
            if isinstance(wanted, str):
                return wanted
        note = redact(_line(form.get("note", ""), LONGEST_NOTE), desk.secrets)
        judgement = Judgement(
            case_id=case.id,
            judge=judge,
            verdict=_VERBS[verb],
            mode=cast("ModeName | None", mode),
            wanted=wanted,
            note=note,
            at=datetime.now(UTC),
        )
        await desk.cases.judge(judgement)
    log.info("case_judged", case=case.id, verb=verb)
    return ""


def _wanted(form: Mapping[str, str], secrets: Sequence[str]) -> Wanted | str:
    """What would have been right, as it was typed; or a sentence on what cannot be."""
    on, off = (tuple(_labels(form.get(name, ""))) for name in ("labels_on", "labels_off"))
    if both := {name.casefold() for name in on} & {name.casefold() for name in off}:
        return f"The label {min(both)} cannot be both right and wrong."
    if len(on) > MOST_LABELS or len(off) > MOST_LABELS:
        return f"At most {MOST_LABELS} labels can be right or wrong."
    numbers: list[int | None] = []
    for name in ("duplicate_of", "not_duplicate_of"):
        text = form.get(name, "").strip().removeprefix("#")
        numbers.append(whole(text, LARGEST_NUMBER))
        if text and numbers[-1] is None:
            return f"{text[:40]} is no number of a thread, such as 12."
    body = redact(form.get("body", "").replace("\r\n", "\n").strip(), secrets)
    if len(body) > LONGEST_BODY:
        return f"That answer has {len(body):,} characters; at most {LONGEST_BODY:,} are kept."
    silence = form.get("silence") == "on"
    if silence and (body or on or any(numbers)):
        return "Nothing at all would have been right, and something: choose one of them."
    return Wanted(
        labels_on=on,
        labels_off=off,
        duplicate_of=numbers[0],
        not_duplicate_of=numbers[1],
        silence=silence,
        body=body,
    )


def wishes(wanted: Wanted | None) -> list[tuple[str, Sequence[str]]]:
    """What a person did instead, for the page: words, and the labels they are about."""
    if wanted is None:
        return []
    found: list[tuple[str, Sequence[str]]] = []
    if wanted.silence:
        found.append(("Nothing should have been said or done.", ()))
    if wanted.labels_on:
        found.append(("Put on", wanted.labels_on))
    if wanted.labels_off:
        found.append(("Took off", wanted.labels_off))
    if wanted.duplicate_of:
        found.append((f"Named #{wanted.duplicate_of} as the original.", ()))
    if wanted.not_duplicate_of:
        found.append((f"Said that it is no duplicate of #{wanted.not_duplicate_of}.", ()))
    return found


def question(case: Case) -> str:
    """What was asked, without the title that stands above it."""
    title, body, asked = (str(case.snapshot.get(name) or "") for name in ("title", "body", "question"))
    return body if asked in (title, f"{title}\n\n{body}", "") else asked


def pretty(snapshot: Mapping[str, Any]) -> str:
    """What there is in it, as JSON."""
    there = {name: value for name, value in snapshot.items() if value not in (None, "", [], {})}
    return json.dumps(there, indent=1, ensure_ascii=False)


def _labels(text: str) -> list[str]:
    return list(dict.fromkeys(name for part in text.split(",") if (name := _line(part, 100))))


def _line(text: str, longest: int) -> str:
    return " ".join(text.split())[:longest]


def _kept(chosen: Chosen, **changed: Any) -> str:
    """The query of the page that follows; what is as it is anyway is left out."""
    values = chosen.model_dump(exclude_defaults=True) | changed
    return query({name: "true" if value is True else value for name, value in values.items()})


def _forged(room: _Room) -> Response:
    sentence = "This form was not sent from this page in this browser, or is half a day old. Nothing was done."
    return room.say(403, "Open the page again", sentence)
