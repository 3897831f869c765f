"""What all pages of the playground share: the frame around them, looking things up, and answering a refusal."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.pages import Pages
from app.playground import pages_forms as forms
from app.playground import pages_view as view
from app.playground.hub import Hub
from app.playground.model import Refusal, Repository, Thread
from app.playground.pages_forms import Form
from app.playground.seed import REPOSITORY

PLACES = (("Home", "/"), ("Deliveries", "/deliveries"), ("People", "/people"), ("Faults", "/faults"))
QUESTIONS = (
    "How do I rotate the webhook secret?",
    "What happens to deliveries while Redis is down?",
    "How do I replay real threads?",
)
"""What a newcomer may ask the teammate about itself, offered where its own repository is."""

Endpoint = Callable[["Site", Request], Awaitable[Response]]


class Site:
    """The hub and its frame. Looking up what is not there is a Refusal, which `guarded` answers."""

    def __init__(self, hub: Hub, product_url: str) -> None:
        self.hub = hub
        self.product_url = product_url
        self._pages = Pages(
            Path(__file__).parent / "templates",
            site="Playground",
            places=PLACES + ((("Teammate", product_url),) if product_url else ()),
            app_login=hub.state.app.login,
            kinds=view.KINDS,
            questions=QUESTIONS,
            own=REPOSITORY,
        )

    def guarded(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint, with a refusal as a page that says so and a moved thread as a redirect to its new place."""

        async def answer(request: Request) -> Response:
            try:
                return await endpoint(self, request)
            except Refusal as refusal:
                if refusal.status == 301:
                    place = refusal.headers["location"].removeprefix(self.hub.base_url).removeprefix("/repos")
                    return RedirectResponse(quote(place), 303)
                title, text = "Not here" if refusal.status in (404, 410) else "Not done", view.sentence(refusal)
                return self.page(request, "message.html", status=refusal.status, title=title, text=text)

        return answer

    def page(
        self, request: Request, template: str, *, status: int = 200, refusal: Refusal | None = None, **values: object
    ) -> Response:
        """A page in its frame. A `refusal` of a form is shown above it and gives the status."""
        repo, thread, form = values.get("repo") or self.default(), values.get("thread"), values.get("form")
        people, viewer = [], ""
        if isinstance(repo, Repository):
            viewer = self.viewer(request, repo, form["person"] if isinstance(form, Form) else "")
            also = [viewer, thread.author] if isinstance(thread, Thread) else [viewer]
            people = view.voices(self.hub, repo, also=also)
        return self._pages.page(
            template,
            status=refusal.status if refusal else status,
            here=request.url.path,
            people=people,
            viewer=viewer,
            notice=view.sentence(refusal) if refusal else "",
            **{"repo": None} | values,
        )

    def default(self) -> Repository | None:
        """The project's own repository, else the first."""
        repos = self.hub.state.repositories
        return repos.get(REPOSITORY) or next(iter(repos.values()), None)

    def repo(self, request: Request) -> Repository:
        full_name = f"{request.path_params['owner']}/{request.path_params['repo']}"
        if full_name.lower() not in self.hub.state.repositories:
            raise Refusal(404, f"There is no repository {full_name:.100} in this playground.")
        return self.hub.repository(full_name)

    def thread(self, request: Request) -> tuple[Repository, Thread]:
        repo = self.repo(request)
        found = number(request.path_params["number"]) or 0
        if found not in repo.threads:
            raise Refusal(404, f"{repo.full_name} has no thread of this number.")
        return repo, self.hub.thread(repo, found)

    def viewer(self, request: Request, repo: Repository, chosen: str = "") -> str:
        """Whom the visitor speaks as: who was chosen last, else an outsider, since most who write to a project are."""
        for login in (chosen, forms.remembered(request)):
            with suppress(Refusal):
                return forms.speaker(self.hub, login)
        found = view.voices(self.hub, repo)
        outsider = next((one for one in found if one.part == "outsider"), None)
        return (outsider or found[0]).login if found else ""


def back_to(place: str, actor: str) -> Response:
    """The end of a form: to the page that shows what it did, with the chosen person remembered."""
    answer = RedirectResponse(place, 303)
    forms.remember(answer, actor)
    return answer


def number(text: str) -> int | None:
    """An id out of an address; None for what cannot be one."""
    return int(text) if text.isdecimal() and len(text) < 19 else None
