"""The pages people look at: home, runs, one run. They read through `ports.History` and write nothing."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, field_validator

from app.domain.history import RunFilter
from app.pages import Pages, query, static
from app.ports import History

PLACES = (
    ("Home", "/"),
    ("Runs", "/runs"),
    ("Drafts", "/drafts"),
    ("Failures", "/failures"),
    ("Cases", "/cases"),
    ("Repositories", "/repositories"),
    ("Setup", "/setup"),
)
PAGE = 50
LARGEST_ID = 2**63 - 1
LARGEST_NUMBER = 2**31 - 1


class Wanted(BaseModel):
    """The query of `/runs`; an empty field of the form means any, and so does a number that can be none."""

    repository: str = ""
    number: int | None = None
    skill: str = ""
    prompt: str = ""
    outcome: str = ""
    before: int | None = None

    @field_validator("number", mode="before")
    @classmethod
    def _thread_number(cls, text: str) -> int | None:
        return whole(text, LARGEST_NUMBER)

    @field_validator("before", mode="before")
    @classmethod
    def _run_id(cls, text: str) -> int | None:
        return whole(text, LARGEST_ID)

    def filter(self) -> RunFilter:
        return RunFilter(
            repository=self.repository or None,
            number=self.number,
            skill=self.skill or None,
            prompt=self.prompt or None,
            outcome=self.outcome or None,
        )


def site(playground_url: str = "") -> Pages:
    """The frame that all pages of the product share."""
    places = (*PLACES, *((("Playground", playground_url),) if playground_url else ()))
    return Pages(Path(__file__).parent / "templates", site="Plumbline", places=places, playground_url=playground_url)


def pages_router(history: History, pages: Pages) -> APIRouter:
    """GET /, /runs, /runs/{id} and the static files."""
    router = APIRouter(include_in_schema=False)

    @router.get("/static/{name}")
    async def static_file(name: str) -> Response:
        return static(name)

    @router.get("/")
    async def home() -> HTMLResponse:
        return pages.page(
            "home.html",
            here="/",
            today=await history.day(),
            runs=await history.runs(RunFilter(), limit=8),
            nothing="No run yet. Open an issue in a repository where the App is installed.",
        )

    @router.get("/runs")
    async def runs(wanted: Annotated[Wanted, Query()]) -> HTMLResponse:
        rows = await history.runs(wanted.filter(), before_id=wanted.before, limit=PAGE)
        known = await history.facets()
        older = query(wanted.model_dump(exclude={"before"}) | {"before": rows[-1].id}) if len(rows) == PAGE else ""
        return pages.page(
            "runs.html",
            here="/runs",
            runs=rows,
            filters=(
                ("repository", wanted.repository, known.repositories),
                ("skill", wanted.skill, known.skills),
                ("prompt", wanted.prompt, known.prompts),
                ("outcome", wanted.outcome, known.outcomes),
            ),
            number=wanted.number,
            filtered=wanted.filter() != RunFilter(),
            next_page=f"/runs?{older}" if older else "",
            nothing="No run matches.",
        )

    @router.get("/runs/{run_id}")
    async def run(run_id: str) -> HTMLResponse:
        number = whole(run_id, LARGEST_ID)
        found = await history.run(number) if number is not None else None
        if found is None:
            sentence = f"There is no run {run_id[:40]}. It may belong to an installation whose data was deleted."
            return pages.page("message.html", status=404, here="/runs", title="No such run", sentence=sentence)
        return pages.page("run.html", here="/runs", run=found, spans=bars(found.spans))

    return router


def whole(text: str, largest: int) -> int | None:
    """The number that `text` is, if the database can hold such a one."""
    number = int(text) if text.isdecimal() and len(text) <= 19 else 0
    return number if 1 <= number <= largest else None


def bars(spans: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Spans with `left` and `width` in percent of the whole, for drawing; the narrowest is still visible."""
    end = max((span["start_ms"] + span["duration_ms"] for span in spans), default=0.0) or 1.0
    return [
        span
        | {
            "left": round(100 * span["start_ms"] / end, 2),
            "width": round(max(100 * span["duration_ms"] / end, 0.8), 2),
        }
        for span in spans
    ]
