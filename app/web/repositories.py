"""What the teammate would do in each repository, for whoever runs it: /repositories and /repositories/OWNER/NAME."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from app.domain.summary import Summary
from app.domain.worth import Advice, Worth
from app.pages import Pages

ACTIONS = {
    "labels": "Labels",
    "duplicates": "Duplicates",
    "needs_info": "Asking for what is missing",
    "answers": "Answers",
    "pull_requests": "Pull requests",
}
PROPOSED = {
    "auto": "switch on",
    "draft": "keep as drafts",
    "off": "leave off",
    "unknown": "too little history",
}


ADVISED: dict[Advice, str] = {
    "young": "",
    "useful": "",
    "idle": "It runs often and does next to nothing here. Let it do more, or put mode: off into the settings.",
    "unwelcome": "People undo or dislike more of it than they welcome. Put mode: off into the settings, or "
    "mode: draft until its failures are mended.",
}


def repositories_router(
    summaries: Callable[[], Awaitable[dict[int, Summary]]],
    worth: Callable[[str], Awaitable[Worth | None]],
    pages: Pages,
) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/repositories")
    async def repositories() -> HTMLResponse:
        found = sorted((await summaries()).values(), key=lambda one: one.repository.lower())
        return pages.page(
            "repositories.html", here="/repositories", summaries=found, actions=ACTIONS, proposed=PROPOSED
        )

    @router.get("/repositories/{owner}/{name}")
    async def repository(owner: str, name: str) -> HTMLResponse:
        wanted = f"{owner}/{name}".lower()
        found = next((one for one in (await summaries()).values() if one.repository.lower() == wanted), None)
        if found is None:
            sentence = (
                f"There is no summary of {owner:.60}/{name:.100} yet. A repository gets one within minutes of being "
                "read, which begins when the App is installed there."
            )
            return pages.page("message.html", status=404, here="/repositories", title="No summary", sentence=sentence)
        month = await worth(found.repository)
        return pages.page(
            "repository.html",
            here="/repositories",
            one=found,
            actions=ACTIONS,
            proposed=PROPOSED,
            month=month,
            advised=ADVISED[month.advice] if month else "",
        )

    return router
