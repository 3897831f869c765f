"""The pages of failures: what goes wrong how often, since which release, what has no name yet, and the week in one
screen. They read and write nothing.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, get_args

from fastapi import APIRouter, Query
from fastapi.responses import PlainTextResponse, Response
from pydantic import BaseModel

from app.domain.failing import ModeCount
from app.domain.failure import CATALOGUE, ModeName
from app.domain.signal import SignalKind
from app.knowledge.failures.digest import Digest, digest_markdown, percent, sentence, where
from app.knowledge.failures.releases import every_alarm
from app.pages import Pages, query
from app.web.lookout import Failures, Lookout
from app.web.pages import LARGEST_ID, whole

NAMELESS = "unnamed"
"""The address of what has no name yet; no mode is called so."""
WIDTH, HEIGHT = 96, 24
"""Of a sparkline, in its own units."""
SAID: dict[SignalKind, str] = {
    "reaction": "reacted",
    "reply": "replied",
    "label_removed": "took a label off",
    "label_replaced": "replaced a label",
    "label_added": "added a label",
    "duplicate_contradicted": "said it is no duplicate",
    "comment_edited": "edited the comment",
    "comment_hidden": "hid the comment",
    "comment_deleted": "deleted the comment",
    "closed_not_planned": "closed as not planned",
    "draft_edited": "edited the draft",
    "draft_declined": "declined the draft",
    "undo": "said undo",
    "stop": "said stop",
}
"""What people did, in words for a list; anything else is shown by its kind."""


class Chosen(BaseModel):
    """The query of the pages; empty means all."""

    repository: str = ""


def failures_router(failures: Failures, lookout: Lookout, pages: Pages) -> APIRouter:
    """GET /failures, /failures/digest (also as Markdown), /failures/like/{run} and /failures/{mode}."""
    router = APIRouter(include_in_schema=False)

    @router.get("/failures")
    async def overview(chosen: Annotated[Chosen, Query()]) -> Response:
        now, repository = datetime.now(UTC), chosen.repository or None
        look = await lookout.look(chosen.repository)
        counts = {one.mode: one for one in await failures.counts(now, repository=repository)}
        named = [one for one in counts.values() if one.mode]
        return pages.page(
            "failures.html",
            here="/failures",
            chosen=chosen,
            repositories=await failures.repositories(),
            counts=named,
            nameless=counts.get(None),
            quiet=[mode for mode in CATALOGUE.values() if mode.name not in counts],
            catalogue=CATALOGUE,
            look=look,
            alarms=every_alarm(look.releases),
            query=query,
            spark=spark,
            sentence=sentence,
            percent=percent,
        )

    async def digest_of(repository: str) -> Digest:
        now, wanted = datetime.now(UTC), repository or None
        look = await lookout.look(repository)
        return Digest(
            until=now,
            repository=repository,
            week=await failures.week(now, repository=wanted),
            before=await failures.week(now - timedelta(weeks=1), repository=wanted),
            counts=await failures.counts(now, repository=wanted),
            releases=look.releases,
            clusters=look.clusters,
        )

    @router.get("/failures/digest")
    async def digest(chosen: Annotated[Chosen, Query()]) -> Response:
        found = await digest_of(chosen.repository)
        return pages.page(
            "failures_digest.html",
            here="/failures",
            digest=found,
            chosen=chosen,
            repositories=await failures.repositories(),
            catalogue=CATALOGUE,
            sentence=sentence,
            query=query,
        )

    @router.get("/failures/digest.md")
    async def digest_text(chosen: Annotated[Chosen, Query()]) -> Response:
        return PlainTextResponse(digest_markdown(await digest_of(chosen.repository)))

    @router.get("/failures/like/{run_id}")
    async def like(run_id: str) -> Response:
        number = whole(run_id, LARGEST_ID)
        one = await failures.trace(number) if number else None
        if one is None:
            sentence_ = f"There is no run {run_id[:40]}. It may belong to an installation whose data was deleted."
            return pages.page("message.html", status=404, here="/failures", title="No such run", sentence=sentence_)
        return pages.page("failures_like.html", here="/failures", one=one, found=await lookout.like(one))

    @router.get("/failures/{name}")
    async def failure(name: str, chosen: Annotated[Chosen, Query()]) -> Response:
        mode = name_of(name)
        if mode is None and name != NAMELESS:
            told = f"No way to be wrong is called {name[:40]}. All that have a name are on the page of failures."
            return pages.page("message.html", status=404, here="/failures", title="No such failure", sentence=told)
        now, repository = datetime.now(UTC), chosen.repository or None
        counts = await failures.counts(now, repository=repository)
        look = await lookout.look(chosen.repository)
        return pages.page(
            "failure.html",
            here="/failures",
            mode=CATALOGUE[mode] if mode else None,
            chosen=chosen,
            count=next((one for one in counts if one.mode == mode), ModeCount(mode, (0, 0))),
            rows=await failures.newest(mode, repository=repository),
            alarms=[pair for pair in every_alarm(look.releases) if pair[1].mode == mode],
            segments=look.segments.get(mode, ()) if mode else (),
            said=SAID,
            spark=spark,
            percent=percent,
            where=where,
            query=query,
        )

    return router


def name_of(text: str) -> ModeName | None:
    return next((mode for mode in get_args(ModeName) if mode == text), None)


def spark(count: ModeCount) -> list[tuple[float, float, float, float]]:
    """A bar for each week: left, top, width and height. The highest fills the picture; a week with any is visible."""
    most, step = max(count.weeks) or 1, WIDTH / len(count.weeks)
    bars = []
    for place, number in enumerate(count.weeks):
        height = max(2.0, HEIGHT * number / most) if number else 0.0
        bars.append((round(place * step, 2), round(HEIGHT - height, 2), round(step * 0.72, 2), round(height, 2)))
    return bars
